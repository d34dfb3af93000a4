import { type Decision, refuse } from '../decision.ts';
import { isOpen, isUrgent } from '../incident/incident.ts';
import { type RunDraft, show, showStep, type Walking } from './effects.ts';
import type { RunEvent } from './events.ts';
import { glassFor } from './glass.ts';
import type { Reading, Run } from './run.ts';

/**
 * The triggers that open the glass are looked at for as long as a request of the run waits in a P0 or P1, else a
 * commander would be locked out wherever nothing of the run reads them just then: before its first check, after its last,
 * and in a procedure that was called to take back what went wrong.
 *
 *   asked for ─▶ read, with what was before ─▶ kept ─▶ read again … ─▶ decided or expired, resolved, or glass open anyway
 *
 * Each look takes the place of the one before. Where it opens or closes the glass, the request is shown anew.
 */

/** Soon enough that the newest reading counts as one of now, and few enough for a request of ten minutes. */
const lookEveryMs = 30_000;
const lookSoonestMs = 5_000;

/** A reading is one of now for as long as the time of its trigger, so a short one is looked at more often. */
function nextLook({ definition, context }: Walking, indicator: string): number {
  const { pace } = context.room;
  const [shortest = lookEveryMs] = timesOf(definition, indicator).toSorted((a, b) => a - b);
  return context.now + Math.min(lookEveryMs / pace, Math.max(lookSoonestMs / pace, shortest / 2));
}

/** Begins to look, where what is read can open the glass. */
export function lookAtTriggers(walking: Walking): void {
  if (!mayOpen(walking)) return;
  for (const indicator of Object.keys(walking.definition.service.indicators))
    lookAt(walking, indicator, walking.context.now);
}

/** Whether the glass may be broken has changed with the severity, so the request that waits is shown anew. */
export function severityChanged(walking: Walking): Decision<RunEvent> {
  if (requested(walking.draft.state) === null) return refuse('stale', 'No request waits.');
  lookAtTriggers(walking);
  showRequest(walking.draft);
  return walking.draft.decided();
}

function lookAt({ draft, definition }: Walking, indicator: string, notBefore: number): void {
  const { id: run } = draft.state;
  const forMs = longestOf(definition, indicator);
  if (forMs === null) return;
  draft.effect(
    { kind: 'read-trigger', run, indicator, forMs },
    { coalesce: `trigger/${run}/${indicator}`, notBefore },
  );
}

/** How long each of its triggers in an incident has to last. */
const timesOf = ({ service }: Walking['definition'], indicator: string): readonly number[] =>
  (service.indicators[indicator]?.rollback ?? [])
    .filter(({ during }) => during === 'incident')
    .map(({ forMs }) => forMs);

/** The longest of them; null where it has none. */
function longestOf(definition: Walking['definition'], indicator: string): number | null {
  const times = timesOf(definition, indicator);
  return times.length === 0 ? null : Math.max(...times);
}

/**
 * A look that could not see what was before goes on from those before it. One that could takes their place, save for what
 * they found good or could not see: that is never forgotten for a curve that was drawn afterwards.
 */
function withEarlier(
  earlier: readonly Reading[],
  readings: readonly Reading[],
  forMs: number | null,
): readonly Reading[] {
  const [first, newest] = [readings[0], readings.at(-1)];
  if (!first || !newest) return earlier;
  const oldest = newest.at - 2 * (forMs ?? 0);
  const kept = earlier.filter(
    ({ at, verdict }) => at >= oldest && at < newest.at && (at < first.at || verdict !== 'fail'),
  );
  return [...kept, ...readings].toSorted((a, b) => a.at - b.at);
}

export function triggerRead(
  walking: Walking,
  { indicator, readings }: { readonly indicator: string; readonly readings: readonly Reading[] },
): Decision<RunEvent> {
  const { draft, definition, context, by } = walking;
  if (!Object.hasOwn(definition.service.indicators, indicator))
    return refuse('invalid', `${definition.service.name} has no indicator ${indicator}.`);
  if (!mayOpen(walking)) return refuse('stale', 'No request waits that this could decide about.');
  const before = glassNow(walking);
  const known = withEarlier(
    draft.state.triggers?.[indicator] ?? [],
    readings,
    longestOf(definition, indicator),
  );
  draft.emit({ type: 'TriggerRead', data: { indicator, readings: known }, at: context.now, by });
  if (glassNow(walking) !== before) showRequest(draft);
  lookAt(walking, indicator, nextLook(walking, indicator));
  return draft.decided();
}

/** Whether somebody waits for a yes in an incident that is urgent enough. */
function mayOpen({ draft, context: { incident } }: Walking): boolean {
  if (!incident || incident.drill || !isOpen(incident) || !isUrgent(incident.severity)) return false;
  return requested(draft.state) !== null;
}

const glassNow = ({ draft, definition, context: { incident, now } }: Walking): boolean =>
  glassFor(draft.state, { incident, definition, now }).open;

/** The step whose request waits, or `plan`. */
function requested({ whole, at, steps }: Run): { readonly step: string } | 'plan' | null {
  if (whole?.state.kind === 'pending') return whole.alone ? null : 'plan';
  const state = at === null ? undefined : steps[at]?.state;
  return at !== null && state?.kind === 'approving' && state.approval.state.kind === 'pending'
    ? { step: at }
    : null;
}

function showRequest(draft: RunDraft): void {
  const what = requested(draft.state);
  if (what === 'plan') show({ draft }, { kind: 'plan', run: draft.state.id });
  else if (what) showStep({ draft }, what.step);
}
