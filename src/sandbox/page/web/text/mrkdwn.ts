/**
 * Slack's mrkdwn as a tree. Text comes with `& < >` escaped, and everything between `<` and `>` is a mention, a date or
 * a link; `*`, `_` and `~` mark words only where they stand at a word's edge.
 */

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'bold' | 'italic' | 'strike'; parts: Inline[] }
  | { kind: 'code'; text: string }
  | { kind: 'user'; id: string; label: string }
  | { kind: 'channel'; id: string; label: string }
  | { kind: 'group'; id: string; label: string }
  | { kind: 'broadcast'; name: string }
  /** `at` in milliseconds; `url` empty where the date links nowhere. */
  | { kind: 'date'; at: number; format: string; url: string; fallback: string }
  | { kind: 'link'; url: string; parts: Inline[] }
  | { kind: 'emoji'; name: string };

export type MrkdwnBlock =
  | { kind: 'paragraph'; parts: Inline[] }
  | { kind: 'quote'; parts: Inline[] }
  | { kind: 'code'; text: string };

const marks: Readonly<Record<string, 'bold' | 'italic' | 'strike'>> = {
  '*': 'bold',
  _: 'italic',
  '~': 'strike',
};

export function unescaped(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function entity(inner: string): Inline {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? '' : unescaped(inner.slice(bar + 1));
  if (target.startsWith('@')) return { kind: 'user', id: target.slice(1), label };
  if (target.startsWith('#')) return { kind: 'channel', id: target.slice(1), label };
  if (target.startsWith('!subteam^')) return { kind: 'group', id: target.slice('!subteam^'.length), label };
  if (target.startsWith('!date^')) {
    const [, seconds = '', format = '', url = ''] = target.split('^');
    return { kind: 'date', at: Number(seconds) * 1000, format: unescaped(format), url, fallback: label };
  }
  if (target.startsWith('!')) return { kind: 'broadcast', name: target.slice(1) };
  const url = unescaped(target);
  const shown = label === '' ? url.replace(/^mailto:/, '') : label;
  return { kind: 'link', url, parts: [{ kind: 'text', text: shown }] };
}

/** Where the span that opens at `from` closes, null if it does not on its line. */
function closingMark(text: string, from: number, mark: string): number | null {
  for (let at = from + 1; at < text.length; at += 1) {
    const here = text[at];
    if (here === '\n') return null;
    if (here === '<' || (here === '`' && mark !== '`')) {
      const end = text.indexOf(here === '<' ? '>' : '`', at + 1);
      if (end >= 0) at = end;
      continue;
    }
    if (here !== mark || at === from + 1) continue;
    if (mark === '`') return at;
    if (!/\s/.test(text[at - 1] ?? ' ') && !/[\p{L}\p{N}]/u.test(text[at + 1] ?? ' ')) return at;
  }
  return null;
}

const bareLink = /^https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"\]]/;
const emojiName = /^:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/;

interface Options {
  /** Whether addresses that nobody marked become links. */
  linksBare: boolean;
}

export function parseInline(text: string, options: Options): Inline[] {
  const parts: Inline[] = [];
  let plain = '';
  const flush = () => {
    if (plain !== '') parts.push({ kind: 'text', text: unescaped(plain) });
    plain = '';
  };
  const push = (part: Inline) => {
    flush();
    parts.push(part);
  };
  let at = 0;
  while (at < text.length) {
    const here = text[at] ?? '';
    const before = text[at - 1] ?? ' ';
    if (here === '<') {
      const end = text.indexOf('>', at);
      if (end > at + 1) {
        push(entity(text.slice(at + 1, end)));
        at = end + 1;
        continue;
      }
    }
    if (here === '`') {
      const end = closingMark(text, at, '`');
      if (end !== null) {
        push({ kind: 'code', text: unescaped(text.slice(at + 1, end)) });
        at = end + 1;
        continue;
      }
    }
    const mark = marks[here];
    if (mark !== undefined && !/[\p{L}\p{N}]/u.test(before) && !/\s/.test(text[at + 1] ?? ' ')) {
      const end = closingMark(text, at, here);
      if (end !== null) {
        push({ kind: mark, parts: parseInline(text.slice(at + 1, end), options) });
        at = end + 1;
        continue;
      }
    }
    if (here === ':') {
      const [all, name] = emojiName.exec(text.slice(at, at + 60)) ?? [];
      if (all !== undefined && name !== undefined && !/\d/.test(before)) {
        push({ kind: 'emoji', name });
        at += all.length;
        continue;
      }
    }
    if (options.linksBare && here === 'h' && !/\w/.test(before)) {
      const [url] = bareLink.exec(text.slice(at)) ?? [];
      if (url !== undefined) {
        push({ kind: 'link', url: unescaped(url), parts: [{ kind: 'text', text: unescaped(url) }] });
        at += url.length;
        continue;
      }
    }
    plain += here;
    at += 1;
  }
  flush();
  return parts;
}

const quoted = /^(?:&gt;|>) ?/;

function parseLines(text: string, options: Options): MrkdwnBlock[] {
  const blocks: MrkdwnBlock[] = [];
  let lines: string[] = [];
  let isQuote = false;
  const flush = () => {
    const joined = lines.join('\n');
    if (joined.trim() !== '') {
      blocks.push({ kind: isQuote ? 'quote' : 'paragraph', parts: parseInline(joined, options) });
    }
    lines = [];
  };
  for (const line of text.split('\n')) {
    if (quoted.test(line) !== isQuote) {
      flush();
      isQuote = !isQuote;
    }
    lines.push(isQuote ? line.replace(quoted, '') : line);
  }
  flush();
  return blocks;
}

export function parseMrkdwn(text: string, options: Options): MrkdwnBlock[] {
  return text.split(/```\n?([\s\S]*?)\n?```\n?/).flatMap((part, index): MrkdwnBlock[] => {
    // Splitting by a pattern with a group puts what was fenced at the odd places.
    if (index % 2 === 0) return parseLines(part.replace(/\n$/, ''), options);
    return [{ kind: 'code', text: unescaped(part) }];
  });
}
