import type { CommandBody } from '../../../src/core/command.ts';
import type { Answer } from '../../../src/core/decision.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { Run } from '../../../src/core/run/run.ts';
import type { Desk } from '../../../src/engine/ports.ts';
import { definition, rollback } from './views.ts';

export type Acted = { readonly user: string; readonly body: CommandBody; readonly once: string | undefined };

/** A desk that remembers what it was asked and answers as it is told; a delivery it has seen changes nothing. */
export function fakeDesk(): Desk & {
  readonly acted: Acted[];
  answer: (acted: Acted) => Answer | Promise<Answer>;
  incidents: Incident[];
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
    openIncidents: async () => desk.incidents,
    ledgers: async (place) =>
      desk.runs.filter(({ run }) =>
        place.kind === 'incident' ? run.incident === place.incident : run.channel === place.channel,
      ),
    recentIncidents: async () => desk.incidents,
    may: async () => ({ allowed: true, reason: 'A rule allows it.' }),
    postMortem: async () => '',
  };
  return desk;
}
