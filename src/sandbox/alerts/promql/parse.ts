import { RE2JS } from 're2js';
import { parseDuration } from '../durations.ts';
import { METRIC_NAME } from '../labels.ts';
import {
  type AggregateName,
  type Binary,
  type BinaryOperator,
  type Expression,
  isComparison,
  isSetOperator,
  type Matcher,
  type Matching,
  type Selector,
  SIGNATURES,
  typeOf,
  type ValueType,
} from './syntax.ts';
import { QueryError, type Token, tokenize } from './tokens.ts';

const PRECEDENCE: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '>', '<', '>=', '<='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];
const POWER = PRECEDENCE.length - 1;
const AGGREGATES: readonly string[] = ['sum', 'avg', 'min', 'max', 'count'] satisfies AggregateName[];
const KEYWORDS: readonly string[] = [
  'and',
  'or',
  'unless',
  'bool',
  'on',
  'ignoring',
  'by',
  'without',
  'offset',
];
const TYPE_NAMES: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
};

/**
 * Reads one query.
 * @throws QueryError with the position, also for PromQL outside the supported subset
 */
export function parseQuery(query: string): Expression {
  const reader = new Reader(tokenize(query));
  if (reader.peek().kind === 'end') throw new QueryError(1, 'no expression found in input');
  const expression = parseBinary(reader, 0);
  const rest = reader.peek();
  if (rest.kind !== 'end') throw new QueryError(rest.start + 1, `unexpected "${rest.text}"`);
  return expression;
}

/** A place in the tokens that only moves forward. */
class Reader {
  #at = 0;
  readonly #tokens: readonly Token[];
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }
  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)];
    if (token === undefined) throw new QueryError(1, 'no expression found in input');
    return token;
  }
  next(): Token {
    const token = this.peek();
    this.#at += 1;
    return token;
  }
  takes(text: string): boolean {
    const token = this.peek();
    if (token.kind === 'string' || token.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }
  expect(text: string): void {
    const token = this.peek();
    if (!this.takes(text)) throw unexpected(token, `expected "${text}"`);
  }
}

function unexpected(token: Token, wanted: string): QueryError {
  const found = token.kind === 'end' ? 'end of input' : `"${token.text}"`;
  return new QueryError(token.start + 1, `unexpected ${found}, ${wanted}`);
}

function parseBinary(reader: Reader, level: number): Expression {
  if (level >= POWER) return parsePower(reader);
  let left = parseBinary(reader, level + 1);
  for (;;) {
    const token = reader.peek();
    const operator = operatorAt(token, level);
    if (operator === undefined) return left;
    reader.next();
    const { bool, matching } = parseModifiers(reader, operator);
    left = checked(
      { kind: 'binary', operator, bool, matching, left, right: parseBinary(reader, level + 1) },
      token,
    );
  }
}

/** `^` binds to the right and tighter than a sign before it: `-2^2` is -4. */
function parsePower(reader: Reader): Expression {
  if (reader.takes('-')) return signed(reader, true);
  if (reader.takes('+')) return signed(reader, false);
  const left = parsePostfix(reader);
  const token = reader.peek();
  const operator = operatorAt(token, POWER);
  if (operator === undefined) return left;
  reader.next();
  const { bool, matching } = parseModifiers(reader, operator);
  return checked({ kind: 'binary', operator, bool, matching, left, right: parsePower(reader) }, token);
}

function signed(reader: Reader, negative: boolean): Expression {
  const token = reader.peek();
  const of = parsePower(reader);
  if (typeOf(of) === 'matrix') {
    throw new QueryError(
      token.start + 1,
      'unary expression only allowed on expressions of type scalar or instant vector, got "range vector"',
    );
  }
  return negative ? { kind: 'negate', of } : of;
}

function operatorAt(token: Token, level: number): BinaryOperator | undefined {
  if (token.kind !== 'operator' && token.kind !== 'name') return undefined;
  const text = token.text.toLowerCase();
  return PRECEDENCE[level]?.includes(text) === true ? (text as BinaryOperator) : undefined;
}

