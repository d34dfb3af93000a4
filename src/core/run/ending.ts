import { isOpen } from '../incident/incident.ts';
import type { Step } from '../playbook/definition.ts';
import { show, showRun, showStep, tell, type Walking } from './effects.ts';
import { actionOf } from './resolve.ts';
import { isBusy } from './run.ts';
import { letGo, targetsOf } from './targets.ts';
import { isUndo, undoClaim, undoneByAll } from './undo.ts';
import { updateAtEnd } from './updates.ts';

/**
 * A run whose incident was resolved while a command ran ends with that command. A whole procedure goes on to its end:
 * what was approved in one piece must not stop between taking something down and bringing it back.
 */
export function endWithIncident(walking: Walking): void {
  const { draft, context } = walking;
  const { incident } = context;
  if (!incident || isOpen(incident) || draft.state.authority === 'whole') return;
  // What was changed for a while is often taken back only after everything is over.
  if (isUndo(walking.definition)) return;
  if (!draft.state.result && !isBusy(draft.state)) end(walking, 'stopped', `${incident.id} was resolved.`);
}

/** Whether anything may still be started by itself: not after the incident is over, save what was approved in one piece. */
export const mayGoOn = ({ draft, context: { incident } }: Walking): boolean =>
  !incident || isOpen(incident) || draft.state.authority === 'whole';

export function end(walking: Walking, kind: 'completed' | 'stopped' | 'refused', why: string | null): void {
  const { draft, context } = walking;
  const { id, incident, whole, steps } = draft.state;
  for (const step of Object.keys(steps)) letGo(walking, step);
  // Its own end is the last that happens to a run.
  updateAtEnd(walking, { kind, why, at: context.now, by: walking.by });
  draft.emit({ type: 'RunEnded', data: { kind, why }, at: context.now, by: walking.by });
  // Only an approved plan has taken its targets; before that, somebody else may be holding them.
  if (whole?.state.kind === 'approved' || whole?.state.kind === 'glass-broken')
    for (const claim of targetsOf(walking, whole.plan)) draft.free(claim);
  for (const ref of undoneByAll(walking.definition)) draft.free(undoClaim(ref));
  // Steps that still ask for something lose their buttons.
  for (const [step, { state }] of Object.entries(steps))
    if (state.kind !== 'settled' && state.kind !== 'reopened') showStep(walking, step);
  showRun(walking);
  if (whole) show(walking, { kind: 'plan', run: id });
  if (incident) tell(walking, { type: 'incident.run-ended', incident, run: id, result: kind });
}

/** The code of a step that did not fail by itself: the run was ended at it. */
export const runEnded = 'run-ended';

export function stoppedBecause({ draft, definition }: Walking, order: readonly Step[]): string {
  const first = order.find((step) => {
    const kind = draft.state.steps[step.id]?.state.kind;
    return kind === 'failed' || kind === 'unknown' || kind === 'inconclusive';
  });
  const state = first && draft.state.steps[first.id]?.state;
  if (state?.kind === 'failed' && state.code === runEnded) return 'It was ended before it was over.';
  const name = first?.kind === 'do' ? actionOf(definition.service, first.action).title : 'A step';
  return `${name} did not succeed, so the rest was not carried out.`;
}
