import { may } from '../core/access/may.ts';
import type { Command } from '../core/command.ts';
import type { Answer, RefusalCode } from '../core/decision.ts';
import type { Room } from '../core/playbook/room.ts';
import type { StreamId } from '../core/stream.ts';
import { approversAgain } from './approversAgain.ts';
import { readHome } from './home.ts';
import { incidentAt } from './incidentAt.ts';
import type { Log } from './log.ts';
import { createNamer } from './names.ts';
import type { Clock, Desk, Directory, Observer, Store } from './ports.ts';
import { readPostMortem } from './postMortem.ts';
import { preferencesFor } from './preferences.ts';
import { readWatchReport } from './watches.ts';
import { createWho, slackDidNotSay } from './whoAsks.ts';
import { withHandles } from './withHandles.ts';

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
  const who = createWho({ store, directory, room });
  const namer = createNamer({ store, directory, log });
  const decide = async (command: Command, by: Room): Promise<Answer> => {
    const began = clock.now();
    const answer = await store.handle(command, by);
    observer.decided(command, answer, clock.now() - began);
    return answer;
  };
  const handle: Desk['handle'] = (command) => decide(command, room());

  return {
    handle,
    async act(user, body, once) {
      // Taken once: under rules that came up in between, groups that nobody was looked up in would count as known.
      const by = room();
      const incident = await who.incidentOf(body, by);
      const actor = await who.actorFor(user, incident, by);
      const answer =
        actor.kind === 'refused'
          ? actor
          : await decide(
              {
                ...(await withHandles(
                  directory,
                  user,
                  await approversAgain({ store, who, room: by }, body, incident),
                )),
                actor,
                ...(once === undefined ? {} : { once }),
              },
              by,
            );
      if (answer.kind === 'refused' && forbiddenTo.includes(answer.code)) {
        log.warn('a person was refused what they asked for', { user, asked: body.type, code: answer.code });
      }
      if (answer.kind === 'accepted') await namer.acted(user);
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
    openDrills: () => store.openDrills(),
    async around() {
      const [freezes, openIncidents] = await Promise.all([store.freezes(), store.openIncidents()]);
      return { now: clock.now(), calendar: room().calendar, freezes, openIncidents };
    },
    ledgers: (place) => store.ledgers(place),
    recentIncidents: (limit) => store.recentIncidents(limit),
    async may(user, right, service, incident = null) {
      const by = room();
      const actor = await who.actorFor(user, incident, by);
      return actor.kind === 'refused'
        ? { allowed: false, reason: actor.message }
        : may(by.access, actor, right, service, { roles: incident });
    },
    async who(user, incident) {
      const standing = await who.look(user, incident);
      switch (standing.kind) {
        case 'known':
          return { known: standing.actor };
        case 'outsider':
          return { refused: standing.why, isOutsider: true };
        case 'unreachable':
          return { refused: slackDidNotSay, isOutsider: false };
        default: {
          const never: never = standing;
          return never;
        }
      }
    },
    async postMortem(id) {
      const { markdown } = await readPostMortem(store, id, {
        now: clock.now(),
        pace: room().pace,
        namesOf: namer.namesOf,
      });
      return markdown;
    },
    namesOf: namer.namesOf,
    home: (user) => readHome({ store, who }, user, { room: room(), now: clock.now() }),
    async watches() {
      const { pace } = room();
      const reports = (await store.watches()).map(({ id }) => readWatchReport(store, id, pace));
      return (await Promise.all(reports)).filter((report) => report !== null);
    },
    watch: (id) => readWatchReport(store, id, room().pace),
    preferences: (user) => preferencesFor({ store, directory }, user),
    incidentAt: (channel, threadTs) => incidentAt(store, channel, threadTs),
  };
}
