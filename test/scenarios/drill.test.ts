import { describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { createDrillRig, type DrillRig } from '../fakes/drillRig.ts';
import { room as smallRoom } from '../fakes/room.ts';
import { notice } from '../fakes/world.ts';
import { shippedPlaybooks } from '../playbooks/shippedRoom.ts';

/** Runs a scenario on an engine of its own, which is stopped whatever came of it. */
async function onRig<T>(room: Room, scenario: (rig: DrillRig) => Promise<T>): Promise<T> {
  const rig = createDrillRig(room);
  try {
    return await scenario(rig);
  } finally {
    await rig.stop();
  }
}

const nothing = { commands: 0, files: 0, readings: 0 };

describe('a drill of every shipped playbook', { timeout: 120_000 }, () => {
  it('is walked to its end and touches nothing', async ({ annotate }) => {
    const { room, problems } = await loadRoom({ directory: shippedPlaybooks, pace: 1 });
    if (!room) throw new Error(JSON.stringify(problems));
    const names = Object.keys(room.definitions);
    let posted = 0;
    for (const [index, playbook] of names.entries()) {
      await onRig(room, async (rig) => {
        const id = await rig.drill(playbook, { firstFails: index % 2 === 1 });
        const walked = await rig.walk(id);
        await rig.idle();
        const incident = await rig.incident(id);
        expect(incident.phase, `${playbook}: ${walked.join(', ')}`).toBe('resolved');
        expect(rig.touched, playbook).toEqual(nothing);
        expect(rig.unmarked(rig.said), playbook).toEqual([]);
        expect([...new Set(rig.said.map(({ channel }) => channel))], playbook).toEqual([
          `C-drill-2026-11-21-${playbook}`,
        ]);
        const invited = rig.said.filter(({ kind }) => kind === 'invite').flatMap(({ people }) => people);
        expect(invited, playbook).toEqual(['U1STARTER']);
        // Its report stands in the channel, as a message and as a file.
        expect(rig.said.filter(({ kind }) => kind === 'file').at(-1)?.firstLines).toEqual([
          `DRILL · Report of ${id}`,
          expect.stringContaining('DRILL · The report of'),
        ]);
        posted += rig.said.length;
      });
    }
    expect(names.length).toBeGreaterThanOrEqual(51);
    await annotate(
      `${names.length} drills, ${posted} messages, files and topics: 0 commands, 0 files, 0 readings, 0 people called`,
      'figure',
    );
  });
});

describe('beside a drill, what is real stays real', () => {
  it('a real alert of the same service opens its own incident, in the middle of the drill and after it', () =>
    onRig(smallRoom, async (rig) => {
      const drill = await rig.drill('high-error-rate');
      const firing = notice();
      const actor = { kind: 'alertmanager' } as const;
      const answer = await rig.desk.handle({ actor, type: 'alert.notice', notice: firing });
      await rig.idle();
      expect(answer).toMatchObject({ kind: 'accepted', stream: 'INC-2' });
      const real = await rig.incident('INC-2');
      expect(real).toMatchObject({ service: 'checkout', phase: 'open' });
      expect(real.drill).toBeUndefined();
      expect(real.place).toEqual({ kind: 'channel', name: 'incident-2026-11-21-high-error-rate-2' });
      expect(rig.said.filter(({ channel }) => channel === '#alerts').length).toBeGreaterThan(0);
      expect(await rig.store.openIncidents()).toMatchObject([{ id: 'INC-2' }]);
      expect(await rig.store.openDrills()).toMatchObject([{ id: drill }]);

      await rig.walk(drill);
      expect((await rig.incident(drill)).phase).toBe('resolved');
      expect((await rig.incident('INC-2')).phase).toBe('open');
      await rig.act({ type: 'incident.resolve', incident: 'INC-2', note: null });
      const later = notice({ name: 'ServiceDown', startsAt: rig.clock.now(), groupKey: 'another' });
      const again = await rig.desk.handle({ actor, type: 'alert.notice', notice: later });
      expect(again).toMatchObject({ kind: 'accepted', stream: 'INC-3' });
    }));

  it('a real mitigation on the same target is carried out while the drill is in the middle of its own', () =>
    onRig(smallRoom, async (rig) => {
      const drill = await rig.drill('high-error-rate');
      const choose = { type: 'run.choose', step: 'kind', attempt: 1, option: 'limits' } as const;
      await rig.act({ ...choose, run: `${drill}.1` });
      await rig.act({ type: 'run.perform', run: `${drill}.1`, step: 'fallback', attempt: 1 });
      await rig.idle();
      // The check of the drill is being watched: in a real run its target would be held now.
      expect((await rig.desk.run(`${drill}.1`))?.run.steps.fallback?.state.kind).toBe('verifying');
      expect(rig.touched).toEqual(nothing);

      await rig.desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: notice() });
      await rig.idle();
      const before = rig.touched.commands;
      await rig.act({ ...choose, run: 'INC-2.1' });
      const answer = await rig.act({ type: 'run.perform', run: 'INC-2.1', step: 'fallback', attempt: 1 });
      await rig.idle();
      expect(answer.kind).toBe('accepted');
      expect(rig.touched.commands).toBe(before + 1);
    }));

  it('nothing real can be started in the channel of a drill, also after it', () =>
    onRig(smallRoom, async (rig) => {
      const drill = await rig.drill('slow');
      const { channel } = await rig.incident(drill);
      const start = {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: 'quick-fix',
        reason: null,
        place: { kind: 'channel', channel: channel?.id ?? '' },
      } as const;
      expect(await rig.act(start)).toMatchObject({
        kind: 'refused',
        message: expect.stringContaining(`belongs to the drill ${drill}`),
      });
      await rig.walk(drill);
      expect(await rig.act(start)).toMatchObject({ kind: 'refused' });
      expect(rig.touched).toEqual(nothing);
    }));

  it('drills use up none of the places that real incidents have before a storm', () =>
    onRig(smallRoom, async (rig) => {
      for (let count = 0; count < 30; count += 1) await rig.drill('quick-fix');
      const answer = await rig.desk.handle({
        actor: { kind: 'alertmanager' },
        type: 'alert.notice',
        notice: notice(),
      });
      const { title, storm } = await rig.incident('INC-31');
      expect(answer.kind).toBe('accepted');
      expect({ title, storm }).toEqual({ title: 'high-error-rate', storm: undefined });
    }));
});

