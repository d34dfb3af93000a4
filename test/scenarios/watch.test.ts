import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { botUserId, channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { waitingWith } from './passingTime.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

const minute = 60_000;
const hour = 60 * minute;

const files = {
  'escalation.yml': `targets:
  watch:
    - { until: 1h, critical: 5m, warning: 30m }
    - { until: 2h, critical: 15m, warning: 1h }
chains: {}
`,
};

describe('a watch in Slack', () => {
  it('is started with a form, answers how it stands, and reports what was late by name', {
    timeout: 180_000,
  }, async () => {
    const clock = createClock();
    const bot = await startSmallBot(stops, { files, clock });
    const { emulator } = bot;
    const slack = createWorkspaceDriver(emulator);
    const { oncall, lead, visitor } = people;
    const { general, monitoring } = channelIds;
    const waited = waitingWith(clock, 60_000);
    const say = (who: string, text: string) =>
      waited(async () =>
        expect(await emulator.person(who).slash(general, '/genesis', text)).toMatchObject({ ok: true }),
      );
    const last = (all: readonly string[], words: RegExp): string => {
      const found = all.findLast((each) => words.test(each));
      if (found === undefined) throw new Error(`nobody said ${words}; said was:\n${all.join('\n')}`);
      return found;
    };
    const told = (who: string, words: RegExp) =>
      waited(() => last(emulator.workspace.ephemerals(who).map(wordsOf), words));
    const sees = (words: RegExp) =>
      waited(() => last(emulator.workspace.allMessages(monitoring).map(wordsOf), words));
    const modal = (who: string) =>
      waited(() => {
        const view = emulator.workspace.openView(who);
        if (!view) throw new Error(`${who} has no modal open`);
        return view;
      });
    /** In steps shorter than those of the looks, each of which is taken: the bot was there all the time. */
    const passes = async (ms: number): Promise<void> => {
      const file = (bot.env.DATABASE_URL ?? '').replace(/^sqlite:/, '');
      const db = new Database(file, { readonly: true });
      const late = db.prepare<[number], { count: number }>(
        "SELECT count(*) AS count FROM effects WHERE coalesce GLOB 'watch-look/*' AND not_before <= ?",
      );
      for (let left = ms; left > 0; left -= 4 * minute) {
        clock.advance(Math.min(left, 4 * minute));
        await waited(() => expect(late.get(clock.now())?.count).toBe(0));
      }
      db.close();
    };

    await say(oncall, 'watch');
    await told(oncall, /No watch is on/);
    await say(oncall, 'watch start chop');
    await told(oncall, /Did you mean|shop/);

    // The form keeps what was typed, and asks for two people.
    await say(oncall, 'watch start shop 2h');
    const form = await modal(oncall);
    const fill = (chosen: readonly string[], hours = '2') => ({
      service: { service: 'shop' },
      hours: { hours },
      people: { people: [...chosen] },
      why: { why: 'Release 7 <!channel>' },
    });
    expect(wordsOf({ text: '', blocks: form.blocks })).toMatch(/"initial_value":"2"/);
    const refused = await emulator.person(oncall).submit(form.id, fill([oncall], 'two'));
    expect(JSON.stringify(refused)).toMatch(/at least 2 people/);
    const withBot = await emulator.person(oncall).submit(form.id, fill([oncall, botUserId]));
    expect(JSON.stringify(withBot)).toMatch(/cannot take a shift: Bots do not act/);
    await emulator.person(oncall).submit(form.id, fill([oncall, lead]));
    await told(oncall, /WCH-1 is on/);
    const started = await sees(/Watch over shop.*WCH-1/s);
    expect(started).toMatch(/first 1 h: critical within 5 min, warnings within 30 min/);
    expect(started).toContain('Release 7 &lt;!channel&gt;');
    expect(started).toContain(`<@${lead}>`);

    await say(lead, 'watch start shop');
    await emulator.person(lead).submit((await modal(lead)).id, fill([oncall, lead]));
    await told(lead, /You may not act on shop/);
    await say(oncall, 'watch start shop');
    await emulator.person(oncall).submit((await modal(oncall)).id, fill([oncall, lead]));
    await told(oncall, /WCH-1 watches shop already/);

    // A warning that is taken too late in the first period, and none in the second.
    await bot.fire('ShopErrors');
    await sees(/INC-1/);
    await sees(/WCH-1: to be acknowledged by/);
    await passes(31 * minute);
    await say(oncall, 'ack INC-1');
    await told(oncall, /You have INC-1/);
    await say(oncall, 'watch');
    const standing = await told(oncall, /WCH-1.*left/s);
    expect(standing).toMatch(/First 1 h\*, so far/);
    expect(standing).toMatch(/Critical \(P0, P1\), within 5 min: none came/);
    expect(standing).toMatch(
      /within 30 min: 1 incident with 1 alert, 0 of 1 in time, the slowest after 31 min/,
    );
    await emulator.person(visitor).openHome();
    await waited(() =>
      expect(JSON.stringify(emulator.workspace.home(visitor) ?? null)).toMatch(/Watches.*WCH-1/s),
    );
    await say(visitor, 'watch WCH-1');
    await told(visitor, /WCH-1/);

    // Over a restart it ends by itself, and the report names what was late, with a way to it.
    await bot.again();
    await passes(1.6 * hour);
    const report = await sees(/Report of the watch over shop.*WCH-1/s);
    expect(report).toMatch(/INC-1>: The shop fails/);
    expect(report).toMatch(new RegExp(`archives/${monitoring}/p\\d+\\|INC-1>`));
    expect(report).toMatch(/Its time was over/);
    expect(report).toMatch(/From 1 h on.*none came.*none came/s);
    expect(slack.offers(monitoring, 'Stop the Watch')).toBe(false);

    // One is stopped by its button, with a reason.
    await say(oncall, 'watch start shop 48h');
    await emulator.person(oncall).submit((await modal(oncall)).id, fill([oncall, lead], '48'));
    await sees(/Watch over shop.*WCH-2/s);
    await slack.click(visitor, monitoring, 'Stop the Watch');
    await emulator.person(visitor).submit((await modal(visitor)).id, { why: { why: 'A visitor' } });
    await told(visitor, /You may not act on shop/);
    await slack.click(oncall, monitoring, 'Stop the Watch');
    await emulator.person(oncall).submit((await modal(oncall)).id, { why: { why: 'Rolled back' } });
    const stopped = await sees(/Report of the watch over shop.*WCH-2/s);
    expect(stopped).toMatch(/Stopped by .*Rolled back/);
    await say(oncall, 'watch stop shop enough');
    await told(oncall, /There is no such watch/);
  });
});
