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

/** A reference to a name; whether it exists is asked later, so that a mistyped one gets a suggestion. */
export const reference = z.string().min(1).max(120);

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

/** Milliseconds, before the pace divides them. */
export const duration = writtenAs(
  z.string().regex(durationPattern),
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

const quantity = writtenAs(
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
}).transform((written, context): ObjectiveSource => {
  const given = (['below', 'above', 'equals'] as const).flatMap((kind) => {
    const value = written[kind];
    return value === undefined ? [] : [{ kind, quantity: value }];
  });
  const only = given[0];
  if (given.length === 1 && only) return only;
  context.addIssue({
    code: 'custom',
    message: 'An objective is exactly one of `below`, `above` or `equals`, such as `{ below: 0.1% }`.',
  });
  return z.NEVER;
});
