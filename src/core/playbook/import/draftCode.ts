import type { Block } from './document.ts';
import { oneLine, withoutNumber } from './names.ts';
import { type HostFolder, readScript, type ScriptPart } from './script.ts';
import type { ServiceDraft } from './serviceDraft.ts';
import type { StepList } from './stepDraft.ts';
import { budgetIn } from './times.ts';
import type { Outcome } from './translateLine.ts';

/** What drafting needs of its surroundings, and what it counts. */
export type Drafting = {
  readonly service: ServiceDraft;
  readonly folder: HostFolder;
  readonly tally: { commands: number; left: number; data: number };
};

/** Code of the runbook becomes steps; each of its lines is accounted for by a comment with its number. */
export function draftCode(
  block: Extract<Block, { kind: 'code' }>,
  { to, title, drafting }: { readonly to: StepList; readonly title: string; readonly drafting: Drafting },
): void {
  const parts = readScript(block, drafting.folder);
  if (isReminder(parts)) {
    draftReminder(parts, { to, title });
    return;
  }
  const commands = parts.filter(({ kind }) => kind === 'command').length;
  for (const part of parts) {
    switch (part.kind) {
      case 'note':
        drafting.service.thresholds(part.text, part.line.line);
        draftNote(part, { to, title });
        break;
      case 'other':
        for (const { line, text } of part.lines) to.remark(line, text);
        to.comment(part.why);
        drafting.tally.data += part.lines.length;
        break;
      case 'command':
        draftCommand(part, { to, title: commands === 1 ? title : null, drafting });
        break;
      default:
        part satisfies never;
    }
  }
}

type Note = Extract<ScriptPart, { kind: 'note' }>;

/** A numbered comment without a command is something that a person does. */
function draftNote(
  { line, text, role }: Note,
  { to, title }: { readonly to: StepList; readonly title: string },
): void {
  to.remark(line.line, line.text);
  if (role === 'expected') to.look(oneLine(text));
  const spoken = oneLine(withoutNumber(text));
  if (role === 'alone' && /^\d{1,3}[.)]\s/.test(text) && /[\p{L}\p{N}]/u.test(spoken))
    to.step({ kind: 'checklist', title: oneLine(title, 100) || 'To do', items: [spoken] });
}

/** Only comments, and more than one word of them: somebody is reminded of what no command does. */
const isReminder = (parts: readonly ScriptPart[]): parts is readonly Note[] =>
  parts.length > 0 && parts.every((part) => part.kind === 'note' && !part.line.text.trim().startsWith('#!'));

const mostItems = 20;

function draftReminder(
  notes: readonly Note[],
  { to, title }: { readonly to: StepList; readonly title: string },
): void {
  for (let at = 0; at < notes.length; at += mostItems) {
    const some = notes.slice(at, at + mostItems);
    for (const { line } of some) to.remark(line.line, line.text);
    const items = some
      .map(({ text }) => oneLine(withoutNumber(text.replace(/^-\s*/, ''))))
      .filter((text) => /[\p{L}\p{N}]/u.test(text));
    if (items.length > 0) to.step({ kind: 'checklist', title: oneLine(title, 100) || 'To do', items });
  }
}

const condition = /^\W*(?:\d{1,3}[.)]\s*)?if\b/i;

type Command = Extract<ScriptPart, { kind: 'command' }>;

function draftCommand(
  { lines, said, expected, outcomes }: Command,
  {
    to,
    title,
    drafting,
  }: { readonly to: StepList; readonly title: string | null; readonly drafting: Drafting },
): void {
  // A condition says when, not what.
  const conditional = said !== null && condition.test(said);
  const spoken = said === null || conditional ? title : oneLine(withoutNumber(said), 100);
  const whole = lines.map(({ text }) => text.trim()).join('\n');
  for (const { line, text } of lines)
    if (
      !(lines.length === 1 && outcomes.some((each) => each.kind === 'run' && each.argv.join(' ') === whole))
    )
      to.remark(line, text);
    else to.comment(`line ${line}`);
  for (const outcome of outcomes)
    draftOutcome(outcome, { line: lines[0]?.line ?? 1, said, spoken, to, drafting });
  if (expected !== null) to.look(oneLine(expected));
}

function draftOutcome(
  outcome: Outcome,
  given: {
    readonly line: number;
    readonly said: string | null;
    readonly spoken: string | null;
    readonly to: StepList;
    readonly drafting: Drafting;
  },
): void {
  const { line, said, spoken, to, drafting } = given;
  const about = (notes: readonly string[]) => ({ title: spoken, comments: [`line ${line}`, ...notes] });
  switch (outcome.kind) {
    case 'leave':
      to.comment(`Left out. ${outcome.why}`);
      drafting.tally.left += 1;
      return;
    case 'wait':
      to.step({ kind: 'wait', duration: outcome.duration, why: spoken || 'The runbook waits here.' });
      drafting.tally.commands += 1;
      return;
    case 'query':
      to.step({ kind: 'chart', indicator: drafting.service.query(outcome, about(outcome.notes)) });
      drafting.tally.commands += 1;
      return;
    case 'run':
    case 'write': {
      const { name, risk } = drafting.service.action(
        outcome,
        about(outcome.kind === 'run' ? outcome.notes : []),
      );
      drafting.tally.commands += 1;
      if (risk === 'observe') {
        to.step({ kind: 'observe', action: name });
        return;
      }
      const when = said !== null && condition.test(said) ? oneLine(withoutNumber(said)) : undefined;
      const budget = said === null ? undefined : budgetIn(said);
      to.step({
        kind: 'do',
        action: name,
        ...(when !== undefined && { when }),
        ...(budget !== undefined && { budget }),
      });
      return;
    }
    default:
      outcome satisfies never;
  }
}
