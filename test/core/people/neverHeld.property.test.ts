import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../../src/core/command.ts';
import { isOpen, isUrgent } from '../../../src/core/incident/incident.ts';
import { personOf } from '../../../src/core/people/reminder.ts';
import { stillHolds } from '../../../src/core/people/standing.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { engineer, hour, lead, minute, second, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const clocks = {
  phases: { detection: 10 * minute, assessment: 20 * minute, response: 40 * minute },
  updates: { everyMs: 15 * minute },
};

/** Items for everybody who can be named: by roles, and by a mention of somebody who need not be in the incident. */
const listed = (definition: Definition): Definition => ({
  ...definition,
  playbook: {
    ...definition.playbook,
    steps: [
      {
        id: 'list',
        kind: 'checklist',
        title: 'First things',
        items: ['Tell the users', 'Look at the queue', 'Ask the provider', 'Write it down'],
        duties: [
          { owner: 'communications', withinMs: 5 * minute },
          { owner: 'commander', withinMs: 10 * minute },
          { owner: '<@U3LEAD>', withinMs: 15 * minute },
          { owner: 'scribe', withinMs: 20 * minute },
        ],
      },
    ],
  },
});

const { P0, P1, P2, P3 } = smallRoom.routing;
const room: Room = {
  ...smallRoom,
  definitions: Object.fromEntries(
    Object.entries(smallRoom.definitions).map(([name, definition]) => [
      name,
      definition.playbook.kind === 'alert' ? listed(definition) : definition,
    ]),
  ),
  routing: {
    ...smallRoom.routing,
    ...{ P0: { ...P0, ...clocks }, P1: { ...P1, ...clocks } },
    ...{ P2: { ...P2, ...clocks }, P3: { ...P3, ...clocks } },
  },
};

/** All day but one minute, so that everything that can be held back is. */
const quiet = { from: '00:01', to: '00:00', zone: 'UTC' };
const people = ['U1ENGINEER', 'U2SECOND', 'U3LEAD'] as const;
const actors = { U1ENGINEER: engineer, U2SECOND: second, U3LEAD: lead } as const;

/** Reminders of an open P0 or P1 that wait for the morning although they are so, by person. */
const heldBack = (world: World): string[] =>
  [...world.states.values()].flatMap((state) =>
    state.kind !== 'preferences'
      ? []
      : state.preferences.held.flatMap((reminder) => {
          const { kind, incident: id } = reminder;
          const { id: whose } = state.preferences;
          const incident = world.incident(id);
          const [view = null] =
            kind === 'item'
              ? world.ledgers({ kind: 'incident', incident: id }).filter(({ run }) => run.id === reminder.run)
              : [];
          const isSo = stillHolds(reminder, personOf(whose), { incident, view });
          return isSo && isOpen(incident) && isUrgent(incident.severity)
            ? [`${whose} ${kind} ${id} ${incident.severity}`]
            : [];
        }),
  );

function begun(): World {
  const world = createWorld({ room });
  for (const user of people)
    world.by(actors[user], { type: 'preferences.set', reminders: 'direct', quiet } as CommandBody);
  return world;
}

const severity = fc.constantFrom('P0', 'P1', 'P2', 'P3');
const who = fc.constantFrom(...people);
const happening = fc.oneof(
  fc.record({ does: fc.constant('pass'), ms: fc.integer({ min: 1, max: 45 }).map((each) => each * minute) }),
  fc.record({ does: fc.constant('severity'), severity }),
  fc.record({ does: fc.constant('acknowledge'), who }),
  fc.record({
    does: fc.constant('role'),
    role: fc.constantFrom('commander', 'communications', 'scribe'),
    who,
  }),
  fc.record({ does: fc.constantFrom('fires', 'quiet', 'resolve', 'reopen', 'down') }),
) as fc.Arbitrary<Record<string, string | number>>;

function happens(world: World, each: Record<string, string | number>, fired: { at: number }): void {
  const incident = 'INC-1' as const;
  const body = (command: object) => command as CommandBody;
  const by = actors[(each.who ?? 'U2SECOND') as (typeof people)[number]];
  const alert = () => notice({ name: 'Slow', startsAt: fired.at });
  switch (each.does) {
    case 'pass':
      world.pass(each.ms as number);
      break;
    case 'down':
      world.down(hour);
      world.pass(1);
      break;
    case 'severity':
      world.by(by, body({ type: 'incident.severity', incident, severity: each.severity, why: null }));
      break;
    case 'acknowledge':
      world.by(by, body({ type: 'incident.acknowledge', incident }));
      break;
    case 'role':
      world.by(lead, body({ type: 'incident.role', incident, role: each.role, user: each.who }));
      break;
    case 'quiet':
      world.notice(ended(alert(), world.now()));
      break;
    case 'fires':
      fired.at = world.now();
      world.notice(alert());
      break;
    case 'resolve':
      world.by(by, body({ type: 'incident.resolve', incident, note: null }));
      break;
    default:
      world.by(by, body({ type: 'incident.reopen', incident, why: 'It is back' }));
  }
}

describe('what somebody is reminded of in an open P0 or P1', () => {
  it('is never held back, whatever happens in whatever order', async ({ annotate }) => {
    let [runs, told] = [0, 0];
    fc.assert(
      fc.property(fc.array(happening, { minLength: 4, maxLength: 25 }), (happenings) => {
        const world = begun();
        const fired = { at: world.now() };
        world.notice(notice({ name: 'Slow', startsAt: fired.at }));
        for (const each of happenings) {
          happens(world, each, fired);
          expect(heldBack(world)).toEqual([]);
        }
        runs += 1;
        told += world.effects().filter(({ kind }) => kind === 'remind').length;
      }),
      { numRuns: process.env.SOAK === '1' ? 5_000 : 300 },
    );
    expect(told).toBeGreaterThan(0);
    await annotate(
      `${runs} courses of an incident, ${told} direct messages, none of a P0 or P1 held back`,
      'figure',
    );
  });

  it('reaches whoever an item names, who need not be in the incident', () => {
    const world = begun();
    world.notice(notice({ name: 'Slow' }));
    world.pass(15 * minute);
    const state = () => world.states.get('PRF-U3LEAD');
    expect(state()).toMatchObject({ preferences: { held: [{ kind: 'item', incident: 'INC-1' }], sent: 0 } });
    world.by(second, { type: 'incident.severity', incident: 'INC-1', severity: 'P1', why: null });
    expect(state()).toMatchObject({ preferences: { held: [], sent: 1 } });
  });
});
