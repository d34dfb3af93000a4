/**
 * The fingerprint that Prometheus and Alertmanager give to a set of labels: 64-bit FNV-1a over names and values in the
 * order of the names, each followed by a byte that occurs in no UTF-8 text.
 */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  let hash = 0xcbf29ce484222325n;
  const add = (byte: number) => {
    hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  };
  const sorted = Object.entries(labels).toSorted(([a], [b]) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
  for (const text of sorted.flat()) {
    for (const byte of Buffer.from(text)) add(byte);
    add(0xff);
  }
  return hash.toString(16).padStart(16, '0');
}
