import { time } from '../moment.ts';
import type { Step } from '../playbook/definition.ts';
import { forbiddenByAnswer } from './answeredBy.ts';
import { needsApproval } from './demands.ts';
import { tell, type Walking } from './effects.ts';
import { hasSlots, type Plan } from './plan.ts';
import { valuesOf } from './stepValues.ts';

/** Announces what the step allows; a switch of whoever runs the bot makes everything a shadow. */
export function announceAutomatic(walking: Walking, step: Extract<Step, { kind: 'do' }>, plan: Plan): void {
  const { verify, commands } = plan;
  const { draft, context, definition } = walking;
  const { id, automatic } = step;
  if (!automatic || !verify || draft.state.authority === 'whole') return;
  // What follows the action may ask for people although the action itself does not.
  if (needsApproval(plan) || plan.confirm !== undefined) return;
  // A value that is missing or does not fit is for people to see to.
  if (hasSlots(commands) || valuesOf(definition, step, draft.state).fault) return;
  const mode = context.room.automaticOff ? 'shadow' : automatic.mode;
  const why = mode === 'live' ? whyWithheld(walking, step, plan) : null;
  if (why !== null) {
    draft.emit({ type: 'AutomaticWithheld', data: { step: id, why }, at: context.now, by: 'bot' });
    return;
  }
  const dueAt = context.now + automatic.afterMs;
  draft.emit({
    type: 'AutomaticAnnounced',
    data: { step: id, mode, dueAt },
    at: context.now,
    by: 'bot',
  });
  const { attempt } = draft.state.steps[id] ?? { attempt: 1 };
  tell(walking, { type: 'run.automatic-due', run: draft.state.id, step: id, attempt }, dueAt);
}

/** Why a person decides although the playbook would let the bot, as a sentence; null where nothing stands in the way. */
function whyWithheld(walking: Walking, step: Extract<Step, { kind: 'do' }>, plan: Plan): string | null {
  const { past = {} } = walking.draft.state.steps[step.id] ?? {};
  // Whoever held it held what would be done, not the message that it stood in.
  const held = Object.values(past).findLast(({ automatic }) => automatic?.state.kind === 'held');
  if (held?.automatic?.state.kind === 'held') {
    return `It was held at ${time(held.automatic.state.at)}.`;
  }
  return forbiddenByAnswer(walking, step, plan);
}
