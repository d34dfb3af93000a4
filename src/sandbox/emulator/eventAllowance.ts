/**
 * Slack sends an app at most 30,000 events an hour from one workspace. Those beyond are dropped, and once in every
 * minute in which that happens the app is told with `app_rate_limited`.
 */

const perHour = 30_000;
const minute = 60_000;
const minutesAnHour = 60;

export type Allowed =
  | { kind: 'send' }
  /** `tell` is the minute, in Unix seconds, to tell the app about; null when it has been told. */
  | { kind: 'drop'; tell: number | null };

export interface EventAllowance {
  /** Asked once for each event; what is let through counts. */
  take(): Allowed;
}

/** `scale` multiplies the limit. */
export function createEventAllowance(options: { scale: number } | 'off', now: () => number): EventAllowance {
  if (options === 'off') return { take: () => ({ kind: 'send' }) };
  const limit = Math.max(1, Math.floor(perHour * options.scale));
  const sent = new Map<number, number>();
  let told = -1;
  return {
    take() {
      const current = Math.floor(now() / minute);
      let total = 0;
      for (const [at, count] of sent) {
        if (at <= current - minutesAnHour) sent.delete(at);
        else total += count;
      }
      if (total < limit) {
        sent.set(current, (sent.get(current) ?? 0) + 1);
        return { kind: 'send' };
      }
      const tell = told === current ? null : (current * minute) / 1000;
      told = current;
      return { kind: 'drop', tell };
    },
  };
}
