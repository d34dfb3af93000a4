import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import type { Path } from './problem.ts';
import { strict } from './readSource.ts';
import type { Reporter } from './reporting.ts';
import { durationText, line, nameText, paragraph } from './values.ts';
import {
  argumentFault,
  type Input,
  longestArgument,
  type Parameter,
  patternFault,
  type ValueType,
  valueFault,
} from './valueType.ts';
import { writtenAs } from './writtenAs.ts';

/** Types of answers and of parameters as operators write them. */

const longestText = 3_000;

const limit = writtenAs(
  z.union([z.number(), durationText]),
  z
    .unknown()
    .refine((value) => typeof value === 'number' || milliseconds(value) !== undefined, {
      error: 'A limit is a number, or a duration such as `10m` where a duration is asked for.',
    })
    .transform((value) => (typeof value === 'number' ? value : String(value))),
);

const milliseconds = (value: unknown): number | undefined =>
  typeof value === 'string' ? parseDuration(value) : undefined;

const pattern = z.string().min(1).max(500);

/** What a question may say of its answer. */
export const answerType = {
  type: z.enum(['text', 'integer', 'number', 'duration', 'choice']).optional(),
  pattern: pattern.optional(),
  min: limit.optional(),
  max: limit.optional(),
  options: z
    .array(line.pipe(z.string().max(75)))
    .min(2)
    .max(20)
    .optional(),
  max_length: z.int().min(1).max(longestText).optional(),
  example: z.union([z.string(), z.number()]).transform(String).optional(),
} as const;

const answerSource = z.object(answerType);
type AnswerSource = z.infer<typeof answerSource>;

export const inputSource = strict({ ask: paragraph.pipe(z.string().max(200)), ...answerType });

export const parameterSource = strict({
  title: line.pipe(z.string().max(75)).optional(),
  pattern: pattern.optional(),
  integer: strict({ min: z.int().optional(), max: z.int().optional() }).optional(),
  options: z
    .array(line.pipe(z.string().max(75)))
    .min(1)
    .max(100)
    .optional(),
});

/** `{ parameter: image }` stands for one whole argument. */
export const argumentSource = writtenAs(
  z.union([z.string(), strict({ parameter: nameText })]),
  z.unknown().transform((value, context): string | { readonly parameter: string } => {
    if (typeof value === 'string') return value;
    const read = strict({ parameter: nameText }).safeParse(value);
    if (read.success) return read.data;
    context.addIssue({
      code: 'custom',
      message:
        typeof value === 'number' || typeof value === 'boolean'
          ? `An argument is text: write "${value}" with quotes.`
          : 'An argument is text, or `{ parameter: name }` for a value that is given when it runs.',
    });
    return z.NEVER;
  }),
);

/** `answer.image`, `input.image`, or the value itself. */
export const givenSource = z.record(
  nameText,
  z
    .union([z.string(), z.number()], {
      error: 'A value is text, a number, `answer.<name>` or `input.<name>`.',
    })
    .transform(String),
);

/** Reads what a question says of its answer; faults are complained about and leave a type behind all the same. */
export function typeOf(source: AnswerSource, path: Path, report: Reporter): ValueType {
  const kind = source.type ?? (source.options ? 'choice' : 'text');
  const refuse = (key: keyof AnswerSource, message: string) => {
    if (source[key] !== undefined) report.error([...path, key], message, 'key');
  };
  if (kind !== 'choice' && source.options)
    report.error([...path, 'type'], `With \`options\` the type is \`choice\`, not \`${kind}\`.`);
  if (kind !== 'text') {
    refuse(
      'max_length',
      kind === 'choice'
        ? '`max_length` is about free text, but this question has `options`.'
        : `\`max_length\` is about free text, but this is \`${kind}\`.`,
    );
    refuse('pattern', `\`pattern\` is about free text, but this is \`${kind}\`.`);
  }
  if (kind === 'text' || kind === 'choice') {
    const instead = kind === 'text' ? '; the length of a text is `max_length`' : '';
    for (const key of ['min', 'max'] as const)
      refuse(key, `\`${key}\` is about \`integer\`, \`number\` and \`duration\`${instead}.`);
  }
  const type = typeIn(kind, source, path, report);
  if (source.example !== undefined && kind !== 'choice') {
    const fault = valueFault(type, source.example);
    if (fault !== null) report.error([...path, 'example'], `The example is no answer. ${fault}`);
  }
  return type;
}

