/** Thresholds that runbooks write in words: `Error rate < 0.1%`, `P95 latency > 500ms for 5 minutes`. */

export type Threshold = {
  /** Name of the indicator that it is about. */
  readonly indicator: string;
  readonly objective: { readonly kind: 'below' | 'above'; readonly quantity: string };
  /** The text names the good side of the line; otherwise it names the side on which something has to be done. */
  readonly good: boolean;
  /** The text allows the value itself, which an objective does not. */
  readonly inclusive: boolean;
};

type Quantity = { readonly name: string; readonly good: 'below' | 'above'; readonly unit: '%' | 'time' };

/** Longest words first, since the first that fits is taken. */
const quantities: readonly (readonly [RegExp, (found: string) => Quantity])[] = [
  [
    /p(?:50|90|95|99)(?:\s+(?:latency|response time))?/,
    (found) => ({ name: `latency_p${/\d+/.exec(found)?.[0] ?? ''}`, good: 'below', unit: 'time' }),
  ],
  [/error (?:rate|ratio)s?/, () => ({ name: 'error_rate', good: 'below', unit: '%' })],
  [/(?:test )?pass rate/, () => ({ name: 'test_pass_rate', good: 'above', unit: '%' })],
  [/latency|response times?/, () => ({ name: 'latency', good: 'below', unit: 'time' })],
  [/cpu(?: usage)?/, () => ({ name: 'cpu_usage', good: 'below', unit: '%' })],
  [/memory(?: usage)?/, () => ({ name: 'memory_usage', good: 'below', unit: '%' })],
  [/disk(?: usage| space)?/, () => ({ name: 'disk_usage', good: 'below', unit: '%' })],
  [/infrastructure coverage/, () => ({ name: 'infrastructure_coverage', good: 'above', unit: '%' })],
  [/(?:total |test |code )?coverage/, () => ({ name: 'coverage', good: 'above', unit: '%' })],
  [/uptime|availability/, () => ({ name: 'uptime', good: 'above', unit: '%' })],
];

const signs: Readonly<Record<string, readonly ['below' | 'above', inclusive: boolean]>> = {
  '<': ['below', false],
  '<=': ['below', true],
  '≤': ['below', true],
  below: ['below', false],
  under: ['below', false],
  'less than': ['below', false],
  '>': ['above', false],
  '>=': ['above', true],
  '≥': ['above', true],
  above: ['above', false],
  over: ['above', false],
  'more than': ['above', false],
  exceeds: ['above', false],
};

const compared = new RegExp(
  `\\b(${quantities.map(([words]) => words.source).join('|')})\\b[^<>≥≤=\\d]{0,40}?(<=|>=|<|>|≤|≥|\\b(?:below|above|under|over|less than|more than|exceeds)\\b)\\s*(\\d{1,9}(?:\\.\\d{1,6})?)\\s*(%|ms\\b|s\\b)`,
  'gi',
);
const uptime = /\b(\d{1,3}(?:\.\d{1,6})?)\s*%\s+(?:uptime|availability)\b/i;
/** A text longer than this is no statement of a threshold, and is not searched for one. */
const longest = 1_000;

/** Every threshold in a text, in the order in which they stand there. */
export function thresholdsIn(text: string): Threshold[] {
  const found = [...text.slice(0, longest).matchAll(compared)].flatMap((match): Threshold[] => {
    const words = (match[1] ?? '').toLowerCase();
    const quantity = quantities.find(([each]) => new RegExp(`^(?:${each.source})$`).test(words))?.[1](words);
    const sign = signs[(match[2] ?? '').toLowerCase()];
    const unit = (match[4] ?? '').toLowerCase();
    if (!quantity || !sign || (quantity.unit === '%') !== (unit === '%')) return [];
    const [side, inclusive] = sign;
    const good = side === quantity.good;
    return [
      {
        indicator: quantity.name,
        objective: { kind: quantity.good, quantity: `${Number(match[3])}${unit}` },
        good,
        inclusive: good && inclusive,
      },
    ];
  });
  const up = found.length === 0 ? uptime.exec(text.slice(0, longest)) : null;
  return up
    ? [
        {
          indicator: 'uptime',
          objective: { kind: 'above', quantity: `${Number(up[1])}%` },
          good: true,
          inclusive: true,
        },
      ]
    : found;
}

/** What Prometheus' own exporter for machines is usually asked; everything else is known to the service alone. */
export const usualQueries: Readonly<Record<string, string>> = {
  cpu_usage: '1 - avg(rate(node_cpu_seconds_total{mode="idle"}[$window]))',
  memory_usage: '1 - min(node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)',
  disk_usage:
    '1 - min(node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"})',
};
