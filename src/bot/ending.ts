import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../engine/log.ts';

/** A round of recurring work that has begun; what it does not finish is done after the next start. */
export const roundMs = 500;

export type Stop = { readonly name: string; readonly stop: () => Promise<unknown> | unknown };

/** Waits for the work, and no longer than that; it may go on by itself. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const late = delay(ms, undefined, { ref: false, signal: enough.signal }).catch((error: unknown) => {
    if (!enough.signal.aborted) throw error;
  });
  await Promise.race([work, late]);
  enough.abort();
}

/** Last in, first out; one part that does not stop keeps none of the others from stopping. */
export async function unwind(stops: Stop[], log: Log): Promise<void> {
  for (const { name, stop } of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      log.error('a part did not stop as it should', { part: name, error });
    }
  }
}
