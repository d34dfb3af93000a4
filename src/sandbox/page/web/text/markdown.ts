/** The Markdown that `markdown` blocks and canvases hold, as a tree; what is unusual in messages stays text. */

export type Span =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'link'; url: string; spans: Span[] };

export type MarkdownBlock =
  | { kind: 'heading'; level: number; spans: Span[] }
  | { kind: 'paragraph'; spans: Span[] }
  | { kind: 'quote'; spans: Span[] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' }
  | { kind: 'list'; isOrdered: boolean; start: number; items: ListItem[] }
  | { kind: 'table'; head: Span[][]; rows: Span[][][] };

export interface ListItem {
  depth: number;
  /** Of a task list; null for other items. */
  isDone: boolean | null;
  spans: Span[];
}

const spanPatterns: readonly (readonly [RegExp, (match: RegExpExecArray) => Span])[] = [
  [/^`([^`]+)`/, ([, text = '']) => ({ kind: 'code', text })],
  [/^\[([^\]]+)\]\((\S+?)\)/, ([, text = '', url = '']) => ({ kind: 'link', url, spans: parseSpans(text) })],
  [/^<(https?:[^>\s]+)>/, ([, url = '']) => ({ kind: 'link', url, spans: [{ kind: 'text', text: url }] })],
  [/^\*\*(?=\S)([\s\S]*?\S)\*\*/, ([, text = '']) => ({ kind: 'bold', spans: parseSpans(text) })],
  [/^__(?=\S)([\s\S]*?\S)__/, ([, text = '']) => ({ kind: 'bold', spans: parseSpans(text) })],
  [/^\*(?=\S)([^*]*?[^\s*])\*/, ([, text = '']) => ({ kind: 'italic', spans: parseSpans(text) })],
  [/^_(?=\S)([^_]*?[^\s_])_(?!\w)/, ([, text = '']) => ({ kind: 'italic', spans: parseSpans(text) })],
  [/^~~(?=\S)([\s\S]*?\S)~~/, ([, text = '']) => ({ kind: 'strike', spans: parseSpans(text) })],
  [/^\\([\\`*_{}[\]()#+\-.!|~<>])/, ([, text = '']) => ({ kind: 'text', text })],
];

export function parseSpans(text: string): Span[] {
  const spans: Span[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const isInWord = rest.startsWith('_') && /\w/.test(text[at - 1] ?? ' ');
    const found = isInWord
      ? undefined
      : spanPatterns
          .map(([pattern, span]) => ({ match: pattern.exec(rest), span }))
          .find(({ match }) => match !== null);
    if (found?.match == null) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain !== '') spans.push({ kind: 'text', text: plain });
    plain = '';
    spans.push(found.span(found.match));
    at += found.match[0].length;
  }
  if (plain !== '') spans.push({ kind: 'text', text: plain });
  return spans;
}

const listLine = /^(\s*)([-*+]|\d+[.)])\s+(?:\[([ xX])\]\s+)?(.*)$/;
const tableRule = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

function cells(line: string): Span[][] {
  return line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => parseSpans(cell.trim()));
}

function takeWhile(lines: string[], from: number, test: (line: string) => boolean): string[] {
  const end = lines.findIndex((line, index) => index >= from && !test(line));
  return lines.slice(from, end < 0 ? undefined : end);
}

function listOf(lines: string[]): MarkdownBlock {
  const matches = lines.map((line) => listLine.exec(line)).filter((match) => match !== null);
  const marker = matches[0]?.[2] ?? '-';
  const isOrdered = /\d/.test(marker);
  return {
    kind: 'list',
    isOrdered,
    start: isOrdered ? Number.parseInt(marker, 10) : 1,
    items: matches.map(([, indent = '', , tick, text = '']) => ({
      depth: Math.min(4, Math.floor(indent.length / 2)),
      isDone: tick === undefined ? null : tick !== ' ',
      spans: parseSpans(text),
    })),
  };
}

const startsBlock = (line: string) =>
  line.trim() === '' ||
  /^(#{1,6} |```|>)/.test(line) ||
  listLine.test(line) ||
  /^\s*([-*_])(\s*\1){2,}\s*$/.test(line);

export function parseMarkdown(text: string): MarkdownBlock[] {
  const lines = text.split('\n');
  const blocks: MarkdownBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const [, hashes, title] = /^(#{1,6})\s+(.*)$/.exec(line) ?? [];
    if (line.trim() === '') {
      at += 1;
    } else if (hashes !== undefined) {
      blocks.push({ kind: 'heading', level: hashes.length, spans: parseSpans(title ?? '') });
      at += 1;
    } else if (line.startsWith('```')) {
      const inside = takeWhile(lines, at + 1, (each) => !each.startsWith('```'));
      blocks.push({ kind: 'code', text: inside.join('\n') });
      at += inside.length + 2;
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) {
      blocks.push({ kind: 'rule' });
      at += 1;
    } else if (line.startsWith('>')) {
      const inside = takeWhile(lines, at, (each) => each.startsWith('>'));
      blocks.push({
        kind: 'quote',
        spans: parseSpans(inside.map((each) => each.replace(/^> ?/, '')).join('\n')),
      });
      at += inside.length;
    } else if (listLine.test(line)) {
      const inside = takeWhile(lines, at, (each) => listLine.test(each));
      blocks.push(listOf(inside));
      at += inside.length;
    } else if (line.includes('|') && tableRule.test(lines[at + 1] ?? '')) {
      const inside = takeWhile(lines, at + 2, (each) => each.includes('|'));
      blocks.push({ kind: 'table', head: cells(line), rows: inside.map(cells) });
      at += inside.length + 2;
    } else {
      const inside = [line, ...takeWhile(lines, at + 1, (each) => !startsBlock(each))];
      blocks.push({ kind: 'paragraph', spans: parseSpans(inside.join('\n')) });
      at += inside.length;
    }
  }
  return blocks;
}
