import { type Clock, WorkFailed } from '../../engine/ports.ts';
import { type Limit, methodLimit, postingLimit } from './tiers.ts';

/**
 * Keeps calls to Slack within its rate limits, so that a storm of alerts spends the budget on what people wait for.
 *
 * A call waits for a place in every window that it counts in: its method's, and for posting its channel's. Among those
 * that wait, what people wait for goes before routine, then first come, first served; a call that cannot go yet never
 * holds up one that can. When Slack says Retry-After, only that method in that channel rests. A call that would have
 * to wait longer than the patience is given back as work to be tried again later, so that nobody holds a place for
 * minutes.
 */
export type Priority = 'people' | 'routine';

export type Call<T> = {
  readonly method: string;
  /** Channel the call acts on, where the limit counts by channel; else null. */
  readonly channel: string | null;
  readonly priority: Priority;
  readonly perform: () => Promise<T>;
};

export type Budget = {
  run<T>(call: Call<T>): Promise<T>;
  /** Slack asked for a pause: nothing of this method in this channel before it is over. */
  rest(method: string, channel: string | null, ms: number): void;
  /** Gives back everything that still waits. */
  stop(): void;
};

type Waiting = {
  readonly method: string;
  readonly channel: string | null;
  readonly priority: Priority;
  readonly since: number;
  readonly start: () => void;
  readonly giveBack: (afterMs: number) => void;
};

const patienceMs = 10_000;

/** `pace` shortens the windows like every other duration: against an emulated Slack, never against the real one. */
export function createBudget(clock: Clock, pace = 1): Budget {
  const used = new Map<string, number[]>();
  const resting = new Map<string, number>();
  let waiting: Waiting[] = [];
  let cancelTimer: (() => void) | null = null;
  let stopped = false;

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
      used.set(key, recent);
      const blocking = recent[recent.length - limit.calls];
      return blocking === undefined ? latest : Math.max(latest, blocking + limit.perMs);
    }, rested);
  }

  function pump(): void {
    cancelTimer?.();
    cancelTimer = null;
    const now = clock.now();
    for (const [key, until] of resting) if (until <= now) resting.delete(key);
    const order = [...waiting].sort(
      (a, b) => Number(b.priority === 'people') - Number(a.priority === 'people') || a.since - b.since,
    );
    let next = Number.POSITIVE_INFINITY;
    for (const call of order) {
      const at = earliest(call, now);
      if (at <= now) {
        remove(call);
        for (const [key] of windows(call)) used.set(key, [...(used.get(key) ?? []), now]);
        call.start();
      } else if (at > call.since + patienceMs) {
        remove(call);
        call.giveBack(at - now);
      } else {
        next = Math.min(next, at);
      }
    }
    if (waiting.length > 0 && Number.isFinite(next)) cancelTimer = clock.at(next, pump);
  }

  function remove(call: Waiting): void {
    waiting = waiting.filter((each) => each !== call);
  }

  return {
    run<T>({ method, channel, priority, perform }: Call<T>): Promise<T> {
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
        const start = () => void perform().then(resolve, reject);
        waiting.push({ method, channel, priority, since: clock.now(), start, giveBack });
        pump();
      });
    },
    rest(method, channel, ms) {
      const key = restKey(method, channel);
      resting.set(key, Math.max(resting.get(key) ?? 0, clock.now() + ms));
      pump();
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
