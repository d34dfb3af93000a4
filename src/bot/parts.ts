import type { Config } from '../config.ts';
import type { Ticks } from '../engine/cronTicks.ts';
import type { Log } from '../engine/log.ts';
import type { Clock, Desk, Store } from '../engine/ports.ts';

/** What is built first, and what the parts of the bot are built from. */
export type Parts = {
  readonly config: Config;
  readonly store: Store;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly ticks?: Ticks | undefined;
  readonly log: Log;
};