function typeIn(
  kind: NonNullable<AnswerSource['type']>,
  source: AnswerSource,
  path: Path,
  report: Reporter,
): ValueType {
  switch (kind) {
    case 'choice':
      if (!source.options) report.error([...path, 'type'], 'A choice needs `options`, at least two of them.');
      checkOptions(source.options ?? [], [...path, 'options'], report);
      return { kind: 'options', options: source.options ?? [] };
    case 'text': {
      const fault = source.pattern === undefined ? null : patternFault(source.pattern);
      if (fault !== null) report.error([...path, 'pattern'], fault);
      const usable = source.pattern !== undefined && fault === null;
      return {
        kind,
        maxLength: source.max_length ?? longestText,
        ...(usable && { pattern: source.pattern ?? '' }),
      };
    }
    case 'integer':
    case 'number':
    case 'duration': {
      const [min, max] = [limitOf('min', kind), limitOf('max', kind)];
      if (min !== undefined && max !== undefined && min > max)
        report.error([...path, 'max'], 'Nothing is between these limits: `min` is more than `max`.');
      return { kind, ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    }
    default: {
      const never: never = kind;
      return never;
    }
  }

  function limitOf(key: 'min' | 'max', of: 'integer' | 'number' | 'duration'): number | undefined {
    const written = source[key];
    if (written === undefined) return undefined;
    const value = of === 'duration' ? milliseconds(written) : written;
    if (typeof value === 'number' && (of !== 'integer' || Number.isInteger(value))) return value;
    const wanted =
      of === 'duration' ? 'a duration such as `10m`' : of === 'integer' ? 'a whole number' : 'a number';
    report.error([...path, key], `The limits of \`${of}\` are written as ${wanted}.`);
    return undefined;
  }
}

function checkOptions(options: readonly string[], path: Path, report: Reporter): void {
  for (const [index, option] of options.entries())
    if (options.indexOf(option) !== index) report.error([...path, index], `\`${option}\` is there already.`);
}

export function inputOf(source: z.infer<typeof inputSource>, path: Path, report: Reporter): Input {
  return {
    ask: source.ask,
    type: typeOf(source, path, report),
    ...(source.example !== undefined && { example: source.example }),
  };
}

export function parameterOf(
  source: z.infer<typeof parameterSource>,
  path: Path,
  report: Reporter,
): Parameter | undefined {
  const { title, pattern: written, integer, options } = source;
  const given = [written, integer, options].filter((each) => each !== undefined).length;
  if (given !== 1) {
    report.error(
      path,
      'A parameter says what it may be by exactly one of `pattern`, `integer` and `options`.',
      'key',
    );
    return undefined;
  }
  const named = title === undefined ? {} : { title };
  if (integer) {
    const { min, max } = integer;
    if (min !== undefined && max !== undefined && min > max)
      report.error([...path, 'integer', 'max'], 'Nothing is between these limits: `min` is more than `max`.');
    return {
      ...named,
      type: { kind: 'integer', ...(min !== undefined && { min }), ...(max !== undefined && { max }) },
    };
  }
  if (options) {
    checkOptions(options, [...path, 'options'], report);
    for (const [index, option] of options.entries()) {
      const fault = argumentFault({ kind: 'options', options }, option);
      if (fault !== null) report.error([...path, 'options', index], fault);
    }
    return { ...named, type: { kind: 'options', options } };
  }
  const fault = patternFault(written ?? '');
  if (fault !== null) {
    report.error([...path, 'pattern'], fault);
    return undefined;
  }
  const type: ValueType = { kind: 'text', maxLength: longestArgument, pattern: written ?? '' };
  return { ...named, type };
}
