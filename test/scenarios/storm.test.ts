import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { auditChain } from '../../src/adapters/sqlite/audit.ts';
import { type Emulator, startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { genesis, postWebhook, webhookToken, workingDirectory } from './servedProcess.ts';
import { type Load, sendAll, stormWebhooks, tooEarly } from './stormLoad.ts';
import { createWorkspaceDriver } from './workspaceDriver.ts';

/**
 * Everything fails at once, and Slack has had enough. The full one is at Slack's own pace; the short one lets minutes
 * pass as seconds, for the bot and for Slack alike.
 */
const full = process.env.SOAK !== undefined;
const load: Load = full
  ? { webhooks: 500, alertsEach: 20, services: 300 }
  : { webhooks: 100, alertsEach: 20, services: 60 };
const pace = full ? 1 : 20;
const pauseSeconds = full ? 30 : 4;
const limitedMs = full ? 5 * 60_000 : 6_000;
const onTheWayMs = full ? 5_000 : 3_000;
const minute = 60_000;
const waiting = { timeout: full ? 20 * minute : 60_000, interval: 100 };

/** What the bot does of itself; a person's standing, forms and private answers have limits of their own. */
const ofItself = ['chat.postMessage', 'chat.update', 'conversations.*', 'pins.*', 'bookmarks.*', 'files.*'];

const limit = (slack: Emulator, methods: readonly string[]) =>
  slack.faults.set(
    ...methods.map((method) => ({ kind: 'rate_limited', method, retryAfter: pauseSeconds }) as const),
  );

/** Kilobytes at most so far, as the system counts them. */
const peakMemory = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe('a storm of alerts while Slack limits the bot', {
  tags: ['trust-8'],
  timeout: full ? 30 * minute : 120_000,
}, () => {
  it('loses nothing, opens few incidents, answers people at once, and says when it is through', async ({
    annotate,
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const slack = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: { scale: pace } });
    stops.push(() => slack.stop());
    const directory = await workingDirectory(stops);
    const served = genesis(stops, {
      directory,
      env: {
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_APP_TOKEN: slack.appToken,
        SLACK_API_URL: slack.apiUrl,
        ALERTMANAGER_TOKEN: webhookToken,
        PLAYBOOKS: resolve('playbooks'),
        PORT: '0',
        PACE: String(pace),
      },
    });
    const url = await served.url();
    await vi.waitFor(() => expect(slack.sockets.count()).toBe(1), waiting);
    const see = createWorkspaceDriver(slack, waiting.timeout);
    const db = () => {
      const opened = new Database(join(directory, 'genesis.db'), { readonly: true });
      stops.push(async () => opened.close());
      return opened;
    };
    const count = (sql: string): number => reading.prepare<[], { n: number }>(sql).get()?.n ?? -1;

    // One incident before all else begins, with a person in it.
    const [before = ''] = stormWebhooks({ webhooks: 1, alertsEach: 1, services: 1 });
    const first = before.replaceAll('service-000', 'front-door').replaceAll('warning', 'critical');
    expect((await postWebhook(url, first)).status).toBe(200);
    const frontDoor = await see.incidentChannel(1);
    await see.withButton(frontDoor.id, 'Acknowledge');
    await see.withButton(frontDoor.id, 'Answer');
    const reading = db();

    limit(slack, ofItself);
    const limitedAt = performance.now();
    const statuses = await sendAll(stormWebhooks(load), (body) => postWebhook(url, body));
    const durableMs = performance.now() - limitedAt;
    expect(statuses).toHaveLength(load.webhooks);
    expect(statuses.filter((status) => status < 200 || status > 299)).toEqual([]);
    const sent = load.webhooks * load.alertsEach;
    expect(
      count(`SELECT count(DISTINCT data ->> '$.episode') AS n FROM events WHERE type = 'AlertFired'`),
    ).toBe(sent + 1);

    // People are answered while nothing at all can be posted.
    const posted = () =>
      slack.calls.filter(
        ({ method, outcome, at }) => method === 'chat.postMessage' && outcome.kind === 'ok' && at > begun,
      ).length;
    const begun = Date.now();
    const answeredIn = async (ask: () => Promise<unknown>, answered: () => Promise<unknown>) => {
      const at = performance.now();
      await ask();
      await answered();
      return performance.now() - at;
    };
    const click = await answeredIn(
      () => see.click(people.oncall, frontDoor.id, 'Acknowledge'),
      () => see.told(people.oncall, /That is done. Slack limits what Genesis posts right now/),
    );
    expect(count(`SELECT count(*) AS n FROM events WHERE type = 'IncidentAcknowledged'`)).toBe(1);
    const form = await answeredIn(
      () => see.click(people.oncall, frontDoor.id, 'Update Status'),
      () => see.modal(people.oncall),
    );
    const slash = await answeredIn(
      () => slack.person(people.lead).slash(frontDoor.id, '/genesis'),
      () => see.told(people.lead, /Open incidents/),
    );
    expect(posted()).toBe(0);

    // Where Slack does not even say who somebody is, that is said at once, and nothing is done.
    limit(slack, ['*']);
    const unknown = await answeredIn(
      () => slack.person(people.responder).slash(frontDoor.id, '/genesis', 'ack INC-1'),
      () => see.told(people.responder, /so nothing was done. Try again in a moment/),
    );
    limit(slack, ofItself);
    const slowest = Math.max(click, form, slash, unknown);

    // At most one message of each subject waits, however often it changed.
    const twice = `SELECT count(*) AS n FROM (SELECT coalesce FROM effects WHERE coalesce IS NOT NULL AND leased_at IS NULL GROUP BY coalesce HAVING count(*) > 1)`;
    let mostWaiting = 0;
    await vi.waitFor(() => {
      expect(count(twice)).toBe(0);
      mostWaiting = Math.max(mostWaiting, count('SELECT count(*) AS n FROM effects WHERE in_chat = 1'));
      expect(performance.now() - limitedAt).toBeGreaterThan(limitedMs);
    }, waiting);
    expect(posted()).toBe(0);

    slack.faults.clear();
    const freeAt = performance.now();
    const incidents = count('SELECT count(*) AS n FROM incidents');
    const storm = await vi.waitFor(() => {
      const found = slack.workspace.channels().find(({ name }) => name.includes('alert-storm'));
      if (!found) throw new Error('the storm has no channel yet');
      return found;
    }, waiting);
    await see.message(
      storm.id,
      /alerts.*from.*services.*collected here; \d+ incidents were opened one by one before/,
    );
    await see.withButton(storm.id, 'Open Own Incident');
    await see.message(storm.id, /Slack takes messages as they come again: everything that waited is posted/);
    await vi.waitFor(
      () => expect(count('SELECT count(*) AS n FROM effects WHERE in_chat = 1')).toBe(0),
      waiting,
    );
    const drainedMs = performance.now() - freeAt;

    expect(incidents).toBeLessThanOrEqual(20);
    expect(tooEarly(slack.calls, onTheWayMs)).toEqual([]);
    // What was acknowledged during the storm shows where it was clicked.
    expect(see.offers(frontDoor.id, 'Acknowledge')).toBe(false);
    const peak = Math.round(peakMemory(served.child.pid ?? 0) / 1_024);
    expect(peak).toBeLessThan(400);
    expect(auditChain(reading).findings).toEqual([]);
    expect(served.output()).not.toMatch(/work was given up/);
    const limited = slack.calls.filter(({ outcome }) => outcome.kind === 'rate_limited').length;
    await annotate(
      `${sent.toLocaleString('en-US')} alerts in ${load.webhooks} webhooks durable in ${(durableMs / 1_000).toFixed(1)} s, 0 lost, ${incidents} incidents; Slack on 429 for ${limitedMs / 1_000} s, ${limited} refusals, 0 calls too early, people answered within ${(slowest / 1_000).toFixed(1)} s; at most ${mostWaiting} messages waited, gone in ${Math.round(drainedMs / 1_000)} s at ${pace} times Slack's pace; ${peak} MB at most`,
      'figure',
    );
  });
});
