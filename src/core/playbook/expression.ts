import {
  type ASTNode,
  Environment,
  EvaluationError,
  ParseError,
  type TypeCheckResult,
} from '@marcbachmann/cel-js';

/**
 * Conditions in CEL. An expression computes a truth value from what it is given and from nothing else: it has no loops
 * that could go on, no clock, no chance, and no way to anything that the names below do not stand for.
 */

/** The names that an expression may use, and what stands for each. `number` is any number, as CEL's double. */
export type Names = {
  readonly steps: Readonly<Record<string, 'string'>>;
  readonly answers: Readonly<Record<string, 'string' | 'number'>>;
};

/** What a name stands for at one moment; one that is not there yet is left out. */
export type Values = {
  readonly steps: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<string, string | number>>;
  readonly incident: Readonly<Record<string, string>>;
};

/** A mistake in an expression, at a character counted from 0. `name` is what was not known, with what it was looked for in. */
export type Fault = {
  readonly at: number;
  readonly message: string;
  readonly unknown?: { readonly name: string; readonly of: 'steps' | 'answers' | 'incident' | null };
};

export const ofIncident = ['severity', 'service'] as const;

const limits = {
  maxAstNodes: 200,
  maxDepth: 24,
  maxListElements: 50,
  maxMapEntries: 20,
  maxCallArguments: 8,
};

/**
 * All that may be called. Each takes time in proportion to the texts that it is given and makes no text longer than
 * those; macros that go through lists multiply instead, so nothing is let in for being unknown here.
 */
const allowed: ReadonlySet<string> = new Set([
  'contains',
  'double',
  'endsWith',
  'has',
  'int',
  'size',
  'startsWith',
  'string',
]);

/** The longest answer to a free question, in UTF-16 units; a character takes at most two. */
const longestText = 6_000;

function environment({ steps, answers }: Names): Environment {
  const of = (types: Readonly<Record<string, 'string' | 'number'>>) =>
    Object.fromEntries(
      Object.entries(types).map(([name, type]) => [name, type === 'number' ? 'double' : type]),
    );
  const made = new Environment({ limits })
    .registerVariable({ name: 'steps', schema: of(steps) })
    .registerVariable({ name: 'answers', schema: of(answers) })
    .registerVariable({
      name: 'incident',
      schema: Object.fromEntries(ofIncident.map((name) => [name, 'string'])),
    });
  // Without these `answers.count == 4` would have to be written with 4.0, which nobody expects.
  for (const [operator, holds] of mixed) {
    made.registerOperator(`double ${operator} int`, (a: number, b: bigint) => holds(a, Number(b)));
  }
  return made;
}

const mixed: readonly (readonly [string, (a: number, b: number) => boolean])[] = [['==', (a, b) => a === b]];

/** Why an expression cannot be used, or null. */
export function expressionFault(text: string, names: Names): Fault | null {
  try {
    const parsed = environment(names).parse(text);
    const call = refusedCall(parsed.ast);
    if (call) return call;
    const checked: TypeCheckResult = parsed.check();
    if (!checked.valid) return faultOf(checked.error, text);
    if (checked.type !== 'bool')
      return { at: 0, message: `A condition is true or false, but this is ${wordFor(checked.type)}.` };
    return null;
  } catch (error) {
    return faultOf(error, text);
  }
}

const wordFor = (type: string | undefined): string =>
  type === 'string' ? 'text' : type === 'double' || type === 'int' ? 'a number' : `a ${type ?? 'value'}`;

type Located = {
  readonly code?: string;
  readonly summary?: string;
  readonly message: string;
  readonly range?: { readonly start: number };
};

