import { isMap, isScalar, isSeq, Lexer, LineCounter, type Node, parseDocument } from 'yaml';

/**
 * Line and column of an entry's key, then of its value; both count from 1. The last is the column of the first character
 * of a text that stands there on one line exactly as it is read, quotes apart, and 0 for any other value.
 */
export type Span = readonly [
  keyLine: number,
  keyColumn: number,
  valueLine: number,
  valueColumn: number,
  textColumn: number,
];

export type Parsed =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** By `JSON.stringify` of the path from the top. */
      readonly spans: ReadonlyMap<string, Span>;
    }
  | {
      readonly ok: false;
      readonly mistakes: readonly {
        readonly line: number;
        readonly column: number;
        readonly message: string;
      }[];
    };

/** Thirty questions, each inside an answer to the one before, fit; what only wants to exhaust the stack does not. */
export const deepest = 128;
/** Brackets within brackets, which people write far less deep. */
const deepestFlow = 32;
const mostMistakes = 20;

/**
 * Parses one YAML document of plain maps, lists and scalars. Anchors, aliases, tags and directives are refused before
 * anything is composed: a few of them in a small file can stand for more than memory holds.
 */
export function parseYaml(text: string): Parsed {
  const lines = new LineCounter();
  const refused = refusedTokens(text);
  if (refused.length > 0) {
    const starts = lineStarts(text);
    return {
      ok: false,
      mistakes: refused.map(({ offset, message }) => ({ ...placeIn(starts, offset), message })),
    };
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    stringKeys: true,
    prettyErrors: false,
    version: '1.2',
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0)
    return {
      ok: false,
      mistakes: document.errors
        .slice(0, mostMistakes)
        .map((error) => ({ ...place(error.pos[0]), message: inPlainWords(error.code, error.message) })),
    };
  const spans = new Map<string, Span>();
  const mistakes: { line: number; column: number; message: string }[] = [];
  const value = plain(document.contents, [], { text, place, spans, mistakes });
  return mistakes.length > 0
    ? { ok: false, mistakes: mistakes.slice(0, mostMistakes) }
    : { ok: true, value, spans };
}

type Reading = {
  readonly text: string;
  readonly place: (offset: number) => { line: number; column: number };
  readonly spans: Map<string, Span>;
  readonly mistakes: { line: number; column: number; message: string }[];
};

/** Names through which a map could reach what every object inherits. */
const reservedKeys = ['__proto__', 'constructor', 'prototype'];

function plain(node: unknown, path: readonly (string | number)[], reading: Reading, key?: Node): unknown {
  const start = offsetOf(node) ?? offsetOf(key) ?? 0;
  const value = reading.place(start);
  const at = key ? reading.place(offsetOf(key) ?? start) : value;
  reading.spans.set(JSON.stringify(path), [
    at.line,
    at.column,
    value.line,
    value.column,
    textColumn(node, start, value.column, reading.text),
  ]);
  if (path.length > deepest) {
    reading.mistakes.push({ ...value, message: tooDeepIn(deepest) });
    return null;
  }
  if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index], reading));
  if (isMap(node)) {
    const map: Record<string, unknown> = {};
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const keyNode = pair.key as Node;
      if (reservedKeys.includes(name)) {
        const { line, column } = reading.place(offsetOf(keyNode) ?? start);
        reading.mistakes.push({ line, column, message: `\`${name}\` cannot be the name of anything.` });
        continue;
      }
      map[name] = plain(pair.value, [...path, name], reading, keyNode);
    }
    return map;
  }
  return isScalar(node) ? node.value : null;
}

function textColumn(node: unknown, start: number, column: number, text: string): number {
  if (!isScalar(node) || typeof node.value !== 'string') return 0;
  const quotes = text[start] === '"' || text[start] === "'" ? 1 : 0;
  return text.startsWith(node.value, start + quotes) ? column + quotes : 0;
}

function offsetOf(node: unknown): number | undefined {
  const range = (node as Node | null | undefined)?.range;
  return range ? range[0] : undefined;
}

const tooDeepIn = (levels: number): string => `This is nested more than ${levels} levels deep.`;

function refusedTokens(text: string): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  let offset = 0;
  let flow = 0;
  // The lexer announces the text of a scalar by a control character, so a scalar that begins like an alias is told apart.
  let scalar = false;
  for (const token of new Lexer().lex(text)) {
    if (token === '\u001f' || token === '\u0002' || token === '\u0018') {
      scalar = token === '\u001f';
      continue;
    }
    const message = scalar ? undefined : refusal(token);
    if (message !== undefined) found.push({ offset, message });
    if (!scalar && (token === '[' || token === '{')) flow += 1;
    if (!scalar && (token === ']' || token === '}')) flow -= 1;
    if (flow > deepestFlow) return [{ offset, message: tooDeepIn(deepestFlow) }];
    if (found.length >= mostMistakes) return found;
    scalar = false;
    offset += token.length;
  }
  return found;
}

function refusal(token: string): string | undefined {
  switch (token[0]) {
    case '&':
      return `Anchors such as \`${shown(token)}\` are not allowed; write the value out where it is needed.`;
    case '*':
      return `Aliases such as \`${shown(token)}\` are not allowed; write the value out, or put text that begins with * in quotes.`;
    case '!':
      return `Tags such as \`${shown(token)}\` are not allowed; put text that begins with ! in quotes.`;
    case '%':
      return `Directives such as \`${shown(token)}\` are not allowed.`;
    default:
      return undefined;
  }
}

const shown = (token: string): string => (token.length > 30 ? `${token.slice(0, 30)}…` : token);

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function placeIn(starts: readonly number[], offset: number): { line: number; column: number } {
  let line = starts.findIndex((start) => start > offset);
  if (line < 0) line = starts.length;
  return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
}

function inPlainWords(code: string, message: string): string {
  if (message.includes('call stack')) return tooDeepIn(deepest);
  switch (code) {
    case 'DUPLICATE_KEY':
      return 'This key stands twice in the same map; the second would silently win.';
    case 'TAB_AS_INDENT':
      return 'Indent with spaces, not with tabs.';
    case 'MULTIPLE_DOCS':
      return 'One file holds one document; `---` begins a second.';
    case 'NON_STRING_KEY':
      return 'A key is plain text.';
    default:
      return `This is not valid YAML: ${message.replace(/\.?$/, '.')}`;
  }
}
