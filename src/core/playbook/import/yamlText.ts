/** Writes YAML with comments in their place. Strings are quoted wherever they could be read as something else. */

export type Node =
  | { readonly kind: 'scalar'; readonly value: string }
  /** A number, `true` or a duration: written as it is. */
  | { readonly kind: 'plain'; readonly value: string }
  | { readonly kind: 'numbers'; readonly numbers: readonly number[] }
  /** Text over several lines, such as the content of a file. */
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'flow'; readonly entries: readonly (readonly [string, string | number])[] }
  | { readonly kind: 'map'; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly items: readonly ListItem[]; readonly after: readonly string[] };

export type Entry = { readonly key: string; readonly value: Node; readonly comments?: readonly string[] };
export type ListItem = { readonly value: Node; readonly comments: readonly string[] };

export const scalar = (value: string): Node => ({ kind: 'scalar', value });
export const entry = (key: string, value: Node | string, comments: readonly string[] = []): Entry => ({
  key,
  value: typeof value === 'string' ? scalar(value) : value,
  comments,
});

/** A document; every line ends with a line feed. */
export const yamlText = (entries: readonly Entry[], after: readonly string[] = []): string =>
  [...mapLines(entries, ''), ...commentLines(after, '')].map((line) => `${line}\n`).join('');

const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF\uFFFE\uFFFF]/gu;

/** A comment ends with its line, so whatever would end the line early, or hide, is written as its number. */
export const inComment = (text: string): string =>
  text
    .replaceAll('\t', '    ')
    .replaceAll(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .trimEnd();

const commentLines = (comments: readonly string[], pad: string): string[] =>
  comments.map((text) => `${pad}# ${inComment(text)}`.trimEnd());

function mapLines(entries: readonly Entry[], pad: string): string[] {
  return entries.flatMap(({ key, value, comments }) => [
    ...commentLines(comments ?? [], pad),
    ...valueLines(`${pad}${quoted(key, false)}:`, value, pad),
  ]);
}

function valueLines(head: string, value: Node, pad: string): string[] {
  const inner = `${pad}  `;
  switch (value.kind) {
    case 'scalar':
      return [`${head} ${quoted(value.value, false)}`];
    case 'plain':
      return [`${head} ${value.value}`];
    case 'numbers':
      return [`${head} [${value.numbers.join(', ')}]`];
    case 'text':
      return isLiteral(value.value)
        ? [
            `${head} |`,
            ...value.value
              .slice(0, -1)
              .split('\n')
              .map((line) => (line === '' ? '' : `${inner}${line}`)),
          ]
        : [`${head} ${JSON.stringify(value.value)}`];
    case 'words':
      return [`${head} [${value.words.map((word) => quoted(word, true)).join(', ')}]`];
    case 'flow':
      return [
        value.entries.length === 0
          ? `${head} {}`
          : `${head} { ${value.entries.map(([key, text]) => `${key}: ${typeof text === 'number' ? text : quoted(text, true)}`).join(', ')} }`,
      ];
    case 'map':
      return [head, ...mapLines(value.entries, inner)];
    case 'list':
      return value.items.length === 0
        ? [`${head} []`, ...commentLines(value.after, inner)]
        : [head, ...listLines(value.items, inner), ...commentLines(value.after, inner)];
    default: {
      const never: never = value;
      return never;
    }
  }
}

function listLines(items: readonly ListItem[], pad: string): string[] {
  return items.flatMap(({ value, comments }) => [...commentLines(comments, pad), ...itemLines(value, pad)]);
}

function itemLines(value: Node, pad: string): string[] {
  if (value.kind !== 'map') return valueLines(`${pad}-`, value, pad);
  const [first, ...rest] = mapLines(value.entries, `${pad}  `);
  return [`${pad}- ${(first ?? '{}').trimStart()}`, ...rest];
}

/** Only what no reader of YAML takes for anything but text stands without quotation marks. */
function quoted(text: string, inFlow: boolean): string {
  const plain = inFlow ? /^[A-Za-z0-9_./-][\w./=%+@-]*$/ : /^[A-Za-z0-9_./(][^\p{C}\p{Zl}\p{Zp}:#]*$/u;
  const misread =
    /^(?:true|false|null|yes|no|on|off|y|n|-+|\.+)$/i.test(text) ||
    /^[-+]?(?:\.?\d|\.(?:inf|nan))/i.test(text) ||
    text.endsWith(' ');
  const amount = /^\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h|d|%)$/.test(text);
  if (amount || (plain.test(text) && !misread)) return text;
  if (/^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text)) return `'${text.replaceAll("'", "''")}'`;
  return JSON.stringify(text).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (each) =>
    [...each].length === 1 && each.length === 1
      ? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`
      : `\\U${(each.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`,
  );
}

const isLiteral = (text: string): boolean =>
  /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\s]/u.test(text) &&
  text.endsWith('\n') &&
  !text.endsWith('\n\n') &&
  /^(?:[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFEFF]|\n)*$/u.test(text);
