import { type Context, playbookNamed } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Subject } from '../effect.ts';
import { genericName } from '../playbook/match.ts';
import type { Room } from '../playbook/room.ts';
import { isAnswered, isFailing } from './calls.ts';
import { effectsOf, here, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';
import { placeNow } from './place.ts';

/**
 * An incident in a thread that has become severe enough for a channel of its own:
 *
 *   thread ──more urgent──▶ the channel is being opened; all goes on in the thread
 *     ▲                       │ └──it is open──▶ what was on its way to the thread is said there ──▶ channel
 *     └──it cannot be opened, and that is said────┘
 *
 * The messages that ask for something move along, each once: the old one says where it goes on and asks nothing any
 * more. What is over stays where it was said, and so do remarks, which lose their buttons: the card has the same ones.
 * A severity that falls before there is a channel keeps the incident in its thread; one that falls later moves nothing
 * back. What is resolved meanwhile stays where it is, and moves when it is reopened.
 */

/** Nothing where it lives in no thread, or its severity has no channel; the newest of several wishes counts. */
export function outgrowThread(draft: IncidentDraft, { room }: Pick<Context, 'room'>): void {
  const { id, place, channel } = draft.state;
  if (place.kind !== 'thread' || !isOpen(draft.state)) return;
  const wanted = placeNow(draft.state, room);
  if (wanted.kind !== 'channel') return;
  if (channel !== null) {
    moveWhenSaid(draft);
    return;
  }
  // A lane of its own: where the chat opens no channels for a while, the thread does not wait for one.
  draft.effect(
    { kind: 'open-channel', incident: id, name: wanted.name },
    { lane: `chat/move/${id}`, coalesce: `open-channel/${id}` },
  );
}

/** Whether it is still to move: it may have been lowered or resolved while its channel had to wait. */
export const outgrows = (incident: Incident, room: Room): boolean =>
  incident.place.kind === 'thread' && isOpen(incident) && placeNow(incident, room).kind === 'channel';

/**
 * The channel is open. A message on its way to the thread whose reply is lost would be looked for in the channel, not
 * found, and posted twice; so the incident moves when none is under way, in the lane of its messages.
 */
export function moveWhenSaid(draft: IncidentDraft): void {
  const { id } = draft.state;
  if (!isOpen(draft.state)) return;
  draft.effect({ kind: 'move', incident: id }, { lane: `chat/${id}`, coalesce: `move/${id}` });
}

/** The channel gets all that a new one has, and what waits for an answer is asked there. */
export function moveIn(draft: IncidentDraft, context: Context): Decision<IncidentEvent> {
  const { id, playbook, place, channel, severity, allQuietSince, unresolvedSaid, reopened, runs, endedRuns } =
    draft.state;
  if (place.kind !== 'thread' || channel === null) return refuse('already', `${id} is in no thread.`);
  if (!isOpen(draft.state)) return refuse('stale', `${id} was resolved meanwhile.`);
  const why = outgrows(draft.state, context.room)
    ? `as ${severity} has a channel of its own`
    : 'as it was more urgent when this channel was asked for';
  const from = place.channel;
  draft.emit({
    type: 'MovedToChannel',
    data: { from, name: channel.name },
    at: context.now,
    by: 'bot',
  });
  const effects = effectsOf(draft, context);
  const lane = `chat/${id}`;
  const card: Subject = { kind: 'card', incident: id };
  effects.moved(card);
  effects.topic();
  draft.effect({ kind: 'pin', subject: card, where: here(draft.state) }, { lane });
  effects.note(
    'bot',
    `Moved here from a thread in ${from.startsWith('#') ? from : 'another channel'}, ${why}. What was said there stays there.`,
    'bot',
  );
  effects.invite(...everybodyIn(draft, context));
  effects.offered();
  callsAlong(draft, effects.moved);
  if (allQuietSince !== null) effects.moved({ kind: 'quiet', incident: id, time: allQuietSince });
  if (unresolvedSaid) effects.moved({ kind: 'unresolved', incident: id, opened: reopened });
  const definition = playbookNamed(playbook, context) ?? playbookNamed(genericName, context);
  for (const [name, url] of Object.entries(definition?.service.links ?? {}))
    draft.effect({ kind: 'bookmark', incident: id, title: name, url }, { lane });
  for (const run of runs)
    if (!endedRuns.includes(run))
      draft.effect({ kind: 'tell', command: { actor: { kind: 'bot' }, type: 'run.moved', run } });
  effects.shown();
  return draft.decided();
}

/** Calls that nobody has answered, and whom to telephone; what the card says moves with the card. */
function callsAlong({ state }: IncidentDraft, moved: (subject: Subject) => void): void {
  const { id: incident, calling } = state;
  if (!calling) return;
  for (const call of calling.calls)
    if (!call.inCard && !isAnswered(state, call)) moved({ kind: 'call', incident, number: call.number });
  const { unpagedSince: time } = calling;
  if (time !== null && calling.calls.some(isFailing)) moved({ kind: 'unpaged', incident, time });
}

/** Groups and users: those whom its severity invites, who were called, and who are at work on it already. */
function everybodyIn(
  { state }: IncidentDraft,
  { room }: Context,
): readonly [groups: readonly string[], users: readonly string[]] {
  const { severity, responders, roles, calling } = state;
  const calls = calling?.calls ?? [];
  const called = calls.flatMap(({ usergroup }) => (usergroup === null ? [] : [usergroup]));
  const users = [...responders, ...Object.values(roles), ...calls.flatMap((call) => call.users)];
  return [[...new Set([...room.routing[severity].invite, ...called])], [...new Set(users)]];
}
