import type { Access } from '../core/access/access.ts';
import { channelsToAsk, resolveGroups } from '../core/access/membership.ts';
import type { Actor } from '../core/actor.ts';
import type { CommandBody } from '../core/command.ts';
import { type Refusal, refuse } from '../core/decision.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Room } from '../core/playbook/room.ts';
import type { RunId } from '../core/stream.ts';
import { type Directory, type Store, WorkFailed } from './ports.ts';

/** Who somebody is at this moment, as the directory says; what cannot be known is never allowed. */

type Person = Extract<Actor, { kind: 'person' }>;

export type Standing =
  | { readonly kind: 'known'; readonly actor: Person }
  | { readonly kind: 'outsider'; readonly why: string }
  | { readonly kind: 'unreachable' };

export const slackDidNotSay =
  'Slack did not say which groups you are in, so nothing was done. Try again in a moment.';

export type Who = {
  /**
   * `incident` is the one in question, for rules that go by the members of its channel. Whoever decides by the answer
   * decides by the same `room`: groups are looked up as its rules name them.
   */
  actorFor(user: string, incident: Incident | null, room?: Room): Promise<Person | Refusal>;
  look(user: string, incident: Incident | null, room?: Room): Promise<Standing>;
  /** The incident that a command is about, by itself or by its run; null where it is about none, and where no rule goes by its channel. */
  incidentOf(body: CommandBody, room?: Room): Promise<Incident | null>;
};

export function createWho({
  store,
  directory,
  room: latest,
}: {
  readonly store: Store;
  readonly directory: Directory;
  readonly room: () => Room;
}): Who {
  async function inChannel(channel: string, user: string): Promise<readonly ['in' | 'out'] | readonly []> {
    try {
      return [(await directory.members(channel)).includes(user) ? 'in' : 'out'];
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      // Said as unknown, which the rules take as a no in either direction.
      return [];
    }
  }

  async function channelsOf(
    user: string,
    handles: readonly string[],
    { incident, access }: { readonly incident: Incident | null; readonly access: Access },
  ): Promise<Readonly<Record<string, 'in' | 'out'>>> {
    const asked = channelsToAsk(access, user, handles).map(
      async (written): Promise<readonly (readonly [string, 'in' | 'out'])[]> => {
        const channel = written === 'incident' ? channelOf(incident) : written;
        // Outside any incident, and in one without a channel of its own, nobody is in its channel, and that is known.
        if (channel === null) return [[written, 'out']];
        const [found] = channel === undefined ? [] : await inChannel(channel, user);
        return found === undefined ? [] : [[written, found]];
      },
    );
    return Object.fromEntries((await Promise.all(asked)).flat());
  }

  async function look(user: string, incident: Incident | null, room = latest()): Promise<Standing> {
    const { access } = room;
    try {
      const membership = await directory.membership(user);
      if (membership.kind === 'outsider') return membership;
      const { groups: handles, existing = null } = membership;
      const channels = await channelsOf(user, handles, { incident, access });
      const { groups, unknown } = resolveGroups(access, user, { handles, existing, channels });
      return {
        kind: 'known',
        actor: {
          kind: 'person',
          user,
          groups,
          ...(unknown.length > 0 && { unknown }),
          resolved: Object.keys(access.groups),
        },
      };
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      return { kind: 'unreachable' };
    }
  }

  return {
    look,
    async actorFor(user, incident, room) {
      const standing = await look(user, incident, room);
      switch (standing.kind) {
        case 'known':
          return standing.actor;
        case 'outsider':
          return refuse('not-allowed', standing.why);
        case 'unreachable':
          // Unknown is never allowed: a directory that does not answer must not open any door.
          return refuse('not-allowed', slackDidNotSay);
        default: {
          const never: never = standing;
          return never;
        }
      }
    },
    async incidentOf(body, room = latest()) {
      const needed = Object.values(room.access.groups).some(({ channel }) => channel === 'incident');
      if (!needed) return null;
      const id =
        'incident' in body ? body.incident : 'run' in body ? await incidentOfRun(store, body.run) : null;
      const state = id === null ? null : await store.state(id);
      return state?.kind === 'incident' ? state.incident : null;
    },
  };
}

async function incidentOfRun(store: Store, run: RunId | null) {
  const state = run === null ? null : await store.state(run);
  return state?.kind === 'run' ? state.run.incident : null;
}

/** The channel of an incident's own; undefined while it is not open yet, null where it has none. */
function channelOf(incident: Incident | null): string | null | undefined {
  if (incident === null) return null;
  switch (incident.place.kind) {
    case 'channel':
      return incident.channel?.id;
    case 'thread':
    // Many share the channel of a thread, and whoever is in there need not know of this incident.
    case 'log':
      return null;
    default: {
      const never: never = incident.place;
      return never;
    }
  }
}
