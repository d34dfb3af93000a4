import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { eitherOf, nearest } from '../playbook/nearest.ts';
import type { Complaint, Path, Problem } from '../playbook/problem.ts';
import { describe, readSource, strict } from '../playbook/readSource.ts';
import { type Reporter, type RoomFile, reporterFor } from '../playbook/reporting.ts';
import { duration, line, parseQuantity, reference } from '../playbook/values.ts';
import { severities } from '../severity.ts';
import {
  approvalWishes,
  type Changes,
  type Commands,
  type Course,
  commandEnds,
  type Entry,
  type Exit,
  followUps,
  runEnds,
  type Scenario,
  stepEnds,
} from './scenario.ts';

/** Scenario tests as operators write them, beside their playbooks. */

export type TestFile = Pick<RoomFile, 'file' | 'value' | 'locate'>;

const noData = 'no data';

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

const changes = z.record(z.string(), course);
const words = z.preprocess((each) => (typeof each === 'string' ? [each] : each), z.array(reference).min(1));
const always = { by: words.optional(), set: changes.optional() };
const labels = z.record(z.string(), z.string());
const exit = z.union([z.int().min(0).max(255), z.enum(commandEnds)], {
  error: `\`exit\` is an exit code, ${eitherOf(commandEnds)}; or a map of these by action.`,
});
const commands = {
  exit: z.union([exit, z.record(z.string(), exit)]).optional(),
  prints: z.string().max(20_000).optional(),
  takes: duration.optional(),
};
const approval = z.enum(approvalWishes).optional();
const ends = z.enum(stepEnds).optional();
const then = z
  .preprocess((each) => (typeof each === 'string' ? [each] : each), z.array(z.enum(followUps)))
  .optional();
const yes = z.literal(true, { error: 'This is `true`, or left out.' });

const kinds = {
  chart: strict({ chart: reference, ...always }),
  observe: strict({ observe: reference, ...commands, ends, then, ...always }),
  do: strict({
    do: reference,
    skip: yes.optional(),
    approval,
    ...commands,
    ends,
    then,
    ...always,
  }),
  verify: strict({ verify: reference, ends, then, ...always }),
  choose: strict({ choose: line, answer: line, ends, ...always }),
  ask: strict({ ask: z.string().min(1), answer: z.string().optional(), ...always }),
  wait: strict({ wait: duration, skip: yes.optional(), ...always }),
  checklist: strict({ checklist: line, ...always }),
  until: strict({ until: line, ...always }),
  pass: strict({ pass: duration, ...always }),
  start: strict({ start: reference, approval, ...always }),
  alert: strict({ alert: labels, ...always }),
  acknowledge: strict({ acknowledge: yes, ...always }),
  resolve: strict({ resolve: yes, ...always }),
} as const;

type EntryKind = keyof typeof kinds;
const entryKinds = Object.keys(kinds) as EntryKind[];

const testSource = strict({
  test: line,
  alert: labels.optional(),
  procedure: reference.optional(),
  approval,
  by: words.optional(),
  indicators: changes.optional(),
  walk: z.array(z.unknown()),
  expect: strict({
    run: z.enum(runEnds).optional(),
    why: z.string().optional(),
    playbook: reference.optional(),
    severity: z.enum(severities).optional(),
    incident: z.enum(['open', 'acknowledged', 'mitigating', 'resolved']).optional(),
    offers: reference.optional(),
    changed: z.array(reference).optional(),
  }).optional(),
});

const fileSource = strict({ indicators: changes.optional(), tests: z.array(z.unknown()).min(1) });

export type ReadScenarios = {
  readonly scenarios: readonly Scenario[];
  readonly problems: readonly Problem[];
};

/** Reads the tests of one file; one that cannot be understood is left out and complained about. */
export function readScenarios(file: TestFile): ReadScenarios {
  const problems: Problem[] = [];
  const report = reporterFor({ kind: 'alert', ...file }, problems);
  const read = readSource(fileSource, file.value);
  if (!read.ok) {
    report.add(read.complaints);
    return { scenarios: [], problems };
  }
  const shared = read.value.indicators ?? {};
  const names = new Set<string>();
  const scenarios = read.value.tests.flatMap((written, index): Scenario[] => {
    const scenario = readTest(written, ['tests', index], { file, report, shared });
    if (!scenario) return [];
    if (names.has(scenario.name))
      report.error(['tests', index, 'test'], `There is already a test \`${scenario.name}\` in this file.`);
    names.add(scenario.name);
    return [scenario];
  });
  return { scenarios, problems };
}

