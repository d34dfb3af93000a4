import { vi } from 'vitest';
import type { MovedClock } from '../fakes/clock.ts';
import type { Stops } from './rehearsal.ts';

/** What is done in the bot's own time, such as its pauses between tries, needs time to pass as well. */
export function letTimePass(clock: MovedClock, stops: Stops): void {
  const ticking = setInterval(() => clock.advance(50), 20);
  stops.push(async () => clearInterval(ticking));
}

/** Time passes in small steps while something is waited for: what Slack's limits hold back has to get through. */
export const waitingWith =
  (clock: MovedClock, timeout: number) =>
  <T>(look: () => T | Promise<T>): Promise<T> =>
    vi.waitFor(
      () => {
        clock.advance(250);
        return look();
      },
      { timeout, interval: 50 },
    );
