import type { Actor } from '../core/actor.ts';
import { subjectKey } from '../core/effect.ts';
import { type Home, homeOf } from '../core/home/home.ts';
import type { Incident } from '../core/incident/incident.ts';
import { preferencesOf } from '../core/people/reminder.ts';
import type { Room } from '../core/playbook/room.ts';
import type { RunView } from '../core/view.ts';
import type { HomeReading, Posted, Store } from './ports.ts';
import { readPreferences } from './preferences.ts';
import type { Who } from './whoAsks.ts';

type Read = Pick<Store, 'openIncidents' | 'openDrills' | 'ledgers' | 'state' | 'work' | 'posted' | 'watches'>;

type Person = Extract<Actor, { kind: 'person' }>;

/** How things stand for one person, with the places of the messages that are spoken of. */
export async function readHome(
  { store, who }: { readonly store: Read; readonly who: Pick<Who, 'actorFor'> },
  user: string,
  { room, now }: { readonly room: Room; readonly now: number },
): Promise<HomeReading> {
  const everywhere = await who.actorFor(user, null, room);
  if (everywhere.kind === 'refused') return { kind: 'refused', why: everywhere.message };
  const [incidents, drills, outside, work, watches] = await Promise.all([
    store.openIncidents(),
    store.openDrills(),
    store.ledgers({ kind: 'outside' }),
    store.work(),
    store.watches(),
  ]);
  const inIncidents = await Promise.all([...incidents, ...drills].map((incident) => runsOf(store, incident)));
  const own = await personInEach({ who, room }, user, [...incidents, ...drills]);
  const home = homeOf(
    user,
    {
      incidents,
      drills,
      work,
      watches,
      runs: [...inIncidents.flatMap(({ runs }) => runs), ...outside],
      unread: inIncidents.flatMap(({ unread }) => unread),
    },
    {
      room,
      now,
      as: (incident) => (incident !== null && own ? (own.get(incident.id) ?? null) : everywhere),
    },
  );
  const mine = preferencesOf(user);
  return {
    kind: 'home',
    now,
    home,
    places: await placesOf(store, home),
    ...(mine && { preferences: await readPreferences(store, mine) }),
  };
}

/** Where rules go by who is in an incident's channel, everybody is somebody else in each; null where none does. */
async function personInEach(
  { who, room }: { readonly who: Pick<Who, 'actorFor'>; readonly room: Room },
  user: string,
  incidents: readonly Incident[],
): Promise<ReadonlyMap<string, Person> | null> {
  if (!Object.values(room.access.groups).some(({ channel }) => channel === 'incident')) return null;
  const own = new Map<string, Person>();
  for (const incident of incidents) {
    const actor = await who.actorFor(user, incident, room);
    if (actor.kind === 'person') own.set(incident.id, actor);
  }
  return own;
}

async function runsOf(
  store: Read,
  { id, runs, endedRuns }: Incident,
): Promise<{ readonly runs: readonly RunView[]; readonly unread: readonly string[] }> {
  const views = await store.ledgers({ kind: 'incident', incident: id });
  const missing = runs.filter(
    (run) => !endedRuns.includes(run) && !views.some((view) => view.run.id === run),
  );
  const unread: string[] = [];
  // One that was asked for a moment ago and has not begun is nothing that could not be read.
  for (const run of missing) if ((await store.state(run)) !== null) unread.push(run);
  return { runs: views, unread };
}

async function placesOf(store: Read, home: Home): Promise<ReadonlyMap<string, Posted>> {
  const cards = [...home.incidents, ...home.drills].map(
    ({ id }) => ({ kind: 'card', incident: id }) as const,
  );
  const runs = home.procedures.map(({ run }) => ({ kind: 'run', run: run.id }) as const);
  const watches = home.watches.map(({ id }) => ({ kind: 'watch', watch: id }) as const);
  const subjects = [...home.needs, ...home.requests].map(({ subject }) => subject);
  const places = new Map<string, Posted>();
  for (const subject of [...subjects, ...cards, ...runs, ...watches]) {
    const at = await store.posted(subject);
    if (at) places.set(subjectKey(subject), at);
  }
  return places;
}
