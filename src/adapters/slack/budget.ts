import { type Clock, WorkFailed } from '../../engine/ports.ts';
import { type Limit, methodLimit, postingLimit } from './tiers.ts';

/**
 * Keeps calls to Slack within its rate limits, so that a storm of alerts spends the budget on what people wait for.
 *
 * A call waits for a place in every window that it counts in: its method's, and for posting its channel's. Among those
 * that wait, what people wait for goes before routine, then what is more urgent, then first come, first served; a call
 * that cannot go yet never holds up one that can. When Slack says Retry-After, only that method in that channel rests;
 * when it says so for a second channel meanwhile, it is the workspace that has had enough, and the method rests in all.
 * Few calls of one method are under way at a time, so that few are refused when Slack begins to limit; what somebody
 * looks at the screen for does not wait for that either.
 * A call that would have to wait longer than its patience is given back as work to be tried again later, so that nobody
 * holds a place for minutes, and nobody who clicked waits for an answer.
 */
export type Priority = 'people' | 'routine';

export type Call<T> = {
  readonly method: string;
  /** Channel the call acts on, where the limit counts by channel; else null. */
  readonly channel: string | null;
  readonly priority: Priority;
  /** Among equals the lower number goes first: 0 for P0, 4 for P4. */
  readonly rank?: number;
  /** How long the call may wait for its place. */
  readonly patienceMs?: number;
  readonly perform: () => Promise<T>;
};

export type Budget = {
  run<T>(call: Call<T>): Promise<T>;
  /** Slack asked for a pause: nothing of this method in this channel before it is over. */
  rest(method: string, channel: string | null, ms: number): void;
  /** Milliseconds until a call of this method could go, if nobody else came before; 0 for at once. */
  waitFor(method: string): number;
  /** Gives back everything that still waits. */
  stop(): void;
};

type Waiting = {
  readonly method: string;
  readonly channel: string | null;
  readonly priority: Priority;
  readonly rank: number;
  readonly patienceMs: number;
  since: number;
  readonly start: () => void;
  readonly giveBack: (afterMs: number) => void;
};

const usualPatienceMs = 10_000;
/** A trigger for a form lives three seconds, and whoever clicked looks at the screen about as long. */
export const answerPatienceMs = 2_000;
/** With answers within a fifth of a second that is more than the limit of any method. */
const mostUnderWay = 4;
/** What is not about an incident comes after what is. */
const lastRank = 9;

/** `pace` shortens the windows like every other duration: against an emulated Slack, never against the real one. */
export function createBudget(clock: Clock, pace = 1): Budget {
  const used = new Map<string, number[]>();
  const resting = new Map<string, number>();
  const underWay = new Map<string, number>();
  let waiting: Waiting[] = [];
  let cancelTimer: (() => void) | null = null;
  let stopped = false;
  let seen = clock.now();

  /** The present; where the clock was set back, all that was counted by it moves along. */
  function followClock(): number {
    const now = clock.now();
    const back = seen - now;
    seen = now;
    if (back > 0) {
      for (const [key, times] of used)
        used.set(
          key,
          times.map((at) => at - back),
        );
      for (const [key, until] of resting) resting.set(key, until - back);
      for (const call of waiting) call.since -= back;
    }
    return now;
  }

  const restKey = (method: string, channel: string | null) => `${method} ${channel ?? ''}`;

  function windows({ method, channel }: Pick<Waiting, 'method' | 'channel'>): [string, Limit][] {
    const paced = ({ calls, perMs }: Limit): Limit => ({ calls, perMs: perMs / pace });
    const own: [string, Limit] = [method, paced(methodLimit(method))];
    return method === 'chat.postMessage' && channel !== null
      ? [own, [`${method} in ${channel}`, paced(postingLimit)]]
      : [own];
  }

  /** When the call may go at the earliest; now or earlier means at once. */
  function earliest(call: Pick<Waiting, 'method' | 'channel'>, now: number): number {
    const rested = Math.max(
      resting.get(restKey(call.method, call.channel)) ?? 0,
      resting.get(restKey(call.method, null)) ?? 0,
    );
    return windows(call).reduce((latest, [key, limit]) => {
      const recent = (used.get(key) ?? []).filter((at) => at > now - limit.perMs);
      if (recent.length > 0) used.set(key, recent);
      else used.delete(key);
      const blocking = recent[recent.length - limit.calls];
      return blocking === undefined ? latest : Math.max(latest, blocking + limit.perMs);
    }, rested);
  }

  function pump(): void {
    cancelTimer?.();
    cancelTimer = null;
    const now = followClock();
    for (const [key, until] of resting) if (until <= now) resting.delete(key);
    const order = [...waiting].sort(
      (a, b) =>
        Number(b.priority === 'people') - Number(a.priority === 'people') ||
        a.rank - b.rank ||
        a.since - b.since,
    );
    let next = Number.POSITIVE_INFINITY;
    for (const call of order) {
      const at = earliest(call, now);
      if (at <= now && isCrowded(call)) continue;
      if (at <= now) {
        remove(call);
        for (const [key] of windows(call)) used.set(key, [...(used.get(key) ?? []), now]);
        call.start();
      } else if (at > call.since + call.patienceMs) {
        remove(call);
        call.giveBack(at - now);
      } else {
        next = Math.min(next, at);
      }
    }
    if (waiting.length > 0 && Number.isFinite(next)) cancelTimer = clock.at(next, pump);
  }

  const isCrowded = ({ method, patienceMs }: Waiting): boolean =>
    patienceMs > answerPatienceMs && (underWay.get(method) ?? 0) >= mostUnderWay;

  async function watched<T>(method: string, perform: () => Promise<T>): Promise<T> {
    underWay.set(method, (underWay.get(method) ?? 0) + 1);
    try {
      return await perform();
    } finally {
      underWay.set(method, (underWay.get(method) ?? 1) - 1);
      pump();
    }
  }

  function remove(call: Waiting): void {
    waiting = waiting.filter((each) => each !== call);
  }

  return {
    run<T>({ method, channel, priority, rank, patienceMs, perform }: Call<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        const giveBack = (afterMs: number) =>
          reject(
            new WorkFailed('rate-limited', `Slack's rate limit for ${method} is used up for now.`, {
              retry: { afterMs },
            }),
          );
        if (stopped) {
          giveBack(1_000);
          return;
        }
        const start = () => void watched(method, perform).then(resolve, reject);
        waiting.push({
          ...{ method, channel, priority, start, giveBack },
          rank: rank ?? lastRank,
          patienceMs: patienceMs ?? usualPatienceMs,
          since: followClock(),
        });
        pump();
      });
    },
    rest(method, channel, ms) {
      const now = followClock();
      const key = restKey(method, channel);
      const elsewhere = [...resting].some(
        ([each, until]) => each !== key && each.startsWith(`${method} `) && until > now,
      );
      for (const each of channel !== null && elsewhere ? [key, restKey(method, null)] : [key]) {
        resting.set(each, Math.max(resting.get(each) ?? 0, now + ms));
      }
      pump();
    },
    waitFor(method) {
      const now = followClock();
      return Math.max(0, earliest({ method, channel: null }, now) - now);
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      cancelTimer = null;
      const left = waiting;
      waiting = [];
      for (const call of left) call.giveBack(1_000);
    },
  };
}
