import type { Block, Document, TextLine } from './document.ts';
import { withoutNumber } from './names.ts';

/** A heading with what stands under it; `blocks` come before `sections`. */
export type Section = {
  readonly title: string;
  readonly line: number;
  readonly blocks: readonly Block[];
  readonly sections: readonly Section[];
};

/** Deeper than any real heading: a line that is bold from its beginning to its end. */
const boldDepth = 7;

type Open = { depth: number; title: string; line: number; blocks: Block[]; sections: Section[] };

/** The tree of headings. What stands before the first one belongs to the root, whose title is empty. */
export function outline({ blocks }: Document): Section {
  const root: Open = { depth: 0, title: '', line: 1, blocks: [], sections: [] };
  const open: Open[] = [root];
  for (const block of blocks) {
    const heading = headingOf(block);
    if (!heading) {
      open.at(-1)?.blocks.push(block);
      continue;
    }
    while ((open.at(-1)?.depth ?? 0) >= heading.depth) open.pop();
    const section: Open = { ...heading, blocks: [], sections: [] };
    open.at(-1)?.sections.push(section);
    open.push(section);
  }
  return root;
}

function headingOf(block: Block): { depth: number; title: string; line: number } | undefined {
  if (block.kind === 'heading') return { depth: block.depth, title: block.text, line: block.line };
  const only = block.kind === 'paragraph' && block.lines.length === 1 ? block.lines[0] : undefined;
  if (!only?.lead || only.lead.length > 120) return undefined;
  const rest = only.text.slice(only.lead.length);
  return only.text.startsWith(only.lead) && !/[\p{L}\p{N}]/u.test(rest)
    ? { depth: boldDepth, title: only.lead.replace(/:$/, ''), line: only.line }
    : undefined;
}

/** What a section says of itself in lines such as `**Alert:** HighErrorRate`, as paragraphs or as a list. */
export function statements(
  section: Section,
): readonly { readonly key: string; readonly value: string; readonly line: number }[] {
  const lines = section.blocks.flatMap((block): readonly TextLine[] => {
    if (block.kind === 'paragraph') return block.lines;
    if (block.kind !== 'list') return [];
    return block.items.flatMap(({ blocks }) =>
      blocks.flatMap((each) => (each.kind === 'paragraph' ? each.lines : [])),
    );
  });
  return lines.flatMap(({ lead, text, line }) => {
    if (lead === null || !text.startsWith(lead)) return [];
    const value = text.slice(lead.length).replace(/^\s*:/, '').trim();
    return value === '' ? [] : [{ key: lead.replace(/:$/, '').trim().toLowerCase(), value, line }];
  });
}

export const statement = (section: Section, ...keys: readonly string[]): string | undefined =>
  statements(section).find(({ key }) => keys.includes(key))?.value;

/** The name of the alert that a section answers, from its heading or from what it says. */
export function alertOf(section: Section): string | undefined {
  const said = /^`?([A-Za-z_]\w{2,80})`?$/.exec(
    statement(section, 'alert', 'alert name', 'alertname') ?? '',
  )?.[1];
  if (said !== undefined) return said;
  const headed = /^(?:incident|alert)(?:\s+\d+)?\s*:\s*(.+)$/i.exec(section.title)?.[1] ?? '';
  return /^`?([A-Z][a-z]+(?:[A-Z][A-Za-z0-9]*)+)`?$/.exec(headed.trim())?.[1];
}

/** Something in it can be a step, so that a playbook of its own makes sense. */
export function hasWork(section: Section): boolean {
  const works = (block: Block): boolean =>
    (block.kind === 'code' && block.lines.some(({ text }) => text.trim() !== '')) ||
    (block.kind === 'list' &&
      (block.ordered || block.items.some(({ checked, blocks }) => checked !== null || blocks.some(works))));
  return section.blocks.some(works) || section.sections.some(hasWork);
}

/** Sections that are cases of one question: scenarios by name, or troubles that each tell their symptom. */
export const isCase = (section: Section): boolean =>
  /^(?:scenario|case|option|variant|if)\b/i.test(section.title) ||
  statement(section, 'symptom') !== undefined;

export const shortTitle = (section: Section): string => withoutNumber(section.title);
