import type { Clock } from '../../src/engine/ports.ts';

export type MovedClock = Clock & {
  /** Lets time pass: timers fire in order on the way. */
  advance(ms: number): void;
  /** Sets the clock as an operator would: waiting timers still take as long as they would have taken. */
  jump(ms: number): void;
  waiting(): number;
};

/** A clock moved by hand. Timers count elapsed time, as those of a machine do, and not the hands of the clock. */
export function createClock(start = Date.UTC(2026, 10, 21, 14, 0, 0)): MovedClock {
  let elapsed = 0;
  let offset = start;
  let timers: { due: number; call: () => void }[] = [];
  return {
    now: () => offset + elapsed,
    at(at, call) {
      const timer = { due: Math.max(elapsed, at - offset), call };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const next = timers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
        if (!next) break;
        timers = timers.filter((each) => each !== next);
        elapsed = Math.max(elapsed, next.due);
        next.call();
      }
      elapsed = until;
    },
    jump(ms) {
      offset += ms;
    },
    waiting: () => timers.length,
  };
}
