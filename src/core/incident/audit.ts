import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Effect } from '../effect.ts';
import type { Severity } from '../severity.ts';
import type { RunId, StreamId } from '../stream.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';

/** Work of a stream that is still to be done, outside the chat: a timer where `dueAt` lies ahead. */
export type Waiting = { readonly stream: StreamId; readonly effect: Effect; readonly dueAt: number };

/**
 * Who or what sees to an open incident. An incident may rest only in somebody's hands or on something that comes back to
 * it by itself; whatever else went wrong, one that has neither would be forgotten without anybody noticing.
 *
 *   logged       its severity calls for nobody
 *   owned        somebody has taken it, or commands it
 *   scheduled    work or a timer waits that comes back to it
 *   new          opened so recently that people may still be on their way
 *   unattended   none of these
 */
export type Attendance =
  | { readonly kind: 'logged' }
  | { readonly kind: 'owned'; readonly by: string }
  | { readonly kind: 'scheduled'; readonly at: number }
  | { readonly kind: 'new'; readonly until: number }
  | { readonly kind: 'unattended'; readonly since: number };

const minute = 60_000;
/** How soon an incident must be taken: within five minutes where it is critical, within thirty where it is a warning. */
const takenWithinMs: Readonly<Record<Severity, number>> = {
  P0: 5 * minute,
  P1: 5 * minute,
  P2: 30 * minute,
  P3: 30 * minute,
  P4: 30 * minute,
};

/** `waiting` may hold the work of other streams too; `pace` divides the time in which an incident is new. */
export function attendance(
  incident: Incident,
  waiting: readonly Waiting[],
  { now, pace }: { readonly now: number; readonly pace: number },
): Attendance {
  if (incident.place.kind === 'log') return { kind: 'logged' };
  const by = ownerOf(incident);
  if (by !== null) return { kind: 'owned', by };
  const next = waiting
    .filter((each) => comesBackTo(incident, each))
    .reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY);
  if (Number.isFinite(next)) return { kind: 'scheduled', at: next };
  const { since } = incident.unattended;
  const until = since + takenWithinMs[incident.severity] / pace;
  // A clock that was set back must not make an old incident a new one for hours.
  return now < until && since <= now ? { kind: 'new', until } : { kind: 'unattended', since };
}

export const ownerOf = ({ roles, acknowledged }: Pick<Incident, 'roles' | 'acknowledged'>): string | null =>
  roles.commander ?? acknowledged?.by ?? null;

/** A timer that will find nothing to do when it goes off brings nobody back. */
function comesBackTo(incident: Incident, { stream, effect }: Waiting): boolean {
  if (stream !== incident.id) {
    return stream.startsWith(`${incident.id}.`) && !incident.endedRuns.includes(stream as RunId);
  }
  // It looks at messages, not at the incident.
  if (effect.kind === 'read-backlog') return false;
  if (effect.kind !== 'tell' || effect.command.type !== 'incident.unresolved-check') return true;
  return (
    effect.command.opened === incident.reopened && !incident.unresolvedSaid && incident.allQuietSince === null
  );
}

/** Said once for each opening: whoever was not there for the first message is not called by ten more. */
export function sayUnattended(
  draft: IncidentDraft,
  since: number,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  if (!isOpen(state) || state.unattended.since !== since || ownerOf(state) !== null) {
    return refuse('stale', `${state.id} is not the same any more.`);
  }
  if (state.unattended.said || state.place.kind === 'log') {
    return refuse('already', `It was said already that nobody has ${state.id}.`);
  }
  draft.emit({ type: 'LeftUnattended', data: { since }, at: context.now, by: 'bot' });
  const effects = effectsOf(draft, context);
  effects.unattended();
  effects.shown();
  return draft.decided();
}
