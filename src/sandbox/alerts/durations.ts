/** Durations as Prometheus writes them: `90s`, `5m`, `1h30m`, `250ms`. */

const UNITS: readonly (readonly [string, number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const WHOLE = /^(?:\d+(?:ms|[smhdwy]))+$/;
const PART = /(\d+)(ms|[smhdwy])/g;

/**
 * Milliseconds of a Prometheus duration; a bare `0` is allowed, as Prometheus allows it.
 * @throws Error when the text is no duration
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (!WHOLE.test(text)) throw new Error(`not a valid duration string: "${text}"`);
  let total = 0;
  for (const [, digits, unit] of text.matchAll(PART)) {
    const size = UNITS.find(([name]) => name === unit)?.[1] ?? 0;
    total += Number(digits) * size;
  }
  return total;
}

/** The shortest exact spelling of a whole number of milliseconds: 90000 -> `1m30s`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  if (rest === 0) return '0s';
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count === 0) continue;
    text += `${count}${unit}`;
    rest -= count * size;
  }
  return text;
}
