import type { Complaint, Locate, Part, Path, Problem } from './problem.ts';

/** One file of the room, read as plain values, with a way back to its lines. `file` is relative to the room. */
export type RoomFile = {
  readonly kind: RoomFileKind;
  readonly file: string;
  readonly value: unknown;
  readonly locate: Locate;
};

export type RoomFileKind =
  | 'service'
  | 'alert'
  | 'procedure'
  | 'hosts'
  | 'routing'
  | 'access'
  | 'roster'
  | 'escalation'
  | 'calendar'
  | 'rules';

/** Collects problems of one file; paths lead to lines there. */
export type Reporter = {
  readonly error: (path: Path, message: string, part?: Part) => void;
  readonly warning: (path: Path, message: string, part?: Part) => void;
  readonly add: (complaints: readonly Complaint[]) => void;
  readonly errors: () => number;
};

export function reporterFor({ file, locate }: RoomFile, problems: Problem[]): Reporter {
  let errors = 0;
  const add = (complaints: readonly Complaint[]) => {
    for (const { severity, path, part, message } of complaints) {
      if (severity === 'error') errors += 1;
      problems.push({ severity, file, ...locate(path, part), message });
    }
  };
  return {
    error: (path, message, part = 'value') => add([{ severity: 'error', path, part, message }]),
    warning: (path, message, part = 'value') => add([{ severity: 'warning', path, part, message }]),
    add,
    errors: () => errors,
  };
}

/** Text at the top of a file that may be broken elsewhere, so that references to it are not called unknown. */
export function namedIn(value: unknown, key: string): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const name = (value as Record<string, unknown>)[key];
  return typeof name === 'string' ? name : undefined;
}
