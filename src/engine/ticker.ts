import cron from 'node-cron';
import type { Log } from './log.ts';

/**
 * Recurring work. node-cron only ticks here: nothing depends on a tick that was missed, since due times of real
 * consequence are effects in the database.
 */
export type Recurring = {
  readonly name: string;
  /** Six fields, seconds first. */
  readonly schedule: string;
  readonly work: () => Promise<void>;
};

export function startTicker(recurring: readonly Recurring[], log: Log): { stop(): Promise<void> } {
  const tasks = recurring.map(({ name, schedule, work }) =>
    cron.schedule(
      schedule,
      async () => {
        try {
          await work();
        } catch (error) {
          log.error('recurring work failed', { name, error });
        }
      },
      { name, noOverlap: true },
    ),
  );
  return {
    async stop() {
      await Promise.all(tasks.map((task) => task.stop()));
    },
  };
}
