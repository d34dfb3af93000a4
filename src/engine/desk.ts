import { groupsOf, may } from '../core/access/may.ts';
import type { Actor } from '../core/actor.ts';
import { type Answer, type RefusalCode, refuse } from '../core/decision.ts';
import type { Room } from '../core/playbook/room.ts';
import type { StreamId } from '../core/stream.ts';
import type { Log } from './log.ts';
import { type Clock, type Desk, type Directory, type Observer, type Store, WorkFailed } from './ports.ts';
import { readPostMortem } from './postMortem.ts';

export type DeskParts = {
  readonly store: Store;
  readonly directory: Directory;
  readonly room: () => Room;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly log: Log;
};

/** Refusals that say that somebody tried what is not theirs to do, or approved what is not what runs. */
const forbiddenTo: readonly RefusalCode[] = ['not-allowed', 'own-request', 'plan-changed'];

/** The one place where surfaces come in: it looks up who is asking, gathers what the decision needs, and answers after the commit. */
export function createDesk({ store, directory, room, clock, observer, log }: DeskParts): Desk {
  const handle: Desk['handle'] = async (command) => {
    const began = clock.now();
    const answer = await store.handle(command, room());
    observer.decided(command, answer, clock.now() - began);
    return answer;
  };

  async function actorFor(user: string): Promise<Actor | Extract<Answer, { kind: 'refused' }>> {
    try {
      const membership = await directory.membership(user);
      if (membership.kind === 'outsider') return refuse('not-allowed', membership.why);
      return { kind: 'person', user, groups: groupsOf(room().access, user, membership.groups) };
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      // Unknown is never allowed: a directory that does not answer must not open any door.
      return refuse(
        'not-allowed',
        'Slack did not say which groups you are in, so nothing was done. Try again in a moment.',
      );
    }
  }

  return {
    handle,
    async act(user, body, once) {
      const actor = await actorFor(user);
      const answer =
        actor.kind === 'refused'
          ? actor
          : await handle({ ...body, actor, ...(once === undefined ? {} : { once }) });
      if (answer.kind === 'refused' && forbiddenTo.includes(answer.code)) {
        log.warn('a person was refused what they asked for', { user, asked: body.type, code: answer.code });
      }
      return answer;
    },
    room,
    async incident(id) {
      const state = await store.state(id);
      return state?.kind === 'incident' ? state.incident : null;
    },
    async run(id) {
      const state = await store.state(id as StreamId);
      if (state?.kind !== 'run') return null;
      const definition = await store.definition(state.run.definition);
      return definition ? { run: state.run, definition } : null;
    },
    incidentOfChannel: (channel) => store.incidentOfChannel(channel),
    openIncidents: () => store.openIncidents(),
    ledgers: (place) => store.ledgers(place),
    recentIncidents: (limit) => store.recentIncidents(limit),
    async may(user, right, service) {
      const actor = await actorFor(user);
      return actor.kind === 'refused'
        ? { allowed: false, reason: actor.message }
        : may(room().access, actor, right, service);
    },
    async postMortem(id) {
      const { markdown } = await readPostMortem(store, id, clock.now());
      return markdown;
    },
  };
}
