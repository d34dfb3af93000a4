import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilencer } from '../../src/adapters/alertmanager/silencer.ts';
import { silencingOf } from '../../src/core/incident/silence.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import type { Silencer } from '../../src/engine/silencePort.ts';
import { requireComponent } from '../fakes/components.ts';
import { startRealAlertmanager } from '../fakes/realAlertmanager.ts';
import { minute } from '../fakes/room.ts';
import { createRig, eventually } from './rig.ts';

const program = requireComponent('alertmanager');
const incident = 'INC-1';

describe.skipIf(!program)('the engine with the real Alertmanager', { tags: ['trust-11'] }, () => {
  let alertmanager: Awaited<ReturnType<typeof startRealAlertmanager>>;
  beforeAll(async () => {
    alertmanager = await startRealAlertmanager(program!, null);
  });
  afterAll(() => alertmanager.stop());

  /** The first `lost` calls that make a silence succeed, and their answers never arrive. */
  function setting({ lost = 0 } = {}) {
    const real = createSilencer({ baseUrl: alertmanager.url, timeoutMs: 5_000 });
    const made: string[] = [];
    let toLose = lost;
    const silencer: Silencer = {
      ...real,
      async put(request) {
        const { id } = await real.put(request);
        made.push(id);
        if (toLose <= 0) return { id };
        toLose -= 1;
        throw new WorkFailed('alertmanager', 'No answer came.', { retry: { afterMs: 0 }, uncertain: true });
      },
    };
    const rig = createRig({ silencer });
    rig.start();
    return {
      rig,
      made,
      silences: async () => (await real.list()).silences.filter(({ id }) => made.includes(id)),
      async begin(): Promise<void> {
        await rig.alert();
        await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident });
        await rig.desk.act('U1ENGINEER', { type: 'incident.silence', incident, forMs: null });
      },
      held: async () => silencingOf(await rig.incident()).live[0]?.held ?? null,
    };
  }

  it('makes no second silence after an answer that was lost', async ({ annotate }) => {
    const { rig, made, silences, begin, held } = setting({ lost: 1 });
    await begin();
    await eventually(async () => {
      rig.clock.advance(10);
      return held();
    }).not.toBeNull();
    expect(made.length).toBe(2);
    expect(await silences()).toMatchObject([
      {
        state: 'active',
        createdBy: 'genesis',
        matchers: { alertname: 'HighErrorRate', service: 'checkout' },
        comment: expect.stringMatching(/^genesis\/INC-1\/1\.1 INC-1 .*: silenced while U1ENGINEER works$/),
      },
    ]);
    await annotate('1 lost answer, 1 silence', 'figure');
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident, note: null });
    await eventually(async () => (await silences())[0]?.state).toBe('expired');
    await eventually(async () => silencingOf(await rig.incident()).live).toEqual([]);
  });

  it('goes on renewing after the bot was killed, by the clock of Alertmanager', async () => {
    const { rig, made, silences, begin, held } = setting();
    await begin();
    await eventually(held).not.toBeNull();
    const before = await held();
    await rig.restart();
    rig.clock.advance(5 * minute);
    await eventually(async () => (await held())?.endsAt).toBeGreaterThan(before!.endsAt);
    expect(new Set(made).size).toBe(1);
    const [silence] = await silences();
    // The clock of the rig is of another day: a lease of fifteen minutes is one of Alertmanager's minutes.
    expect(silence!.endsAt - Date.now()).toBeLessThan(15 * minute + 2_000);
    expect(silence!.endsAt - Date.now()).toBeGreaterThan(14 * minute);
  });

  it('leaves ended what somebody ended in Alertmanager', async () => {
    const { rig, made, silences, begin, held } = setting();
    await begin();
    await eventually(held).not.toBeNull();
    const real = createSilencer({ baseUrl: alertmanager.url, timeoutMs: 5_000 });
    await real.expire(made[0]!);
    rig.clock.advance(5 * minute);
    await eventually(async () => silencingOf(await rig.incident()).live).toEqual([]);
    expect((await silences()).map(({ state }) => state)).toEqual(['expired']);
    const notes = (await rig.incident()).notes.map(({ text }) => text);
    expect(notes.at(-1)).toMatch(/not in effect at Alertmanager any more; alerts will be heard again/);
  });

  it('does not make what was taken back before its turn came', async () => {
    const { rig, made } = setting();
    await rig.alert();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident });
    const wish = rig.desk.act('U1ENGINEER', { type: 'incident.silence', incident, forMs: null });
    const end = rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident, note: null });
    await Promise.all([wish, end]);
    await eventually(async () => silencingOf(await rig.incident()).live).toEqual([]);
    const real = createSilencer({ baseUrl: alertmanager.url, timeoutMs: 5_000 });
    const active = (await real.list()).silences.filter(
      ({ id, state }) => made.includes(id) && state === 'active',
    );
    expect(active).toEqual([]);
  });
});

describe('an Alertmanager that cannot be reached', () => {
  it('is given up within three tries, and the mitigation does not wait for it', async () => {
    const silencer: Silencer = {
      list: async () => {
        throw new WorkFailed('alertmanager', 'Alertmanager cannot be reached.', { retry: { afterMs: null } });
      },
      put: async () => ({ id: 'never' }),
      expire: async () => undefined,
    };
    const rig = createRig({ silencer });
    rig.start();
    await rig.alert();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident });
    await rig.desk.act('U1ENGINEER', { type: 'incident.silence', incident, forMs: null });
    await rig.startCommand();
    await eventually(async () => {
      rig.clock.advance(1_000);
      return (await rig.incident()).notes.filter(({ text }) => text.startsWith('Not silenced')).length;
    }).toBe(1);
    expect(silencingOf(await rig.incident()).live).toEqual([]);
  });
});
