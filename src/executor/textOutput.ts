import type { Redactor } from './redactor.ts';

export type StreamName = 'stdout' | 'stderr';

export interface TextOutput {
  push(stream: StreamName, chunk: Buffer): void;
  /** Passes on what is held back and says how much was cut. */
  finish(): number;
}

export interface TextOutputOptions {
  redactor: Redactor;
  /** Bytes of both streams together that are passed on. */
  cap: number;
  emit(stream: StreamName, text: string): void;
}

/** A line that is longer than this is passed on in pieces. */
const LONGEST_LINE = 16 * 1024;

const ESC = '\u001b';
/** Colours and cursor moves, which are no text. */
const ESCAPE_SEQUENCE = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-~]`, 'g');
const UNFINISHED_ESCAPE = new RegExp(`${ESC}(?:\\[[0-?]{0,32}[ -/]{0,8})?$`);
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/**
 * Turns the bytes of a program into text that may leave: decoded over chunk borders, without control characters,
 * without secrets, and no more than the cap.
 *
 * Text leaves in whole lines, which is also what keeps a secret in one piece however the program's writes were cut:
 * the rest of a line waits for its end, for the end of the program, or for a length at which nobody means a line.
 */
export function createTextOutput(options: TextOutputOptions): TextOutput {
  const { redactor, cap, emit } = options;
  const streams = { stdout: createStreamText(), stderr: createStreamText() };
  let used = 0;
  let truncated = 0;

  let last: { stream: StreamName; open: boolean } = { stream: 'stdout', open: false };

  const send = (stream: StreamName, text: string) => {
    if (text === '') return;
    last = { stream, open: !text.endsWith('\n') };
    emit(stream, redactor.redact(text));
  };

  return {
    push(stream, chunk) {
      const taken = chunk.subarray(0, Math.max(0, cap - used));
      used += taken.length;
      truncated += chunk.length - taken.length;
      if (taken.length > 0) send(stream, streams[stream].take(taken, redactor));
    },
    finish() {
      send('stdout', streams.stdout.rest());
      send('stderr', streams.stderr.rest());
      if (truncated > 0) {
        emit(last.stream, `${last.open ? '\n' : ''}[output cut: ${truncated} more bytes were not kept]\n`);
      }
      return truncated;
    },
  };
}

function createStreamText() {
  const decoder = new TextDecoder('utf-8');
  let unfinished = '';
  let line = '';

  const clean = (text: string): string => {
    const whole = unfinished + text;
    const start = whole.search(UNFINISHED_ESCAPE);
    unfinished = start === -1 ? '' : whole.slice(start);
    const ready = start === -1 ? whole : whole.slice(0, start);
    return ready.replace(ESCAPE_SEQUENCE, '').replace(CONTROL, '');
  };

  return {
    take(chunk: Buffer, redactor: Redactor): string {
      line += clean(decoder.decode(chunk, { stream: true }));
      let end = line.lastIndexOf('\n') + 1;
      if (line.length - end > LONGEST_LINE) end += redactor.safeCut(line.slice(end));
      const ready = line.slice(0, end);
      line = line.slice(end);
      return ready;
    },
    rest(): string {
      const last = line + clean(decoder.decode()) + unfinished.replace(CONTROL, '');
      line = '';
      unfinished = '';
      return last;
    },
  };
}
