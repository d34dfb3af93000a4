import { forbidden } from '../access/forbidden.ts';
import type { Actor } from '../actor.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { advance, enter, settle } from './advance.ts';
import { answeredAs } from './answeredBy.ts';
import { withdrawRequest } from './approve.ts';
import { showStep, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import { type OfStep, perform } from './perform.ts';
import { isBusy, type StepRecord, wasUnseen } from './run.ts';
import { badValue, valuesOf } from './stepValues.ts';
import { letGo } from './targets.ts';
import { enteredFrom, lastChoice } from './walk.ts';

/** What did not succeed, or could not be seen, as a new attempt. */
export function tryAgain(
  walking: Walking,
  command: Extract<OfStep, { type: 'run.try-again' }>,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context } = walking;
  const run = draft.state;
  const { state } = record;
  const again = ['failed', 'inconclusive', 'unknown'].includes(state.kind) || wasUnseen(record);
  if (!again) return moved(step, record);
  if (state.kind === 'inconclusive' && state.of === 'condition') return goInto(walking, command, step);
  if (step.kind === 'do') {
    // Trying again is doing it: it needs all that the first time needed.
    return perform(walking, command, step, () => reopen(walking, [step.id], 'tried again', record.judgedBy));
  }
  const denied = forbidden(command.actor, 'change', run.service, context);
  if (denied) return denied;
  reopen(walking, [step.id], 'looked again', record.judgedBy);
  enter(walking, step);
  return draft.decided();
}

/** Back to the question before, with what came after it left behind. */
export function chooseAgain(
  walking: Walking,
  command: Extract<OfStep, { type: 'run.choose-again' }>,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const run = draft.state;
  const { state } = record;
  const denied = forbidden(command.actor, 'change', run.service, context);
  if (denied) return denied;
  if (isBusy(run)) return refuse('busy', 'A command is running; wait for its end or stop it.');
  // The second of two clicks must not go back one question further than the first.
  if (state.kind === 'reopened' || state.kind === 'settled') return moved(step, record);
  withdrawRequest(walking, step.id, 'Another answer was asked for, and what would run may be another.');
  const question = questionOfValue(walking, step, state);
  if (question !== null) {
    reopen(walking, [question, step.id], 'another answer');
    advance(walking);
    return draft.decided();
  }
  const choice = lastChoice(definition.playbook.steps, step.id, run);
  if (!choice) return refuse('invalid', 'There is no earlier question to go back to.');
  reopen(walking, enteredFrom(definition.playbook.steps, choice.id, run), 'another answer');
  advance(walking);
  return draft.decided();
}

/** A person has judged what the condition could not: the step is walked, and an action of it offered as any other. */
function goInto(walking: Walking, command: OfStep, step: Step): Decision<RunEvent> {
  const { draft, definition, context, by } = walking;
  const denied = forbidden(command.actor, 'change', draft.state.service, context);
  if (denied) return denied;
  const judged = answeredAs(definition, command.actor);
  if (step.kind === 'stage' || step.kind === 'call') {
    settle(walking, step.id, by, { kind: 'passed', ...judged });
  } else {
    reopen(walking, [step.id], 'a person said that it is to be done', judged.as);
    enter(walking, step);
    if (draft.state.steps[step.id]?.state.kind !== 'settled') return draft.decided();
  }
  advance(walking);
  return draft.decided();
}

/** The question whose answer could not be used, where that is why the step stands. */
function questionOfValue(
  { draft, definition }: Walking,
  step: Step,
  state: StepRecord['state'],
): string | null {
  if ((step.kind !== 'do' && step.kind !== 'observe') || state.kind !== 'failed') return null;
  return state.code === badValue ? (valuesOf(definition, step, draft.state).fault?.question ?? null) : null;
}

/** `judgedBy` is who said that they are to be done where no condition could say so; that outlives another try. */
function reopen(walking: Walking, steps: readonly string[], why: string, judgedBy?: Actor): void {
  const { draft, context } = walking;
  const shown = steps.filter((step) => !wasPassedOver(draft.state.steps[step]));
  for (const step of steps) letGo(walking, step);
  const data = { steps, why, ...(judgedBy !== undefined && { as: judgedBy }) };
  draft.emit({ type: 'StepsReopened', data, at: context.now, by: walking.by });
  // Messages of the attempts that end here lose their buttons.
  for (const step of shown) showStep(walking, step);
}

/** Whether there is no message of it, or only one that says why it was left out. */
const wasPassedOver = (record: StepRecord | undefined): boolean =>
  record?.state.kind === 'settled' &&
  record.state.how.kind === 'skipped' &&
  record.state.how.because !== undefined;