function parseModifiers(reader: Reader, operator: BinaryOperator): { bool: boolean; matching: Matching } {
  const token = reader.peek();
  const bool = reader.takes('bool');
  if (bool && !isComparison(operator)) {
    throw new QueryError(token.start + 1, 'bool modifier can only be used on comparison operators');
  }
  const on = reader.takes('on');
  if (!on && !reader.takes('ignoring')) {
    return { bool, matching: { on: false, labels: [], group: 'none', include: [] } };
  }
  const labels = parseNames(reader);
  const group = reader.takes('group_left') ? 'left' : reader.takes('group_right') ? 'right' : 'none';
  const include = group !== 'none' && reader.peek().text === '(' ? parseNames(reader) : [];
  return { bool, matching: { on, labels, group, include } };
}

function parseNames(reader: Reader): string[] {
  reader.expect('(');
  const names: string[] = [];
  while (!reader.takes(')')) {
    const token = reader.next();
    if (token.kind !== 'name') throw unexpected(token, 'expected a label name');
    names.push(token.text);
    if (reader.peek().text !== ')') reader.expect(',');
  }
  return names;
}

function checked(binary: Binary, token: Token): Binary {
  const types = [typeOf(binary.left), typeOf(binary.right)];
  const position = token.start + 1;
  if (types.includes('matrix')) {
    throw new QueryError(position, 'binary expression must contain only scalar and instant vector types');
  }
  if (isSetOperator(binary.operator) && types.includes('scalar')) {
    throw new QueryError(
      position,
      `set operator "${binary.operator}" not allowed in binary scalar expression`,
    );
  }
  if (isComparison(binary.operator) && !binary.bool && types.every((type) => type === 'scalar')) {
    throw new QueryError(position, 'comparisons between scalars must use BOOL modifier');
  }
  return binary;
}

function parsePostfix(reader: Reader): Expression {
  const token = reader.peek();
  let expression = parsePrimary(reader);
  if (reader.peek().text === '[') {
    reader.next();
    const range = parseDurationToken(reader);
    if (reader.peek().text === ':')
      throw unexpected(reader.peek(), 'subqueries are outside the supported subset');
    reader.expect(']');
    if (expression.kind !== 'selector' || expression.range !== undefined) {
      throw new QueryError(token.start + 1, 'ranges only allowed for vector selectors');
    }
    expression = { ...expression, range };
  }
  if (reader.takes('offset')) {
    const sign = reader.takes('-') ? -1 : 1;
    const offset = sign * parseDurationToken(reader);
    if (expression.kind !== 'selector') {
      throw new QueryError(token.start + 1, 'offset modifier must be preceded by a selector');
    }
    expression = { ...expression, offset };
  }
  return expression;
}

function parseDurationToken(reader: Reader): number {
  const token = reader.next();
  if (token.kind !== 'duration') throw unexpected(token, 'expected a duration');
  const milliseconds = parseDuration(token.text);
  if (milliseconds === 0) throw new QueryError(token.start + 1, 'duration must be greater than 0');
  return milliseconds;
}

function parsePrimary(reader: Reader): Expression {
  const token = reader.peek();
  if (token.text === '(' && token.kind === 'operator') {
    reader.next();
    const inner = parseBinary(reader, 0);
    reader.expect(')');
    return inner;
  }
  if (token.kind === 'number') {
    reader.next();
    return { kind: 'number', value: Number(token.text) };
  }
  if (token.kind === 'operator' && token.text === '{') return parseSelector(reader);
  if (token.kind !== 'name') throw unexpected(token, 'expected an expression');
  const word = token.text.toLowerCase();
  if (word === 'inf' || word === 'nan') {
    reader.next();
    return { kind: 'number', value: word === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN };
  }
  const after = reader.peek(1).text.toLowerCase();
  if (AGGREGATES.includes(word) && ['(', 'by', 'without'].includes(after)) return parseAggregate(reader);
  if (after === '(') return parseCall(reader);
  if (KEYWORDS.includes(word)) throw unexpected(token, 'expected an expression');
  return parseSelector(reader);
}

