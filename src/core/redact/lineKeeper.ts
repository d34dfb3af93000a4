import type { Redactor } from './redactor.ts';

/** Text in, redacted text out, however the pieces were cut. */
export type LineKeeper = {
  /** What may leave now; may be empty. */
  take(text: string): string;
  /** What was held back, at the end. */
  rest(): string;
};

/** A line that is longer than this is passed on in pieces, and so is a block of encoded lines. */
const longestHeld = 16 * 1024;

/** A whole line of base64 or hexadecimal, as encoders break it. */
const encodedLine = /^[A-Za-z0-9+/_=-]{40,}\r?$/;

/**
 * Text leaves in whole lines, which is also what keeps a secret in one piece: the rest of a line waits for its end, for
 * the end of all, or for a length at which nobody means a line. Lines that look encoded wait for the end of their block,
 * since a secret goes on from one to the next.
 */
export function createLineKeeper(redactor: Redactor): LineKeeper {
  let held = '';
  return {
    take(text) {
      held += text;
      let end = blockStart(held, held.lastIndexOf('\n') + 1);
      if (held.length - end > longestHeld) end += redactor.safeCut(held.slice(end));
      const ready = held.slice(0, end);
      held = held.slice(end);
      return redactor.redact(ready);
    },
    rest() {
      const last = held;
      held = '';
      return redactor.redactEnd(last);
    },
  };
}

/** Where the encoded lines begin that stand before `end`, which is the start of a line. */
function blockStart(text: string, end: number): number {
  let start = end;
  while (start > 0) {
    const before = text.lastIndexOf('\n', start - 2) + 1;
    if (!encodedLine.test(text.slice(before, start - 1))) break;
    start = before;
  }
  return start;
}
