import { parseDuration } from '../../duration.ts';

/** Times that runbooks mention in words: how long something may take, and how long to wait. */

const units: Readonly<Record<string, string>> = { s: 's', m: 'm', h: 'h', d: 'd' };
const unit = '(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)';

/** A written duration of the playbook language, `10m`, or `undefined` for nothing or no time at all. */
function written(count: number, word: string): string | undefined {
  const letter = units[word.charAt(0).toLowerCase()];
  if (letter === undefined || count < 1 || count > 999_999) return undefined;
  return `${Math.round(count)}${letter}`;
}

const span = new RegExp(`\\(\\s*(\\d{1,4})\\s*(?:-|–|to)\\s*(\\d{1,4})\\s*${unit}\\.?\\s*\\)`, 'i');
const limit = new RegExp(
  `(?:\\bwithin|\\bin under|\\bless than|\\bno more than|\\bat most|\\bup to|\\bmax(?:imum)?\\.?|<|≤)\\s*(\\d{1,6})\\s*-?${unit}\\b(?!\\s*(?:minimum|at least))`,
  'i',
);
const alone = new RegExp(`\\(\\s*(\\d{1,6})\\s*-?${unit}\\.?\\s*\\)`, 'i');

/**
 * How long something may take: `(2-5 minutes)` counts from one clock for all, so it gives three; `within 5 minutes`
 * and `(5 min)` give five.
 */
export function budgetIn(text: string): string | undefined {
  const range = span.exec(text);
  if (range) return written(Number(range[2]) - Number(range[1]), range[3] ?? '');
  const found = alone.exec(text) ?? limit.exec(text);
  return found ? written(Number(found[1]), found[2] ?? '') : undefined;
}

const waiting = new RegExp(
  `^\\W*(?:wait|monitor|watch|observe)(?:\\s+(?:for|at least))*\\s+(\\d{1,6})\\s*-?${unit}\\b`,
  'i',
);

/** Nobody waits longer than this in a walk; what takes longer is looked after by people. */
const longestWaitMs = 3_600_000;

/** `Wait 10 minutes`, `monitor for 30 minutes`. */
export function waitIn(text: string): string | undefined {
  const found = waiting.exec(text);
  const duration = found ? written(Number(found[1]), found[2] ?? '') : undefined;
  return duration !== undefined && (parseDuration(duration) ?? 0) <= longestWaitMs ? duration : undefined;
}

/** `sleep 30`, `sleep 2m`. */
export function sleepIn(words: readonly string[]): string | undefined {
  const found = words.length === 2 ? /^(\d{1,6})([smhd]?)$/.exec(words[1] ?? '') : null;
  return found ? written(Number(found[1]), found[2] || 's') : undefined;
}

const bounded = new RegExp(
  `\\(\\s*(?:within|under|up to|at most|max\\.?|<|≤)\\s*\\d{1,6}\\s*-?${unit}\\s*\\)`,
  'i',
);

/** A heading without its time budget, which is said elsewhere. */
export const withoutBudget = (text: string): string =>
  text
    .replace(span, '')
    .replace(alone, '')
    .replace(bounded, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(' :', ':')
    .trim() || text;
