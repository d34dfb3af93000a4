import { describe, expect, it } from 'vitest';
import { createWatchEar } from '../../src/engine/watchEar.ts';
import { hour, minute, service } from '../fakes/room.ts';
import { metricsOf } from './metricsOf.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const people = ['U1ENGINEER', 'U2SECOND'];

const start = (rig: Rig, hours = 1) =>
  rig.desk.act('U1ENGINEER', {
    ...{ type: 'watch.start', service, forMs: hours * hour, why: 'Release 7', people },
  } as const);

/** Time passes in the steps of the looks, so that the bot was there all the time. */
async function passes(rig: Rig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5 * minute) {
    rig.clock.advance(Math.min(left, 5 * minute));
    await rig.idle();
  }
}

const messages = (rig: Rig) =>
  rig.chat.calls.flatMap((call) =>
    call.kind === 'show' && call.request.key.startsWith('watch')
      ? [{ key: call.request.key, view: call.request.view }]
      : [],
  );

describe('a watch in the engine', () => {
  it('is said, ends by itself after a restart, and reports once', { timeout: 60_000 }, async () => {
    const rig = createRig();
    rig.start();
    expect(await start(rig)).toMatchObject({ stream: 'WCH-1' });
    await rig.alert();
    await passes(rig, 4 * minute);
    await rig.desk.act('U2SECOND', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.restart();
    await passes(rig, 40 * minute);
    expect(await rig.desk.watches()).toMatchObject([
      { watch: { id: 'WCH-1', blind: [] }, takings: [{ incident: 'INC-1', taken: { by: 'U2SECOND' } }] },
    ]);
    await passes(rig, 16 * minute);
    await eventually(() => messages(rig).at(-1)?.key).toBe('watch-report/WCH-1');
    expect(await rig.desk.watches()).toEqual([]);
    expect(messages(rig).at(-1)?.view).toMatchObject({
      report: { watch: { over: { kind: 'ended' } }, takings: [{ alerts: 1, class: 'critical' }] },
      messages: { 'INC-1': { channel: expect.any(String) } },
    });
    expect(new Set(messages(rig).map(({ key }) => key))).toEqual(
      new Set(['watch/WCH-1', 'watch-report/WCH-1']),
    );
    // What came just before the end had its time; then the same message is brought up to date.
    const before = messages(rig).length;
    await passes(rig, hour);
    await eventually(() => messages(rig).length).toBe(before + 1);
    expect(messages(rig).at(-1)?.key).toBe('watch-report/WCH-1');
  });

  it('is started, stopped and ended by nobody who may not', async () => {
    const rig = createRig();
    const stop = (user: string) =>
      rig.desk.act(user, { type: 'watch.end', watch: 'WCH-1', why: 'All is calm' });
    const begin = (user: string) =>
      rig.desk.act(user, { type: 'watch.start', service, forMs: hour, why: 'Release 7', people });
    rig.directory.members.set('U6GONE', { kind: 'outsider', why: 'Your account is deactivated.' });
    const strangers = ['U5VISITOR', 'U6GONE', 'U9OUTSIDER'];
    for (const user of strangers) expect(await begin(user)).toMatchObject({ code: 'not-allowed' });
    const both = await Promise.all([begin('U1ENGINEER'), begin('U2SECOND')]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['accepted', 'refused']);
    for (const user of strangers) expect(await stop(user)).toMatchObject({ code: 'not-allowed' });
    // What the bot tells a watch is nothing that a form can say.
    for (const body of [
      { type: 'watch.incident', watch: 'WCH-1', incident: 'INC-9' },
      { type: 'watch.look', watch: 'WCH-1', due: 0 },
      { type: 'watch.heard', watch: 'WCH-1' },
      { type: 'watch.unheard', watch: 'WCH-1', since: 0 },
    ] as const)
      expect(await rig.desk.act('U1ENGINEER', body)).toMatchObject({ code: 'not-allowed' });
    expect(await rig.store.watches()).toMatchObject([{ id: 'WCH-1', over: null, blind: [] }]);
    // Names that are no people of the chat take no turns.
    const forged = { type: 'watch.start', service: 'checkout', forMs: hour, why: 'Release 8' } as const;
    await stop('U1ENGINEER');
    expect(
      await rig.desk.act('U1ENGINEER', { ...forged, people: ['U1ENGINEER', '<!channel>'] }),
    ).toMatchObject({ code: 'invalid' });
  });

  it('knows of the time in which no process ran', { timeout: 60_000 }, async () => {
    const rig = createRig();
    rig.start();
    await start(rig, 4);
    await passes(rig, 10 * minute);
    await rig.performer.stop(1);
    rig.clock.jump(hour);
    await rig.restart();
    await rig.idle();
    await eventually(async () => (await rig.store.watches())[0]?.blind.length).toBe(1);
    const [watch] = await rig.store.watches();
    expect(watch?.blind).toEqual([
      { what: 'bot', from: (watch?.startedAt ?? 0) + 15 * minute, to: (watch?.startedAt ?? 0) + 70 * minute },
    ]);
  });

  it('hears from the sources while Alertmanager tells nothing, and when it does again', async () => {
    const rig = createRig();
    await start(rig, 4);
    let answeredAt: number | null = rig.clock.now();
    const ear = createWatchEar({
      ...{
        store: rig.store,
        desk: rig.desk,
        clock: rig.clock,
        staleMs: 10 * minute,
        askedEveryMs: 2 * minute,
      },
      answeredAt: () => answeredAt,
    });
    const blind = async () => {
      await ear.look();
      return (await rig.store.watches())[0]?.blind;
    };
    rig.clock.jump(10 * minute);
    expect(await blind()).toEqual([]);
    rig.clock.jump(minute);
    const since = answeredAt;
    expect(await blind()).toEqual([{ what: 'alerts', from: since, to: null }]);
    expect(await blind()).toHaveLength(1);
    // A process that has just begun has not been told anything yet, and says nothing either way.
    answeredAt = null;
    const begun = createWatchEar({
      ...{
        store: rig.store,
        desk: rig.desk,
        clock: rig.clock,
        staleMs: 10 * minute,
        askedEveryMs: 2 * minute,
      },
      answeredAt: () => answeredAt,
    });
    await begun.look();
    expect((await rig.store.watches())[0]?.blind).toMatchObject([{ to: null }]);
    answeredAt = rig.clock.now();
    expect(await blind()).toEqual([{ what: 'alerts', from: since, to: rig.clock.now() }]);
  });

  it('takes the time between two questions for no silence, however fast the pace is', async () => {
    const rig = createRig();
    await start(rig, 4);
    const answeredAt = rig.clock.now();
    const ear = createWatchEar({
      ...{
        store: rig.store,
        desk: rig.desk,
        clock: rig.clock,
        staleMs: minute / 2,
        askedEveryMs: 2 * minute,
      },
      answeredAt: () => answeredAt,
    });
    rig.clock.jump(3 * minute);
    await ear.look();
    expect((await rig.store.watches())[0]?.blind).toEqual([]);
    rig.clock.jump(2 * minute);
    await ear.look();
    expect((await rig.store.watches())[0]?.blind).toMatchObject([{ what: 'alerts', from: answeredAt }]);
  });
});

describe('the metric of acknowledgements', () => {
  it('counts by class and by whether it was within the limit that applied', { timeout: 60_000 }, async () => {
    const rig = createRig();
    const metrics = metricsOf(rig);
    const counts = async (): Promise<readonly string[]> =>
      (await metrics.text())
        .split('\n')
        .filter((line) => line.startsWith('genesis_bot_acknowledgements_total'));
    const series = (alertClass: string, within: string) =>
      `genesis_bot_acknowledgements_total{class="${alertClass}",within="${within}"}`;
    expect(await counts()).toContain(`${series('critical', 'yes')} 0`);
    const declared = async (severity: 'P1' | 'P2' | 'P4', ms: number): Promise<void> => {
      const answer = await rig.desk.act('U1ENGINEER', {
        ...{ type: 'incident.declare', title: 'Trouble', service: null, severity, playbook: null },
        summary: '',
      } as const);
      if (answer.kind !== 'accepted') throw new Error(answer.message);
      rig.clock.jump(ms);
      const incident = answer.stream as 'INC-1';
      await rig.desk.act('U2SECOND', { type: 'incident.acknowledge', incident });
    };
    await declared('P1', 5 * minute);
    await declared('P1', 5 * minute + 1);
    await declared('P2', 30 * minute);
    // Only in the log: nobody was to acknowledge it.
    await declared('P4', hour);
    expect(await counts()).toEqual(
      expect.arrayContaining([
        `${series('critical', 'yes')} 1`,
        `${series('critical', 'no')} 1`,
        `${series('warning', 'yes')} 1`,
        `${series('warning', 'no')} 0`,
      ]),
    );
  });
});
