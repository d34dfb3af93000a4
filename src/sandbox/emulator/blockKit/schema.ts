/**
 * A small language for saying what Slack accepts. A check looks at a value and reports every breach with a JSON
 * pointer, in the form of Slack's `blocks.validate`. Lengths are counted in Unicode code points.
 */

export interface Problem {
  code: 'failed_constraint';
  message: string;
  /** JSON pointer from the value that was validated. */
  pointer: string;
  constraint: { type: string; expected: unknown };
}

export type Report = (problem: Problem) => void;

export type Check = (value: unknown, pointer: string, report: Report) => void;

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Code points, since that is what Slack counts: an emoji is one or a few, never its UTF-16 halves. */
export function lengthOf(text: string): number {
  return [...text].length;
}

export function problem(
  pointer: string,
  message: string,
  constraint: [type: string, expected: unknown],
): Problem {
  return {
    code: 'failed_constraint',
    message,
    pointer,
    constraint: { type: constraint[0], expected: constraint[1] },
  };
}

export function string(limits: { min?: number; max?: number; pattern?: RegExp } = {}): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'string') {
      report(problem(pointer, 'must be a string', ['type', 'string']));
      return;
    }
    const length = lengthOf(value);
    const { min = 0, max, pattern } = limits;
    if (length < min) {
      report(problem(pointer, `must be more than ${min - 1} characters`, ['min_length', min]));
    }
    if (max !== undefined && length > max) {
      report(problem(pointer, `must be less than ${max + 1} characters`, ['max_length', max]));
    }
    if (pattern !== undefined && !pattern.test(value)) {
      report(problem(pointer, 'has the wrong format', ['pattern', pattern.source]));
    }
  };
}

/** A URL of at most `max` characters with one of the schemes; any scheme when none are named. */
export function url(max: number, schemes: string[] = []): Check {
  const text = string({ min: 1, max });
  return (value, pointer, report) => {
    text(value, pointer, report);
    if (typeof value !== 'string') return;
    const parsed = URL.parse(value);
    if (parsed === null || (schemes.length > 0 && !schemes.includes(parsed.protocol))) {
      report(problem(pointer, 'must be a valid URL', ['format', 'url']));
    }
  };
}

/** An image that Slack fetches by itself, so it has to be reachable from the public network. */
export function publicImageUrl(max: number): Check {
  const link = url(max, ['http:', 'https:']);
  return (value, pointer, report) => {
    link(value, pointer, report);
    const host = typeof value === 'string' ? URL.parse(value)?.hostname : undefined;
    if (host !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/.test(host)) {
      report(problem(pointer, 'downloading the image failed', ['reachable', 'public address']));
    }
  };
}

export function boolean(): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'boolean') report(problem(pointer, 'must be a boolean', ['type', 'boolean']));
  };
}

export function integer(limits: { min?: number; max?: number } = {}): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      report(problem(pointer, 'must be an integer', ['type', 'integer']));
      return;
    }
    const { min, max } = limits;
    if (min !== undefined && value < min) report(problem(pointer, `must be at least ${min}`, ['min', min]));
    if (max !== undefined && value > max) report(problem(pointer, `must be at most ${max}`, ['max', max]));
  };
}

export function number(): Check {
  return (value, pointer, report) => {
    if (typeof value !== 'number') report(problem(pointer, 'must be a number', ['type', 'number']));
  };
}

export function oneOf(values: readonly unknown[]): Check {
  return (value, pointer, report) => {
    if (!values.includes(value)) {
      report(problem(pointer, `unsupported value: ${JSON.stringify(value)}`, ['enum', values]));
    }
  };
}

export function list(item: Check, limits: { min?: number; max?: number } = {}): Check {
  return (value, pointer, report) => {
    if (!Array.isArray(value)) {
      report(problem(pointer, 'must be an array', ['type', 'array']));
      return;
    }
    const { min = 0, max } = limits;
    if (value.length < min) {
      report(problem(pointer, `must have at least ${min} items`, ['min_items', min]));
    }
    if (max !== undefined && value.length > max) {
      report(problem(pointer, `no more than ${max} items allowed`, ['max_items', max]));
    }
    for (const [index, each] of value.entries()) item(each, `${pointer}/${index}`, report);
  };
}

/** Fields by name; those that must be there are made with `required`. */
export type Fields = Record<string, Check | { required: Check }>;

export function required(check: Check): { required: Check } {
  return { required: check };
}

/** An object with these fields and no others; `type` is always allowed, since something else has looked at it. */
export function object(fields: Fields, ...further: Check[]): Check {
  return (value, pointer, report) => {
    if (!isObject(value)) {
      report(problem(pointer, 'must be an object', ['type', 'object']));
      return;
    }
    for (const [name, field] of Object.entries(fields)) {
      const isRequired = typeof field !== 'function';
      const given = value[name];
      if (given === undefined) {
        if (isRequired) {
          report(problem(`${pointer}/${name}`, `missing required field: ${name}`, ['required', name]));
        }
        continue;
      }
      (isRequired ? field.required : field)(given, `${pointer}/${name}`, report);
    }
    for (const name of Object.keys(value)) {
      if (name !== 'type' && fields[name] === undefined) {
        report(
          problem(`${pointer}/${name}`, `invalid additional property: ${name}`, [
            'additional_property',
            Object.keys(fields),
          ]),
        );
      }
    }
    for (const check of further) check(value, pointer, report);
  };
}

/** Chooses the check by the value's `type`. */
export function byType(kinds: Readonly<Record<string, Check>>): Check {
  return (value, pointer, report) => {
    if (!isObject(value)) {
      report(problem(pointer, 'must be an object', ['type', 'object']));
      return;
    }
    const { type } = value;
    const check = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (check === undefined) {
      const message =
        type === undefined ? 'missing required field: type' : `unsupported type: ${String(type)}`;
      report(problem(`${pointer}/type`, message, ['enum', Object.keys(kinds)]));
      return;
    }
    check(value, pointer, report);
  };
}

/** A rule over several fields of an object. */
export function rule(
  holds: (value: JsonObject) => boolean,
  message: string,
  constraint: [type: string, expected: unknown],
): Check {
  return (value, pointer, report) => {
    if (isObject(value) && !holds(value)) report(problem(pointer, message, constraint));
  };
}

/** Exactly one of these fields has to be there. */
export function exactlyOne(...names: string[]): Check {
  return rule(
    (value) => names.filter((name) => value[name] !== undefined).length === 1,
    `must have exactly one of ${names.join(', ')}`,
    ['exactly_one', names],
  );
}

/** At least one of these fields has to be there. */
export function atLeastOne(...names: string[]): Check {
  return rule(
    (value) => names.some((name) => value[name] !== undefined),
    `must have at least one of ${names.join(', ')}`,
    ['at_least_one', names],
  );
}
