/**
 * Looks for a secret in anything that was left behind, by other means than those that hide it: what looks encoded is
 * decoded, and then the plain core is looked for. `core` are letters and digits alone, so that only an encoder of bytes
 * changes it; half of it counts as found.
 */
export function findsSecret(left: string | Buffer, core: string): string | null {
  const raw = typeof left === 'string' ? left : left.toString('latin1');
  const half = Math.floor(core.length / 2);
  const parts = [core.slice(0, half), core.slice(-half)];
  const holds = (text: string) => parts.some((part) => text.includes(part));
  // A line end inside a JSON text is two characters.
  const joined = raw.replaceAll(/\\r\\n|\\n|\\r|[\r\n]/g, '');
  for (const [name, text] of [
    ['as it is', raw],
    ['over line ends', joined],
    ['in another case', joined.toLowerCase()],
    ['percent-encoded', percentDecoded(joined)],
    ['in base64', base64Decoded(joined)],
    ['in hexadecimal', hexDecoded(joined)],
    ['backwards', [...joined].reverse().join('')],
  ] as const) {
    if (name === 'in another case' ? parts.some((part) => text.includes(part.toLowerCase())) : holds(text))
      return name;
  }
  return null;
}

const percentDecoded = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

/** Every long run of the alphabet, read from each of the four places where a group may begin. */
const base64Decoded = (text: string): string =>
  (text.match(/[A-Za-z0-9+/_-]{12,}/g) ?? [])
    .flatMap((run) => [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1')))
    .join('\n');

const hexDecoded = (text: string): string =>
  (text.match(/(?:[0-9a-f]{2}){8,}/gi) ?? [])
    .flatMap((run) => [0, 1].map((from) => Buffer.from(run.slice(from), 'hex').toString('latin1')))
    .join('\n');
