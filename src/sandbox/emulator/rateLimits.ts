/**
 * Slack's rate limits: so many calls of one method within a minute, by the method's tier, and for posting about
 * one message a second into one channel, in bursts of a few, and some hundreds a minute in the whole workspace.
 *
 * Refused calls count for nothing. What is published is a floor ("20+ a minute"); here it is the limit.
 */

export type Tier = 't1' | 't2' | 't3' | 't4' | 't5';

const perMinute: Record<Tier, number> = { t1: 1, t2: 20, t3: 50, t4: 100, t5: 600 };

const minute = 60_000;
const postingPerMinute = 300;
const channelBurst = 5;

export interface RateLimits {
  /** Null when the call may go ahead; it then counts. Otherwise how many seconds to wait, at least 1. */
  take(call: { method: string; tier: Tier; channel: string | null }): number | null;
}

/** `scale` multiplies every limit: 10 is ten times as generous as Slack. */
export function createRateLimits(options: { scale: number } | 'off', now: () => number): RateLimits {
  if (options === 'off') return { take: () => null };
  const { scale } = options;
  const calls = new Map<string, number[]>();
  const channels = new Map<string, { tokens: number; at: number }>();

  function windowWait(key: string, limit: number): number | null {
    const at = now();
    const recent = (calls.get(key) ?? []).filter((time) => time > at - minute);
    calls.set(key, recent);
    const oldest = recent[0];
    if (oldest === undefined || recent.length < Math.max(1, Math.floor(limit * scale))) return null;
    return oldest + minute - at;
  }

  function channelWait(channel: string): number | null {
    const at = now();
    const burst = Math.max(1, channelBurst * scale);
    const bucket = channels.get(channel) ?? { tokens: burst, at };
    const tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * scale);
    channels.set(channel, { tokens, at });
    return tokens >= 1 ? null : ((1 - tokens) / scale) * 1000;
  }

  function count(key: string): void {
    calls.set(key, [...(calls.get(key) ?? []), now()]);
  }

  return {
    take({ method, tier, channel }) {
      const isPosting = method === 'chat.postMessage';
      const waits = [windowWait(method, isPosting ? postingPerMinute : perMinute[tier])];
      if (isPosting && channel !== null) waits.push(channelWait(channel));
      const longest = Math.max(...waits.map((wait) => wait ?? -1));
      if (longest >= 0) return Math.max(1, Math.ceil(longest / 1000));
      count(method);
      if (isPosting && channel !== null) {
        const bucket = channels.get(channel);
        if (bucket !== undefined) bucket.tokens -= 1;
      }
      return null;
    },
  };
}
