import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createHttpDoor, type SlackRequest } from '../../../src/adapters/slack/httpDoor.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { systemClock } from '../../../src/engine/clock.ts';
import { type Deliveries, StoreFailed } from '../../../src/engine/ports.ts';
import { channelIds, people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { createFakeLog } from '../../fakes/ports.ts';
import { eventsOf, type Stops, startAgain, stopAll } from '../../scenarios/rehearsal.ts';
import { type EdgeBot, hearsSlack, nowSeconds, type Signing, signed, startEdgeBot } from './edgeBot.ts';
import { type Sent, send } from './wire.ts';

const soak = process.env.SOAK === '1';

const slash = (text: string, trigger = text): string =>
  new URLSearchParams({
    command: '/genesis',
    text,
    user_id: people.oncall,
    team_id: teamId,
    channel_id: channelIds.general,
    trigger_id: `1.2.${trigger}`,
  }).toString();

type Captured = { readonly body: string; readonly headers: Record<string, string> };

const capture = (bot: EdgeBot, body: string, signing?: Signing): Captured => ({
  body,
  headers: bot.sign(body, signing),
});

const repeat = (url: string, captured: Captured): Promise<Sent> => send(`${url}/slack/events`, captured);

const countOf = async (bot: EdgeBot, type: string): Promise<number> =>
  (await eventsOf(bot.env)).filter(({ event }) => event.type === type).length;

describe('a captured request of Slack', { tags: ['trust-26'], timeout: 120_000 }, () => {
  it('has one effect however often it is repeated, after a restart too', async ({
    annotate,
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const bot = await startEdgeBot(stops);
    const total = soak ? 10_000 : 1_000;
    const opening = capture(bot, slash('declare P4 Captured once'));
    // Refused now, as there is nothing to take; it must not begin to work later.
    const early = capture(bot, slash('ack INC-2'));
    expect((await repeat(bot.url, early)).status).toBe(200);
    let sent = 0;
    const flood = async (url: string, times: number) => {
      for (let left = times; left > 0; left -= 50) {
        const answers = await Promise.all(
          Array.from({ length: Math.min(50, left) }, () => repeat(url, opening)),
        );
        for (const { status } of answers) expect(status).toBe(200);
        sent += answers.length;
      }
    };
    await flood(bot.url, total / 2);
    await vi.waitFor(async () => expect(await countOf(bot, 'IncidentOpened')).toBe(1), 10_000);
    const second = capture(bot, slash('declare P4 A second one'));
    expect((await repeat(bot.url, second)).status).toBe(200);
    await vi.waitFor(async () => expect(await countOf(bot, 'IncidentOpened')).toBe(2), 10_000);
    await bot.bot.stop();

    const next = await startAgain(stops, bot.env);
    await hearsSlack(next.url);
    await flood(next.url, total / 2);
    for (let times = 0; times < 20; times += 1) {
      expect((await repeat(next.url, early)).status).toBe(200);
      expect((await repeat(next.url, second)).status).toBe(200);
    }
    await bot.emulator.settled();
    expect(await countOf(bot, 'IncidentOpened')).toBe(2);
    expect(await countOf(bot, 'IncidentAcknowledged')).toBe(0);

    // The same words said anew are a request of their own.
    const anew = capture(bot, slash('ack INC-2', 'said anew'));
    expect((await repeat(next.url, anew)).status).toBe(200);
    await vi.waitFor(async () => expect(await countOf(bot, 'IncidentAcknowledged')).toBe(1), 10_000);
    await annotate(`${sent} repetitions over a restart, 1 effect`, 'figure');
  });

  it('is refused once its time is more than five minutes away, before or after', async ({
    annotate,
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const bot = await startEdgeBot(stops);
    const at = (seconds: number) =>
      repeat(bot.url, capture(bot, slash('help', `${seconds}`), { at: nowSeconds() + seconds }));
    for (const far of [-305, 310, -3_600, 3_600, -86_400, 86_400, -nowSeconds(), 10_000_000_000])
      expect((await at(far)).status, `${far} s`).toBe(401);
    for (const near of [-290, -1, 0, 290]) expect((await at(near)).status, `${near} s`).toBe(200);
    await annotate('skew of 305 s and more refused both ways, 290 s taken', 'figure');
  });
});

describe('the door remembers before it hands on', { tags: ['trust-26'] }, () => {
  const secret = '0123456789abcdef0123456789abcdef';

  async function storeFile(onTestFinished: (end: () => Promise<void>) => void): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), 'genesis-door-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    return join(directory, 'genesis.db');
  }

  function request(body: string, signing?: Signing): SlackRequest {
    const headers = signed(secret, body, signing);
    return { headers, rawBody: Buffer.from(body) } as unknown as SlackRequest;
  }

  /** An answer that is only looked at. */
  function response() {
    const answer = { status: 0, headersSent: false, statusCode: 0, finish: () => {} };
    const port = {
      get headersSent() {
        return answer.headersSent;
      },
      get statusCode() {
        return answer.status;
      },
      once: (_event: string, call: () => void) => {
        answer.finish = call;
      },
      writeHead(status: number) {
        answer.status = status;
        answer.headersSent = true;
      },
      end: () => {},
    } as unknown as ServerResponse;
    return { answer, port };
  }

  async function knock(door: ReturnType<typeof createHttpDoor>, given: SlackRequest): Promise<number> {
    const { answer, port } = response();
    await door.listener(given, port);
    return answer.status;
  }

  const doorOn = (deliveries: Deliveries) =>
    createHttpDoor({ signingSecret: secret, deliveries, clock: systemClock, log: createFakeLog().log });

  it('in the store, committed; and a crash in between loses nothing that Slack sends again', async ({
    onTestFinished,
  }) => {
    const file = await storeFile(onTestFinished);
    let commits = 0;
    const counted = () => {
      commits += 1;
    };
    const store = openSqliteStore({
      file,
      clock: systemClock,
      hooks: { after: counted },
    });
    const passed: number[] = [];
    const door = doorOn(store);
    door.open(() => passed.push(commits));
    const event = JSON.stringify({
      type: 'event_callback',
      team_id: teamId,
      event_id: 'Ev1',
      event: { type: 'app_mention', user: people.oncall, channel: channelIds.general },
    });
    const type = 'application/json';
    const at = nowSeconds();
    await knock(door, request(event, { type, at }));
    expect(passed).toEqual([1]);
    // The process dies here: what was handed on came to nothing, and nobody was answered.
    await store.close();

    const again = openSqliteStore({ file, clock: systemClock });
    onTestFinished(() => again.close());
    const next = doorOn(again);
    const heard = vi.fn();
    next.open(heard);
    expect(await knock(next, request(event, { type, at }))).toBe(200);
    expect(heard).not.toHaveBeenCalled();
    await knock(next, request(event, { type, at: at + 1 }));
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('many at once share a commit, and one of them is first', async ({ onTestFinished }) => {
    let commits = 0;
    const counted = () => {
      commits += 1;
    };
    const store = openSqliteStore({
      file: await storeFile(onTestFinished),
      clock: systemClock,
      hooks: { after: counted },
    });
    onTestFinished(() => store.close());
    const first = await Promise.all(Array.from({ length: 50 }, () => store.firstTime('one delivery')));
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(commits).toBe(1);
    await store.forget('one delivery');
    expect(await store.firstTime('one delivery')).toBe(true);
  });

  it('or not at all: without the store Slack is told to come back', async () => {
    let broken = true;
    const door = doorOn({
      async firstTime() {
        if (broken) throw new StoreFailed('full', 'The disk is full.');
        return true;
      },
      seenBefore: async () => false,
      async forget() {},
    });
    const heard = vi.fn();
    door.open(heard);
    const given = request(slash('help'));
    expect(await knock(door, given)).toBe(503);
    expect(heard).not.toHaveBeenCalled();
    broken = false;
    await knock(door, given);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('and lets in again what ended in an error of ours', async ({ onTestFinished }) => {
    const store = openSqliteStore({ file: await storeFile(onTestFinished), clock: systemClock });
    onTestFinished(() => store.close());
    const door = doorOn(store);
    let status = 500;
    const heard = vi.fn((_request: SlackRequest, to: ServerResponse) => void to.writeHead(status));
    door.open(heard);
    const given = request(slash('help'));
    const { port, answer } = response();
    await door.listener(given, port);
    answer.finish();
    status = 200;
    await vi.waitFor(async () => {
      await knock(door, given);
      expect(heard).toHaveBeenCalledTimes(2);
    });
    expect(await knock(door, given)).toBe(200);
    expect(heard).toHaveBeenCalledTimes(2);
  });
});
