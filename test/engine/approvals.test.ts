import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../src/core/command.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { room } from '../fakes/room.ts';
import { startRun } from '../fakes/startRun.ts';
import { createRig } from './rig.ts';

const definition = room.definitions['wipe-cache'];
if (!definition) throw new Error('the room has no wipe-cache');
const { wipe } = definition.service.actions;
if (!wipe) throw new Error('there is no wipe');

/** Wiping takes two people here, and responders may approve. */
const twoPeople: Room = {
  ...room,
  definitions: {
    ...room.definitions,
    'wipe-cache': {
      ...definition,
      service: {
        ...definition.service,
        actions: { ...definition.service.actions, wipe: { ...wipe, approvals: { count: 2 } } },
      },
    },
  },
};

const at = { run: 'RUN-1', step: 'wipe', attempt: 1 } as const;

async function requested(inRoom: Room) {
  const rig = createRig({ room: inRoom });
  for (let index = 0; index < 25; index++)
    rig.directory.members.set(`U7ONCALL${index}`, { kind: 'member', groups: ['oncall'] });
  await rig.desk.act('U1ENGINEER', startRun('wipe-cache'));
  await rig.desk.act('U1ENGINEER', { type: 'run.perform', ...at });
  const state = (await rig.desk.run('RUN-1'))?.run.steps.wipe?.state;
  if (state?.kind !== 'approving') throw new Error('it is not asked for');
  const approve: CommandBody = {
    type: 'run.approval-decide',
    verdict: 'approve',
    ...at,
    hash: state.approval.hash,
  };
  const events = async () => (await rig.store.events({ stream: 'RUN-1' })).map(({ event }) => event.type);
  const count = async (type: string) => (await events()).filter((each) => each === type).length;
  return { rig, approve, count };
}

describe('an approval on a real store', { tags: ['trust-5', 'trust-31'] }, () => {
  it('is given a hundred times at once and runs once, after as many people as it needs', async ({
    annotate,
  }) => {
    for (const [inRoom, grants] of [
      [room, 0],
      [twoPeople, 1],
    ] as const) {
      const { rig, approve, count } = await requested(inRoom);
      const clicks = Array.from({ length: 100 }, (_, index) =>
        rig.desk.act(index % 4 === 0 ? 'U1ENGINEER' : `U7ONCALL${index % 25}`, approve),
      );
      await Promise.all(clicks);
      expect(await count('ApprovalGranted')).toBe(grants);
      expect(await count('ApprovalDecided')).toBe(1);
      expect(await count('CommandStarted')).toBe(1);
    }
    await annotate('100 clicks at once, twice: 1 run each', 'figure');
  });

  it('counts a first yes after a restart as before it', async () => {
    const { rig, approve, count } = await requested(twoPeople);
    await rig.desk.act('U2SECOND', approve);
    await rig.restart();
    const state = (await rig.desk.run('RUN-1'))?.run.steps.wipe?.state;
    expect(state).toMatchObject({ kind: 'approving', approval: { granted: [{ by: 'U2SECOND' }] } });
    await rig.desk.act('U7ONCALL1', approve);
    expect(await count('CommandStarted')).toBe(1);
  });

  it('looks up again who approved before: a yes of somebody who left the group meanwhile does not count', async () => {
    const { rig, approve, count } = await requested(twoPeople);
    await rig.desk.act('U2SECOND', approve);
    rig.directory.members.set('U2SECOND', { kind: 'member', groups: [] });
    expect((await rig.desk.act('U7ONCALL1', approve)).kind).toBe('accepted');
    expect(await count('ApprovalLapsed')).toBe(1);
    expect(await count('CommandStarted')).toBe(0);
    await rig.desk.act('U7ONCALL2', approve);
    expect(await count('CommandStarted')).toBe(1);
  });

  it('believes no surface that says who approved before', async () => {
    const { rig, approve, count } = await requested(twoPeople);
    await rig.desk.act('U2SECOND', approve);
    rig.directory.members.set('U2SECOND', { kind: 'outsider', why: 'The account was deactivated.' });
    const forged = {
      ...approve,
      earlier: [{ kind: 'known', user: 'U2SECOND', groups: ['oncall'] }],
    } as CommandBody;
    await rig.desk.act('U7ONCALL1', forged);
    expect(await count('CommandStarted')).toBe(0);
  });
});

describe('rules by the members of a channel', () => {
  const byChannel: Room = {
    ...room,
    access: {
      groups: { ...room.access.groups, crew: { usergroup: null, users: [], channel: '#crew' } },
      rules: [...room.access.rules, { effect: 'allow', rights: ['change'], to: ['crew'], on: 'any' }],
    },
  };

  it('let in who is in it, and nobody while that cannot be known', async () => {
    const rig = createRig({ room: byChannel });
    await rig.alert();
    const take = { type: 'incident.acknowledge', incident: 'INC-1' } as const;
    expect(await rig.desk.act('U5VISITOR', take)).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('did not say'),
    });
    rig.directory.channels.set('#crew', ['U9OTHER']);
    expect(await rig.desk.act('U5VISITOR', take)).toMatchObject({ code: 'not-allowed' });
    rig.directory.channels.set('#crew', ['U5VISITOR']);
    expect((await rig.desk.act('U5VISITOR', take)).kind).toBe('accepted');
  });

  it('deny everybody where a deny rule names a user group that Slack does not have', async () => {
    const strict: Room = {
      ...room,
      access: {
        groups: { ...room.access.groups, gone: { usergroup: 'gone', users: [] } },
        rules: [...room.access.rules, { effect: 'deny', rights: ['change'], to: ['gone'], on: 'any' }],
      },
    };
    const rig = createRig({ room: strict });
    await rig.alert();
    const take = { type: 'incident.acknowledge', incident: 'INC-1' } as const;
    rig.directory.members.set('U1ENGINEER', { kind: 'member', groups: ['oncall'], existing: ['oncall'] });
    expect(await rig.desk.act('U1ENGINEER', take)).toMatchObject({ code: 'not-allowed' });
    rig.directory.members.set('U1ENGINEER', {
      kind: 'member',
      groups: ['oncall'],
      existing: ['oncall', 'gone'],
    });
    expect((await rig.desk.act('U1ENGINEER', take)).kind).toBe('accepted');
  });
});
