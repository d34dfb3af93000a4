import type { Decision } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { advance, afterCommand, bringBack, settle, stand, startCommand } from './advance.ts';
import { automaticReading } from './automatic.ts';
import type { RunCommand } from './commands.ts';
import { showOutput, showStep, type Walking } from './effects.ts';
import { endWithIncident, mayGoOn } from './ending.ts';
import type { RunEvent } from './events.ts';
import { drawAfter, type GateEnd, watch } from './gate.ts';
import { moved } from './late.ts';
import { ledgerEntry } from './ledgerEntry.ts';
import { lookEnded } from './looking.ts';
import { unseen } from './outcome.ts';
import { planStep } from './resolve.ts';
import { hasPrinted, looksOf, type Reading, type StepRecord, type StepState } from './run.ts';
import { release } from './targets.ts';

type Ended = Extract<RunCommand, { type: 'run.command-ended' }>;

type Read = Extract<RunCommand, { type: 'run.reading' }>;

/** A command has ended: what it observed is shown, what it changed is written down and verified. */
export function commandEnded(
  walking: Walking,
  command: Ended,
  step: Step,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, context } = walking;
  const { outcome } = command;
  const { state } = record;
  const at = context.now;
  if (step.kind === 'observe' && state.kind === 'observing') {
    return lookEnded(walking, command, step, record);
  }
  const isOver = state.kind !== 'running' || state.command !== command.command || state.retry !== undefined;
  if (isOver) return moved(step, record);
  const { plan } = state;
  const happened =
    outcome.kind === 'exited' && plan.commands[command.command]?.succeeds.includes(outcome.code);
  // The bot tells that it ended; who did it is whoever started it.
  const doer: Walking = { ...walking, by: state.by };
  const ledger = happened ? ledgerEntry(doer, step.id, plan, command.command, command.previous) : null;
  draft.emit({
    type: 'CommandEnded',
    data: {
      step: step.id,
      command: command.command,
      outcome,
      ledger,
      ...(plan.commands[command.command]?.evidence && {
        look: { unseen: happened ? null : unseen(outcome) },
      }),
    },
    at,
    by: state.by,
  });
  // Messages of one channel go out one a second: one that says "nothing" would hold up what people wait for.
  if (hasPrinted(record)) showOutput(walking, step.id);
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
      // The evidence belongs to what was announced; people may have a minute to look at it.
      if (record.automatic) showStep(walking, step.id);
      return draft.decided();
    case 'automatic':
      return automaticReading(walking, command.reading, step, record);
    case 'probe':
      if (state.kind !== 'unknown') return moved(step, record);
      draft.emit({
        type: 'ProbeAnswered',
        data: { step: step.id, reading: command.reading },
        at: context.now,
        by: walking.by,
      });
      afterProbe(walking, step.id, state, command.reading.verdict);
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

/** What follows when a gate has closed, whether it stood alone or after an action. */
function afterGate(walking: Walking, step: Step, result: GateEnd): void {
  const { draft, context, definition } = walking;
  const record = draft.state.steps[step.id];
  const by = record?.state.kind === 'verifying' ? record.state.by : null;
  const plan = step.kind === 'do' ? planStep(definition, step, draft.state) : null;
  switch (result.kind) {
    case 'held': {
      if (plan) release(walking, plan);
      // From the click on, not from the offer: how long people thought is no time that it took.
      const started = record?.state.kind === 'verifying' ? record.state.startedAt : undefined;
      const tookMs = Math.max(0, context.now - (started ?? record?.enteredAt ?? context.now));
      const { verified } = result;
      settle(
        walking,
        step.id,
        by,
        plan ? { kind: 'done', tookMs, code: 0, verified, ...looksOf(record) } : { kind: 'held', verified },
      );
      if (!plan) drawAfter(walking, step.id, verified);
      advance(walking);
      return;
    }
    case 'failed':
      stand(walking, step.id, plan, {
        kind: 'failed',
        at: context.now,
        by,
        code: 'not-verified',
        message: result.message,
        plan,
      });
      return;
    case 'inconclusive':
      stand(walking, step.id, plan, { kind: 'inconclusive', at: context.now, by, message: result.message });
      return;
    default:
      result satisfies never;
  }
}

/** The probe has answered after an outcome that nobody knew: one more try where it says that nothing was done. */
function afterProbe(
  walking: Walking,
  step: string,
  state: Extract<StepState, { kind: 'unknown' }>,
  verdict: Reading['verdict'],
): void {
  const { retry, ...rest } = state;
  const { draft, context, definition } = walking;
  if (retry === undefined) return;
  if (verdict === 'fail' && mayGoOn(walking)) {
    const doer = { ...walking, by: state.by };
    startCommand(doer, step, state.plan, state.command, { try: retry, afterUnknown: true });
    return;
  }
  release(walking, state.plan);
  draft.emit({ type: 'StepMoved', data: { step, state: rest }, at: context.now, by: walking.by });
  showStep(walking, step);
  if (draft.state.authority === 'whole') bringBack(walking, definition.playbook.steps, step);
}
