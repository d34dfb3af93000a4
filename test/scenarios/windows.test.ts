import { afterEach, describe, expect, it } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock, type MovedClock } from '../fakes/clock.ts';
import { waitingWith } from './passingTime.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { type SmallBot, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

const hour = 3_600_000;
/** Tuesday, half past ten in Chicago. */
const tuesday = Date.parse('2026-11-24T16:30:00Z');

const files = {
  'access.yml': `groups: { oncall: { usergroup: oncall }, leads: { usergroup: leads } }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: [oncall, leads], on: any }
  - { allow: override, to: leads, on: any }
`,
  'calendar.yml': `timezone: America/Chicago
business_hours: { days: [monday], from: "09:00", to: "17:00" }
windows:
  - { on: shop, days: [tuesday, wednesday, thursday], from: "10:00", to: "14:00" }
`,
  'procedures/deploy-shop.yml': `playbook: deploy-shop
title: Deploy the shop
service: shop
window: required
steps:
  - ask: Which version?
    max_length: 40
  - do: cache_off
`,
  'procedures/rollback-shop.yml': `playbook: rollback-shop
title: Roll back the shop
service: shop
authority: whole
steps:
  - do: cache_off
`,
};

function watching({ emulator }: SmallBot, clock: MovedClock) {
  const waited = waitingWith(clock, 20_000);
  const found = (all: readonly string[], words: RegExp): string => {
    const match = all.findLast((each) => words.test(each));
    if (match === undefined) throw new Error(`nobody said ${words}; said was:\n${all.join('\n')}`);
    return match;
  };
  return {
    waited,
    // The line to Slack is laid after the start, and a word may come before that.
    say: (who: string, text: string) =>
      waited(async () =>
        expect(await emulator.person(who).slash(channelIds.general, '/genesis', text)).toMatchObject({
          ok: true,
        }),
      ),
    sees: (channel: string, words: RegExp) =>
      waited(() => found(emulator.workspace.allMessages(channel).map(wordsOf), words)),
    told: (who: string, words: RegExp) =>
      waited(() => found(emulator.workspace.ephemerals(who).map(wordsOf), words)),
    modal: (who: string) =>
      waited(() => {
        const view = emulator.workspace.openView(who);
        if (!view) throw new Error(`${who} has no modal open`);
        return view;
      }),
  };
}

describe('planned changes in Slack', () => {
  it('are held up by a freeze and by the window, let past by two people, and a rollback never is', {
    timeout: 120_000,
  }, async () => {
    const clock = createClock(tuesday);
    const bot = await startSmallBot(stops, { files, clock });
    const { emulator } = bot;
    const slack = createWorkspaceDriver(emulator);
    const { oncall, lead, visitor } = people;
    const { general, monitoring } = channelIds;
    const { say, sees, told, modal } = watching(bot, clock);

    await say(oncall, 'window shop');
    await told(oncall, /shop\* is open until .*Tue 2026-11-24 14:00 \(America\/Chicago\)/);

    // Who may override freezes; who may not is told who can.
    await say(oncall, 'freeze shop until 18:00 an audit');
    await told(oncall, /You may not override the rules for shop.*@leads can/);
    await say(lead, 'freeze shop for 2h an audit');
    await told(lead, /FRZ-1 stands until/);
    await sees(monitoring, /Freeze of shop.*FRZ-1.*No planned change starts.*an audit/s);
    await say(visitor, 'status');
    await told(visitor, /Frozen, so no planned change starts.*FRZ-1.*shop/s);

    // The form says why it may not start, and asks for the reason of an override.
    await say(oncall, 'playbook run deploy-shop');
    const closed = await modal(oncall);
    expect(wordsOf({ text: '', blocks: closed.blocks })).toMatch(
      /It may not start now.*FRZ-1 freezes shop until Tue 2026-11-24 12:30/s,
    );
    await emulator.person(oncall).submit(closed.id, { override: { override: 'A certificate ends today' } });
    await sees(general, /Deploy the shop.*needs approval.*Past its window.*FRZ-1.*A certificate ends today/s);
    await slack.click(oncall, general, 'Approve');
    await told(oncall, /You asked for this/);
    await slack.click(lead, general, 'Approve');
    await sees(
      monitoring,
      /Deploy the shop.*starts past its window.*U0ONCALL001.*U0DEPLOYLD1.*A certificate ends today/s,
    );
    await sees(general, /Which version/);

    // A rollback starts as ever.
    await say(oncall, 'playbook run rollback-shop');
    const rollback = await modal(oncall);
    expect(wordsOf({ text: '', blocks: rollback.blocks })).not.toMatch(/may not start/);
    await emulator.person(oncall).submit(rollback.id, {});
    await sees(general, /Roll back the shop\* is running/);

    // Over a restart it stands, ends by itself, and that is said.
    await bot.again();
    await say(lead, 'freeze list');
    await told(lead, /FRZ-1.*shop, until/);
    clock.advance(2 * hour);
    await sees(monitoring, /The freeze of shop is over.*Its time was over/s);

    // A freeze without an end is lifted with its button, and only then are planned changes free again.
    await say(lead, 'freeze all year end');
    await sees(monitoring, /Freeze of all services.*FRZ-2/s);
    await slack.click(oncall, monitoring, 'Lift the Freeze');
    await told(oncall, /You may not override/);
    await slack.click(lead, monitoring, 'Lift the Freeze');
    await sees(monitoring, /The freeze of all services is over.*Lifted by <@U0DEPLOYLD1>/s);

    clock.advance(2 * hour);
    await say(oncall, 'window');
    await told(oncall, /shop\* is closed\. It opens next .*Wed 2026-11-25 10:00.*Outside Tue–Thu/s);
    const types = (await bot.events())
      .filter(({ stream }) => stream.startsWith('FRZ-'))
      .map(({ event }) => event.type);
    expect(types).toEqual(['FreezeBegun', 'FreezeEnded', 'FreezeBegun', 'FreezeLifted']);
  });

  it('are frozen with a form as well, which keeps open until what is typed is a time', {
    timeout: 60_000,
  }, async () => {
    const clock = createClock(tuesday);
    const bot = await startSmallBot(stops, { files, clock });
    const { emulator, events } = bot;
    const { say, modal, waited } = watching(bot, clock);
    const { lead } = people;
    await say(lead, 'freeze');
    const form = await modal(lead);
    const filled = (until: string) => ({
      service: { service: '*' },
      until: { until },
      why: { why: 'The sale' },
    });
    await emulator.person(lead).submit(form.id, filled('soon'));
    expect(emulator.workspace.openView(lead)).toBeTruthy();
    await emulator.person(lead).submit(form.id, filled('2026-11-27'));
    await waited(async () => {
      const [begun] = (await events()).filter(({ stream }) => stream === 'FRZ-1');
      expect(begun?.event).toMatchObject({
        data: { service: null, why: 'The sale', until: Date.parse('2026-11-28T00:00:00-06:00') },
      });
    });
  });
});
