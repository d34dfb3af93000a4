import { describe, expect, it } from 'vitest';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import { moment, plannedRoom } from '../../fakes/plannedRoom.ts';
import { doing, hour, lead, minute, second, service, trainee } from '../../fakes/room.ts';
import { createWorld, type World } from '../../fakes/world.ts';

const world = (): World => createWorld({ room: plannedRoom });

const freeze = (
  on: World,
  { who = second, of = service as string | null, until = null as number | null, why = 'Year end' } = {},
) => on.by(who, { type: 'freeze.begin', service: of, until, why });

const lift = (on: World, who = second) => on.by(who, { type: 'freeze.lift', freeze: 'FRZ-1', why: null });

const said = (on: World): readonly string[] => on.shown().filter((each) => each.startsWith('freeze'));

describe('a freeze', () => {
  it('stands until its moment, then ends by itself, and both are said', { tags: ['trust-20'] }, () => {
    const on = world();
    expect(freeze(on, { until: on.now() + hour })).toMatchObject({ kind: 'accepted', stream: 'FRZ-1' });
    expect(on.freeze()).toMatchObject({
      service,
      why: 'Year end',
      begunBy: 'U2SECOND',
      channel: '#monitoring',
      over: null,
    });
    expect(said(on)).toEqual(['freeze/FRZ-1']);
    on.pass(hour - 1);
    expect(on.freeze().over).toBeNull();
    on.pass(1);
    expect(on.freeze().over).toEqual({ kind: 'ended', at: on.now() });
    expect(said(on)).toEqual(expect.arrayContaining(['freeze/FRZ-1', 'freeze-over/FRZ-1']));
    expect(lift(on)).toMatchObject({
      code: 'already',
      message: expect.stringContaining('FRZ-1 already ended'),
    });
  });

  it('is lifted once, by somebody with the right for it', () => {
    const on = world();
    freeze(on);
    expect(lift(on, trainee)).toMatchObject({ code: 'not-allowed' });
    // The right may have been taken away since: what counts is who may now.
    expect(lift(on, lead)).toMatchObject({ code: 'not-allowed' });
    expect(lift(on)).toMatchObject({ kind: 'accepted' });
    expect(lift(on)).toMatchObject({
      code: 'already',
      message: expect.stringContaining('<@U2SECOND> already lifted'),
    });
    expect(on.freeze().over).toMatchObject({ kind: 'lifted', by: 'U2SECOND' });
    expect(on.events('FRZ-1').map(({ type }) => type)).toEqual(['FreezeBegun', 'FreezeLifted']);
  });

  it('begins with the right, a reason, a service that there is, and a moment that is to come', () => {
    const on = world();
    expect(freeze(on, { who: trainee })).toMatchObject({ code: 'not-allowed' });
    expect(freeze(on, { why: '  ' })).toMatchObject({ code: 'invalid' });
    expect(freeze(on, { of: 'chekout' })).toMatchObject({ message: expect.stringContaining('checkout') });
    expect(freeze(on, { until: on.now() })).toMatchObject({ code: 'invalid' });
    expect(freeze(on, { of: null })).toMatchObject({ stream: 'FRZ-1' });
    expect(freeze(on)).toMatchObject({ stream: 'FRZ-2' });
  });

  it('stands on a service that has no playbook of its own and is changed by those of others', () => {
    const { release } = plannedRoom.definitions;
    if (!release) throw new Error('there is no release');
    const { actions } = release.service;
    const definition: Definition = {
      ...release,
      service: {
        ...release.service,
        actions: { ...actions, 'ledger/pause': { ...actions.quick!, service: 'ledger' } },
      },
      playbook: { ...release.playbook, steps: [doing('ledger/pause')] },
    };
    const on = createWorld({
      room: { ...plannedRoom, definitions: { ...plannedRoom.definitions, release: definition } },
    });
    on.down(moment.open - on.now());
    expect(freeze(on, { of: 'ledger' })).toMatchObject({ stream: 'FRZ-1' });
    const place = { kind: 'channel', channel: 'C1' } as const;
    const start = { type: 'run.start', run: null, incident: null, playbook: 'release', place } as const;
    expect(on.by(second, { ...start, reason: null })).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('FRZ-1'),
    });
    expect(freeze(on, { of: 'ledgers' })).toMatchObject({ message: expect.stringContaining('ledger') });
  });

  it('lets nobody but its timer say that its time is over', () => {
    const on = world();
    freeze(on, { until: on.now() + hour });
    expect(on.by(second, { type: 'freeze.due', freeze: 'FRZ-1' })).toMatchObject({ code: 'not-allowed' });
    expect(on.by({ kind: 'bot' }, { type: 'freeze.due', freeze: 'FRZ-1' })).toMatchObject({
      kind: 'accepted',
    });
    // It came too early, as after a clock that was set back: it waits for its moment.
    expect(on.freeze().over).toBeNull();
    on.pass(hour);
    expect(on.freeze().over).toMatchObject({ kind: 'ended' });
  });

  it('holds nothing up once its moment has passed, however late the bot notices', () => {
    const on = world();
    on.down(moment.open - on.now());
    freeze(on, { until: on.now() + minute });
    const start = () =>
      on.by(second, {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: 'release',
        place: { kind: 'channel', channel: 'C1' },
        reason: null,
      });
    expect(start()).toMatchObject({ code: 'closed' });
    on.down(minute);
    expect(on.freeze().over).toBeNull();
    expect(start()).toMatchObject({ kind: 'accepted' });
  });
});
