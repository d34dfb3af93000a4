import type { Fault } from '../faults.ts';
import type { JournalLine } from '../journal.ts';
import type { UnitState } from '../supervisor.ts';

/** What a program prints and how it ends. */
export type Answer = Readonly<{ stdout: string; stderr: string; code: number }>;

/** The host as its programs see it; times in milliseconds since the epoch. */
export type World = Readonly<{
  unit: UnitState;
  faults: readonly Fault[];
  /** Those that can be felt: what has been done about the others keeps them from it. */
  felt: readonly Fault[];
  checkout: string;
  servicePort: number;
  now: number;
  /** The newest `lines` lines since `since`, oldest first. */
  journal: (wanted: { since: number; lines: number }) => readonly JournalLine[];
  set: (fault: Fault, on: boolean) => Promise<void>;
  /** False when the unit did not come up. */
  start: () => Promise<boolean>;
  stop: () => Promise<void>;
  restart: () => Promise<boolean>;
}>;

export const UNIT = 'genesis-orchestration';

export const prints = (...lines: readonly string[]): Answer => ({
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
  code: 0,
});

export const fails = (code: number, ...lines: readonly string[]): Answer => ({
  stdout: '',
  stderr: lines.map((line) => `${line}\n`).join(''),
  code,
});
