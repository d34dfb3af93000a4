import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Effect } from '../effect.ts';
import type { RunId, StreamId } from '../stream.ts';
import { callNext } from './calling.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';
import { acknowledgeBy } from './taking.ts';

/** Work of a stream that is still to be done, outside the chat: a timer where `dueAt` lies ahead. */
export type Waiting = { readonly stream: StreamId; readonly effect: Effect; readonly dueAt: number };

/**
 * Who or what sees to an open incident. An incident may rest only in somebody's hands or on something that comes back to
 * it by itself; whatever else went wrong, one that has neither would be forgotten without anybody noticing.
 *
 *   logged       its severity calls for nobody
 *   owned        somebody has taken it, or commands it
 *   scheduled    work or a timer waits that comes back to it within an hour, or calls the next ones
 *   new          opened so recently that people may still be on their way
 *   unattended   none of these
 */
export type Attendance =
  | { readonly kind: 'logged' }
  | { readonly kind: 'owned'; readonly by: string }
  | { readonly kind: 'scheduled'; readonly at: number }
  | { readonly kind: 'new'; readonly until: number }
  | { readonly kind: 'unattended'; readonly since: number };

/** What comes later than this, in milliseconds, comes too late to rest on. */
const longestRest = 60 * 60_000;

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
    .filter((each) => isCall(each) || each.dueAt <= now + longestRest / pace)
    .filter((each) => comesBackTo(incident, each))
    .reduce((soonest, { dueAt }) => Math.min(soonest, dueAt), Number.POSITIVE_INFINITY);
  if (Number.isFinite(next)) return { kind: 'scheduled', at: next };
  const { since } = incident.unattended;
  const until = acknowledgeBy(incident, pace);
  // A clock that was set back must not make an old incident a new one for hours.
  return now < until && since <= now ? { kind: 'new', until } : { kind: 'unattended', since };
}

export const ownerOf = ({ roles, acknowledged }: Pick<Incident, 'roles' | 'acknowledged'>): string | null =>
  roles.commander ?? acknowledged?.by ?? null;

/** They say something, or end a wait for somebody's yes, and bring nobody and lead nowhere. */
const reminders: readonly Command['type'][] = [
  'incident.phase-due',
  'incident.update-due',
  'run.update-due',
  'run.item-due',
  'run.approval-expired',
  'run.plan-expired',
];

/** How long those who were called have is for the operators to say, however long that is. */
const isCall = ({ effect }: Waiting): boolean =>
  effect.kind === 'tell' && effect.command.type === 'incident.escalation-due';

/** A timer that will find nothing to do when it goes off brings nobody back. */
function comesBackTo(incident: Incident, { stream, effect }: Waiting): boolean {
  if (effect.kind === 'tell' && reminders.includes(effect.command.type)) return false;
  // It only looks, for a request that brings nobody back either.
  if (effect.kind === 'read-trigger') return false;
  if (stream !== incident.id) {
    return stream.startsWith(`${incident.id}.`) && !incident.endedRuns.includes(stream as RunId);
  }
  // They look at messages, reach those who cannot take it, or only keep others from being called.
  if (effect.kind === 'read-backlog' || effect.kind === 'email' || effect.kind === 'silence') return false;
  if (effect.kind === 'page' || effect.kind === 'page-end') return false;
  if (
    effect.kind === 'tell' &&
    (effect.command.type === 'incident.escalation-due' || effect.command.type === 'incident.response-due')
  )
    return effect.command.armed === incident.calling?.armed && incident.allQuietSince === null;
  if (effect.kind !== 'tell' || effect.command.type !== 'incident.unresolved-check') return true;
  return (
    effect.command.opened === incident.reopened && !incident.unresolvedSaid && incident.allQuietSince === null
  );
}

/**
 * Said once for each opening: whoever was not there for the first message is not called by ten more. Where there is a
 * chain its next level is called, each time that a timer which should have done so is found missing.
 */
export function sayUnattended(
  draft: IncidentDraft,
  since: number,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  if (!isOpen(state) || state.unattended.since !== since || ownerOf(state) !== null) {
    return refuse('stale', `${state.id} is not the same any more.`);
  }
  const isNews = !state.unattended.said && state.place.kind !== 'log';
  if (isNews) draft.emit({ type: 'LeftUnattended', data: { since }, at: context.now, by: 'bot' });
  const called = state.allQuietSince === null && callNext(draft, context, { why: 'unattended' });
  if (!isNews && !called) {
    return refuse('already', `It was said already that nobody has ${state.id}.`);
  }
  const effects = effectsOf(draft, context);
  if (isNews) effects.unattended();
  effects.shown();
  return draft.decided();
}
