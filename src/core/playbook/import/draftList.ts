import type { Block, Item, TextLine } from './document.ts';
import { type Drafting, draftCode } from './draftCode.ts';
import { oneLine, withoutNumber } from './names.ts';
import { createStepList, type StepList } from './stepDraft.ts';
import { budgetIn, waitIn, withoutBudget } from './times.ts';

/** Where a list or a text of the runbook stands. */
export type Place = {
  readonly to: StepList;
  /** Of the nearest heading; checklists bear it. */
  readonly title: string;
  readonly drafting: Drafting;
  /** The indicator that the playbook is about, if it is about one. */
  readonly primary: string | null;
  readonly checking: boolean;
};

type List = Extract<Block, { kind: 'list' }>;

const mostItems = 20;

/**
 * Numbered items are steps: with code they become actions, without they are items of a checklist, as are boxes. Plain
 * bullets only tell, unless they stand where something is checked.
 */
export function draftList(list: List, place: Place): void {
  const { to, title, drafting, checking } = place;
  const telling = /^(?:table of )?contents$/i.test(title);
  let open: { line: number; text: string }[] = [];
  const flush = () => {
    putChecklist(open, { to, title });
    open = [];
  };
  for (const item of list.items) {
    const text = textOf(item);
    drafting.service.thresholds(text, item.line);
    const ticked = /^[\u2705\u2714\u2610\u2611]/u.test(text);
    const isStep = !telling && (list.ordered || item.checked !== null || ticked || checking);
    const inner = item.blocks.filter((block, at) => !(at === 0 && block.kind === 'paragraph'));
    const commands = list.ordered ? inlineCommands(item) : [];
    if (inner.length > 0 || commands.length > 0 || waitIn(text) !== undefined) {
      flush();
      draftItem({ item, text, inner, commands, isStep }, place);
    } else if (isStep) open.push({ line: item.line, text });
    else to.remark(item.line, text);
  }
  flush();
}

/** A checklist holds twenty items; longer ones go on in another. */
export function putChecklist(
  entries: readonly { readonly line: number; readonly text: string }[],
  { to, title }: { readonly to: StepList; readonly title: string },
): void {
  for (let at = 0; at < entries.length; at += mostItems) {
    const some = entries.slice(at, at + mostItems);
    const items = some.map(({ text }) => oneLine(text)).filter((text) => text !== '');
    if (items.length === 0) continue;
    to.comment(
      some.length === 1 ? `line ${some[0]?.line}` : `lines ${some[0]?.line} to ${some.at(-1)?.line}`,
    );
    for (const { line, text } of some) if (oneLine(text) !== text.trim()) to.remark(line, text);
    to.step({ kind: 'checklist', title: oneLine(title, 100) || 'To check', items });
  }
}

type Opened = {
  readonly item: Item;
  readonly text: string;
  readonly inner: readonly Block[];
  readonly commands: readonly string[];
  readonly isStep: boolean;
};

function draftItem({ item, text, inner, commands, isStep }: Opened, place: Place): void {
  const { to, drafting, primary, checking } = place;
  const title = oneLine(withoutNumber(withoutBudget(text)), 100);
  const own = createStepList();
  const unresolved = /unresolved\D{0,20}(\d{1,3})\s*min/i.exec(text)?.[1];
  const wait = waitIn(text);
  if (text !== '') own.remark(item.line, text);
  if (wait !== undefined && checking && primary !== null)
    own.step({ kind: 'verify', indicator: primary, for: wait });
  else if (wait !== undefined) own.step({ kind: 'wait', duration: wait, why: oneLine(text) });
  if (unresolved !== undefined)
    own.comment(
      `For an alert: \`on_unresolved: { after: ${unresolved}m, offer: <procedure> }\` offers this by itself.`,
    );
  for (const command of commands)
    draftCode(
      { kind: 'code', language: 'bash', lines: [{ line: item.line, text: command }] },
      { to: own, title, drafting },
    );
  const inside: Place = { ...place, to: own, title: title || place.title };
  for (const block of inner) draftInner(block, { text, place: inside });
  const { items } = own.list();
  // What only says a sentence besides would be lost to the walk if nothing of it became a step.
  if (isStep && items.length === 0 && text !== '')
    own.step({
      kind: 'checklist',
      title: oneLine(place.title, 100) || 'To check',
      items: [oneLine(text).replace(/(?<=.):$/, '')],
    });
  const budget = budgetIn(text);
  to.append(budget === undefined ? own.list() : withBudget(own, budget));
}

/** A time budget belongs to the one thing that is done; where several are, it is only said. */
function withBudget(own: StepList, budget: string): ReturnType<StepList['list']> {
  const { items, after } = own.list();
  const acting = items.filter(({ step }) => step.kind === 'do');
  if (acting.length !== 1)
    return items.length === 0
      ? { items, after }
      : {
          items: items.map((each, at) =>
            at === 0 ? { ...each, comments: [...each.comments, `Time budget: ${budget}.`] } : each,
          ),
          after,
        };
  return {
    items: items.map(({ comments, step }) => ({
      comments,
      step: step.kind === 'do' ? { ...step, budget: step.budget ?? budget } : step,
    })),
    after,
  };
}

function draftInner(block: Block, { text, place }: { readonly text: string; readonly place: Place }): void {
  const { to, title, drafting } = place;
  switch (block.kind) {
    case 'code':
      draftCode(block, { to, title, drafting });
      return;
    case 'list':
      // `Error rate`, then `Target: < 0.1%` under it: only together they name a threshold.
      for (const item of block.items) drafting.service.thresholds(`${text} ${textOf(item)}`, item.line);
      draftList(block, { ...place, checking: true });
      return;
    default:
      draftText(block, to);
  }
}

/** What has no place among the steps stays as a comment with its line. */
export function draftText(block: Exclude<Block, { kind: 'code' | 'list' }>, to: StepList): void {
  if (block.kind === 'heading') to.remark(block.line, block.text);
  else for (const { line, text } of block.lines) if (text.trim() !== '') to.remark(line, text);
}

export const textOf = (item: Item): string => {
  const [first] = item.blocks;
  return first?.kind === 'paragraph'
    ? first.lines
        .map(({ text }) => text)
        .join(' ')
        .trim()
    : '';
};

/** Programs that a sentence between its words would name with arguments, in order to be typed. */
const typed =
  /^(?:\.\/|bash |sh |cat |curl |df |dig |docker |fly |flyctl |free |git |grep |head |htop|journalctl |kubectl |ls |nslookup |pgrep |ping |pip |pip3 |ps |pytest |python3? |systemctl |tail |top\b|vmstat)\S?/;

const inlineCommands = (item: Item): readonly string[] => {
  const [first] = item.blocks;
  const lines: readonly TextLine[] = first?.kind === 'paragraph' ? first.lines : [];
  return lines.flatMap(({ code }) => code.filter((each) => typed.test(each) && !/[\r\n]/.test(each)));
};
