import { createLineKeeper } from '../core/redact/lineKeeper.ts';
import type { Redactor } from '../core/redact/redactor.ts';

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

const ESC = '\u001b';
/** Colours and cursor moves, which are no text. */
const ESCAPE_SEQUENCE = new RegExp(`${ESC}\\[[0-?]*[ -/]*[@-~]`, 'g');
const UNFINISHED_ESCAPE = new RegExp(`${ESC}(?:\\[[0-?]{0,32}[ -/]{0,8})?$`);
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/**
 * Turns the bytes of a program into text that may leave: decoded over chunk borders, without control characters,
 * without secrets, in whole lines, and no more than the cap.
 */
export function createTextOutput(options: TextOutputOptions): TextOutput {
  const { redactor, cap, emit } = options;
  const streams = { stdout: createStreamText(redactor), stderr: createStreamText(redactor) };
  let used = 0;
  let truncated = 0;

  let last: { stream: StreamName; open: boolean } = { stream: 'stdout', open: false };

  const send = (stream: StreamName, text: string) => {
    if (text === '') return;
    last = { stream, open: !text.endsWith('\n') };
    emit(stream, text);
  };

  return {
    push(stream, chunk) {
      const taken = chunk.subarray(0, Math.max(0, cap - used));
      used += taken.length;
      truncated += chunk.length - taken.length;
      if (taken.length > 0) send(stream, streams[stream].take(taken));
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

function createStreamText(redactor: Redactor) {
  const decoder = new TextDecoder('utf-8');
  const lines = createLineKeeper(redactor);
  let unfinished = '';

  const clean = (text: string): string => {
    const whole = unfinished + text;
    const start = whole.search(UNFINISHED_ESCAPE);
    unfinished = start === -1 ? '' : whole.slice(start);
    const ready = start === -1 ? whole : whole.slice(0, start);
    return ready.replace(ESCAPE_SEQUENCE, '').replace(CONTROL, '');
  };

  return {
    take: (chunk: Buffer): string => lines.take(clean(decoder.decode(chunk, { stream: true }))),
    rest(): string {
      const last = lines.take(clean(decoder.decode()) + unfinished.replace(CONTROL, ''));
      unfinished = '';
      return last + lines.rest();
    },
  };
}
