import { z } from 'zod';
import { eitherOf, nearest } from './nearest.ts';
import type { Complaint, Path } from './problem.ts';
import { describe, readSource, strict } from './readSource.ts';
import { answerType, givenSource } from './typeSource.ts';
import { celName, condition, duration, line, paragraph, reference } from './values.ts';
import { writtenAs } from './writtenAs.ts';

/** A step as written: one word says its kind, further keys belong to that kind. */

/** What a step of any kind may have. */
const every = { as: celName.optional(), if: condition.optional() };
const gate = { for: duration.optional(), within: duration.optional() };
const onFail = z.array(z.unknown()).min(1).optional();

const item = strict({
  item: line,
  owner: line.pipe(z.string().max(80)).optional(),
  within: duration.optional(),
});
/** A plain text is an item that is nobody's in particular. */
const checklistItem = writtenAs(
  z.union([line, item]),
  z.preprocess((value) => (typeof value === 'string' ? { item: value } : value), item),
);

/** One action, or several that are looked at at the same time; always a list once it is read. */
const observed = writtenAs(
  z.union([reference, z.array(reference).min(2).max(10)]),
  z.unknown().transform((value, context): readonly string[] => {
    const read = (Array.isArray(value) ? z.array(reference).min(2).max(10) : reference).safeParse(value);
    if (read.success) return Array.isArray(read.data) ? read.data : [read.data];
    context.addIssue({
      code: 'custom',
      message: Array.isArray(value)
        ? '`observe` is the name of an action, or a list of 2 to 10 that are looked at at the same time.'
        : `\`observe\` must be the name of an action or a list of names, but is ${describe(value)}.`,
    });
    return z.NEVER;
  }),
);

const kinds = {
  chart: strict({ chart: reference, ...every }),
  observe: strict({ observe: observed, look: line.optional(), with: givenSource.optional(), ...every }),
  choose: strict({ choose: line, among: z.record(z.string(), z.unknown()), ...every }),
  do: strict({
    do: reference,
    budget: duration.optional(),
    when: line.optional(),
    always: z.boolean().optional(),
    verify: reference.optional(),
    with: givenSource.optional(),
    automatic: z.enum(['shadow', 'live'], { error: '`automatic` is `shadow` or `live`.' }).optional(),
    after: duration.optional(),
    ...gate,
    on_fail: onFail,
    ...every,
  }),
  verify: strict({ verify: reference, ...gate, on_fail: onFail, ...every }),
  ask: strict({
    ask: paragraph,
    ...answerType,
    ...every,
  }),
  offer: strict({ offer: reference, why: line, ...every }),
  wait: strict({ wait: duration, why: line, ...every }),
  checklist: strict({ checklist: line, items: z.array(checklistItem).min(1).max(20), ...every }),
  stage: strict({ stage: line, budget: duration, steps: z.array(z.unknown()), ...every }),
  call: strict({ call: reference, ...every }),
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
    kinds.do.extend({
      on_fail: z
        .array(z.lazy(() => stepWritten))
        .min(1)
        .optional(),
    }),
    kinds.verify.extend({
      on_fail: z
        .array(z.lazy(() => stepWritten))
        .min(1)
        .optional(),
    }),
    kinds.ask,
    kinds.offer,
    kinds.wait,
    kinds.checklist,
    kinds.stage.extend({ steps: z.array(z.lazy(() => stepWritten)) }),
    kinds.call,
  ])
  .meta({ id: 'step' });

const optionWritten: z.ZodType = z
  .union([z.array(stepWritten), strict({ hint: line.optional(), steps: z.array(stepWritten) }), z.null()])
  .meta({ id: 'option' });

const optionSource = strict({ hint: line.optional(), steps: z.array(z.unknown()) });

type Of<K extends StepKind> = z.infer<(typeof kinds)[K]>;

type OfEvery = { readonly as?: string | undefined; readonly if?: string | undefined };
type Acting<K extends 'do' | 'verify'> = Omit<Of<K>, 'on_fail'> & {
  readonly onFail?: readonly StepSource[] | undefined;
};

export type StepSource = { readonly path: Path } & OfEvery &
  (
    | ({ readonly kind: 'chart' } & Of<'chart'>)
    | ({ readonly kind: 'observe' } & Of<'observe'>)
    | { readonly kind: 'choose'; readonly choose: string; readonly among: readonly OptionSource[] }
    | ({ readonly kind: 'do' } & Acting<'do'>)
    | ({ readonly kind: 'verify' } & Acting<'verify'>)
    | ({ readonly kind: 'ask' } & Of<'ask'>)
    | ({ readonly kind: 'offer' } & Of<'offer'>)
    | ({ readonly kind: 'wait' } & Of<'wait'>)
    | ({ readonly kind: 'checklist' } & Of<'checklist'>)
    | {
        readonly kind: 'stage';
        readonly stage: string;
        readonly budget: number;
        readonly steps: readonly StepSource[];
      }
    | ({ readonly kind: 'call' } & Of<'call'>)
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
  // An action may be verified in a way of its own at this one step.
  const second = keys.find((key) => key !== kind && isKind(key) && !(kind === 'do' && key === 'verify'));
  if (second !== undefined)
    return complain(
      `A step does one thing: \`${kind}\` and \`${second}\` are two steps, each with its own dash.`,
      [...path, second],
      'key',
    );
  return readKind(kind, value, path, complaints);
}

const isKind = (key: string): key is StepKind => Object.hasOwn(kinds, key);

const kindOf = (keys: readonly string[]): StepKind | undefined => {
  const first = keys.find(isKind);
  return first === 'verify' && keys.includes('do') ? 'do' : first;
};

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
          as: step.as,
          if: step.if,
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
          as: step.as,
          if: step.if,
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
      return step && { kind, path, ...acting(step, path, complaints) };
    }
    case 'verify': {
      const step = read(kinds.verify);
      return step && { kind, path, ...acting(step, path, complaints) };
    }
    case 'ask': {
      const step = read(kinds.ask);
      return step && { kind, path, ...step };
    }
    case 'offer': {
      const step = read(kinds.offer);
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
    case 'call': {
      const step = read(kinds.call);
      return step && { kind, path, ...step };
    }
    default: {
      const never: never = kind;
      return never;
    }
  }
}

function acting<T extends { readonly on_fail?: readonly unknown[] | undefined }>(
  { on_fail, ...step }: T,
  path: Path,
  complaints: Complaint[],
): Omit<T, 'on_fail'> & { readonly onFail?: readonly StepSource[] } {
  return on_fail === undefined
    ? step
    : { ...step, onFail: readSteps(on_fail, [...path, 'on_fail'], complaints) };
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
