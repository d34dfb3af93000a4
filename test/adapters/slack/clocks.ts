import type { Clock } from '../../../src/engine/ports.ts';

export const wallClock: Clock = {
  now: () => Date.now(),
  at: (at, call) => {
    const timer = setTimeout(call, Math.max(0, at - Date.now()));
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is moved; whatever came due by then is called in its order. */
export function manualClock(start: number): Clock & { move(ms: number): void } {
  let now = start;
  let waiting: { at: number; call: () => void }[] = [];
  return {
    now: () => now,
    at: (at, call) => {
      const entry = { at, call };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((each) => each !== entry);
      };
    },
    move(ms) {
      const until = now + ms;
      for (;;) {
        const due = waiting.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        now = Math.max(now, due.at);
        waiting = waiting.filter((each) => each !== due);
        due.call();
      }
      now = until;
    },
  };
}
