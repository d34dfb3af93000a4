import type { Command } from '../command.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { carryOut, commandSucceeded, expectedMs, standFailed } from './advance.ts';
import { requestApproval } from './approve.ts';
import type { RunCommand } from './commands.ts';
import { needsApproval } from './demands.ts';
import { showStep, type Walking } from './effects.ts';
import { endWithIncident } from './ending.ts';
import type { RunEvent } from './events.ts';
import { notTyped } from './judgeApproval.ts';
import { moved } from './late.ts';
import { ledgerEntry } from './ledgerEntry.ts';
import type { Plan } from './plan.ts';
import { planStep } from './resolve.ts';
import { forbiddenOn, forbiddenToDo } from './rights.ts';
import type { StepRecord, StepState } from './run.ts';
import { silenceFor } from './silence.ts';
import { valuesOf } from './stepValues.ts';
import { letGo, targetsOf } from './targets.ts';

/** Commands that one step of a run decides. */
export type OfStep = Command & Extract<RunCommand, { step: string }>;

/** Carries out an action, or asks for the second person where its risk demands one. */
export function perform(
  walking: Walking,
  command: OfStep,
  step: Extract<Step, { kind: 'do' }>,
  before?: () => void,
): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const offered = draft.state.steps[step.id]?.state;
  // What has happened of it already must not happen again.
  const left = !before && offered?.kind === 'offering' && offered.plan.rest ? offered.plan : null;
  const plan = left ?? planStep(definition, step, draft.state);
  const { fault } = valuesOf(definition, step, draft.state);
  if (fault) return refuse('invalid', fault.message);
  const requests = needsApproval(plan);
  // Asking for a destructive action needs its own right, and the second person another one.
  const { actor } = command;
  const denied = forbiddenToDo(plan, { actor, own: draft.state.service, situation: context });
  if (denied) return denied;
  // Where somebody else says the last word, they type it.
  const mistyped = requests ? null : notTyped(plan, 'typed' in command ? command.typed : undefined);
  if (mistyped) return mistyped;
  if (before) {
    before();
    offerAnew(walking, step.id, plan);
  }
  if (requests) requestApproval(walking, step.id, plan);
  else carryOut(walking, step.id, plan);
  return draft.decided();
}

function offerAnew({ draft, context, by }: Walking, step: string, plan: Plan): void {
  const attempt = (draft.state.steps[step]?.attempt ?? 0) + 1;
  const state = { kind: 'offering', since: context.now, plan } as const;
  draft.emit({ type: 'StepEntered', data: { step, attempt, state }, at: context.now, by });
}

/** Between two tries of a command there is nothing to wait for; else the end of the command says that it stopped. */
export function stop(
  walking: Walking,
  command: Extract<OfStep, { type: 'run.stop' }>,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context, by } = walking;
  const run = draft.state;
  const { state } = record;
  const { now } = context;
  if (state.kind !== 'running') return moved(step, record);
  const { actor } = command;
  const denied = forbiddenOn(state.plan, {
    actor,
    right: 'change',
    own: run.service,
    situation: context,
  });
  if (denied) return denied;
  if (state.stopping) return refuse('already', 'It is being stopped already.');
  if (state.retry) {
    // Nothing runs between two tries, so nothing has to be waited for.
    draft.emit({ type: 'StopRequested', data: { step: step.id }, at: now, by });
    const message = `${state.retry.why} It was stopped before the next try.`;
    standFailed(walking, step.id, state.plan, { code: 'stopped', message });
    endWithIncident(walking);
    return draft.decided();
  }
  draft.emit({ type: 'StopRequested', data: { step: step.id }, at: now, by });
  draft.effect({
    kind: 'stop-command',
    run: run.id,
    step: step.id,
    attempt: record.attempt,
    command: state.command,
  });
  showStep(walking, step.id);
  return draft.decided();
}

/** A person says what came of a command whose outcome nobody knows. */
export function claimOutcome(
  walking: Walking,
  command: Extract<OfStep, { type: 'run.claim' }>,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context, by } = walking;
  const run = draft.state;
  const { state } = record;
  const { now } = context;
  if (state.kind !== 'unknown') return moved(step, record);
  const { actor } = command;
  const denied = forbiddenToDo(state.plan, { actor, own: run.service, situation: context });
  if (denied) return denied;
  const rest = command.claim === 'worked' ? outlived(state, now) : null;
  if (rest) {
    bookClaimed(walking, step.id, state);
    // Its message loses its buttons.
    showStep(walking, step.id);
    offerAnew(walking, step.id, rest);
    if (needsApproval(rest)) requestApproval(walking, step.id, rest);
    else showStep(walking, step.id);
  } else if (command.claim === 'worked') {
    const goesOn = state.command + 1 < state.plan.commands.length || state.plan.verify !== null;
    // The targets were given back when nobody knew any more; what still follows needs them again.
    if (goesOn && run.authority === 'each')
      for (const claim of targetsOf(walking, state.plan)) draft.take(claim);
    if (goesOn) silenceFor(walking, state.plan);
    bookClaimed(walking, step.id, state);
    commandSucceeded(walking, step.id, state.plan, state.command);
  } else {
    letGo(walking, step.id);
    const message = 'A responder says that it did not happen.';
    const failed = { kind: 'failed', at: now, by, code: 'did-not', message, plan: state.plan } as const;
    draft.emit({ type: 'StepMoved', data: { step: step.id, state: failed }, at: now, by });
    showStep(walking, step.id);
  }
  return draft.decided();
}

type Unknown = Extract<StepState, { kind: 'unknown' }>;

/** What changed something stands in the ledger, although nobody saw how it ended. */
function bookClaimed(walking: Walking, step: string, { plan, command }: Unknown): void {
  const { draft, context, by } = walking;
  const outcome = { kind: 'unknown', message: `<@${by}> says that it happened.` } as const;
  const ledger = ledgerEntry(walking, step, plan, command, undefined);
  draft.emit({ type: 'CommandEnded', data: { step, command, outcome, ledger }, at: context.now, by });
}

/**
 * What is left of a plan that others approved, or that a word was typed for, so long ago that their yes does not stand
 * for it any more; null where nothing is left, or where it just goes on.
 */
function outlived({ plan, command, startedAt, at }: Unknown, now: number): Plan | null {
  const commands = plan.commands.slice(command + 1);
  const isGuarded = needsApproval(plan) || plan.confirm !== undefined;
  if (commands.length === 0 || !isGuarded || now - (startedAt ?? at) <= expectedMs) return null;
  return { ...plan, commands, rest: true };
}
