import { describe, expect, it, onTestFinished } from 'vitest';
import { catchUp } from '../../src/adapters/alertmanager/catchUp.ts';
import { render } from '../../src/adapters/slack/cards/render.ts';
import { createSourceWatch } from '../../src/engine/sourceWatch.ts';
import { startAlertmanagerApi } from '../fakes/alertmanagerApi.ts';
import { hour, minute } from '../fakes/room.ts';
import { ended, notice } from '../fakes/world.ts';
import { createRig, eventually, type Rig } from './rig.ts';

/** The engine with an Alertmanager that is asked over HTTP, at a pace that the test sets. */
async function setting() {
  const rig = createRig();
  const source = await startAlertmanagerApi();
  onTestFinished(() => source.stop());
  const begin = () =>
    createSourceWatch({
      store: rig.store,
      desk: rig.desk,
      clock: rig.clock,
      log: rig.log.log,
      ask: (question) =>
        catchUp({
          ...question,
          alertmanager: { baseUrl: source.url, receiver: 'genesis', timeoutMs: 5_000 },
          history: null,
          answered: () => true,
        }),
      canBeAsked: true,
      since: rig.clock.now(),
      staleMs: 10 * minute,
    });
  let watch = begin();
  rig.observer.port.decided = (command) => watch.heard(command);
  rig.start();
  return {
    rig,
    source,
    /** Asks every two minutes until that much time has passed. */
    async pass(ms: number): Promise<void> {
      for (let passed = 0; passed < ms; passed += 2 * minute) {
        rig.clock.advance(2 * minute);
        await watch.poll();
      }
      await rig.idle();
    },
    poll: () => watch.poll(),
    async restart(): Promise<void> {
      await rig.restart();
      watch = begin();
    },
  };
}

const cardOf = async (rig: Rig): Promise<string> => {
  const view = { kind: 'card', incident: await rig.incident(), current: null } as const;
  const frame = {
    now: rig.clock.now(),
    linkTo: () => null,
    channelUrl: () => null,
    canRollBack: () => false,
  };
  return JSON.stringify(render(view, frame).blocks);
};

const alert = notice({ name: 'Slow' });

describe('a resolve that is lost', { tags: ['trust-10'] }, () => {
  it('closes nothing: the alert is marked as gone, people are told, and a person resolves', async ({
    annotate,
  }) => {
    const { rig, source, pass } = await setting();
    source.has(alert);
    await rig.alert(alert);
    await pass(4 * minute);
    expect(await cardOf(rig)).toContain('nobody has it yet · 1 alert"');
    expect((await rig.incident()).gone).toEqual({});

    // It resolves while nobody listens, and Alertmanager never says so again.
    source.has();
    await pass(24 * hour);
    const incident = await rig.incident();
    expect(incident).toMatchObject({ phase: 'open', allQuietSince: null, staleSince: null });
    expect(Object.keys(incident.gone)).toEqual([alert.fingerprint]);
    const said = incident.notes.filter(({ text }) => text.includes('no resolve came'));
    expect(said.map(({ text }) => text)).toEqual([
      'Alertmanager does not have the alert Slow any more, and no resolve came for it. Whether it is over is not known. No other alert fires here: look at the indicators, then resolve by hand.',
    ]);
    expect(await cardOf(rig)).toMatch(/0 of 1 alerts known to fire.*Gone without a resolve:\* Slow/);
    const closed = (await rig.store.events({ stream: 'INC-1' })).filter(({ event }) =>
      ['AlertResolved', 'IncidentResolved'].includes(event.type),
    );
    expect(closed).toEqual([]);
    await annotate('24 h without a resolve: 0 incidents closed, 1 alert marked as gone, said once', 'figure');
  });

  it('is found after the bot was down, by asking', async () => {
    const { rig, source, pass, restart } = await setting();
    source.has(alert);
    await rig.alert(alert);
    await rig.idle();
    rig.clock.advance(3 * hour);
    source.has();
    await restart();
    await pass(4 * minute);
    expect(Object.keys((await rig.incident()).gone)).toEqual([alert.fingerprint]);
  });

  it('is not concluded from one look: a source that was just started has no alerts yet', async () => {
    const { rig, source, pass } = await setting();
    source.has(alert);
    await rig.alert(alert);
    await pass(2 * minute);
    source.has();
    await pass(2 * minute);
    source.has(alert);
    await pass(10 * minute);
    source.has();
    await pass(2 * minute);
    expect((await rig.incident()).gone).toEqual({});
  });

  it('is taken back when the alert is there again, and over when its resolve comes after all', async () => {
    const { rig, source, pass } = await setting();
    source.has(alert);
    await rig.alert(alert);
    source.has();
    await pass(4 * minute);
    source.has(alert);
    await pass(2 * minute);
    expect((await rig.incident()).gone).toEqual({});
    source.has();
    await pass(4 * minute);
    expect(Object.keys((await rig.incident()).gone)).toHaveLength(1);
    await rig.desk.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: ended(alert) });
    expect(await rig.incident()).toMatchObject({ gone: {}, allQuietSince: rig.clock.now() });
  });
});

