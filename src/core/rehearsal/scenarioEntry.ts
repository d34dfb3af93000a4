import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { eitherOf, nearest } from '../playbook/nearest.ts';
import type { Complaint, Path } from '../playbook/problem.ts';
import { describe, readSource, strict } from '../playbook/readSource.ts';
import { duration, line, parseQuantity, reference } from '../playbook/values.ts';
import { writtenAs } from '../playbook/writtenAs.ts';
import { type ApprovingSource, approving, checkApproving, ofApproving, words } from './approvalEntry.ts';
import {
  automaticWishes,
  type Changes,
  type Commands,
  type Course,
  commandEnds,
  type Entry,
  type Exit,
  followUps,
  type StartWish,
  stepEnds,
} from './scenario.ts';

/** One line of the walk of a scenario test: a step that is taken, or something that happens meanwhile. */

export const noData = 'no data';
/** Takes back everything, where it stands in the place of an action. */
export const undoAll = 'all';

const value = z
  .unknown()
  .refine((written) => written === noData || parseQuantity(written) !== undefined, {
    error: `A value is a number, a percentage such as \`0.1%\`, a time, a size, or \`${noData}\`.`,
  })
  .transform((written) => (written === noData ? null : (parseQuantity(written)?.value ?? null)));

const moment = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'A value over time is written by how long after: `{ 0s: 2%, 3m: 0.05% }`.',
});

/** One value from now on, or several with how long after. */
const course = z
  .union([z.record(moment, value), value], {
    error: `A value is a number, a percentage, a time, a size, \`${noData}\`, or a map of these by how long after.`,
  })
  .transform((written): Course => {
    if (typeof written !== 'object' || written === null) return [{ afterMs: 0, value: written }];
    return Object.entries(written)
      .map(([after, each]) => ({ afterMs: parseDuration(after) ?? 0, value: each }))
      .sort((a, b) => a.afterMs - b.afterMs);
  });

export const changes = z.record(z.string(), course);
const always = { by: words.optional(), set: changes.optional() };
export const labels = z.record(z.string(), z.string());
const exit = z.union([z.int().min(0).max(255), z.enum(commandEnds)], {
  error: `\`exit\` is an exit code, ${eitherOf(commandEnds)}; or a map of these by action.`,
});
/** One end, or those of one try after the other. */
const exits = z.union([exit, z.array(exit).min(2)]);
export const inputs = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).optional();
const observed = z
  .union([reference, z.array(reference).min(2).max(10)])
  .transform((written) => (typeof written === 'string' ? written : written.join(', ')));
const commands = {
  exit: z.union([exits, z.record(z.string(), exits)]).optional(),
  prints: z.string().max(20_000).optional(),
  takes: duration.optional(),
};
const ends = z.enum(stepEnds).optional();
const then = writtenAs(
  z.union([z.enum(followUps), z.array(z.enum(followUps))]),
  z.preprocess((each) => (typeof each === 'string' ? [each] : each), z.array(z.enum(followUps))),
).optional();
const yes = z.literal(true, { error: 'This is `true`, or left out.' });

const kinds = {
  chart: strict({ chart: reference, ...always }),
  observe: strict({ observe: observed, ...commands, ends, then, ...always }),
  do: strict({
    do: reference,
    automatic: z.enum(automaticWishes).optional(),
    skip: yes.optional(),
    ...approving,
    ...commands,
    ends,
    then,
    ...always,
  }),
  verify: strict({ verify: reference, ends, then, ...always }),
  choose: strict({ choose: line, answer: line.optional(), skip: yes.optional(), ends, ...always }),
  ask: strict({ ask: z.string().min(1), answer: z.string().optional(), skip: yes.optional(), ...always }),
  wait: strict({ wait: duration, skip: yes.optional(), ...always }),
  checklist: strict({
    checklist: line,
    skip: yes.optional(),
    tick: z.array(z.string().min(1)).min(1).optional(),
    ends: z.literal('offered', { error: '`ends` of a checklist is `offered`, or left out.' }).optional(),
    ...always,
  }),
  offer: strict({ offer: reference, skip: yes.optional(), ...approving, inputs, ...always }),
  until: strict({ until: line, ...always }),
  pass: strict({ pass: duration, ...always }),
  start: strict({ start: reference, ...approving, inputs, ...always }),
  undo: strict({ undo: reference, ...always }),
  alert: strict({ alert: labels, ...always }),
  alert_resolved: strict({ alert_resolved: labels, ...always }),
  acknowledge: strict({ acknowledge: yes, ...always }),
  resolve: strict({ resolve: yes, ...always }),
} as const;

export const writtenEntry = z.union(Object.values(kinds));

type EntryKind = keyof typeof kinds;
const entryKinds = Object.keys(kinds) as EntryKind[];

type Unplaced<T> = T extends unknown ? Omit<T, 'at'> : never;

