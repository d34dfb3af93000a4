import type { ListItem, Nodes, PhrasingContent, RootContent } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified } from 'unified';
import type { Block, Document, Item, SourceLine, TextLine } from '../../core/playbook/import/document.ts';

/** Lists in lists and quotations in quotations are followed this far; what lies deeper stays as it stands. */
const deepest = 24;

/** Parses Markdown, with tables and task lists, into a document whose lines are those of the text. */
export function readMarkdown(text: string): Document {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
    .split('\n');
  const front = frontMatterEnd(lines);
  // Blanked, not cut off, so that the lines after it keep their numbers.
  const body = lines.map((line, index) => (index < front ? '' : line)).join('\n');
  const tree = unified().use(remarkParse).use(remarkGfm).parse(body);
  const reading: Reading = { lines, depth: 0 };
  const head: Block[] =
    front > 0
      ? [
          {
            kind: 'raw',
            lines: lines.slice(0, front).map((each, index) => ({ line: index + 1, text: each })),
          },
        ]
      : [];
  return { blocks: [...head, ...tree.children.flatMap((node) => blockOf(node, reading))] };
}

type Reading = { readonly lines: readonly string[]; readonly depth: number };

/** How many lines the front matter takes, its fences included; 0 where there is none. */
function frontMatterEnd(lines: readonly string[]): number {
  if (lines[0]?.trimEnd() !== '---') return 0;
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  return end > 0 && lines.slice(1, end).every((line) => /^(?:[\w-]+:|\s|-|#|$)/.test(line)) ? end + 1 : 0;
}

function blockOf(node: RootContent, reading: Reading): Block[] {
  if (reading.depth > deepest) return [rawOf(node, reading)];
  const inner: Reading = { ...reading, depth: reading.depth + 1 };
  switch (node.type) {
    case 'heading':
      return [
        { kind: 'heading', line: lineOf(node), depth: node.depth, text: plainText(node.children).trim() },
      ];
    case 'paragraph':
      return [{ kind: 'paragraph', lines: textLines(node.children, lineOf(node)) }];
    case 'code':
      return [codeOf(node, reading)];
    case 'list':
      return [
        {
          kind: 'list',
          ordered: node.ordered === true,
          items: node.children.map((item) => itemOf(item, inner)),
        },
      ];
    case 'blockquote':
      return node.children.flatMap((child) => blockOf(child, inner));
    case 'thematicBreak':
      return [];
    default:
      return [rawOf(node, reading)];
  }
}

const itemOf = (item: ListItem, reading: Reading): Item => ({
  line: lineOf(item),
  checked: item.checked ?? null,
  blocks: item.children.flatMap((child) => blockOf(child, reading)),
});

const lineOf = (node: Nodes): number => node.position?.start.line ?? 1;

/** A block as it stands in the source, every line of it. */
function rawOf(node: Nodes, { lines }: Reading): Block {
  const first = lineOf(node);
  const last = node.position?.end.line ?? first;
  return {
    kind: 'raw',
    lines: lines.slice(first - 1, last).map((text, index) => ({ line: first + index, text })),
  };
}

function codeOf(node: Extract<RootContent, { type: 'code' }>, { lines }: Reading): Block {
  const first = lineOf(node);
  // A block that is only indented has no fence above it.
  const fenced = /^(?:[\s>]|[-*+]\s|\d+[.)]\s)*(?:`{3}|~{3})/.test(lines[first - 1] ?? '');
  const start = fenced ? first + 1 : first;
  const code: SourceLine[] = node.value.split('\n').map((text, index) => ({ line: start + index, text }));
  return { kind: 'code', language: (node.lang ?? '').toLowerCase(), lines: code };
}

/** Text without its marks; a link keeps its address, since an operator may need it. */
function plainText(nodes: readonly PhrasingContent[]): string {
  return nodes
    .map((node): string => {
      switch (node.type) {
        case 'text':
        case 'inlineCode':
        case 'html':
          return node.value;
        case 'break':
          return '\n';
        case 'image':
          return node.alt ?? '';
        case 'imageReference':
          return node.alt ?? '';
        case 'footnoteReference':
          return `[^${node.identifier}]`;
        case 'link': {
          const text = plainText(node.children);
          return /^https?:/.test(node.url) && node.url !== text ? `${text} (${node.url})` : text;
        }
        default:
          return 'children' in node ? plainText(node.children) : '';
      }
    })
    .join('');
}

/** The lines of a paragraph, each with the bold text that it begins with and the code that it holds. */
function textLines(nodes: readonly PhrasingContent[], first: number): TextLine[] {
  const lines: { line: number; text: string; lead: string | null; code: string[] }[] = [];
  let current = { line: first, text: '', lead: null as string | null, code: [] as string[] };
  for (const node of nodes) {
    const [head = '', ...more] = plainText([node]).split('\n');
    if (node.type === 'strong' && current.text.trim() === '') current.lead = head.trim();
    if (node.type === 'inlineCode') current.code.push(node.value.replaceAll('\n', ' '));
    current.text += head;
    for (const text of more) {
      lines.push(current);
      current = { line: current.line + 1, text, lead: null, code: [] };
    }
  }
  lines.push(current);
  return lines.map((each) => ({ ...each, text: each.text.trim() }));
}
