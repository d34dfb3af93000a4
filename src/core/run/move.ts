import { type Decision, refuse } from '../decision.ts';
import type { Subject } from '../effect.ts';
import { laneOf, type Walking, whereOf } from './effects.ts';
import type { RunEvent } from './events.ts';
import { hasPrinted, type StepRecord, wasUnseen } from './run.ts';

/**
 * The incident has a channel of its own now. What the run asks and shows at this moment goes on there, each message
 * once; what is over stays where it was said. Nothing is decided anew: answers that are under way count as before.
 */
export function moveAlong(walking: Walking): Decision<RunEvent> {
  const { draft } = walking;
  const { id: run, authority, whole, steps } = draft.state;
  if (draft.state.incident === null) return refuse('invalid', `${run} belongs to no incident.`);
  if (whole?.state.kind === 'pending') along(walking, { kind: 'plan', run });
  // Until its plan is approved it has no card of its own.
  else if (authority === 'whole') along(walking, { kind: 'run', run });
  const open = Object.entries(steps)
    .filter(([, record]) => asksStill(record))
    .sort(([, a], [, b]) => a.enteredAt - b.enteredAt);
  for (const [step, record] of open) {
    const at = { run, step, attempt: record.attempt };
    along(walking, { kind: 'step', ...at });
    if (hasPrinted(record)) along(walking, { kind: 'output', ...at }, { kind: 'step', ...at });
  }
  return draft.decided();
}

/** What could not be seen is settled, and still asks whether to look again. */
const asksStill = (record: StepRecord): boolean =>
  record.state.kind === 'settled' ? wasUnseen(record) : record.state.kind !== 'reopened';

function along({ draft }: Walking, subject: Subject, thread: Subject | null = null): void {
  const { state } = draft;
  if (state.incident === null) return;
  const lane = laneOf(state);
  draft.effect({ kind: 'leave', incident: state.incident, subject }, { lane });
  // Merged with one that waits from before, it would be shown before the old one was left.
  draft.effect({ kind: 'show', subject, where: whereOf(state, thread) }, { lane });
}
