import { cronTicks, type Ticks } from './cronTicks.ts';
import type { Log } from './log.ts';
import type { Clock } from './ports.ts';

/**
 * Recurring work. It only ticks here: nothing depends on a tick that was missed, since due times of real consequence are
 * effects in the database.
 */
export type Recurring = {
  readonly name: string;
  /** Six fields, seconds first; different seconds, so that not everything happens at once. */
  readonly schedule: string;
  readonly work: () => Promise<void>;
};

export type Ticker = {
  /** When something last ticked, milliseconds since the epoch. */
  lastTick(): number;
  /** No tick begins after this; waits for the work of those that have begun. */
  stop(): Promise<void>;
};

/**
 * By the wall clock: work of every minute is done at the same second of each minute, whenever the bot was started. A
 * tick that comes while the work of the one before it still goes on is left out.
 */
export function startTicker(
  recurring: readonly Recurring[],
  { ticks = cronTicks, clock, log }: { readonly ticks?: Ticks; readonly clock: Clock; readonly log: Log },
): Ticker {
  const underWay = new Map<string, Promise<void>>();
  let lastTick = clock.now();
  let stopped = false;

  async function run({ name, work }: Recurring): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error('recurring work failed', { name, error });
    } finally {
      underWay.delete(name);
    }
  }

  function tick(each: Recurring): void {
    if (stopped) return;
    lastTick = clock.now();
    if (underWay.has(each.name)) log.warn('recurring work takes longer than its turn', { name: each.name });
    else underWay.set(each.name, run(each));
  }

  const ends = recurring.map((each) => ticks(each.schedule, () => tick(each)));
  return {
    lastTick: () => lastTick,
    async stop() {
      stopped = true;
      for (const end of ends) end();
      await Promise.all(underWay.values());
    },
  };
}
