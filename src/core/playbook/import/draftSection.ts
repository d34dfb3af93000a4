import { parseDuration } from '../../duration.ts';
import type { Block } from './document.ts';
import { draftCode } from './draftCode.ts';
import { draftList, draftText, type Place } from './draftList.ts';
import { oneLine, withoutNumber } from './names.ts';
import { hasWork, isCase, type Section, shortTitle, statement } from './outline.ts';
import { createStepList, type DraftList, type DraftStep } from './stepDraft.ts';
import { budgetIn, withoutBudget } from './times.ts';

/** Where sections stand: a stage may stand only at the top, and questions nest no deeper than once. */
type Level = 'top' | 'stage' | 'option';

const checkingTitle =
  /expect|verif|validat|criteria|checklist|go\/no-go|sign-?off|readiness|before|success|must be|requirement/i;

/** The steps of a section and of all below it, in the order of the runbook. */
export function draftSection(
  section: Section,
  place: Omit<Place, 'to' | 'title' | 'checking'>,
  level: Level,
): DraftList {
  const to = createStepList();
  const title = oneLine(withoutBudget(shortTitle(section)), 100);
  const inside: Place = { ...place, to, title, checking: checkingTitle.test(section.title) };
  for (const block of section.blocks) draftBlock(block, inside);
  for (let at = 0; at < section.sections.length; at += 1) {
    const cases = level === 'option' ? [] : casesFrom(section.sections, at);
    if (cases.length > 1) {
      putQuestion(cases, { place, title, to });
      at += cases.length - 1;
      continue;
    }
    const child = section.sections[at];
    if (child) putSection(child, { place, level, to });
  }
  return to.list();
}

type Putting = {
  readonly place: Omit<Place, 'to' | 'title' | 'checking'>;
  readonly level: Level;
  readonly to: Place['to'];
};

function putSection(section: Section, { place, level, to }: Putting): void {
  const budget = budgetIn(section.title);
  const steps = draftSection(section, place, level === 'top' && budget !== undefined ? 'stage' : level);
  to.remark(section.line, `---- ${section.title} ----`);
  place.drafting.service.thresholds(section.title, section.line);
  if (budget !== undefined && level === 'top' && fitsStage(steps, budget)) {
    to.step({
      kind: 'stage',
      title: oneLine(withoutBudget(shortTitle(section)), 100),
      budget,
      steps: withoutBudgets(steps),
    });
    return;
  }
  if (budget !== undefined) to.comment(`Time budget for what follows: ${budget}.`);
  to.append(steps);
}

/** A stage that its own waiting alone overruns would be refused. */
function fitsStage({ items }: DraftList, budget: string): boolean {
  const limit = parseDuration(budget) ?? 0;
  const spent = items.reduce(
    (sum, { step }) => sum + (step.kind === 'wait' ? (parseDuration(step.duration) ?? 0) : 0),
    0,
  );
  const holds = items.every(({ step }) => step.kind !== 'verify' || (parseDuration(step.for) ?? 0) <= limit);
  return items.length > 0 && spent <= limit && holds;
}

const withoutBudgets = ({ items, after }: DraftList): DraftList => ({
  items: items.map(({ comments, step }): { comments: readonly string[]; step: DraftStep } => {
    if (step.kind !== 'do' || step.budget === undefined) return { comments, step };
    const { budget, ...rest } = step;
    return { comments: [...comments, `Time budget: ${budget}.`], step: rest };
  }),
  after,
});

const mostOptions = 20;

/** The run of neighbours from `start` on that are cases of one question. */
function casesFrom(sections: readonly Section[], start: number): Section[] {
  const found: Section[] = [];
  for (const section of sections.slice(start, start + mostOptions)) {
    if (!isCase(section) || !hasWork(section)) break;
    found.push(section);
  }
  return found;
}

function putQuestion(
  cases: readonly Section[],
  { place, title, to }: Omit<Putting, 'level'> & { readonly title: string },
): void {
  const plain = cases.map((each) => oneLine(withoutBudget(shortTitle(each)), 60));
  // Options are told apart by how they begin; where two begin alike, or one with nothing to read, all get numbers.
  const firsts = plain.map((label) => /[\p{L}\p{N}]+/u.exec(label.toLowerCase())?.[0].slice(0, 20));
  const numbered = firsts.includes(undefined) || new Set(firsts).size < firsts.length;
  const options = cases.map((each, at) => {
    const budget = budgetIn(each.title);
    const steps = draftSection(each, place, 'option');
    const label = numbered ? `${at + 1}. ${plain[at] ?? ''}` : (plain[at] ?? '');
    const symptom = statement(each, 'symptom');
    const heads = [
      `line ${each.line}: ${each.title}`,
      ...(budget === undefined ? [] : [`Time budget: ${budget}.`]),
    ];
    return { label, hint: symptom === undefined ? null : oneLine(symptom), steps: headed(steps, heads) };
  });
  const question =
    title === '' ? 'Which of these is it?' : oneLine(`${withoutNumber(title)}: which of these is it?`);
  to.step({ kind: 'choose', question, options });
}

const headed = ({ items, after }: DraftList, heads: readonly string[]): DraftList => {
  const [first, ...rest] = items;
  return first
    ? { items: [{ ...first, comments: [...heads, ...first.comments] }, ...rest], after }
    : { items, after: [...heads, ...after] };
};

function draftBlock(block: Block, place: Place): void {
  switch (block.kind) {
    case 'code':
      draftCode(block, { to: place.to, title: place.title, drafting: place.drafting });
      return;
    case 'list':
      draftList(block, place);
      return;
    case 'paragraph':
    case 'raw':
      for (const { line, text } of block.lines) place.drafting.service.thresholds(text, line);
      draftText(block, place.to);
      return;
    case 'heading':
      draftText(block, place.to);
      return;
    default:
      block satisfies never;
  }
}