function parseAggregate(reader: Reader): Expression {
  const token = reader.next();
  const name = token.text.toLowerCase() as AggregateName;
  let grouping = parseGrouping(reader);
  reader.expect('(');
  const of = parseBinary(reader, 0);
  reader.expect(')');
  grouping ??= parseGrouping(reader);
  expectType(of, 'vector', { position: token.start + 1, place: 'aggregation expression' });
  return { kind: 'aggregate', name, of, without: grouping?.without ?? false, labels: grouping?.labels ?? [] };
}

function parseGrouping(reader: Reader): { without: boolean; labels: string[] } | undefined {
  const without = reader.takes('without');
  if (!without && !reader.takes('by')) return undefined;
  return { without, labels: parseNames(reader) };
}

function parseCall(reader: Reader): Expression {
  const token = reader.next();
  const signature = Object.hasOwn(SIGNATURES, token.text) ? SIGNATURES[token.text] : undefined;
  const position = token.start + 1;
  if (signature === undefined) {
    throw new QueryError(position, `unknown function with name "${token.text}"`);
  }
  reader.expect('(');
  const args: Expression[] = [];
  while (!reader.takes(')')) {
    args.push(parseBinary(reader, 0));
    if (reader.peek().text !== ')') reader.expect(',');
  }
  if (args.length !== signature.takes.length) {
    throw new QueryError(
      position,
      `expected ${signature.takes.length} argument(s) in call to "${token.text}", got ${args.length}`,
    );
  }
  for (const [index, arg] of args.entries()) {
    const wanted = signature.takes[index] ?? 'vector';
    expectType(arg, wanted, { position, place: `call to function "${token.text}"` });
  }
  return { kind: 'call', name: token.text, args };
}

function expectType(of: Expression, wanted: ValueType, where: { position: number; place: string }): void {
  const found = typeOf(of);
  if (found === wanted) return;
  throw new QueryError(
    where.position,
    `expected type ${TYPE_NAMES[wanted]} in ${where.place}, got ${TYPE_NAMES[found]}`,
  );
}

function parseSelector(reader: Reader): Selector {
  const start = reader.peek();
  const matchers: Matcher[] = [];
  if (start.kind === 'name') {
    reader.next();
    matchers.push(makeMatcher(METRIC_NAME, '=', start));
  }
  if (reader.takes('{')) {
    while (!reader.takes('}')) {
      matchers.push(parseMatcher(reader));
      if (reader.peek().text !== '}') reader.expect(',');
    }
  }
  // A selector that also takes what has no labels at all would read the whole store.
  if (matchers.every((matcher) => matcher.accepts(''))) {
    throw new QueryError(start.start + 1, 'vector selector must contain at least one non-empty matcher');
  }
  return { kind: 'selector', matchers, range: undefined, offset: 0 };
}

function parseMatcher(reader: Reader): Matcher {
  const name = reader.next();
  if (name.kind !== 'name') throw unexpected(name, 'expected a label name');
  const operator = reader.next();
  if (!['=', '!=', '=~', '!~'].includes(operator.text))
    throw unexpected(operator, 'expected a label matcher');
  const value = reader.next();
  if (value.kind !== 'string') throw unexpected(value, 'expected a string');
  return makeMatcher(name.text, operator.text as Matcher['operator'], value);
}

function makeMatcher(name: string, operator: Matcher['operator'], token: Token): Matcher {
  const value = token.kind === 'string' ? unquote(token) : token.text;
  const pattern = operator === '=~' || operator === '!~' ? compile(value, token) : undefined;
  const accepts = (candidate: string): boolean => {
    const equal = pattern === undefined ? candidate === value : pattern.matches(candidate);
    return operator.startsWith('!') ? !equal : equal;
  };
  return { name, operator, value, accepts };
}

function compile(pattern: string, token: Token): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new QueryError(token.start + 1, reason);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

function unquote(token: Token): string {
  const inner = token.text.slice(1, -1);
  if (token.text.startsWith('`')) return inner;
  return inner.replace(/\\(.)/gs, (_, escaped: string) => {
    const plain = ESCAPES[escaped];
    if (plain === undefined) throw new QueryError(token.start + 1, `unknown escape sequence "\\${escaped}"`);
    return plain;
  });
}
