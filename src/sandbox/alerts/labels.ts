/** The labels of a series or an alert; `__name__` holds a metric's name. */
export type Labels = Readonly<Record<string, string>>;

export const METRIC_NAME = '__name__';

/** One string per label set, whatever the order in which the labels were written. */
export function labelKey(labels: Labels): string {
  let key = '';
  for (const name of Object.keys(labels).sort()) key += `${name}\u0000${labels[name]}\u0001`;
  return key;
}

/** An empty label and an absent one are the same thing to Prometheus, so empty ones are left out. */
export function makeLabels(entries: Iterable<readonly [string, string]>): Labels {
  return Object.fromEntries([...entries].filter(([, value]) => value !== ''));
}

export function withoutLabels(labels: Labels, names: readonly string[]): Labels {
  return makeLabels(Object.entries(labels).filter(([name]) => !names.includes(name)));
}

export function onlyLabels(labels: Labels, names: readonly string[]): Labels {
  return makeLabels(Object.entries(labels).filter(([name]) => names.includes(name)));
}

const FNV_OFFSET = 14_695_981_039_346_656_037n;
const FNV_PRIME = 1_099_511_628_211n;
const SEPARATOR = 255n;

/**
 * The sixteen hexadecimal digits by which Alertmanager knows a label set: FNV-1a over the sorted names and values,
 * each followed by a byte that UTF-8 never contains.
 */
export function fingerprint(labels: Labels): string {
  let hash = FNV_OFFSET;
  const add = (byte: bigint): void => {
    hash = BigInt.asUintN(64, (hash ^ byte) * FNV_PRIME);
  };
  for (const name of Object.keys(labels).sort()) {
    for (const part of [name, labels[name] ?? '']) {
      for (const byte of new TextEncoder().encode(part)) add(BigInt(byte));
      add(SEPARATOR);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