describe('a drill', () => {
  it('is bad before a mitigation and good after it, and says what would have been run', () =>
    onRig(smallRoom, async (rig) => {
      const id = await rig.drill('high-error-rate');
      await rig.act({ type: 'incident.acknowledge', incident: id });
      await rig.walk(id);
      const run = (await rig.desk.run(`${id}.1`))?.run;
      expect(run?.steps.fallback?.baseline).toMatchObject({ verdict: 'fail' });
      expect(run?.steps.fallback?.output).toBe('DRILL: would run `tool fallback` on web\n');
      expect(run?.result?.kind).toBe('completed');
      expect(run?.drill).toBe(true);
    }));

  it('lets the first mitigation fail where that was asked for, and no other', () =>
    onRig(smallRoom, async (rig) => {
      const id = await rig.drill('quick-fix', { firstFails: true });
      const at = { run: `${id}.1`, step: 'quick' } as const;
      await rig.act({ type: 'run.perform', ...at, attempt: 1 });
      await rig.idle();
      expect((await rig.desk.run(at.run))?.run.steps.quick?.state.kind).toBe('failed');
      await rig.act({ type: 'run.try-again', ...at, attempt: 1 });
      await rig.idle();
      expect((await rig.desk.run(at.run))?.run.steps.quick?.state.kind).toBe('settled');
    }));

  it('is approved by a second person, or by a stand-in who says so; nobody stands in outside a drill', () =>
    onRig(smallRoom, async (rig) => {
      const id = await rig.drill('rollback-checkout');
      const whole = async (run: `${typeof id}.1` | 'RUN-1') => (await rig.desk.run(run))?.run.whole;
      const hash = (await whole(`${id}.1`))?.hash ?? '';
      const decide = { type: 'run.plan-decide', run: `${id}.1`, verdict: 'approve', hash } as const;
      expect(await rig.act(decide)).toMatchObject({ kind: 'refused', code: 'own-request' });
      expect(await rig.act({ ...decide, standIn: true })).toMatchObject({ kind: 'accepted' });
      expect((await whole(`${id}.1`))?.state).toMatchObject({ kind: 'approved', standIn: true });
      await rig.walk(id);

      await rig.act({
        type: 'run.start',
        run: null,
        incident: null,
        playbook: 'rollback-checkout',
        reason: null,
        place: { kind: 'channel', channel: 'C1' },
      });
      const real = { ...decide, run: 'RUN-1', hash: (await whole('RUN-1'))?.hash ?? '' } as const;
      for (const user of ['U1STARTER', 'U2SECOND'])
        expect(await rig.act({ ...real, standIn: true }, user)).toMatchObject({ kind: 'refused' });
    }));

  it('calls nobody, whatever severity and roles it gets, and is announced nowhere', () =>
    onRig(smallRoom, async (rig) => {
      const id = await rig.drill('chatty');
      await rig.act({ type: 'incident.severity', incident: id, severity: 'P0', why: 'practice' });
      await rig.act({ type: 'incident.role', incident: id, role: 'commander', user: 'U2SECOND' });
      await rig.idle();
      await rig.walk(id);
      const invited = rig.said.filter(({ kind }) => kind === 'invite').flatMap(({ people }) => people);
      expect(invited).toEqual(['U1STARTER']);
      expect(new Set(rig.said.map(({ channel }) => channel))).toEqual(new Set(['C-drill-2026-11-21-chatty']));
      expect(rig.unmarked(rig.said)).toEqual([]);
    }));

  it('ends by itself when nobody ends it, by End Drill, and is not opened again', () =>
    onRig(smallRoom, async (rig) => {
      const left = await rig.drill('quick-fix');
      const ended = await rig.drill('slow');
      await rig.act({ type: 'incident.resolve', incident: ended, note: null });
      await rig.idle();
      expect((await rig.incident(ended)).resolved?.by).toBe('U1STARTER');
      expect(await rig.act({ type: 'incident.reopen', incident: ended, why: 'more' })).toMatchObject({
        kind: 'refused',
        message: expect.stringContaining('/genesis drill slow'),
      });
      rig.clock.advance(2 * 60 * 60_000 + 1_000);
      await rig.idle();
      expect((await rig.incident(left)).resolved).toMatchObject({ by: 'bot' });
      expect(rig.touched).toEqual(nothing);
    }));

  it('is refused to somebody who may not act on the service', () =>
    onRig(smallRoom, async (rig) => {
      const body = { type: 'incident.drill', playbook: 'slow', firstFails: false } as const;
      expect(await rig.act(body, 'U9STRANGER')).toMatchObject({ kind: 'refused', code: 'not-allowed' });
      expect(await rig.act({ ...body, playbook: 'constructor' })).toMatchObject({ kind: 'refused' });
    }));
});
