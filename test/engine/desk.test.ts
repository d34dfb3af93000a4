import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { createDesk } from '../../src/engine/desk.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import { createWho } from '../../src/engine/whoAsks.ts';
import { createClock } from '../fakes/clock.ts';
import { createFakeDirectory, createFakeLog, createFakeObserver } from '../fakes/ports.ts';
import { room } from '../fakes/room.ts';
import { notice } from '../fakes/world.ts';
import { createRig } from './rig.ts';

const take = { type: 'incident.acknowledge', incident: 'INC-1' } as const;

async function withIncident() {
  const rig = createRig();
  await rig.alert();
  return rig;
}

describe('whoever asks is looked up', () => {
  it('lets a member do what their groups may', async () => {
    const rig = await withIncident();
    expect((await rig.desk.act('U1ENGINEER', take)).kind).toBe('accepted');
    expect((await rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
    expect(rig.observer.decided).toContain('incident.acknowledge accepted');
  });

  it('refuses a member without rights', async () => {
    const rig = await withIncident();
    expect(await rig.desk.act('U5VISITOR', take)).toMatchObject({ code: 'not-allowed' });
    expect(await rig.desk.may('U5VISITOR', 'change', 'checkout')).toMatchObject({ allowed: false });
    expect(await rig.desk.may('U5VISITOR', 'observe', 'checkout')).toMatchObject({ allowed: true });
  });

  it('counts nobody to the channel of an incident that lives in a thread of one that many share', async () => {
    const rig = createRig();
    await rig.alert({ name: 'Slow' });
    const incident = await rig.incident();
    expect(incident.place.kind).toBe('thread');
    const access = {
      groups: { here: { usergroup: null, users: [], channel: 'incident' } },
      rules: [{ effect: 'allow', rights: ['change'], to: ['here'], on: 'any' }],
    } as const satisfies Room['access'];
    const { port, members } = createFakeDirectory();
    members.set('U9ANYBODY', { kind: 'member', groups: [] });
    const who = createWho({
      store: rig.store,
      room: () => ({ ...room, access }),
      directory: { ...port, members: async () => ['U9ANYBODY'] },
    });
    expect(await who.actorFor('U9ANYBODY', incident)).toMatchObject({ groups: [] });
    const own = {
      ...incident,
      place: { kind: 'channel', name: 'inc' },
      channel: { id: 'C1', name: 'inc' },
    } as const;
    expect(await who.actorFor('U9ANYBODY', own)).toMatchObject({ groups: ['here'] });
  });

  it('refuses an outsider, whatever groups are claimed elsewhere', async () => {
    const rig = await withIncident();
    expect(await rig.desk.act('U9STRANGER', take)).toMatchObject({
      code: 'not-allowed',
      message: 'You are not a member of this workspace.',
    });
    expect(await rig.desk.may('U9STRANGER', 'observe', 'checkout')).toMatchObject({ allowed: false });
  });

  it('refuses everybody while the directory does not answer', async () => {
    const rig = await withIncident();
    rig.directory.fault = () => {
      throw new WorkFailed('unreachable', 'Slack did not answer.', { retry: { afterMs: null } });
    };
    expect(await rig.desk.act('U1ENGINEER', take)).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('nothing was done'),
    });
    expect((await rig.incident()).acknowledged).toBeNull();
  });

  it('is looked up and judged by the same rules, whichever come up in between', async () => {
    const suspended: Room = {
      ...room,
      access: {
        groups: { ...room.access.groups, suspended: { usergroup: 'suspended', users: [] } },
        rules: [...room.access.rules, { effect: 'deny', rights: ['change'], to: ['suspended'], on: 'any' }],
      },
    };
    let current: Room = room;
    const clock = createClock();
    const store = openSqliteStore({ file: ':memory:', clock });
    const { port, members } = createFakeDirectory();
    members.set('U1ENGINEER', { kind: 'member', groups: ['oncall', 'suspended'] });
    const judged: { readonly by: Room; readonly resolved: unknown }[] = [];
    const desk = createDesk({
      store: {
        ...store,
        handle(command, by) {
          if (command.actor.kind === 'person') judged.push({ by, resolved: command.actor.resolved });
          return store.handle(command, by);
        },
      },
      directory: {
        ...port,
        async membership(user) {
          const told = await port.membership(user);
          current = suspended;
          return told;
        },
      },
      room: () => current,
      clock,
      observer: createFakeObserver().port,
      log: createFakeLog().log,
    });
    await desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: notice() });
    expect((await desk.act('U1ENGINEER', take)).kind).toBe('accepted');
    const say = { type: 'incident.severity', incident: 'INC-1', severity: 'P2', why: null } as const;
    expect(await desk.act('U1ENGINEER', say)).toMatchObject({ code: 'not-allowed' });
    expect(judged.map(({ by }) => by)).toEqual([room, suspended]);
    expect(judged.map(({ resolved }) => resolved)).toEqual([
      Object.keys(room.access.groups),
      Object.keys(suspended.access.groups),
    ]);
    await store.close();
  });

  it('counts a delivery once', async () => {
    const rig = await withIncident();
    const say = { type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'hello' } as const;
    await rig.desk.act('U1ENGINEER', say, 'delivery-1');
    expect(await rig.desk.act('U1ENGINEER', say, 'delivery-1')).toMatchObject({ code: 'duplicate' });
  });

  it('knows nothing of what is not there', async () => {
    const rig = createRig();
    expect(await rig.desk.incident('INC-9')).toBeNull();
    expect(await rig.desk.run('INC-9.1')).toBeNull();
    expect(await rig.desk.incidentOfChannel('C9')).toBeNull();
  });
});
