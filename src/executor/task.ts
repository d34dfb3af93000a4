import type { RefusalCode } from './messages.ts';

/** One program to run, wherever that is. */
export interface Task {
  argv: readonly string[];
  stdin: string | null;
  env: Readonly<Record<string, string>>;
  /** Name and value; kept apart from `env` because they must not be seen in a list of processes. */
  secrets: Readonly<Record<string, string>>;
  timeoutMs: number;
  graceMs: number;
  notAfter: number;
}

export interface Sink {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** The program runs. `group` is its process group on this host, null on another. */
  started(group: number | null): void;
}

export type TaskEnd =
  | { kind: 'exited'; code: number }
  | { kind: 'timed-out' }
  | { kind: 'stopped' }
  | { kind: 'refused'; code: RefusalCode; message: string }
  | { kind: 'lost'; message: string };

export interface RunningTask {
  stop(): void;
  ended: Promise<TaskEnd>;
}

/**
 * How long output is waited for after the program has ended. A grandchild that was left behind on purpose keeps the
 * pipe open for as long as it lives, and nobody waits for that.
 */
export const LAST_OUTPUT_MS = 400;

export function refused(code: RefusalCode, message: string): TaskEnd {
  return { kind: 'refused', code, message };
}

export function tooLate(): TaskEnd {
  return refused('too-late', 'The time by which this had to start has passed. Nothing was started.');
}

/** For a task that never became a process. */
export function endedTask(end: TaskEnd): RunningTask {
  return { stop: () => undefined, ended: Promise.resolve(end) };
}