export function readEntry(
  written: unknown,
  path: Path,
  complaints: Complaint[],
): Unplaced<Entry> | undefined {
  const complain = (message: string, at: Path = path, part: 'key' | 'value' = 'value') => {
    complaints.push({ severity: 'error', path: at, part, message });
    return undefined;
  };
  if (typeof written !== 'object' || written === null || Array.isArray(written))
    return complain(`A step of a walk is a map such as \`do: restart\`, but this is ${describe(written)}.`);
  const keys = Object.keys(written);
  const kind = keys.find((key): key is EntryKind => Object.hasOwn(kinds, key));
  if (kind === undefined) {
    const [key, meant] = keys
      .map((each) => [each, nearest(each, entryKinds)] as const)
      .find(([, word]) => word !== undefined) ?? ['', undefined];
    return meant === undefined
      ? complain(`A step of a walk says what it is by one of ${eitherOf(entryKinds)}.`)
      : complain(`\`${key}\` is nothing that happens; did you mean \`${meant}\`?`, [...path, key], 'key');
  }
  const read = <T>(schema: z.ZodType<T>): T | undefined => {
    const result = readSource(schema, written, path);
    if (result.ok) return result.value;
    complaints.push(...result.complaints);
    return undefined;
  };
  const entry = entryOf(kind, read);
  if (entry && 'approval' in entry) checkApproving(written as ApprovingSource, path, complaints);
  return entry;
}

type Read = <T>(schema: z.ZodType<T>) => T | undefined;

function entryOf(kind: EntryKind, read: Read): Unplaced<Entry> | undefined {
  switch (kind) {
    case 'chart': {
      const each = read(kinds.chart);
      return each && { kind, indicator: each.chart, ...ofEvery(each) };
    }
    case 'observe': {
      const each = read(kinds.observe);
      return (
        each && { kind, action: each.observe, ...ofSteps(each), ...ofEvery(each), commands: ofCommands(each) }
      );
    }
    case 'do': {
      const each = read(kinds.do);
      return (
        each && {
          kind,
          action: each.do,
          ...(each.automatic === undefined ? {} : { automatic: each.automatic }),
          skip: each.skip === true,
          ...ofApproving(each),
          ...ofSteps(each),
          ...ofEvery(each),
          commands: ofCommands(each),
        }
      );
    }
    case 'verify': {
      const each = read(kinds.verify);
      return each && { kind, indicator: each.verify, ...ofSteps(each), ...ofEvery(each) };
    }
    case 'choose': {
      const each = read(kinds.choose);
      return (
        each && {
          kind,
          question: each.choose,
          answer: each.answer ?? '',
          skip: each.skip === true,
          ends: each.ends ?? null,
          ...ofEvery(each),
        }
      );
    }
    case 'ask': {
      const each = read(kinds.ask);
      return (
        each && {
          kind,
          question: each.ask.trim(),
          answer: each.answer ?? 'An answer.',
          skip: each.skip === true,
          ...ofEvery(each),
        }
      );
    }
    case 'wait': {
      const each = read(kinds.wait);
      return each && { kind, ms: each.wait, skip: each.skip === true, ...ofEvery(each) };
    }
    case 'checklist': {
      const each = read(kinds.checklist);
      return (
        each && {
          kind,
          title: each.checklist,
          skip: each.skip === true,
          tick: each.tick ?? [],
          open: each.ends === 'offered',
          ...ofEvery(each),
        }
      );
    }
    case 'until': {
      const each = read(kinds.until);
      return each && { kind, words: each.until, ...ofEvery(each) };
    }
    case 'pass': {
      const each = read(kinds.pass);
      return each && { kind, ms: each.pass, ...ofEvery(each) };
    }
    case 'start': {
      const each = read(kinds.start);
      return each && { kind, playbook: each.start, ...ofStart(each), ...ofEvery(each) };
    }
    case 'offer': {
      const each = read(kinds.offer);
      return (
        each && {
          kind,
          procedure: each.offer,
          skip: each.skip === true,
          ...ofStart(each),
          ...ofEvery(each),
        }
      );
    }
    case 'undo': {
      const each = read(kinds.undo);
      return each && { kind, through: each.undo === undoAll ? null : each.undo, ...ofEvery(each) };
    }
    case 'alert': {
      const each = read(kinds.alert);
      return each && { kind, labels: each.alert, ...ofEvery(each) };
    }
    case 'alert_resolved': {
      const each = read(kinds.alert_resolved);
      return each && { kind: 'alert-resolved', labels: each.alert_resolved, ...ofEvery(each) };
    }
    case 'acknowledge':
    case 'resolve': {
      const each = kind === 'acknowledge' ? read(kinds.acknowledge) : read(kinds.resolve);
      return each && { kind, ...ofEvery(each) };
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
}

const ofEvery = ({ by, set }: { by?: string[] | undefined; set?: Changes | undefined }) => ({
  by: by ?? null,
  set: set ?? {},
});

export const ofStart = (
  each: ApprovingSource & { inputs?: Record<string, string> | undefined },
): StartWish => ({
  ...ofApproving(each),
  ...(each.inputs && { inputs: each.inputs }),
});

const ofSteps = (each: {
  ends?: (typeof stepEnds)[number] | undefined;
  then?: (typeof followUps)[number][] | undefined;
}) => ({
  ends: each.ends ?? null,
  followUps: each.then ?? [],
});

function ofCommands(each: {
  exit?: Exit | readonly Exit[] | Record<string, Exit | readonly Exit[]> | undefined;
  prints?: string | undefined;
  takes?: number | undefined;
}): Commands {
  const { exit: written = {} } = each;
  const isOne = typeof written !== 'object' || Array.isArray(written);
  const ends: [string | null, Exit | readonly Exit[]][] = isOne
    ? [[null, written as Exit | readonly Exit[]]]
    : Object.entries(written);
  return { exits: new Map(ends), prints: each.prints ?? '', takesMs: each.takes ?? 1_000 };
}
