import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Service } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { type Done, type FlyHost, startFlyHost } from './flyHost.ts';
import { shippedRoom } from './shippedRoom.ts';
import { definitionIn } from './walker.ts';

const apps = ['hotdash-llamaindex-mcp', 'hotdash-agent-service'] as const;
const [app, twin] = apps;

let room: Room;
let host: FlyHost;
beforeAll(async () => {
  room = await shippedRoom();
  host = await startFlyHost(apps);
});
afterAll(() => host.stop());
beforeEach(() => host.reset());

const serviceOf = (playbook: string): Service => definitionIn(room, playbook).service;
const codes = (done: readonly Done[]): string[] =>
  done.map(({ action, outcome }) => `${action} ${outcome.kind === 'exited' ? outcome.code : outcome.kind}`);
const output = (done: readonly Done[]): string =>
  done.map(({ outcome }) => (outcome.kind === 'exited' ? outcome.output : '')).join('');
const machines = (name: string) => host.state().apps[name]?.machines ?? [];
const images = (name: string) => [
  ...new Set(machines(name).map(({ image }) => image.replace(/^.*deployment-/, ''))),
];
const breakImage = (deployment: string) =>
  host.change((state) => ({
    ...state,
    brokenImages: apps.map((name) => `registry.fly.io/${name}:deployment-${deployment}`),
  }));

describe('the actions of a Fly app, carried out by the executor', () => {
  it('look at the app without changing it', async () => {
    const before = host.state();
    const service = serviceOf(`${app}-latency`);
    for (const action of ['machine_list', 'release_list', 'scale_now', 'recent_logs'])
      expect(codes(await host.carryOut(service, action)), action).toEqual([`${action} 0`]);
    const checks = output(await host.carryOut(serviceOf(`${app}-health`), 'check_list'));
    expect(checks).toContain('passing');
    const releases = output(await host.carryOut(service, 'release_list'));
    expect(releases).toContain(`registry.fly.io/${app}:deployment-01STABLE`);
    expect(output(await host.carryOut(service, 'machine_list'))).toMatch(/stopped/);
    expect(host.state()).toEqual(before);
  });

  it('say with an exit code that the platform does not answer or nobody is signed in', async () => {
    const service = serviceOf(`${app}-health`);
    host.change((state) => ({ ...state, reachable: false }));
    const failed = await host.carryOut(service, 'machine_list');
    expect(codes(failed)).toEqual(['machine_list 1']);
    expect(output(failed)).toContain('Error:');
    host.change((state) => ({ ...state, reachable: true, signedIn: false }));
    expect(codes(await host.carryOut(service, 'signed_in'))).toEqual(['signed_in 1']);
  });

  it('restart only the machine that fails, and leave the idle one alone', async () => {
    const [first, second] = machines(app);
    host.change((state) => {
      const found = state.apps[app];
      if (!found) return state;
      const stuck = found.machines.map((machine) => ({ ...machine, stuck: machine.id === first?.id }));
      return { ...state, apps: { ...state.apps, [app]: { ...found, machines: stuck } } };
    });
    const service = serviceOf(`${app}-machine-restart`);
    expect(output(await host.carryOut(service, 'check_list'))).toContain('critical');
    expect(codes(await host.carryOut(service, 'restart_machines'))).toEqual(['restart_machines 0']);
    expect(machines(app).find(({ id }) => id === first?.id)).toMatchObject({ stuck: false });
    expect(machines(app).find(({ id }) => id === second?.id)).toEqual(second);
  });

  it('fail where a restart does not make the check pass', async () => {
    breakImage('01NEWEST');
    const service = serviceOf(`${app}-machine-restart`);
    expect(codes(await host.carryOut(service, 'restart_machines'))).toEqual(['restart_machines 1']);
  });
});

