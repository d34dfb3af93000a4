import cron from 'node-cron';

/** Calls at every moment of a cron schedule (six fields, seconds first, in UTC) until the function it returned is called. */
export type Ticks = (schedule: string, call: () => void) => () => void;

/** How soon a clock that was set is noticed, and what is no more than a correction; milliseconds. */
const lookEveryMs = 15_000;
const correctionMs = 1_500;

/**
 * By node-cron, which counts on the wall clock alone: after a step back it would sleep until the clock has caught up
 * with the moment it had planned. So the wall clock is held against the one that only runs forward, and after a step
 * the schedule is planned anew.
 *
 * It also works out the next moment with local dates, whatever zone it is told: where the process is in a zone with
 * summer time, the hour that comes twice in autumn passes without a tick. So the process counts in UTC from here on;
 * nothing of Genesis shows times in the zone of its machine.
 */
export const cronTicks: Ticks = (schedule, call) => {
  process.env.TZ = 'UTC';
  const begin = () => cron.schedule(schedule, call, { timezone: 'UTC', unref: true });
  const difference = () => Date.now() - performance.now();
  let task = begin();
  let before = difference();
  const look = setInterval(() => {
    const step = Math.abs(difference() - before);
    before = difference();
    if (step <= correctionMs) return;
    void task.stop();
    task = begin();
  }, lookEveryMs);
  look.unref();
  return () => {
    clearInterval(look);
    void task.stop();
  };
};
