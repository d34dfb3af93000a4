import type { Subject, Where } from '../core/effect.ts';
import type { Room } from '../core/playbook/room.ts';
import type { IncidentId } from '../core/stream.ts';
import type { Log } from './log.ts';
import { incidentState, lastResort, type Place, placeOf } from './messages.ts';
import { type Posted, type Store, WorkFailed } from './ports.ts';

/** What a chat answers where a place takes no messages, whatever the message is. */
const closed = new Set([
  'channel_not_found',
  'is_archived',
  'is_inactive',
  'not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'posting_to_channel_denied',
  'method_not_supported_for_channel_type',
]);

const isClosed = (error: unknown): error is WorkFailed =>
  error instanceof WorkFailed && error.retry === null && closed.has(error.code);

/**
 * Posts where the message belongs. What belongs to an incident and cannot be posted there, because the channel is
 * archived, gone or closed to the bot, is posted beside the incident's card or its announcement, else where incidents are
 * announced: what was said must not be lost with a channel. `post` is told where the message is already, if it may stay.
 */
export async function postSomewhere(
  { store, room, log }: { readonly store: Store; readonly room: Room; readonly log: Log },
  { subject, where }: { readonly subject: Subject; readonly where: Where },
  post: (place: Place, known: Posted | null) => Promise<Posted>,
): Promise<Posted> {
  const known = await store.posted(subject);
  const place = await placeOf(store, room, subject, where);
  try {
    return await post(place, known);
  } catch (error) {
    const incident = incidentOf(subject, where);
    if (!isClosed(error) || incident === null) throw error;
    const dead = new Set([place.channel, ...(known ? [known.channel] : [])]);
    for (const instead of await placesInstead({ store, room }, { subject, where }, incident)) {
      if (dead.has(instead.channel)) continue;
      dead.add(instead.channel);
      try {
        const at = await post(instead, null);
        log.warn('a message could not go where it belongs and went elsewhere', {
          incident,
          channel: place.channel,
          instead: instead.channel,
          code: error.code,
        });
        return at;
      } catch (another) {
        if (!isClosed(another)) throw another;
      }
    }
    throw error;
  }
}

/** The incident that a message is about, by its subject or by where it goes; null for a run of its own. */
function incidentOf(subject: Subject, where: Where): IncidentId | null {
  if ('incident' in subject) return subject.incident;
  return where.in.kind === 'incident' ? where.in.incident : null;
}

/**
 * Where else it may go, the nearest first. A message that stands in no thread stays in none, since others may stand in
 * its own, and a thread within a thread does not exist.
 */
async function placesInstead(
  { store, room }: { readonly store: Store; readonly room: Room },
  { subject, where }: { readonly subject: Subject; readonly where: Where },
  id: IncidentId,
): Promise<readonly Place[]> {
  const { severity, place, drill } = await incidentState(store, id);
  // Practice must not be taken for trouble somewhere else.
  if (drill) return [];
  const { announce } = room.routing[severity];
  const head = place.kind === 'thread' ? 'card' : 'announcement';
  const standsAlone = subject.kind === head || where.in.kind === 'channel';
  const beside = standsAlone ? null : await store.posted({ kind: head, incident: id });
  return [
    ...(beside ? [{ channel: beside.channel, thread: beside }] : []),
    ...(announce === null ? [] : [{ channel: announce, thread: null }]),
    { channel: lastResort, thread: null },
  ];
}
