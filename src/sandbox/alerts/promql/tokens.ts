/** A piece of a query with the place it came from, so that errors and rewriting can point at it. */
export type Token = Readonly<{
  kind: 'number' | 'duration' | 'string' | 'name' | 'operator' | 'end';
  text: string;
  start: number;
  end: number;
}>;

/** A query that cannot be read; `position` counts characters from 1. */
export class QueryError extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(`1:${position}: parse error: ${message}`);
    this.name = 'QueryError';
    this.position = position;
  }
}

// Order matters: a duration begins like a number, and two-character operators begin like one-character ones.
const PATTERNS: readonly (readonly [Token['kind'] | 'blank', RegExp])[] = [
  ['blank', /(?:\s+|#[^\n]*)+/y],
  ['duration', /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ['number', /0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['string', /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ['name', /[a-zA-Z_:][a-zA-Z0-9_:]*/y],
  ['operator', /==|!=|=~|!~|>=|<=|[-+*/%^<>=(){}[\],@:]/y],
];

/** @throws QueryError at the first character that begins no token */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const token = nextToken(query, at);
    if (token === undefined) throw new QueryError(at + 1, `unexpected character: '${query[at]}'`);
    if (token.kind !== 'blank') tokens.push({ ...token, kind: token.kind });
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: at, end: at });
  return tokens;
}

function nextToken(query: string, at: number) {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return { kind, text, start: at, end: at + text.length };
  }
  return undefined;
}
