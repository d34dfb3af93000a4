import type { CommandBody } from '../../../src/core/command.ts';
import type { Answer } from '../../../src/core/decision.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import { openCalendar } from '../../../src/core/people/compilePeople.ts';
import { defaultPreferences, type Preferences } from '../../../src/core/people/preferences.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { Run } from '../../../src/core/run/run.ts';
import type { Desk, HomeReading } from '../../../src/engine/ports.ts';
import { definition, rollback } from './views.ts';

export type Acted = { readonly user: string; readonly body: CommandBody; readonly once: string | undefined };

/** A desk that remembers what it was asked and answers as it is told; a delivery it has seen changes nothing. */
export function fakeDesk(): Desk & {
  readonly acted: Acted[];
  answer: (acted: Acted) => Answer | Promise<Answer>;
  incidents: Incident[];
  homeOf: (user: string) => HomeReading;
  preferencesOf: (user: string) => Preferences;
  /** Incidents by the message that begins their thread. */
  threads: Record<string, string>;
  runs: { run: Run; definition: Definition }[];
} {
  const seen = new Set<string>();
  const room: Room = {
    definitions: {
      'high-error-rate': definition,
      'rollback-genesis-orchestration': rollback,
    },
    routing: {
      P0: { place: { kind: 'own-channel' }, announce: null, invite: [] },
      P1: { place: { kind: 'own-channel' }, announce: null, invite: [] },
      P2: { place: { kind: 'own-channel' }, announce: null, invite: [] },
      P3: { place: { kind: 'log' }, announce: null, invite: [] },
      P4: { place: { kind: 'log' }, announce: null, invite: [] },
    },
    access: { groups: {}, rules: [] },
    roster: {},
    chains: [],
    calendar: openCalendar,
    reopenWithinMs: 86_400_000,
    pace: 1,
  };
  const desk: ReturnType<typeof fakeDesk> = {
    acted: [],
    answer: () => ({ kind: 'accepted', stream: 'INC-43', events: [] }),
    incidents: [],
    runs: [],
    async act(user, body, once) {
      if (once !== undefined && seen.has(once)) {
        return { kind: 'refused', code: 'duplicate', message: 'This was delivered before.' };
      }
      if (once !== undefined) seen.add(once);
      const acted = { user, body, once };
      desk.acted.push(acted);
      return desk.answer(acted);
    },
    handle: async () => ({ kind: 'refused', code: 'invalid', message: 'Nothing but people here.' }),
    room: () => room,
    incident: async (id) => desk.incidents.find((each) => each.id === id) ?? null,
    run: async (id) => desk.runs.find((each) => each.run.id === id) ?? null,
    incidentOfChannel: async (channel) => desk.incidents.find((each) => each.channel?.id === channel) ?? null,
    openIncidents: async () => desk.incidents.filter(({ drill }) => !drill),
    openDrills: async () => desk.incidents.filter(({ drill }) => drill),
    around: async () => ({
      now: 1_795_269_728_000,
      calendar: room.calendar,
      freezes: [],
      openIncidents: desk.incidents.filter(({ drill }) => !drill),
    }),
    ledgers: async (place) =>
      desk.runs.filter(({ run }) =>
        place.kind === 'incident'
          ? run.incident === place.incident
          : place.kind === 'channel'
            ? run.channel === place.channel
            : run.incident === null,
      ),
    recentIncidents: async () => desk.incidents,
    may: async () => ({ allowed: true, reason: 'A rule allows it.' }),
    who: async (user) => ({ known: { user, groups: [] } }),
    postMortem: async () => '',
    namesOf: async () => new Map(),
    home: async (user) => desk.homeOf(user),
    homeOf: () => ({
      kind: 'home',
      now: 1_795_269_728_000,
      places: new Map(),
      home: {
        needs: [],
        incidents: desk.incidents,
        unseen: 0,
        drills: [],
        requests: [],
        procedures: [],
        ahead: [],
        watches: [],
        unread: [],
      },
    }),
    watches: async () => [],
    watch: async () => null,
    preferences: async (user) => ({
      kind: 'known',
      preferences: desk.preferencesOf(user),
      zone: 'America/Chicago',
    }),
    preferencesOf: (user) => defaultPreferences(`PRF-${user}`),
    threads: {},
    incidentAt: async (channel, thread) =>
      desk.incidents.find(
        (each) => each.channel?.id === channel || (thread !== null && each.id === desk.threads[thread]),
      ) ?? null,
  };
  return desk;
}
