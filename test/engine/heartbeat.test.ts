import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHeartbeat } from '../../src/adapters/heartbeat/heartbeat.ts';
import { createAuditor } from '../../src/engine/auditor.ts';
import { createPulse, type Health, healthChecks } from '../../src/engine/heartbeat.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import { startTicker } from '../../src/engine/ticker.ts';
import { clockTicks } from '../fakes/clockTicks.ts';
import { hour, minute } from '../fakes/room.ts';
import { createRig, eventually, type Rig } from './rig.ts';

/** The alarm outside: it hears heartbeats over HTTP, and rings when none came for two minutes. */
async function startAlarm(clock: Rig['clock'], answer = { status: 200, location: '' }) {
  const heard: number[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    request.resume();
    heard.push(clock.now());
    paths.push(`${request.method} ${request.url}`);
    if (answer.status === 0) return;
    response.writeHead(answer.status, answer.location === '' ? {} : { location: answer.location });
    response.end('OK');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/secret-id`;
  return {
    url,
    heard,
    paths,
    answer,
    rings: () => clock.now() - (heard.at(-1) ?? Number.NEGATIVE_INFINITY) > 2 * minute,
  };
}

/** The engine as the bot wires it, with a ticker on the test's clock and a real call to the alarm. */
async function setting() {
  const rig = createRig();
  const alarm = await startAlarm(rig.clock);
  let slack: Health = { ok: true };
  const { store, desk, clock, performer } = rig;
  const { log } = rig.log;
  const auditor = createAuditor({ store, desk, clock, log });
  const checks = healthChecks({
    store,
    lookedAt: performer.lookedAt,
    auditor,
    startedAt: clock.now(),
    clock,
    slack: async () => slack,
  });
  const pulse = createPulse({
    auditor,
    store,
    wake: performer.wake,
    lookedAt: performer.lookedAt,
    clock,
    checks,
    heartbeat: createHeartbeat({ url: alarm.url, timeoutMs: 5_000 }),
    log,
  });
  let beats = 0;
  const ticker = startTicker(
    [
      {
        name: 'beat',
        schedule: '15 * * * * *',
        work: async () => {
          await pulse.beat();
          beats += 1;
        },
      },
    ],
    { ticks: clockTicks(clock), clock, log },
  );
  onTestFinished(() => ticker.stop());
  rig.start();
  /** Lets that many minutes pass, each with all that is done in it. */
  async function pass(minutes: number): Promise<void> {
    for (let number = 0; number < minutes; number++) {
      const before = beats;
      clock.advance(minute);
      await eventually(() => beats).toBe(before + 1);
    }
  }
  return {
    rig,
    alarm,
    pulse,
    checks,
    ticker,
    pass,
    slack(health: Health): void {
      slack = health;
    },
    said: () =>
      rig.log.lines
        .filter(({ message }) => message.startsWith('all is'))
        .map(({ message, fields }) => `${message} ${fields.part ?? ''}`.trim()),
  };
}

type Setting = Awaited<ReturnType<typeof setting>>;

describe('the sign of life', { tags: ['trust-17'] }, () => {
  it('comes every minute while all is well', async () => {
    const { alarm, pulse, pass, rig } = await setting();
    await rig.alert();
    await rig.idle();
    await pass(10);
    expect(alarm.heard).toHaveLength(10);
    expect(alarm.paths[0]).toBe('GET /ping/secret-id');
    expect(pulse.counts()).toEqual({ sent: 10, failed: 0, withheld: 0 });
    expect(alarm.rings()).toBe(false);
  });

  /** How long after `killed` the alarm rings. */
  const ringsAfter = async (pass: () => Promise<void>, { rig, alarm }: Pick<Setting, 'rig' | 'alarm'>) => {
    const killed = rig.clock.now();
    for (let step = 0; step < 20 && !alarm.rings(); step++) await pass();
    expect(alarm.rings()).toBe(true);
    return Math.max(...alarm.heard) + 2 * minute - killed;
  };

  it('stays out when nothing ticks any more, and the alarm rings within two minutes', async ({
    annotate,
  }) => {
    const { alarm, ticker, pass, rig } = await setting();
    await pass(3);
    await ticker.stop();
    const after = await ringsAfter(async () => rig.clock.advance(minute), { rig, alarm });
    expect(alarm.heard).toHaveLength(3);
    expect(after).toBeLessThanOrEqual(2 * minute);
    await annotate(`ticker killed: the alarm rings after ${after / 1_000} s`, 'figure');
  });

  it('stays out when due work is not looked for any more, although everything else goes on', async ({
    annotate,
  }) => {
    const { alarm, checks, pass, rig, said } = await setting();
    await pass(2);
    expect(await checks.scheduler()).toEqual({ ok: true });
    await rig.performer.stop(1);
    const after = await ringsAfter(() => pass(1), { rig, alarm });
    expect(alarm.heard).toHaveLength(2);
    expect(after).toBeLessThanOrEqual(2 * minute);
    await pass(2);
    expect(await checks.scheduler()).toMatchObject({
      ok: false,
      message: expect.stringMatching(/looked for .* ago/),
    });
    expect(said()).toEqual(['all is not well, so no heartbeat is sent scheduler']);
    await annotate(`scheduler of work killed: the alarm rings after ${after / 1_000} s`, 'figure');
  });

  it('stays out while nothing can be committed, and comes again by itself', async () => {
    const { alarm, checks, pulse, pass, rig } = await setting();
    await pass(1);
    rig.hooks.before = () => {
      throw new Error('the disk is full');
    };
    await pass(5);
    expect(alarm.heard).toHaveLength(1);
    expect(pulse.counts().withheld).toBe(5);
    // The database is at fault, and a restart would not mend it.
    expect(await checks.scheduler()).toEqual({ ok: true });
    delete rig.hooks.before;
    await pass(1);
    expect(alarm.heard).toHaveLength(2);
  });

  it('stays out while an effect is stuck for ten minutes, however often it was tried', async () => {
    const { alarm, checks, pass, rig } = await setting();
    rig.chat.fault = () => {
      throw new WorkFailed('unavailable', 'Slack has trouble.', { retry: { afterMs: null } });
    };
    await rig.alert();
    await pass(10);
    const before = alarm.heard.length;
    expect(before).toBeGreaterThanOrEqual(9);
    await pass(10);
    expect(alarm.heard.length - before).toBeLessThanOrEqual(1);
    expect(await checks.delivery()).toMatchObject({ ok: false });
    rig.chat.fault = () => undefined;
    // Attempts are up to five minutes apart.
    await pass(6);
    await rig.idle();
    expect(await checks.delivery()).toEqual({ ok: true });
    await pass(1);
    expect(alarm.rings()).toBe(false);
  });

  it('is not held back by timers that are not due, nor by a command that takes its time', async () => {
    const { alarm, checks, pass, rig } = await setting();
    await rig.alert();
    await rig.startCommand();
    await pass(25);
    expect(await checks.delivery()).toEqual({ ok: true });
    expect(alarm.heard).toHaveLength(25);
    rig.runner.started[0]?.end();
  });

  it('stays out while Slack is not connected, and says so once', async () => {
    const { alarm, pass, slack, said } = await setting();
    await pass(1);
    slack({ ok: false, message: 'There is no Socket Mode connection right now.' });
    await pass(4);
    expect(alarm.heard).toHaveLength(1);
    slack({ ok: true });
    await pass(2);
    expect(alarm.heard).toHaveLength(3);
    expect(said()).toEqual(['all is not well, so no heartbeat is sent slack', 'all is well again']);
  });

  it('stays out while the incidents cannot be looked through', async () => {
    const { alarm, checks, pass, rig } = await setting();
    await pass(1);
    const { openIncidents } = rig.store;
    Object.assign(rig.store, {
      openIncidents: async () => {
        throw new Error('an incident that cannot be read');
      },
    });
    await pass(4);
    expect(alarm.heard).toHaveLength(1);
    expect(await checks.audit()).toMatchObject({ ok: false });
    Object.assign(rig.store, { openIncidents });
    await pass(1);
    expect(alarm.heard).toHaveLength(2);
  });

  it('is told to the address and to nobody whom that names, and a failure is logged once without it', async () => {
    const { alarm, pulse, pass, rig } = await setting();
    const other = await startAlarm(rig.clock);
    Object.assign(alarm.answer, { status: 302, location: other.url });
    await pass(3);
    expect(other.heard).toEqual([]);
    expect(pulse.counts()).toEqual({ sent: 0, failed: 3, withheld: 0 });
    const said = rig.log.lines.filter(({ fields }) => fields.part === 'heartbeat');
    expect(said.map(({ fields }) => fields.why)).toEqual(['HEARTBEAT_URL: it answered 302.']);
    expect(JSON.stringify(rig.log.lines)).not.toContain('secret-id');
    Object.assign(alarm.answer, { status: 200 });
    await pass(1);
    expect(pulse.counts().sent).toBe(1);
  });
});

describe('the call to an alarm', () => {
  it('takes no longer than its time, and says what was wrong', async () => {
    const rig = createRig();
    const silent = await startAlarm(rig.clock, { status: 0, location: '' });
    expect(await createHeartbeat({ url: silent.url, timeoutMs: 50 }).send()).toEqual({
      kind: 'failed',
      why: 'no answer within 0.05 s.',
    });
    expect(await createHeartbeat({ url: 'http://user:hush@127.0.0.1:1/x', timeoutMs: 5_000 }).send()).toEqual(
      {
        kind: 'failed',
        why: expect.stringMatching(/^it cannot be reached( \(\w+\))?\.$/),
      },
    );
  });
});

describe('the audit of every minute', { tags: ['trust-17'] }, () => {
  it('says once, in the channel of announcements, that nobody has an incident', async ({ annotate }) => {
    const { alarm, checks, pass, rig } = await setting();
    await rig.alert({ name: 'ServiceDown' });
    await rig.idle();
    const auditor = createAuditor({ store: rig.store, desk: rig.desk, clock: rig.clock, log: rig.log.log });
    await auditor.audit();
    expect(auditor.unattended()).toBe(0);
    await pass(30);
    await rig.idle();
    await auditor.audit();
    expect(auditor.unattended()).toBe(1);
    const since = (await rig.incident()).openedAt;
    const shown = rig.chat.shown(`unattended/INC-1/${since}`);
    expect(shown).toMatchObject([{ channel: '#alerts', thread: null, known: null }]);
    const said = rig.log.lines.filter(({ message }) => message.startsWith('an open incident has nobody'));
    expect(said).toHaveLength(1);
    // Somebody else's silence is no fault of Genesis.
    expect(alarm.heard).toHaveLength(30);
    expect(await checks.audit()).toEqual({ ok: true });

    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.idle();
    await auditor.audit();
    expect(auditor.unattended()).toBe(0);
    expect(rig.chat.shown(`unattended/INC-1/${since}`).at(-1)?.view).toMatchObject({
      kind: 'unattended',
      incident: { acknowledged: { by: 'U1ENGINEER' } },
    });
    await annotate('30 audits of an incident in nobody’s hands: said once', 'figure');
  });

  it('leaves an incident alone whose run is still at something', async () => {
    const { pass, rig } = await setting();
    await rig.alert();
    await rig.startCommand();
    await pass(29);
    expect((await rig.incident()).unattended.said).toBe(false);
    rig.clock.advance(hour);
    rig.runner.started[0]?.end();
  });
});
