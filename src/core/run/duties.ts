import { forbidden } from '../access/forbidden.ts';
import type { Command } from '../command.ts';
import { type Decision, refuse } from '../decision.ts';
import { namedBy, remindCommand } from '../people/reminder.ts';
import type { Step } from '../playbook/definition.ts';
import type { RunCommand } from './commands.ts';
import { showStep, tell, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import type { StepRecord } from './run.ts';

/** Items of checklists: ticked one by one, and said to be overdue once where they are open when their time has come. */

type Checklist = Extract<Step, { kind: 'checklist' }>;

export function remindOf(walking: Walking, step: Checklist): void {
  const { draft, context } = walking;
  const { attempt } = draft.state.steps[step.id] ?? { attempt: 1 };
  for (const [item, { withinMs }] of (step.duties ?? []).entries())
    if (withinMs !== undefined)
      tell(
        walking,
        { type: 'run.item-due', run: draft.state.id, step: step.id, attempt, item },
        context.now + withinMs,
      );
}

export function itemDue(walking: Walking, item: number, step: Step, record: StepRecord): Decision<RunEvent> {
  const { draft } = walking;
  if (step.kind !== 'checklist' || record.state.kind !== 'asking') return moved(step, record);
  const text = step.items[item];
  if (text === undefined) return refuse('invalid', 'The list has no such item.');
  if (record.ticks?.[item]) return draft.decided();
  const owner = step.duties?.[item]?.owner;
  const whom = ownerOf(walking, owner);
  const { incident } = draft.state;
  if (incident)
    tell(walking, {
      type: 'incident.note',
      incident,
      kind: 'bot',
      text: `Overdue in the list *${step.title}*: ${text}${owner === undefined ? '' : ` (${spokenOwner(owner, whom)})`}`,
      ...(whom !== null && { people: [whom] }),
    });
  if (whom !== null) remind(walking, whom, { item, step: step.id, attempt: record.attempt });
  showStep(walking, step.id);
  return draft.decided();
}

/** Whoever its owner names: somebody, or whoever has that role in the incident; null where that is nobody, and in drills. */
function ownerOf({ context: { incident } }: Walking, owner: string | undefined): string | null {
  return incident === null || incident.drill || owner === undefined ? null : namedBy(owner, incident);
}

/** `communications, <@U2>`: the note speaks to whoever has the role by now. */
const spokenOwner = (owner: string, whom: string | null): string =>
  whom === null || owner.includes(whom) ? owner : `${owner}, <@${whom}>`;

function remind(
  { draft, context }: Walking,
  whom: string,
  item: { readonly step: string; readonly attempt: number; readonly item: number },
): void {
  const { incident, id: run } = draft.state;
  if (incident === null || context.incident === null) return;
  const reminder = { kind: 'item', incident, run, ...item } as const;
  const command = remindCommand(whom, reminder, context.incident);
  if (command) tell({ draft }, command);
}

type Ticks = Command & Extract<RunCommand, { type: 'run.tick' }>;

/** The list itself stays open until somebody says that all of it is done, or skips it. */
export function tick(
  walking: Walking,
  { actor, item, done }: Ticks,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context, by } = walking;
  const denied = forbidden(actor, 'change', draft.state.service, context);
  if (denied) return denied;
  if (step.kind !== 'checklist' || record.state.kind !== 'asking') return moved(step, record);
  if (step.items[item] === undefined) return refuse('invalid', 'The list has no such item.');
  if ((record.ticks?.[item] !== undefined) === done)
    return refuse('already', done ? 'That is ticked already.' : 'That is not ticked any more.');
  const data = { step: step.id, attempt: record.attempt, item, done };
  draft.emit({ type: 'ItemTicked', data, at: context.now, by });
  showStep(walking, step.id);
  return draft.decided();
}
