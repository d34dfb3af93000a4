import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { type Home, homeOf } from '../../../src/core/home/home.ts';
import type { Waiting } from '../../../src/core/incident/audit.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import {
  engineer,
  hour,
  lead,
  minute,
  second,
  room as smallRoom,
  trainee,
  visitor,
} from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const workIn = (world: World): readonly Waiting[] =>
  world.timers().flatMap((effect): Waiting[] => {
    if (effect.kind !== 'tell') return [];
    const { command } = effect;
    const stream = 'run' in command ? command.run : 'incident' in command ? command.incident : null;
    return stream === null ? [] : [{ stream, effect, dueAt: effect.notBefore }];
  });

function homeFor(actor: Actor, world: World): Home {
  if (actor.kind !== 'person') throw new Error('only people have a Home');
  const all = world.incidents();
  const known = {
    incidents: all.filter(({ drill }) => !drill),
    drills: all.filter(({ drill }) => drill),
    runs: [
      ...all.flatMap(({ id }) => world.ledgers({ kind: 'incident', incident: id })),
      ...world.ledgers({ kind: 'outside' }),
    ],
    unread: [],
    work: workIn(world),
    watches: [],
  };
  return homeOf(actor.user, known, { room: world.room, now: world.now(), as: () => actor });
}

const needs = (home: Home) => home.needs.map(({ kind, incident }) => [kind, incident?.id ?? null]);

function opened(room: Room = smallRoom): World {
  const world = createWorld({ room });
  world.notice(notice());
  return world;
}

const list: Definition = {
  ...(smallRoom.definitions.generic as Definition),
  playbook: {
    ...(smallRoom.definitions.generic as Definition).playbook,
    steps: [
      {
        id: 'list',
        kind: 'checklist',
        title: 'After',
        items: ['Tell everybody', 'Write it down'],
        duties: [{ withinMs: 10 * minute }, { withinMs: 2 * hour }],
      },
    ],
  },
};

describe('what somebody finds who looks at how things stand', () => {
  it('begins with an incident that nobody has, for those who may take it and for nobody else', () => {
    const world = opened();
    expect(needs(homeFor(engineer, world))).toEqual([['free', 'INC-1']]);
    const watching = homeFor(visitor, world);
    expect(watching.needs).toEqual([]);
    expect(watching.incidents.map(({ id }) => id)).toEqual(['INC-1']);
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(needs(homeFor(second, world))).toEqual([]);
  });

  it('names the step that waits to those who are in the incident', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(homeFor(engineer, world).needs).toMatchObject([
      { kind: 'step', step: 'kind', state: 'asking', subject: { kind: 'step', run: 'INC-1.1' } },
    ]);
    expect(homeFor(second, world).needs).toEqual([]);
    world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'scribe', user: 'U2SECOND' });
    expect(needs(homeFor(second, world))).toEqual([['step', 'INC-1']]);
  });

  it('shows an approval to those who may give it, and to whoever asked as a request', () => {
    const world = opened();
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.by(engineer, {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'rollback-checkout',
      reason: null,
    });
    expect(homeFor(lead, world).needs[0]).toMatchObject({
      kind: 'approval',
      step: null,
      subject: { kind: 'plan', run: 'INC-1.2' },
    });
    expect(needs(homeFor(trainee, world))).toEqual([]);
    const asked = homeFor(engineer, world);
    expect(asked.needs.some(({ kind }) => kind === 'approval')).toBe(false);
    expect(asked.requests).toMatchObject([{ subject: { kind: 'plan', run: 'INC-1.2' } }]);
    expect(asked.ahead).toContainEqual(
      expect.objectContaining({ what: { kind: 'approval-expires', step: null } }),
    );
    world.pass(11 * minute);
    expect(homeFor(lead, world).needs.some(({ kind }) => kind === 'approval')).toBe(false);
    expect(homeFor(engineer, world).requests).toEqual([]);
  });

  it('shows a procedure that was approved with its run, and one that somebody started outside any incident', () => {
    const world = createWorld();
    const place = { kind: 'channel', channel: 'C0PLATFORM' } as const;
    world.by(engineer, {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'waiting',
      place,
      reason: null,
    });
    const home = homeFor(visitor, world);
    expect(home.procedures.map(({ run }) => run.id)).toEqual(['RUN-1']);
    expect(home.ahead).toMatchObject([{ what: { kind: 'wait-over', step: 'wait' } }]);
    world.pass(minute);
    expect(needs(homeFor(engineer, world))).toEqual([['step', null]]);
    expect(homeFor(second, world).needs).toEqual([]);
  });

  it('says which items of a list are overdue, and before that when they will be', () => {
    const world = createWorld({
      room: { ...smallRoom, definitions: { ...smallRoom.definitions, generic: list } },
    });
    world.by(engineer, {
      type: 'incident.declare',
      title: 'Slow',
      service: null,
      severity: 'P2',
      playbook: null,
      summary: '',
    });
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(homeFor(engineer, world).needs).toMatchObject([{ kind: 'step', state: 'asking' }]);
    expect(homeFor(engineer, world).ahead.map(({ what }) => what.kind)).toEqual(['item-due', 'item-due']);
    world.pass(11 * minute);
    expect(homeFor(engineer, world).needs).toMatchObject([{ kind: 'overdue', item: 'Tell everybody' }]);
  });

  it('tells of no incident that may not be looked at, only how many there are', () => {
    const { access } = smallRoom;
    const world = opened({
      ...smallRoom,
      access: {
        ...access,
        rules: [...access.rules, { effect: 'deny', rights: ['observe'], to: ['trainees'], on: ['checkout'] }],
      },
    });
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(homeFor(trainee, world)).toEqual({
      needs: [],
      incidents: [],
      unseen: 1,
      drills: [],
      requests: [],
      procedures: [],
      ahead: [],
      watches: [],
      unread: [],
    });
    expect(homeFor(engineer, world).incidents).toHaveLength(1);
  });

  it('shows nothing to somebody of whom it is not known who they are in an incident', () => {
    const world = opened();
    const known = {
      incidents: world.incidents(),
      drills: [],
      runs: world.ledgers({ kind: 'incident', incident: 'INC-1' }),
      unread: ['INC-1.1'],
      work: workIn(world),
      watches: [],
    };
    const home = homeOf('U1ENGINEER', known, { room: world.room, now: world.now(), as: () => null });
    expect(home).toMatchObject({ incidents: [], needs: [], ahead: [], unread: [], unseen: 1 });
  });

  it('keeps practice apart and behind what is real', () => {
    const world = createWorld();
    world.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.notice(notice({ name: 'Slow' }));
    const home = homeFor(engineer, world);
    expect(home.drills.map(({ id }) => id)).toEqual(['INC-1']);
    expect(home.incidents.map(({ id }) => id)).toEqual(['INC-2']);
    expect(needs(home)).toEqual([
      ['free', 'INC-2'],
      ['step', 'INC-1'],
    ]);
  });
});
