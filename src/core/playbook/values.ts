import { z } from 'zod';
import { durationPattern, parseDuration } from '../duration.ts';
import type { Indicator, Objective } from './definition.ts';
import { strict } from './readSource.ts';
import { writtenAs } from './writtenAs.ts';

/** The small values that operators write: names, durations, percentages, objectives. */

const reserved = ['none', 'previous', 'exit', 'everyone', 'any'];

export const nameText = z
  .string()
  .regex(
    /^[a-z][a-z0-9_-]{0,59}$/,
    'A name is made of lower-case letters, digits, hyphens and underscores, begins with a letter and has at most 60 characters.',
  )
  .refine((name) => !reserved.includes(name), {
    error: `A thing cannot be called ${reserved.map((word) => `\`${word}\``).join(', ')}: these words have a meaning of their own.`,
  });

/**
 * A reference to a name, or to one of another service as in `genesis-redis/restart`; whether it exists is asked later, so
 * that a mistyped one gets a suggestion.
 */
export const reference = z.string().min(1).max(125);

/** Which services something holds for. */
export const onServices = writtenAs(
  z.union([reference, z.array(reference).min(1)]),
  z.preprocess(
    (value) => (typeof value === 'string' && value !== 'any' ? [value] : value),
    z.union([z.literal('any'), z.array(reference).min(1)], {
      error: '`on` is `any` or a list of services.',
    }),
  ),
);

export const userId = z
  .string()
  .regex(/^[UW][A-Z0-9]{2,}$/, 'A user is a Slack user id, such as U0123456789.');

/** Words that mean something in CEL, so that `steps.in` could not be read. */
const wordsOfCel =
  'as break const continue else false for function has if import in let loop namespace null package return true var void while'.split(
    ' ',
  );

/** What conditions call a step. */
export const celName = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,39}$/,
    'A name for conditions is made of lower-case letters, digits and underscores, begins with a letter and has at most 40 characters.',
  )
  .refine((name) => !wordsOfCel.includes(name), {
    error: 'This word has a meaning of its own in conditions; take another name.',
  });

/** An expression in CEL, compiled and checked with the whole playbook. */
export const condition = z.string().min(1).max(500);

export const line = z
  .string()
  .min(1)
  .max(300)
  .refine((text) => !/[\r\n]/.test(text.trim()), { error: 'This must be one line.' })
  .transform((text) => text.trim());

export const paragraph = z
  .string()
  .min(1)
  .max(2_000)
  .transform((text) => text.trim());

/** A duration as it stands in a file. */
export const durationText = z.string().regex(durationPattern);

/** Milliseconds, before the pace divides them. */
export const duration = writtenAs(
  durationText,
  z
    .unknown()
    .refine((value) => typeof value === 'string' && parseDuration(value) !== undefined, {
      error: (issue) =>
        typeof issue.input === 'number'
          ? `A duration needs its unit: write \`${issue.input}s\` or \`${issue.input}m\`.`
          : 'A duration is a whole number with a unit: `250ms`, `30s`, `10m`, `24h` or `7d`.',
    })
    .transform((value) => parseDuration(String(value)) ?? 0),
);

type Unit = Indicator['unit'];
export type Quantity = { readonly value: number; readonly unit: Unit | null };

const sizes: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

const quantityPattern = /^(\d{1,12}(?:\.\d{1,9})?) ?(%|[a-zA-Z]{1,3})$/;

/** `0.1%` is a ratio, `200ms` are seconds, `512MiB` bytes; a bare number has the unit of its indicator. */
export function parseQuantity(written: unknown): Quantity | undefined {
  if (typeof written === 'number')
    return Number.isFinite(written) ? { value: written, unit: null } : undefined;
  if (typeof written !== 'string') return undefined;
  const match = quantityPattern.exec(written.trim());
  if (!match) return undefined;
  const number = Number(match[1]);
  const suffix = match[2] ?? '';
  // 99.9 / 100 is 0.9990000000000001 in binary; twelve digits are what was written.
  if (suffix === '%') return { value: Number((number / 100).toPrecision(12)), unit: 'ratio' };
  const ms = parseDuration(`1${suffix}`);
  if (ms !== undefined) return { value: Number(((number * ms) / 1_000).toPrecision(12)), unit: 'seconds' };
  const size = Object.hasOwn(sizes, suffix) ? sizes[suffix] : undefined;
  return size === undefined ? undefined : { value: number * size, unit: 'bytes' };
}

export const quantity = writtenAs(
  z.union([z.number(), z.string().regex(quantityPattern)]),
  z
    .unknown()
    .refine((value) => parseQuantity(value) !== undefined, {
      error:
        'A threshold is a number, a percentage such as `0.1%`, a time such as `200ms` or a size such as `512MiB`.',
    })
    .transform((value) => parseQuantity(value) ?? { value: 0, unit: null }),
);

export type ObjectiveSource = { readonly kind: Objective['kind']; readonly quantity: Quantity };

export const objective = strict({
  below: quantity.optional(),
  above: quantity.optional(),
  equals: quantity.optional(),
  at_least: quantity.optional(),
  at_most: quantity.optional(),
}).transform((written, context): ObjectiveSource => {
  const given = (['below', 'above', 'equals', 'at_least', 'at_most'] as const).flatMap((word) => {
    const value = written[word];
    const kind = word === 'at_least' ? 'at-least' : word === 'at_most' ? 'at-most' : word;
    return value === undefined ? [] : [{ kind, quantity: value } as const];
  });
  const only = given[0];
  if (given.length === 1 && only) return only;
  context.addIssue({
    code: 'custom',
    message:
      'An objective is exactly one of `below`, `above`, `at_most`, `at_least` or `equals`, such as `{ below: 0.1% }`.',
  });
  return z.NEVER;
});

/** One word where several are possible reads as a list of one; a list of none says nothing. */
export const oneOrMore = <T extends z.ZodType>(item: T) =>
  writtenAs(
    z.union([item, z.array(item).min(1)]),
    z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item).min(1)),
  );

/** The handle of a Slack user group, with or without its `@`. */
export const handle = z
  .string()
  .regex(/^@?[a-z0-9._-]{1,80}$/, 'A user group is its handle, such as `oncall`.')
  .transform((written) => written.replace(/^@/, ''));
