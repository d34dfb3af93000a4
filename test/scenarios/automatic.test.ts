import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { openSqliteReader } from '../../src/adapters/sqlite/reader.ts';
import { readPostMortem } from '../../src/engine/postMortem.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock, type MovedClock } from '../fakes/clock.ts';
import { databaseOf, type Stops, stopAll } from './rehearsal.ts';
import { type SmallBot, shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, type WorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { monitoring } = channelIds;
const minute = 60_000;
/** Long beside the seconds that pass while messages go out, short beside what is too late. */
const after = 5 * minute;

const filesFor = (mode: 'shadow' | 'live'): Readonly<Record<string, string>> => ({
  'alerts/shop-errors.yml': `${shopFiles['alerts/shop-errors.yml']}    automatic: ${mode}\n    after: 5m\n`,
});

type Stage = {
  readonly small: SmallBot;
  readonly slack: WorkspaceDriver;
  readonly clock: MovedClock;
  readonly says: (words: RegExp) => Promise<string>;
  readonly written: () => boolean;
  readonly types: () => Promise<readonly string[]>;
};

/** The alert has fired with 5 % of errors, and the bot has said what it will do. */
async function announced(
  stops: Stops,
  mode: 'shadow' | 'live',
  options: { value?: number | null; env?: Readonly<Record<string, string>> } = {},
): Promise<Stage> {
  const clock = createClock(Date.now());
  const small = await startSmallBot(stops, {
    files: filesFor(mode),
    clock,
    ...(options.env ? { env: options.env } : {}),
  });
  const slack = createWorkspaceDriver(small.emulator, 20_000);
  small.prometheus.set(options.value === undefined ? 0.05 : options.value);
  /** Time passes in small steps while something is waited for: what Slack's limits hold back has to get through. */
  const says = (words: RegExp): Promise<string> =>
    vi.waitFor(
      () => {
        clock.advance(250);
        const all = small.emulator.workspace.allMessages(monitoring).map(wordsOf);
        const found = all.findLast((each) => words.test(each));
        if (found === undefined) throw new Error(`nobody said ${words}; said was:\n${all.join('\n')}`);
        return found;
      },
      { timeout: 20_000, interval: 50 },
    );
  await small.fire('ShopErrors');
  return {
    small,
    slack,
    clock,
    says,
    written: () => existsSync(join(small.directory, 'cache.yml')),
    types: async () => (await small.events()).map(({ event: { type, by } }) => `${type} ${by}`),
  };
}

describe.concurrent('a step that the bot may carry out by itself', { timeout: 90_000 }, () => {
  it('is announced with its evidence, carried out after the countdown across a restart, once, and verified', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, clock, says, written, types } = await announced(stops, 'live');
    const offer = await says(/The bot carries this out at .* unless someone holds it.*Error rate 5 %/);
    expect(offer).toContain('"Run Now"');
    expect(offer).toContain('"Hold"');
    expect(offer).toContain('"Skip"');
    expect(written()).toBe(false);

    await small.again();
    clock.advance(after);
    await says(/Carried out by the bot at .*, as announced: Error rate 5 %/);
    await vi.waitFor(() => expect(written()).toBe(true), { timeout: 10_000 });
    small.prometheus.set(0.001);
    await says(/✓ Done: \*Switch the cache off\* · Genesis/);
    await small.again();
    clock.advance(after);
    await vi.waitFor(async () => expect(await types()).toContain('RunEnded bot'), { timeout: 10_000 });
    expect((await types()).filter((each) => each.startsWith('CommandStarted'))).toEqual([
      'CommandStarted bot',
    ]);

    const reader = openSqliteReader(databaseOf(small.env));
    const { markdown } = await readPostMortem(reader, 'INC-1', {
      now: clock.now(),
      namesOf: reader.names,
    }).finally(() => reader.close());
    expect(markdown).toMatch(/Announced: Switch the cache off, by itself in 5 min unless somebody holds it/);
    expect(markdown).toMatch(
      /Carried out by itself: Switch the cache off; Error rate was 5 %, objective < 1 %/,
    );
  });

  it('waits for a person where nothing can be read, and says so', { tags: ['trust-18'] }, async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, clock, says, written, slack } = await announced(stops, 'live', { value: null });
    await says(/The bot carries this out at .* Without data it does nothing/);
    small.prometheus.set('down');
    clock.advance(after);
    const said = await says(
      /The bot did not carry this out by itself.*Error rate could not be read.*Please decide/,
    );
    expect(said).not.toContain('"Hold"');
    expect(written()).toBe(false);
    small.prometheus.set(0.05);
    await slack.click(people.oncall, monitoring, 'Switch the Cache Off');
    await vi.waitFor(() => expect(written()).toBe(true), { timeout: 10_000 });
  });

  it('is held by a click, by name, and is a shadow once it is switched off', async ({ onTestFinished }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, clock, says, slack, written } = await announced(stops, 'live');
    await says(/unless someone holds it.*Error rate 5 %/);
    await slack.click(people.oncall, monitoring, 'Hold');
    const held = await says(
      new RegExp(`<@${people.oncall}> held this at .*the bot does not carry it out by itself`),
    );
    expect(held).toContain('"Switch the Cache Off"');
    clock.advance(after);

    await small.fire('ShopErrors', 'till');
    await says(/unless someone holds it.*Error rate 5 %/);
    await small.again({ AUTOMATIC: 'off' });
    expect(JSON.stringify(await small.ready())).toContain('AUTOMATIC is off');
    clock.advance(after);
    await says(
      /Shadow: the bot would have carried this out at .*Error rate 5 %.* Automatic execution is switched off/,
    );
    expect(written()).toBe(false);
  });

  it('only says what it would do as a shadow, and the timeline shows that beside what people did', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { small, clock, says, slack, written, types } = await announced(stops, 'shadow');
    const offer = await says(/Shadow: the bot would carry this out by itself at .*Error rate 5 %/);
    expect(offer).not.toContain('"Hold"');
    expect(offer).toContain('"Switch the Cache Off"');
    clock.advance(after);
    await says(
      /Shadow: the bot would have carried this out at .*: Error rate 5 %, objective .*Nothing was run/,
    );
    expect(written()).toBe(false);
    await slack.click(people.oncall, monitoring, 'Switch the Cache Off');
    await vi.waitFor(() => expect(written()).toBe(true), { timeout: 10_000 });
    const order = await types();
    const [shadow, person] = ['AutomaticDecided bot', `CommandStarted ${people.oncall}`].map((each) =>
      order.indexOf(each),
    );
    expect(shadow).toBeGreaterThan(0);
    expect(person).toBeGreaterThan(shadow ?? 0);
    const reader = openSqliteReader(databaseOf(small.env));
    const { markdown } = await readPostMortem(reader, 'INC-1', {
      now: clock.now(),
      namesOf: reader.names,
    }).finally(() => reader.close());
    expect(markdown).toMatch(
      /Shadow: Switch the cache off would have been carried out by itself; Error rate was 5 %/,
    );
  });
});
