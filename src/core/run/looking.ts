import type { Decision } from '../decision.ts';
import type { Step } from '../playbook/definition.ts';
import { advance, settle } from './advance.ts';
import type { RunCommand } from './commands.ts';
import { showOutput, showStep, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { moved } from './late.ts';
import { unseen } from './outcome.ts';
import { planStep } from './resolve.ts';
import { hasPrinted, looksOf, type StepRecord } from './run.ts';

/** Observations: what is looked at settles by itself, one command or several that run at the same time. */

type Ended = Extract<RunCommand, { type: 'run.command-ended' }>;

export function lookEnded(
  walking: Walking,
  ended: Ended,
  step: Extract<Step, { kind: 'observe' }>,
  record: StepRecord,
): Decision<RunEvent> {
  const { draft, definition, context } = walking;
  const { command, outcome } = ended;
  const of = record.looks?.find((look) => look.command === command);
  if (record.looks && of?.end !== null) return moved(step, record);
  const planned = planStep(definition, step, draft.state).commands[command];
  const seen = outcome.kind === 'exited' && planned?.succeeds.includes(outcome.code) === true;
  const why = seen ? null : unseen(outcome);
  draft.emit({
    type: 'CommandEnded',
    data: { step: step.id, command, outcome, ledger: null, ...(of && { look: { unseen: why } }) },
    at: context.now,
    by: walking.by,
  });
  if (record.looks) {
    settleSeveral(walking, step.id);
    if (hasPrinted(record)) showOutput(walking, step.id);
    if (draft.state.steps[step.id]?.state.kind === 'settled') advance(walking);
    return draft.decided();
  }
  settle(
    walking,
    step.id,
    null,
    outcome.kind === 'exited' && why === null
      ? { kind: 'done', tookMs: outcome.tookMs, code: outcome.code, verified: null }
      : { kind: 'unseen', message: why ?? '' },
  );
  if (hasPrinted(record)) showOutput(walking, step.id);
  advance(walking);
  return draft.decided();
}

/** Settles once all have ended: those that failed are named, the others count. */
function settleSeveral(walking: Walking, step: string): void {
  const { draft, context } = walking;
  const record = draft.state.steps[step];
  const looks = record?.looks ?? [];
  if (!record || looks.some(({ end }) => end === null)) {
    showStep(walking, step);
    return;
  }
  const failed = looks.flatMap(({ title, end }) => (end?.unseen == null ? [] : [`${title}: ${end.unseen}`]));
  const tookMs = Math.max(0, context.now - record.enteredAt);
  settle(
    walking,
    step,
    null,
    failed.length === looks.length
      ? { kind: 'unseen', message: failed.join('\n') }
      : { kind: 'done', tookMs, code: null, verified: null, ...looksOf(record) },
  );
}
