import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { doing, minute, room } from '../fakes/room.ts';
import { createRig, eventually } from './rig.ts';

const definition = room.definitions['rollback-checkout'];
if (!definition) throw new Error('the room has no rollback-checkout');

/** The rollback says every two minutes how it stands. */
const speaking: Room = {
  ...room,
  routing: { ...room.routing, P1: { ...room.routing.P1, stakeholders: '#customers' } },
  definitions: {
    ...room.definitions,
    'rollback-checkout': {
      ...definition,
      playbook: {
        ...definition.playbook,
        updatesMs: 2 * minute,
        steps: [{ id: 'settle', kind: 'wait', ms: 13 * minute, why: 'It settles.' }, doing('stop')],
      },
    },
  },
};

const incident = 'INC-1' as const;
const run = 'INC-1.2' as const;

describe('timed status updates on a real store', () => {
  it('go on over a restart, one for all the time that the bot was down, none twice and none after the end', async ({
    annotate,
  }) => {
    const rig = createRig({ room: speaking });
    rig.start();
    await rig.alert();
    const asked = { type: 'incident.start-run', incident, playbook: 'rollback-checkout' } as const;
    await rig.desk.act('U1ENGINEER', { ...asked, reason: 'It got worse.' });
    await eventually(async () => (await rig.run(run)).whole?.state.kind).toBe('pending');
    const { whole } = await rig.run(run);
    await rig.desk.act('U2SECOND', {
      type: 'run.plan-decide',
      run,
      verdict: 'approve',
      hash: whole?.hash ?? '',
    });
    const began = rig.clock.now();
    const minutes = async () =>
      ((await rig.run(run)).updates ?? [])
        .filter(({ moment }) => moment === 'progress')
        .map(({ at }) => (at - began) / minute);
    /** Each timer goes off at its own moment, as it does where time passes by itself. */
    const until = async (at: number, wanted: readonly number[]) => {
      rig.clock.advance(began + at * minute - rig.clock.now());
      await eventually(minutes).toEqual(wanted);
    };
    await until(2, [2]);
    await until(4, [2, 4]);
    await until(5, [2, 4]);
    await rig.restart();
    await until(6, [2, 4, 6]);
    // Down for five minutes: the moment of the eighth is long past when the bot comes back.
    await rig.performer.stop(1);
    rig.clock.advance(5 * minute);
    await rig.restart();
    await eventually(minutes).toEqual([2, 4, 6, 11]);
    await until(12, [2, 4, 6, 11, 12]);

    const posted = (prefix: string) =>
      rig.chat.calls.flatMap((call) =>
        call.kind === 'show' && call.request.key.startsWith(prefix) ? [call.request] : [],
      );
    const { notes } = await rig.incident();
    const numbers = notes.filter(({ about }) => about === `run-update/${run}`).map(({ number }) => number);
    await eventually(() => posted('stakeholders/INC-1/update/').length).toBe(6);
    for (const number of numbers.slice(1)) {
      await eventually(() => rig.chat.shown(`note/INC-1/${number}`).length).toBe(1);
      expect(rig.chat.shown(`stakeholders/INC-1/update/${number}`)).toMatchObject([
        { channel: '#customers', known: null },
      ]);
    }
    // It ends with its command, and the timer that is left finds nothing to say.
    rig.clock.advance(minute);
    await eventually(() => rig.runner.started.length).toBe(1);
    rig.runner.started[0]?.end();
    await eventually(async () => (await rig.run(run)).updates?.at(-1)?.text).toBe(
      'Rollback complete: checkout, in 13 min of 15 min. Nothing of it was measured.',
    );
    await until(20, [2, 4, 6, 11, 12]);
    await eventually(async () => (await rig.store.backlog()).waiting).toBe(0);
    await eventually(() => posted('stakeholders/INC-1/update/').length).toBe(7);
    await annotate('5 updates of a rollback over 2 restarts, 0 twice; 1 for 5 minutes of downtime', 'figure');
  });

  it('come as often as the shipped playbooks say, and as much oftener as the pace is quicker', async () => {
    const directory = join(import.meta.dirname, '../../playbooks');
    for (const pace of [1, 4]) {
      const { room: shipped } = await loadRoom({ directory, pace });
      const every = Object.values(shipped?.definitions ?? {}).flatMap(({ playbook: { name, updatesMs } }) =>
        updatesMs === undefined ? [] : [[name, (updatesMs * pace) / minute]],
      );
      expect(Object.fromEntries(every)).toEqual({
        'hotdash-agent-service-put-image': 5,
        'hotdash-llamaindex-mcp-put-image': 5,
        'rollback-genesis-orchestration': 2,
        'rollback-hotdash-agent-service': 2,
        'rollback-hotdash-llamaindex-mcp': 2,
      });
    }
  });
});
