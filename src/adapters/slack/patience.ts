import type { Log } from '../../engine/log.ts';
import { type Clock, WorkFailed } from '../../engine/ports.ts';

/** Waits that an injected clock can move, and that end early when there is nothing to wait for any more. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = () => {
      cancel();
      signal.removeEventListener('abort', over);
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, over);
    signal.addEventListener('abort', over);
  });
}

/** Half a second, then twice as long each time, at most half a minute. */
export const backoffMs = (failures: number): number => Math.min(30_000, 500 * 2 ** Math.min(failures, 10));

/**
 * Does the work as soon as Slack can be reached. What cannot succeed by waiting (a wrong token, a missing permission)
 * is thrown at once; null when it was given up because the bot stops.
 */
export async function untilReachable<T>(
  work: () => Promise<T>,
  options: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<T | null> {
  const { clock, log, signal } = options;
  for (let failures = 0; !signal.aborted; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof WorkFailed) || !error.retry) throw error;
      log.warn('Slack cannot be reached; trying again', { error, failures: failures + 1 });
      await pause(clock, error.retry.afterMs ?? backoffMs(failures), signal);
    }
  }
  return null;
}
