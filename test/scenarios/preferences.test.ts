import { afterEach, describe, expect, it } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { waitingWith } from './passingTime.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

const minute = 60_000;

const files = {
  'routing.yml': `severities:
  P0: { place: own-channel, announce: '#genesis-alerts' }
  P1: { place: own-channel, announce: '#genesis-alerts' }
  P2: { place: { thread: '#genesis-monitoring' }, phases: { assessment: 20m } }
  P3: { place: { thread: '#genesis-monitoring' } }
  P4: { place: log }
`,
};

describe('the preferences of a person', () => {
  it('bring a reminder by direct message, and hold it until their quiet hours end', {
    timeout: 120_000,
  }, async () => {
    // Half past nine in the evening where the on-call engineer lives.
    const clock = createClock(Date.parse('2026-11-24T20:30:00Z'));
    const bot = await startSmallBot(stops, { files, clock });
    const { emulator } = bot;
    const slack = createWorkspaceDriver(emulator);
    const { oncall } = people;
    const { general, monitoring } = channelIds;
    const waited = waitingWith(clock, 30_000);
    const direct = (): string[] =>
      emulator.workspace
        .channels()
        .filter(({ kind }) => kind === 'im')
        .flatMap(({ id }) => emulator.workspace.allMessages(id))
        .map(wordsOf);

    await waited(async () =>
      expect(await emulator.person(oncall).slash(general, '/genesis', 'preferences')).toMatchObject({
        ok: true,
      }),
    );
    const form = await waited(() => {
      const view = emulator.workspace.openView(oncall);
      if (!view) throw new Error('the form is not open');
      return view;
    });
    expect(JSON.stringify(form.blocks)).toContain('Europe/Berlin');
    await emulator.person(oncall).submit(form.id, {
      reminders: { reminders: 'direct' },
      quiet: { quiet: ['on'] },
      from: { from: '22:00' },
      to: { to: '07:00' },
    });
    await waited(() =>
      expect(emulator.workspace.ephemerals(oncall).map(wordsOf).join()).toContain(
        'by direct message, not from 22:00 to 07:00 (Europe/Berlin)',
      ),
    );
    await emulator.person(oncall).openHome();
    await waited(() =>
      expect(JSON.stringify(emulator.workspace.home(oncall)?.blocks)).toContain(
        'Reminders reach you by direct message, not from 22:00 to 07:00 (Europe/Berlin).',
      ),
    );

    // Before it is quiet: at once, with a link to the note, which stands in the thread as well.
    await bot.fire('ShopErrors');
    await waited(() => expect(slack.offers(monitoring, 'Acknowledge')).toBe(true));
    await slack.click(oncall, monitoring, 'Acknowledge');
    await waited(async () =>
      expect((await bot.events()).map(({ event }) => event.type)).toContain('IncidentAcknowledged'),
    );
    clock.advance(20 * minute);
    await waited(() => expect(direct()).toHaveLength(1));
    expect(direct()[0]).toMatch(/INC-1: Acknowledged, but no mitigation was started within 20 min/);
    expect(direct()[0]).toMatch(new RegExp(`archives/${monitoring}/p\\d{16}`));
    await waited(() => expect(slack.says(monitoring, /no mitigation was started within 20 min/)).toBe(true));

    // In them: nothing until seven in the morning, then once.
    clock.advance(20 * minute);
    await waited(async () =>
      expect(
        await emulator.person(oncall).slash(general, '/genesis', 'resolve INC-1 it is over'),
      ).toMatchObject({ ok: true }),
    );
    await waited(async () =>
      expect((await bot.events()).map(({ event }) => event.type)).toContain('IncidentResolved'),
    );
    await waited(async () =>
      expect(
        await emulator.person(oncall).slash(general, '/genesis', 'declare P2 shop The shop is slow again'),
      ).toMatchObject({ ok: true }),
    );
    await waited(async () =>
      expect((await bot.events()).filter(({ event }) => event.type === 'IncidentOpened')).toHaveLength(2),
    );
    await waited(async () =>
      expect(await emulator.person(oncall).slash(general, '/genesis', 'ack INC-2')).toMatchObject({
        ok: true,
      }),
    );
    await waited(async () =>
      expect((await bot.events()).filter(({ event }) => event.type === 'IncidentAcknowledged')).toHaveLength(
        2,
      ),
    );
    clock.advance(25 * minute);
    await waited(async () =>
      expect((await bot.events()).map(({ event }) => event.type)).toContain('ReminderHeld'),
    );
    await bot.again();
    clock.advance(8 * 60 * minute);
    expect(direct()).toHaveLength(1);
    clock.advance(60 * minute);
    await waited(() => expect(direct()).toHaveLength(2));
    expect(direct()[1]).toMatch(/From your quiet hours, and still so.*INC-2/s);
  });
});