describe('a source that tells nothing', { tags: ['trust-10'] }, () => {
  it('makes the alerts stale after ten minutes, with since when, and never quiet', async ({ annotate }) => {
    const { rig, source, pass } = await setting();
    source.has(alert);
    await rig.alert(alert);
    await pass(2 * minute);
    const answered = rig.clock.now();
    source.answers(503);
    await pass(10 * minute);
    expect((await rig.incident()).staleSince).toBeNull();
    await pass(2 * minute);
    expect(await rig.incident()).toMatchObject({ staleSince: answered, allQuietSince: null, gone: {} });
    expect(await cardOf(rig)).toMatch(
      /1 alert, stale.*Alerts are stale\* since .*it is not known whether they still fire/,
    );
    const compared = async () =>
      (await rig.store.events({ stream: 'INC-1' })).filter(({ event }) => event.type === 'AlertsCompared')
        .length;
    await pass(6 * hour);
    expect(await compared()).toBe(1);
    expect((await rig.incident()).phase).toBe('open');
    const complaints = rig.log.lines.filter(({ message }) => message.includes('answered 503'));
    expect(complaints).toHaveLength(1);
    await annotate('6 h of silence: stale after 12 min, never quiet', 'figure');
  });

  it('is over when it answers again', async () => {
    const { rig, source, pass } = await setting();
    source.has(alert);
    await rig.alert(alert);
    source.answers(503);
    await pass(20 * minute);
    expect((await rig.incident()).staleSince).not.toBeNull();
    source.answers(200);
    await pass(2 * minute);
    expect((await rig.incident()).staleSince).toBeNull();
    expect(await cardOf(rig)).not.toContain('stale');
  });

  it('says nothing of an alert that was delivered a moment ago', async () => {
    const { rig, source, pass, poll } = await setting();
    source.answers(503);
    await pass(20 * minute);
    await rig.alert(notice({ name: 'Slow', startsAt: rig.clock.now() }));
    await poll();
    expect((await rig.incident()).staleSince).toBeNull();
    await pass(12 * minute);
    expect((await rig.incident()).staleSince).not.toBeNull();
  });

  it('does not make an alert come back that was gone before it fell silent', async () => {
    const { rig, source, pass, restart } = await setting();
    await rig.alert(alert);
    source.has();
    await pass(4 * minute);
    source.answers(503);
    await restart();
    await pass(20 * minute);
    expect(Object.keys((await rig.incident()).gone)).toHaveLength(1);
  });

  it('asks on through a database that refuses for a while', async () => {
    const { rig, source, pass, poll } = await setting();
    source.has(alert);
    await rig.alert(alert);
    await rig.idle();
    source.has();
    await pass(2 * minute);
    rig.hooks.before = () => {
      throw new Error('the disk is full');
    };
    rig.clock.advance(2 * minute);
    await expect(poll()).rejects.toThrow();
    delete rig.hooks.before;
    await eventually(async () => {
      rig.clock.advance(2 * minute);
      await poll();
      return Object.keys((await rig.incident()).gone).length;
    }).toBe(1);
  });
});
