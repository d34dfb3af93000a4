/**
 * The pace divides what people practise with, holds, waits, budgets and windows, so that ten minutes pass in seconds.
 * Command timeouts are left alone: a program takes as long as it takes.
 */
export type Pace = number;

/** Milliseconds at this pace; what was longer than nothing stays longer than nothing. */
export function paced(ms: number, pace: Pace): number {
  return ms === 0 ? 0 : Math.max(1, Math.round(ms / pace));
}

/** Rates need at least two scrapes in their window, and the fastest scrape interval is a second. */
const leastWindowSeconds = 4;

/** The text that stands for `$window` in a query, in whole seconds. */
export function windowText(ms: number, pace: Pace): string {
  return `${Math.max(leastWindowSeconds, Math.round(ms / pace / 1_000))}s`;
}

export function withWindow(query: string, window: string): string {
  return query.replaceAll('$window', window);
}
