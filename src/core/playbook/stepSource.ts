import { z } from 'zod';
import { eitherOf, nearest } from './nearest.ts';
import type { Complaint, Path } from './problem.ts';
import { describe, readSource, strict } from './readSource.ts';
import { duration, line, paragraph, reference } from './values.ts';

/** A step as written: one word says its kind, further keys belong to that kind. */

const kinds = {
  chart: strict({ chart: reference }),
  observe: strict({ observe: reference, look: line.optional() }),
  choose: strict({ choose: line, among: z.record(z.string(), z.unknown()) }),
  do: strict({
    do: reference,
    budget: duration.optional(),
    when: line.optional(),
    always: z.boolean().optional(),
  }),
  verify: strict({ verify: reference, for: duration.optional(), within: duration.optional() }),
  ask: strict({
    ask: paragraph,
    options: z
      .array(line.pipe(z.string().max(75)))
      .min(2)
      .max(20)
      .optional(),
    max_length: z.int().min(1).max(3_000).optional(),
  }),
  wait: strict({ wait: duration, why: line }),
  checklist: strict({ checklist: line, items: z.array(line).min(1).max(20) }),
  stage: strict({ stage: line, budget: duration, steps: z.array(z.unknown()) }),
} as const;

export type StepKind = keyof typeof kinds;
export const stepKinds = Object.keys(kinds) as StepKind[];

/** A step as an editor should know it: the kinds again, with steps inside options and stages. */
export const stepWritten: z.ZodType = z
  .union([
    kinds.chart,
    kinds.observe,
    kinds.choose.extend({
      among: z.record(
        z.string(),
        z.lazy(() => optionWritten),
      ),
    }),
    kinds.do,
    kinds.verify,
    kinds.ask,
    kinds.wait,
    kinds.checklist,
    kinds.stage.extend({ steps: z.array(z.lazy(() => stepWritten)) }),
  ])
  .meta({ id: 'step' });

const optionWritten: z.ZodType = z
  .union([z.array(stepWritten), strict({ hint: line.optional(), steps: z.array(stepWritten) }), z.null()])
  .meta({ id: 'option' });

const optionSource = strict({ hint: line.optional(), steps: z.array(z.unknown()) });

type Of<K extends StepKind> = z.infer<(typeof kinds)[K]>;

export type StepSource = { readonly path: Path } & (
  | ({ readonly kind: 'chart' } & Of<'chart'>)
  | ({ readonly kind: 'observe' } & Of<'observe'>)
  | { readonly kind: 'choose'; readonly choose: string; readonly among: readonly OptionSource[] }
  | ({ readonly kind: 'do' } & Of<'do'>)
  | ({ readonly kind: 'verify' } & Of<'verify'>)
  | ({ readonly kind: 'ask' } & Of<'ask'>)
  | ({ readonly kind: 'wait' } & Of<'wait'>)
  | ({ readonly kind: 'checklist' } & Of<'checklist'>)
  | {
      readonly kind: 'stage';
      readonly stage: string;
      readonly budget: number;
      readonly steps: readonly StepSource[];
    }
);

export type OptionSource = {
  readonly path: Path;
  readonly label: string;
  readonly hint: string | undefined;
  readonly steps: readonly StepSource[];
};

/** Reads a list of steps; a step that cannot be read is left out and complained about. */
export function readSteps(written: readonly unknown[], path: Path, complaints: Complaint[]): StepSource[] {
  return written.flatMap((value, index) => {
    const step = readStep(value, [...path, index], complaints);
    return step === undefined ? [] : [step];
  });
}

function readStep(value: unknown, path: Path, complaints: Complaint[]): StepSource | undefined {
  const complain = (message: string, at: Path = path, part: 'key' | 'value' = 'value') => {
    complaints.push({ severity: 'error', path: at, part, message });
    return undefined;
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const meant = typeof value === 'string' ? nearest(value.split(/[ :]/)[0] ?? '', stepKinds) : undefined;
    return complain(
      `A step is a map such as \`observe: recent_errors\`, but this is ${describe(value)}${meant ? `; did you mean \`${meant}: …\`?` : '.'}`,
    );
  }
  const keys = Object.keys(value);
  const kind = kindOf(keys);
  if (kind === undefined) {
    const [key, meant] = keys
      .map((each) => [each, nearest(each, stepKinds)] as const)
      .find(([, word]) => word !== undefined) ?? [keys[0] ?? '', undefined];
    if (meant !== undefined)
      return complain(`\`${key}\` is no kind of step; did you mean \`${meant}\`?`, [...path, key], 'key');
    return complain(`A step says what it is by one of ${eitherOf(stepKinds)}.`);
  }
  const second = keys.find((key) => key !== kind && isKind(key));
  if (second !== undefined)
    return complain(
      `A step does one thing: \`${kind}\` and \`${second}\` are two steps, each with its own dash.`,
      [...path, second],
      'key',
    );
  return readKind(kind, value, path, complaints);
}

const isKind = (key: string): key is StepKind => Object.hasOwn(kinds, key);

const kindOf = (keys: readonly string[]): StepKind | undefined => keys.find(isKind);

function readKind(
  kind: StepKind,
  value: object,
  path: Path,
  complaints: Complaint[],
): StepSource | undefined {
  const read = <T>(schema: z.ZodType<T>): T | undefined => {
    const result = readSource(schema, value, path);
    if (result.ok) return result.value;
    complaints.push(...result.complaints);
    return undefined;
  };
  switch (kind) {
    case 'choose': {
      const step = read(kinds.choose);
      return (
        step && {
          kind,
          path,
          choose: step.choose,
          among: readOptions(step.among, [...path, 'among'], complaints),
        }
      );
    }
    case 'stage': {
      const step = read(kinds.stage);
      return (
        step && {
          kind,
          path,
          stage: step.stage,
          budget: step.budget,
          steps: readSteps(step.steps, [...path, 'steps'], complaints),
        }
      );
    }
    case 'chart': {
      const step = read(kinds.chart);
      return step && { kind, path, ...step };
    }
    case 'observe': {
      const step = read(kinds.observe);
      return step && { kind, path, ...step };
    }
    case 'do': {
      const step = read(kinds.do);
      return step && { kind, path, ...step };
    }
    case 'verify': {
      const step = read(kinds.verify);
      return step && { kind, path, ...step };
    }
    case 'ask': {
      const step = read(kinds.ask);
      return step && { kind, path, ...step };
    }
    case 'wait': {
      const step = read(kinds.wait);
      return step && { kind, path, ...step };
    }
    case 'checklist': {
      const step = read(kinds.checklist);
      return step && { kind, path, ...step };
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
}

function readOptions(
  among: Readonly<Record<string, unknown>>,
  path: Path,
  complaints: Complaint[],
): OptionSource[] {
  return Object.entries(among).flatMap(([label, written]) => {
    const at = [...path, label];
    // A bare list of steps is an option without a hint; an empty one goes straight on.
    if (Array.isArray(written) || written === null)
      return [{ path: at, label, hint: undefined, steps: readSteps(written ?? [], at, complaints) }];
    const result = readSource(optionSource, written, at);
    if (!result.ok) {
      complaints.push(...result.complaints);
      return [{ path: at, label, hint: undefined, steps: [] }];
    }
    return [
      {
        path: at,
        label,
        hint: result.value.hint,
        steps: readSteps(result.value.steps, [...at, 'steps'], complaints),
      },
    ];
  });
}
