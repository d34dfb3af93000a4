import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSilencer } from '../../src/adapters/alertmanager/silencer.ts';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { requireComponent } from '../fakes/components.ts';
import { startRealAlertmanager } from '../fakes/realAlertmanager.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { webhookToken } from './servedProcess.ts';
import { shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const program = requireComponent('alertmanager');
const { oncall, visitor } = people;
const minute = 60_000;
const stops: Stops = [];
afterEach(() => stopAll(stops));

const files = {
  'alerts/shop-errors.yml':
    shopFiles['alerts/shop-errors.yml']?.replace('severity: P2', 'severity: P1') ?? '',
};

/** The bot with the emulated Slack and the real Alertmanager, each knowing the other. */
async function stage(options: { pace?: number; moved?: boolean } = {}) {
  const port = await freePort();
  const webhook = { url: `http://127.0.0.1:${port}/alertmanager`, token: webhookToken };
  const alertmanager = await startRealAlertmanager(program!, webhook);
  stops.push(() => alertmanager.stop());
  const clock = options.moved ? createClock(Date.now()) : null;
  const small = await startSmallBot(stops, {
    files,
    ...(clock ? { clock } : {}),
    env: {
      PORT: String(port),
      ALERTMANAGER_URL: alertmanager.url,
      ALERTMANAGER_RECEIVER: 'genesis',
      PACE: String(options.pace ?? 1),
    },
  });
  const slack = createWorkspaceDriver(small.emulator, 20_000);
  const silencer = createSilencer({ baseUrl: alertmanager.url, timeoutMs: 5_000 });
  const labels = { alertname: 'ShopErrors', service: 'shop', instance: 'shop-1' };
  const firedAt = Date.now();
  await alertmanager.fire(labels, { startsAt: firedAt });
  const { id: channel } = await slack.incidentChannel(1);
  return {
    ...{ alertmanager, small, slack, channel },
    silences: async () => (await silencer.list()).silences,
    resolves: () => alertmanager.fire(labels, { startsAt: firedAt, endsAt: Date.now() }),
    /** Silences everything of the shop, as a person does in Alertmanager's own page. */
    async somebodySilences(): Promise<() => Promise<void>> {
      const startsAt = Date.now();
      const endsAt = startsAt + 60 * minute;
      const wish = { id: null, matchers: { service: 'shop' }, comment: 'planned work', startsAt, endsAt };
      const { id } = await silencer.put(wish);
      return () => silencer.expire(id);
    },
    /** Lets half-minutes pass until it is so: between two looks at the sources the bot needs a moment. */
    until: (look: () => void) =>
      vi.waitFor(
        () => {
          clock?.advance(minute / 2);
          look();
        },
        { timeout: 20_000, interval: 100 },
      ),
    said: (words: RegExp): void =>
      expect(small.emulator.workspace.allMessages(channel).map(wordsOf).join('\n')).toMatch(words),
  };
}

describe.skipIf(!program)('alerts that are silenced while somebody works', { tags: ['trust-11'] }, () => {
  it('end quietly, are noticed all the same, and are heard again when the incident is resolved', {
    timeout: 60_000,
  }, async ({ annotate }) => {
    const { slack, channel, small, silences, resolves, somebodySilences, until, said, alertmanager } =
      await stage({ moved: true });

    // What others have silenced is shown, and left to them.
    const end = await somebodySilences();
    await until(() => said(/Silenced in Alertmanager\* by genesis until/));
    await end();
    await until(() => said(/made in Alertmanager, has ended; its alerts will be heard again/));

    await slack.click(oncall, channel, 'Acknowledge');
    await slack.click(visitor, channel, 'Silence While I Work');
    await slack.told(visitor, /You may not act on shop/);
    await slack.click(oncall, channel, 'Silence While I Work');
    await slack.message(channel, /Silenced in Alertmanager while .*works: ShopErrors\./);
    const own = async () => (await silences()).filter(({ comment }) => comment.startsWith('genesis/INC-1/'));
    expect(await own()).toMatchObject([
      {
        state: 'active',
        matchers: { alertname: 'ShopErrors', service: 'shop', instance: 'shop-1' },
        comment: expect.stringContaining(`while ${oncall} works`),
      },
    ]);
    expect((await alertmanager.alerts())[0]?.status.state).toBe('suppressed');

    // Silenced is not gone.
    for (let look = 0; look < 6; look++) await until(() => said(/Stop Silence/));
    expect((await small.events()).filter(({ event }) => event.type === 'AlertsCompared')).toEqual([]);

    // Alertmanager says nothing of its end; the bot looks.
    await resolves();
    await until(() => said(/Resolved in Alertmanager while silenced, so no notification came: ShopErrors/));
    await slack.message(channel, /All alerts have resolved/);

    await slack.click(oncall, channel, 'Resolve');
    const form = await slack.modal(oncall);
    await small.emulator.person(oncall).submit(form.id, {});
    await expect
      .poll(async () => (await own()).map(({ state }) => state), { timeout: 20_000 })
      .toEqual(['expired']);
    const types = (await small.events()).map(({ event }) => event.type);
    expect(types.filter((type) => type === 'SilenceCreated')).toHaveLength(1);
    expect(types.filter((type) => type === 'AlertResolved')).toHaveLength(1);
    await annotate('1 alert silenced, its end noticed without a notification, 0 silences left', 'figure');
  });

  it('are heard again by themselves when the bot dies, and are silenced by a word as well', {
    timeout: 60_000,
  }, async () => {
    // At this pace a lease of fifteen minutes takes five seconds.
    const { small, slack, channel, silences } = await stage({ pace: 180 });
    const person = small.emulator.person(oncall);
    await person.join(channel);
    // At this pace the line to Slack is laid anew now and then, and a word may come in between.
    const says = (text: string) =>
      vi.waitFor(
        async () => expect(await person.slash(channel, '/genesis', text)).toMatchObject({ ok: true }),
        { timeout: 20_000, interval: 200 },
      );
    await says('silence');
    await slack.told(oncall, /Acknowledge it first/);
    await says('ack');
    await slack.told(oncall, /You have INC-1/);
    await says('silence 30m');
    await slack.message(channel, /Silenced in Alertmanager while .*at the latest/);
    await says('silence soon');
    await slack.told(oncall, /Say how long at most/);
    const states = async () => (await silences()).map(({ state }) => state);
    expect(await states()).toEqual(['active']);
    await says('silence stop');
    await expect.poll(states, { timeout: 20_000 }).toEqual(['expired']);
    await slack.message(channel, /The silence was removed; alerts will be heard again/);

    await slack.click(oncall, channel, 'Silence While I Work');
    await expect
      .poll(async () => (await states()).toSorted(), { timeout: 20_000 })
      .toEqual(['active', 'expired']);
    await small.bot.stop();
    const left = (await silences()).find(({ state }) => state === 'active');
    expect((left?.endsAt ?? 0) - Date.now()).toBeLessThan(6_000);
    await expect.poll(states, { timeout: 20_000 }).toEqual(['expired', 'expired']);
  });
});
