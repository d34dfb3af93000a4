import type { RunCommand } from '../command.ts';
import type { Decision } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { advance, afterCommand, afterGate, endWithIncident, ledgerEntry, settle } from './advance.ts';
import { showOutput, showStep, type Walking } from './effects.ts';
import type { CommandOutcome, RunEvent } from './events.ts';
import { watch } from './gate.ts';
import { moved } from './late.ts';
import { planAction } from './resolve.ts';
import type { StepRecord } from './run.ts';

type Ended = Extract<RunCommand, { type: 'run.command-ended' }>;
type Read = Extract<RunCommand, { type: 'run.reading' }>;

/** A command has ended: what it observed is shown, what it changed is written down and verified. */
export function commandEnded(
  walking: Walking,
  command: Ended,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const { outcome } = command;
  const { state } = record;
  const at = context.now;
  if (step.kind === 'observe' && state.kind === 'observing') {
    const plan = planAction(definition, step.action, null);
    const data = { step: step.id, command: command.command, outcome, ledger: null };
    draft.emit({ type: 'CommandEnded', data, at, by: walking.by });
    const seen = outcome.kind === 'exited' && plan.commands[0]?.succeeds.includes(outcome.code);
    settle(
      walking,
      step.id,
      null,
      seen
        ? { kind: 'done', tookMs: outcome.tookMs, code: outcome.code, verified: null }
        : { kind: 'unseen', message: unseen(outcome) },
    );
    if (record.output.trim() !== '') showOutput(walking, step.id);
    advance(walking);
    return draft.decided();
  }
  if (state.kind !== 'running' || state.command !== command.command) return moved(step, record);
  const { plan } = state;
  const happened =
    outcome.kind === 'exited' && plan.commands[command.command]?.succeeds.includes(outcome.code);
  // The bot tells that it ended; who did it is whoever started it.
  const doer: Walking = { ...walking, by: state.by };
  const ledger = happened ? ledgerEntry(doer, step.id, plan, command.command, command.previous) : null;
  draft.emit({
    type: 'CommandEnded',
    data: { step: step.id, command: command.command, outcome, ledger },
    at,
    by: state.by,
  });
  // Messages of one channel go out one a second: one that says "nothing" would hold up what people wait for.
  if (record.output.trim() !== '') showOutput(walking, step.id);
  afterCommand(doer, step.id, plan, command.command, outcome);
  endWithIncident(walking);
  return draft.decided();
}

/** An indicator was read: before an action, after an interruption, or for a gate. */
export function reading(walking: Walking, command: Read, step: Step, record: StepRecord): Decision<RunEvent> {
  const { draft, context } = walking;
  const { state } = record;
  switch (command.purpose) {
    case 'before':
      draft.emit({
        type: 'BaselineTaken',
        data: { step: step.id, reading: command.reading },
        at: context.now,
        by: walking.by,
      });
      return draft.decided();
    case 'probe':
      if (state.kind !== 'unknown') return moved(step, record);
      draft.emit({
        type: 'ProbeAnswered',
        data: { step: step.id, reading: command.reading },
        at: context.now,
        by: walking.by,
      });
      showStep(walking, step.id);
      return draft.decided();
    case 'gate': {
      if (state.kind !== 'verifying') return moved(step, record);
      const result = watch(walking, step.id, state.gate, command.reading);
      if (result) afterGate({ ...walking, by: state.by ?? walking.by }, step, result);
      return draft.decided();
    }
    default: {
      const never: never = command.purpose;
      return never;
    }
  }
}

function unseen(outcome: CommandOutcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `It ended with exit code ${outcome.code}.`;
    case 'timed-out':
      return `It did not end in ${Math.round(outcome.tookMs / 1_000)} s.`;
    case 'stopped':
      return 'It was stopped.';
    case 'refused':
      return outcome.message;
    case 'unknown':
      return 'The bot stopped while this was read.';
    default: {
      const never: never = outcome;
      return never;
    }
  }
}