function faultOf(error: unknown, text: string): Fault {
  if (!(error instanceof Error)) return { at: 0, message: 'This cannot be read.' };
  const { code, summary, message, range } = error as Error & Located;
  const at = Math.min(range?.start ?? 0, Math.max(0, text.length));
  const said = (summary ?? message).split('\n')[0] ?? '';
  if (code === 'no_such_key') {
    const name = /^No such key: (.*)$/.exec(said)?.[1] ?? '';
    const of = /(steps|answers|incident)\s*(?:\.\s*|\[\s*["'])$/.exec(text.slice(0, at))?.[1] ?? null;
    return { at, message: said, unknown: { name, of: of as 'steps' | 'answers' | 'incident' | null } };
  }
  if (code === 'unknown_variable')
    return { at, message: said, unknown: { name: /: (.*)$/.exec(said)?.[1] ?? '', of: null } };
  if (error instanceof ParseError)
    return {
      at,
      message: /EOF/.test(said)
        ? 'The condition ends too early.'
        : `The condition cannot be read here: ${said}.`,
    };
  const operands = /^no such overload: (.+)$/.exec(said)?.[1];
  return {
    at,
    message:
      operands === undefined
        ? `${said}.`
        : `\`${operands}\` cannot be computed: the two are of different kinds.`,
  };
}

function refusedCall(node: ASTNode): Fault | null {
  let found: Fault | null = null;
  visit(node, (each) => {
    const name = each.op === 'rcall' || each.op === 'call' ? each.args[0] : null;
    if (name === null || allowed.has(name)) return;
    const others = [...allowed].map((one) => `\`${one}\``).join(', ');
    const message = `\`${name}\` has no place here: a condition may call ${others}, and nothing else.`;
    found ??= { at: each.start, message };
  });
  return found;
}

function visit(node: ASTNode, see: (node: ASTNode) => void): void {
  see(node);
  const into = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) into(each);
    else if (isNode(value)) visit(value, see);
  };
  into(node.args);
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'start' in value;

/** A name that an expression looks at, where in the text, and the text that it is compared with, where there is one. */
export type Mention = {
  readonly of: 'steps' | 'answers' | 'incident';
  readonly name: string;
  readonly at: number;
  readonly equals: readonly { readonly text: string; readonly at: number }[];
};

/** Every look at a name in a readable expression, in the order of the text. */
export function mentionsIn(text: string, names: Names): readonly Mention[] {
  const mentions: Mention[] = [];
  const compared = new Map<ASTNode, { text: string; at: number }[]>();
  visit(environment(names).parse(text).ast, (node) => {
    if (node.op === '==' || node.op === '!=' || node.op === 'in') {
      const [left, right] = node.args;
      compared.set(left, literalsIn(right));
      compared.set(right, node.op === 'in' ? [] : literalsIn(left));
    }
    const looked = lookedAt(node);
    if (looked) mentions.push({ ...looked, at: node.start, equals: compared.get(node) ?? [] });
  });
  return mentions.toSorted((a, b) => a.at - b.at);
}

function literalsIn(node: ASTNode): { text: string; at: number }[] {
  if (node.op === 'list') return node.args.flatMap(literalsIn);
  return node.op === 'value' && typeof node.args === 'string' ? [{ text: node.args, at: node.start }] : [];
}

function lookedAt(node: ASTNode): Pick<Mention, 'of' | 'name'> | null {
  if (node.op !== '.' && node.op !== '[]') return null;
  const [target, key] = node.args;
  const name = typeof key === 'string' ? key : key.op === 'value' ? key.args : null;
  if (target.op !== 'id' || typeof name !== 'string') return null;
  const of = target.args;
  return of === 'steps' || of === 'answers' || of === 'incident' ? { of, name } : null;
}

/** `missing` names what the expression needed and does not have yet. */
export type Verdict =
  | { readonly kind: 'true' | 'false' }
  | { readonly kind: 'missing'; readonly name: string }
  | { readonly kind: 'broken'; readonly message: string };

export function judgeExpression(text: string, names: Names, values: Values): Verdict {
  try {
    const parsed = environment(names).parse(text);
    // A run may be pinned to a condition that lint would not let in today.
    const call = refusedCall(parsed.ast);
    if (call) return { kind: 'broken', message: call.message };
    const long = tooLong(parsed.ast, values);
    if (long !== null)
      return { kind: 'broken', message: `\`answers.${long}\` has more than ${longestText} characters.` };
    const verdict: unknown = parsed(values);
    return typeof verdict === 'boolean'
      ? { kind: verdict ? 'true' : 'false' }
      : { kind: 'broken', message: 'The condition is neither true nor false.' };
  } catch (error) {
    const { unknown, message } = faultOf(error, text);
    if (error instanceof EvaluationError && unknown?.of && isKnown(unknown.name, unknown.of, names))
      return { kind: 'missing', name: `${unknown.of}.${unknown.name}` };
    return { kind: 'broken', message };
  }
}

/** The name of a mentioned answer that is longer than any question lets in, or null. */
function tooLong(ast: ASTNode, { answers }: Values): string | null {
  let found: string | null = null;
  visit(ast, (node) => {
    const { of, name } = lookedAt(node) ?? {};
    const value = of === 'answers' && name !== undefined && Object.hasOwn(answers, name) ? answers[name] : '';
    if (typeof value === 'string' && value.length > longestText) found ??= name ?? null;
  });
  return found;
}

const isKnown = (name: string, of: 'steps' | 'answers' | 'incident', names: Names): boolean =>
  of === 'incident' ? ofIncident.some((each) => each === name) : Object.hasOwn(names[of], name);
