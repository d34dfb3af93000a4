import { z } from 'zod';
import { eitherOf, nearest } from './nearest.ts';
import type { Complaint, Path } from './problem.ts';

/**
 * Turns what zod found into complaints that an operator can act on: which word was meant, what is missing, what stands
 * there instead. Schemas give their own sentence with `error` where the general one would not help.
 */

/** An object that takes these keys and no others; an unknown key is answered with the nearest known one. */
export function strict<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? (issue.keys as string[]).map((key) => unknownKey(key, Object.keys(shape))).join('\n')
        : undefined,
  });
}

export function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  return meant === undefined
    ? `\`${key}\` is not known here; known are ${known.map((each) => `\`${each}\``).join(', ')}.`
    : `\`${key}\` is not known here; did you mean \`${meant}\`?`;
}

/** What a value is, for a sentence that goes on "but is …". */
export function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return `the text "${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'boolean':
      return `${value}`;
    default:
      return 'a map of keys';
  }
}

const wanted: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly complaints: readonly Complaint[] };

/** Reads `value` by `schema`; complaints carry paths from the top of the document, which begin with `base`. */
export function readSource<T>(schema: z.ZodType<T>, value: unknown, base: Path = []): Read<T> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  return {
    ok: false,
    complaints: withoutEchoes(result.error.issues.flatMap((issue) => complain(issue, value, base))),
  };
}

/** A misspelt key is also a missing one; the spelling alone says it all. */
function withoutEchoes(complaints: readonly Complaint[]): Complaint[] {
  const keyOf = ({ path }: Complaint) => JSON.stringify(path);
  const meant = new Set(
    complaints.flatMap(({ path, message }) => {
      const word = /; did you mean `(.+)`\?$/.exec(message)?.[1];
      return word === undefined ? [] : [`${JSON.stringify(path.slice(0, -1))} ${word}`];
    }),
  );
  return complaints.filter((complaint) => {
    const word = /^`(.+)` is missing\b/.exec(complaint.message)?.[1];
    return word === undefined || !meant.has(`${keyOf(complaint)} ${word}`);
  });
}

function complain(issue: z.core.$ZodIssue, value: unknown, base: Path): Complaint[] {
  const inner = issue.path as (string | number)[];
  const path = [...base, ...inner];
  const error = (message: string, part: 'key' | 'value' = 'value', at: Path = path): Complaint => ({
    severity: 'error',
    path: at,
    part,
    message,
  });
  const found = valueAt(value, inner);
  // A schema's own sentence is better than a general one.
  const own = /^(?:Invalid|Too|Unrecognized|Required)/.test(issue.message) ? undefined : issue.message;
  const name = spoken(path);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const sentences = issue.message.split('\n');
      return issue.keys.map((key, index) =>
        error(sentences[index] ?? unknownKey(key, []), 'key', [...path, key]),
      );
    }
    case 'invalid_type':
      if (found === undefined) return [error(`${name} is missing.`, 'key', path.slice(0, -1))];
      if (found === null) return [error(`${name} is empty.${emptyHint(path)}`, 'key')];
      if (own !== undefined) return [error(own)];
      return [
        error(`${name} must be ${wanted[issue.expected] ?? issue.expected}, but is ${describe(found)}.`),
      ];
    case 'invalid_value': {
      const words = issue.values.map(String);
      if (found === undefined)
        return [error(`${name} is missing: write ${eitherOf(words)}.`, 'key', path.slice(0, -1))];
      if (own !== undefined) return [error(own)];
      const meant = typeof found === 'string' ? nearest(found, words) : undefined;
      const end = meant === undefined ? `write ${eitherOf(words)}` : `did you mean \`${meant}\`?`;
      return [error(`${name} is ${describe(found)}; ${end}${meant === undefined ? '.' : ''}`)];
    }
    case 'invalid_key':
      return [error(issue.issues[0]?.message ?? issue.message, 'key')];
    case 'too_big':
    case 'too_small':
      return [error(own ?? `${name}: ${sized(issue)}.`)];
    default:
      if (found === undefined)
        return [error(`${name} is missing. ${issue.message}`, 'key', path.slice(0, -1))];
      if (found === null) return [error(`${name} is empty. ${issue.message}${emptyHint(path)}`, 'key')];
      return [error(issue.message)];
  }
}

function sized(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const unit = issue.origin === 'string' ? ' characters' : issue.origin === 'array' ? ' entries' : '';
  return issue.code === 'too_big'
    ? `at most ${issue.maximum}${unit}`
    : `at least ${issue.minimum}${unit}`.replace(/^at least 1 characters$/, 'must not be empty');
}

/** An unquoted `#` begins a comment, which is why channel names so often turn out empty. */
function emptyHint(path: Path): string {
  const last = path.at(-1);
  return last === 'announce' || last === 'thread' ? ' A channel name with # needs quotes.' : '';
}

function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** The last name on a path, with the number of the entry where it is one of a list. */
function spoken(path: Path): string {
  const last = path.at(-1);
  if (last === undefined) return 'The file';
  if (typeof last === 'string') return `\`${last}\``;
  const before = path.at(-2);
  return typeof before === 'string' ? `Entry ${last + 1} of \`${before}\`` : `Entry ${last + 1}`;
}