describe('scaling', () => {
  it('to three machines remembers the count and brings it back', async () => {
    const service = serviceOf(`${app}-latency`);
    expect(codes(await host.carryOut(service, 'scale_out'))).toEqual(['scale_out 0', 'set_count_three 0']);
    expect(machines(app)).toHaveLength(3);
    expect(machines(twin)).toHaveLength(2);
    expect(codes(await host.carryOut(service, 'restore_count'))).toEqual(['restore_count 0']);
    expect(machines(app)).toHaveLength(2);
  });

  it('memory and CPU remembers the size and brings it back', async () => {
    const service = serviceOf(`${app}-latency`);
    const sizes = () => machines(app).map(({ cpus, memoryMb }) => `${cpus}/${memoryMb}`);
    await host.carryOut(serviceOf(`${app}-memory`), 'scale_memory');
    expect(sizes()).toEqual(['1/1024', '1/1024']);
    await host.carryOut(service, 'restore_size');
    expect(sizes()).toEqual(['1/512', '1/512']);
    await host.carryOut(service, 'scale_cpu');
    expect(sizes()).toEqual(['2/1024', '2/1024']);
    expect(codes(await host.carryOut(service, 'restore_size'))).toEqual(['restore_size 0']);
    expect(sizes()).toEqual(['1/512', '1/512']);
  });

  it('to zero destroys the machines, and a deployment of the remembered image brings them back', async () => {
    const service = serviceOf(`${app}-scale-to-zero`);
    expect(codes(await host.carryOut(service, 'scale_to_zero'))).toEqual([
      'scale_to_zero 0',
      'set_count_zero 0',
      'note_scaled_to_zero 0',
    ]);
    expect(machines(app)).toEqual([]);
    expect(await host.note()).toMatch(/^\[\d{4}-\d\d-\d\dT[\d:]+Z\] EMERGENCY SCALE TO ZERO - Agent SDK$/m);
    // A second click must not put the zero over the count that is remembered.
    await host.carryOut(service, 'scale_to_zero');
    expect(codes(await host.carryOut(service, 'restore_count'))).toEqual(['restore_count 0']);
    expect(machines(app)).toHaveLength(2);
    expect(images(app)).toEqual(['01NEWEST']);
  });

  it('stops before the count is changed where it could not be remembered', async () => {
    host.change((state) => ({ ...state, reachable: false }));
    const service = serviceOf(`${app}-scale-to-zero`);
    expect(codes(await host.carryOut(service, 'scale_to_zero'))).toEqual(['scale_to_zero 1']);
    expect(machines(app)).toHaveLength(2);
  });
});

describe('a rollback', () => {
  const service = () => serviceOf(`rollback-${app}`);

  it('puts the image before the one in place on both apps, and is noted', async () => {
    breakImage('01NEWEST');
    const actions = ['note_rollback_started', 'remember', 'remember_twin', 'roll_back', 'roll_back_twin'];
    for (const action of [...actions, 'keep_together'])
      expect(codes(await host.carryOut(service(), action)), action).toEqual([`${action} 0`]);
    expect([images(app), images(twin)]).toEqual([['01STABLE'], ['01STABLE']]);
    await host.carryOut(service(), 'note_rollback_complete');
    expect((await host.note()).trim().split('\n')).toEqual([
      expect.stringContaining('ROLLBACK INITIATED - Agent SDK'),
      expect.stringContaining('ROLLBACK COMPLETE - Agent SDK'),
    ]);
  });

  it('asked for a second time goes further back, never to the image that was left', async () => {
    await host.carryOut(service(), 'roll_back');
    await host.carryOut(service(), 'roll_back');
    expect(images(app)).toEqual(['01FIRST']);
    const third = await host.carryOut(service(), 'roll_back');
    expect(codes(third)).toEqual(['roll_back 1']);
    expect(output(third)).toContain('no earlier image');
    expect(images(app)).toEqual(['01FIRST']);
  });

  it('is taken back by putting the image that was left in place again', async () => {
    await host.carryOut(service(), 'roll_back');
    expect(service().actions.roll_back?.undo).toEqual({ kind: 'action', action: 'roll_forward' });
    expect(codes(await host.carryOut(service(), 'roll_forward'))).toEqual(['roll_forward 0']);
    expect(images(app)).toEqual(['01NEWEST']);
  });

  it('that puts only one of both apps back takes it forward again, and may be asked for anew', async () => {
    host.change((state) => {
      const found = state.apps[twin];
      if (!found) return state;
      const releases = found.releases.filter(({ image }) => image.includes('01NEWEST'));
      return { ...state, apps: { ...state.apps, [twin]: { ...found, releases } } };
    });
    for (const action of ['remember', 'remember_twin', 'roll_back'])
      expect(codes(await host.carryOut(service(), action)), action).toEqual([`${action} 0`]);
    expect(codes(await host.carryOut(service(), 'roll_back_twin'))).toEqual(['roll_back_twin 1']);
    expect(images(app)).toEqual(['01STABLE']);
    expect(codes(await host.carryOut(service(), 'keep_together'))).toEqual(['keep_together 0']);
    expect([images(app), images(twin)]).toEqual([['01NEWEST'], ['01NEWEST']]);
    expect(codes(await host.carryOut(service(), 'roll_back'))).toEqual(['roll_back 0']);
    expect(images(app)).toEqual(['01STABLE']);
  });

  it('leaves both apps as they are where nothing was remembered before', async () => {
    await host.carryOut(service(), 'roll_back');
    const done = await host.carryOut(service(), 'keep_together');
    expect(codes(done)).toEqual(['keep_together 1']);
    expect(output(done)).toContain('nothing was remembered');
    expect([images(app), images(twin)]).toEqual([['01STABLE'], ['01NEWEST']]);
  });

  it('fails where the image before is broken too', async () => {
    breakImage('01STABLE');
    const done = await host.carryOut(service(), 'roll_back');
    expect(codes(done)).toEqual(['roll_back 1']);
    expect(output(done)).toContain('health checks');
  });
});