type InFile = { readonly file: TestFile; readonly report: Reporter; readonly shared: Changes };

function readTest(written: unknown, path: Path, { file, report, shared }: InFile): Scenario | undefined {
  const read = readSource(testSource, written, path);
  if (!read.ok) {
    report.add(read.complaints);
    return undefined;
  }
  const { alert, procedure, expect = {}, by, test: name, ...source } = read.value;
  if ((alert === undefined) === (procedure === undefined)) {
    report.error(
      path,
      'A test begins with the labels of an `alert`, or with the name of a `procedure`.',
      'key',
    );
    return undefined;
  }
  if (source.approval !== undefined && procedure === undefined)
    report.error([...path, 'approval'], '`approval` is about the plan of a procedure.', 'key');
  const before = report.errors();
  const complaints: Complaint[] = [];
  const walk = source.walk.flatMap((entry, index) => {
    const at = [...path, 'walk', index];
    const compiled = readEntry(entry, at, complaints);
    return compiled ? [{ ...compiled, at: file.locate(at, 'value') } as Entry] : [];
  });
  report.add(complaints);
  if (report.errors() > before) return undefined;
  return {
    name,
    file: file.file,
    at: file.locate([...path, 'test'], 'value'),
    begins:
      alert !== undefined
        ? { kind: 'alert', labels: alert }
        : { kind: 'procedure', playbook: procedure ?? '', approval: source.approval ?? 'approve' },
    by: by ?? null,
    indicators: { ...shared, ...source.indicators },
    walk,
    expects: {
      at: file.locate([...path, 'expect'], 'key'),
      run: expect.run ?? 'completed',
      why: expect.why ?? null,
      playbook: expect.playbook ?? null,
      severity: expect.severity ?? null,
      incident: expect.incident ?? null,
      offers: expect.offers ?? null,
      changed: expect.changed ?? null,
    },
  };
}

type Unplaced<T> = T extends unknown ? Omit<T, 'at'> : never;

function readEntry(written: unknown, path: Path, complaints: Complaint[]): Unplaced<Entry> | undefined {
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
  return entryOf(kind, read);
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
          skip: each.skip === true,
          approval: each.approval ?? 'approve',
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
          answer: each.answer,
          ends: each.ends ?? null,
          ...ofEvery(each),
        }
      );
    }
    case 'ask': {
      const each = read(kinds.ask);
      return (
        each && { kind, question: each.ask.trim(), answer: each.answer ?? 'An answer.', ...ofEvery(each) }
      );
    }
    case 'wait': {
      const each = read(kinds.wait);
      return each && { kind, ms: each.wait, skip: each.skip === true, ...ofEvery(each) };
    }
    case 'checklist': {
      const each = read(kinds.checklist);
      return each && { kind, title: each.checklist, ...ofEvery(each) };
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
      return each && { kind, playbook: each.start, approval: each.approval ?? 'approve', ...ofEvery(each) };
    }
    case 'alert': {
      const each = read(kinds.alert);
      return each && { kind, labels: each.alert, ...ofEvery(each) };
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

const ofSteps = (each: {
  ends?: (typeof stepEnds)[number] | undefined;
  then?: (typeof followUps)[number][] | undefined;
}) => ({
  ends: each.ends ?? null,
  followUps: each.then ?? [],
});

function ofCommands(each: {
  exit?: Exit | Record<string, Exit> | undefined;
  prints?: string | undefined;
  takes?: number | undefined;
}): Commands {
  const { exit: written = {} } = each;
  const exits: [string | null, Exit][] =
    typeof written === 'object' ? Object.entries(written) : [[null, written]];
  return { exits: new Map(exits), prints: each.prints ?? '', takesMs: each.takes ?? 1_000 };
}
