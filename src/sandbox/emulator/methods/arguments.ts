import { refuse, refuseArguments } from '../slackError.ts';
import type { ArgumentType, MethodSpec } from './catalog.ts';

/** The arguments of a call, each already of the type that the method declares. */
export interface Arguments {
  has(name: string): boolean;
  /** '' when absent. */
  string(name: string): string;
  /** False when absent. */
  boolean(name: string): boolean;
  integer(name: string): number | undefined;
  json(name: string): unknown;
  /** Those that the method does not know and Slack silently ignores. */
  readonly ignored: readonly string[];
}

/** What every method takes besides its own arguments. */
const everywhere = new Set(['token', 'team_id']);

/** Codes for JSON that cannot be read, where a method has one of its own. */
const unreadable: Record<string, string> = {
  blocks: 'invalid_blocks_format',
  metadata: 'invalid_metadata_format',
};

function readBoolean(name: string, value: unknown): boolean {
  if (value === true || value === 'true' || value === '1' || value === 1) return true;
  if (value === false || value === 'false' || value === '0' || value === 0 || value === '') return false;
  return refuseArguments(`must be a valid boolean [json-pointer:/${name}]`);
}

function readInteger(name: string, value: unknown): number {
  const number = typeof value === 'number' ? value : Number(String(value));
  if (value === '' || !Number.isInteger(number)) {
    refuseArguments(`must be a valid integer [json-pointer:/${name}]`);
  }
  return number;
}

function readJson(name: string, value: unknown, spec: MethodSpec): unknown {
  if (typeof value !== 'string') return value;
  if (value === '') return undefined;
  try {
    return JSON.parse(value);
  } catch (error) {
    const code = unreadable[name];
    if (code !== undefined && spec.errors.has(code)) return refuse(code);
    return refuseArguments(`${(error as Error).message} [json-pointer:/${name}]`);
  }
}

function read(
  name: string,
  value: unknown,
  { type, spec }: { type: ArgumentType; spec: MethodSpec },
): unknown {
  switch (type) {
    case 'string':
      return typeof value === 'string' ? value : refuseArguments(`must be a string [json-pointer:/${name}]`);
    case 'boolean':
      return readBoolean(name, value);
    case 'integer':
      return readInteger(name, value);
    case 'json':
      return readJson(name, value, spec);
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** Checks the arguments against what the method declares; refuses with `invalid_arguments`. */
export function readArguments(spec: MethodSpec, raw: Record<string, unknown>): Arguments {
  const values = new Map<string, unknown>();
  const missing: string[] = [];
  for (const [name, { type, isRequired }] of spec.args) {
    const given = raw[name];
    if (given === undefined || given === null) {
      if (isRequired) missing.push(`missing required field: ${name}`);
      continue;
    }
    const value = read(name, given, { type, spec });
    if (value !== undefined && value !== null) values.set(name, value);
  }
  if (missing.length > 0) refuseArguments(...missing);
  return {
    has: (name) => values.has(name),
    string: (name) => (values.get(name) as string | undefined) ?? '',
    boolean: (name) => values.get(name) === true,
    integer: (name) => values.get(name) as number | undefined,
    json: (name) => values.get(name),
    ignored: Object.keys(raw).filter((name) => !spec.args.has(name) && !everywhere.has(name)),
  };
}
