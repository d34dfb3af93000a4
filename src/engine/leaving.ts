import { type Effect, type Subject, subjectKey } from '../core/effect.ts';
import type { Room } from '../core/playbook/room.ts';
import type { Log } from './log.ts';
import { incidentState, viewOf } from './messages.ts';
import { type Chat, type EffectEnd, type Store, WorkFailed } from './ports.ts';

/**
 * The old message of a subject says where its incident goes on, and the subject has no message from then on: it is posted
 * anew when it is shown. Cut off in between, the same is done again, to the same message. One that cannot be changed any
 * more, because its channel is archived, must not keep the new one from being posted.
 */
export async function leave(
  { incident: id, subject }: Extract<Effect, { kind: 'leave' }>,
  uncertain: boolean,
  {
    store,
    chat,
    room,
    log,
  }: { readonly store: Store; readonly chat: Chat; readonly room: Room; readonly log: Log },
): Promise<Omit<EffectEnd, 'id'>> {
  const at = await store.posted(subject);
  const { channel } = await incidentState(store, id);
  // Posted only after the channel was open, it is where it belongs.
  if (!at || !channel || at.channel === channel.id) return { follows: [] };
  const moved: Subject = { kind: 'moved', incident: id, of: subject };
  const done = { posted: { subject: moved, at }, forgets: subject, follows: [] };
  // What was printed so far stays to be read there.
  if (subject.kind === 'output') return done;
  const view = await viewOf(store, room, { subject: moved });
  const head: Subject = { kind: 'moved', incident: id, of: { kind: 'card', incident: id } };
  const thread = subject.kind === 'card' ? null : await store.posted(head);
  const where = { channel: at.channel, thread, known: at, uncertain };
  try {
    await chat.show({ key: subjectKey(moved), view, ...where });
  } catch (error) {
    if (!(error instanceof WorkFailed) || error.retry) throw error;
    log.warn('a message could not say where its incident goes on', {
      incident: id,
      subject: subjectKey(subject),
      code: error.code,
    });
  }
  return done;
}
