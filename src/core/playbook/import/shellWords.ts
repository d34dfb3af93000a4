/**
 * A line of shell taken apart as far as an importer needs: words, and the operators between them. Nothing is ever
 * expanded; a word that a shell would change says so.
 */
export type Word = { readonly kind: 'word'; readonly text: string; readonly expands: string | null };
export type Token = Word | { readonly kind: 'operator'; readonly text: string };

export type Words =
  | { readonly kind: 'words'; readonly tokens: readonly Token[] }
  /** A quotation mark without its partner: the next line may hold it. */
  | { readonly kind: 'open' };

const operator = /^(?:&>>|&>|\d?>&\d|\d?>>|\d?>|<<<|<<-?|<|\|\||\|&|\||&&|&|;;|;|\(|\))/;

export function shellWords(line: string): Words {
  const tokens: Token[] = [];
  let text = '';
  let begun = false;
  let expands: string | null = null;
  const end = () => {
    if (begun) tokens.push({ kind: 'word', text, expands });
    text = '';
    begun = false;
    expands = null;
  };
  for (let at = 0; at < line.length; ) {
    const character = line.charAt(at);
    if (/\s/.test(character)) {
      end();
      at += 1;
      continue;
    }
    if (character === '#' && !begun) break;
    const found = begun && /\d/.test(character) ? null : operator.exec(line.slice(at, at + 4));
    if (found) {
      end();
      tokens.push({ kind: 'operator', text: found[0] });
      at += found[0].length;
      continue;
    }
    if (character === "'") {
      const close = line.indexOf("'", at + 1);
      if (close < 0) return { kind: 'open' };
      text += line.slice(at + 1, close);
      begun = true;
      at = close + 1;
      continue;
    }
    if (character === '"') {
      const quoted = inDoubleQuotes(line, at);
      if (!quoted) return { kind: 'open' };
      text += quoted.text;
      expands ??= quoted.expands;
      begun = true;
      at = quoted.end;
      continue;
    }
    if (character === '\\' && at + 1 < line.length) {
      text += line.charAt(at + 1);
      begun = true;
      at += 2;
      continue;
    }
    if (line.startsWith('$(', at)) {
      const close = closing(line, at + 1);
      if (close < 0) return { kind: 'open' };
      text += line.slice(at, close + 1);
      expands ??= 'a substitution';
      begun = true;
      at = close + 1;
      continue;
    }
    if (character === '`' || (character === '$' && /[\w{(@*#?!]/.test(line.charAt(at + 1))))
      expands ??= 'a variable or a substitution';
    if ('*?['.includes(character)) expands ??= 'a pattern of file names';
    if (character === '~' && !begun) expands ??= 'a home directory';
    text += character;
    begun = true;
    at += 1;
  }
  end();
  return { kind: 'words', tokens };
}

/** Where the parenthesis at `start` is closed, or -1. */
function closing(line: string, start: number): number {
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    if (line.charAt(at) === '(') depth += 1;
    if (line.charAt(at) === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}

function inDoubleQuotes(
  line: string,
  start: number,
): { readonly text: string; readonly expands: string | null; readonly end: number } | undefined {
  let text = '';
  let expands: string | null = null;
  for (let at = start + 1; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (character === '"') return { text, expands, end: at + 1 };
    if (character === '\\' && '"\\$`'.includes(line.charAt(at + 1))) {
      at += 1;
      text += line.charAt(at);
      continue;
    }
    if (character === '`' || (character === '$' && /[\w{(@*#?!]/.test(line.charAt(at + 1))))
      expands ??= 'a variable or a substitution';
    text += character;
  }
  return undefined;
}
