import { type Actor, actorId, spokenActor } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { time } from '../moment.ts';
import { asksAlone, type Call } from './calls.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';

/** How calls end: all of them with the incident's acknowledgement or resolution, one alone where somebody is on it. */

/** A lane for each call: one that cannot be delivered holds up no other, and its end stays behind its beginning. */
export const pageLane = (incident: string, number: number): string => `page/${incident}/${number}`;

/** Acknowledged or resolved here: no page of this opening rings on, and no message asks for an answer. */
export function endCalls(draft: IncidentDraft, context: Context, as: 'acknowledged' | 'resolved'): void {
  for (const call of draft.state.calling?.calls ?? []) endCall(draft, context, { call, as });
  effectsOf(draft, context).unpaged();
}

function endCall(
  draft: IncidentDraft,
  context: Context,
  { call, as }: { readonly call: Call; readonly as: 'acknowledged' | 'resolved' },
): void {
  const { id, place } = draft.state;
  const { number, routingKey, inCard, installation } = call;
  if (routingKey !== null)
    draft.effect(
      {
        ...{ kind: 'page-end', incident: id, call: number, routingKey, as },
        ...(installation === undefined ? {} : { installation }),
      },
      { lane: pageLane(id, number) },
    );
  if (!inCard && place.kind !== 'log') effectsOf(draft, context).show({ kind: 'call', incident: id, number });
}

/** Whoever was called says so themselves, or is in the group that was called; PagerDuty let them answer its page. */
function wasCalled(
  { users, usergroup }: Call,
  actor: Actor,
  handles: readonly string[] | undefined,
): boolean {
  if (actor.kind !== 'person') return actor.kind === 'pagerduty';
  return users.includes(actor.user) || (usergroup !== null && handles?.includes(usergroup) === true);
}

/** For those who were called when somebody had the incident already. Nothing else changes by it: no timer, no right. */
export function answerCall(
  draft: IncidentDraft,
  { actor, call: number, handles }: Command & Extract<IncidentCommand, { type: 'incident.answer-call' }>,
  context: Context,
): Decision<IncidentEvent> {
  const { id, calling, acknowledged } = draft.state;
  const found = calling?.calls.find((each) => each.number === number);
  if (!found) return refuse('stale', `That call of ${id} is over.`);
  if (!wasCalled(found, actor, handles)) {
    const unknown = found.usergroup !== null && handles === undefined;
    return refuse(
      'not-allowed',
      unknown
        ? 'Slack did not say which groups you are in, so nothing was done. Try again in a moment.'
        : `Only those who were called can say so: ${found.title}. *Call In…* on the card calls others.`,
    );
  }
  if (found.answered)
    return refuse(
      'already',
      `${spokenActor(found.answered.by)} is on it already, since ${time(found.answered.at)}.`,
    );
  if (!asksAlone(draft.state, found))
    return acknowledged
      ? refuse('already', `${spokenActor(acknowledged.by)} already has it, since ${time(acknowledged.at)}.`)
      : refuse('invalid', `Nobody has ${id} yet: *Acknowledge* takes it and ends all its calls.`);
  const { now } = context;
  draft.emit({
    type: 'CallAnswered',
    data: { call: number, title: found.title, afterMs: Math.max(0, now - found.at) },
    ...{ at: now, by: actorId(actor) },
  });
  endCall(draft, context, { call: found, as: 'acknowledged' });
  const effects = effectsOf(draft, context);
  effects.unpaged();
  effects.shown();
  return draft.decided();
}
