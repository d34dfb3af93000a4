import type { Ticks } from '../../src/engine/cronTicks.ts';
import type { MovedClock } from './clock.ts';

const minute = 60_000;

/** The schedules that the bot uses, `15 * * * * *` or with `*` + `/2` for the minutes, by a clock that is moved by hand. */
export const clockTicks =
  (clock: MovedClock): Ticks =>
  (schedule, call) => {
    const [, second, every] = /^(\d+) \*(?:\/(\d+))? \* \* \* \*$/.exec(schedule) ?? [];
    if (second === undefined)
      throw new Error(`The clock of the tests does not know the schedule ${schedule}.`);
    const period = Number(every ?? 1) * minute;
    const offset = Number(second) * 1_000;
    let cancel: () => void;
    const plan = (): void => {
      const next = (Math.floor((clock.now() - offset) / period) + 1) * period + offset;
      cancel = clock.at(next, () => {
        call();
        plan();
      });
    };
    plan();
    return () => cancel();
  };
