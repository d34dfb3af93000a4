import type { Clock } from './ports.ts';

/** setTimeout takes 31 bits of milliseconds; a longer wait is taken in pieces. */
const longestMs = 2 ** 31 - 1;

/** The machine's own clock. Its timers keep no process alive: what must happen is in the database. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(at, call) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = at - Date.now();
      timer = setTimeout(left > longestMs ? wait : call, Math.min(Math.max(left, 0), longestMs));
      timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
};
