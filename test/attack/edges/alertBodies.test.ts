import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BadRequest, badAlertRequests } from '../../fixtures/corpora/alertBodies.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { type EdgeBot, startEdgeBot } from './edgeBot.ts';
import { type Sent, send, sendRaw } from './wire.ts';

/** How many are sent at once; few enough to find the one at fault. */
const atOnce = 8;

const stops: Stops = [];
let bot: EdgeBot;

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8');

beforeAll(async () => {
  bot = await startEdgeBot(stops);
}, 60_000);
afterAll(() => stopAll(stops));

const good = (body: string): Promise<Sent> =>
  send(`${bot.url}/alertmanager`, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bot.token}` },
    body,
  });

describe('every bad request at the alert webhook', { tags: ['trust-23'], timeout: 120_000 }, () => {
  it('is refused with 4xx, writes nothing, and the next good one is taken', async ({ annotate }) => {
    const requests = badAlertRequests(bot.token);
    expect(requests.length).toBeGreaterThanOrEqual(500);
    const wrong: string[] = [];
    const attack = async (request: BadRequest): Promise<void> => {
      const { status, text } =
        request.kind === 'raw'
          ? await sendRaw(bot.url, request.bytes)
          : await send(`${bot.url}${request.path}`, request);
      const right = request.expect ? request.expect.includes(status) : status >= 400 && status < 500;
      if (!right) wrong.push(`${request.name}: ${status} ${text.slice(0, 300)}`);
    };
    for (let from = 0; from < requests.length; from += atOnce) {
      const some = requests.slice(from, from + atOnce);
      await Promise.all(some.map(attack));
      if ((await bot.events()) > 0)
        wrong.push(`one of these wrote something: ${some.map(({ name }) => name).join('; ')}`);
      // Ended, of an alert that nobody knows: taken, and nothing happens.
      if ((await good(fixture('resolved'))).status !== 200)
        wrong.push(`after these a good one was refused: ${some.map(({ name }) => name).join('; ')}`);
    }
    expect(wrong).toEqual([]);
    expect(bot.lines.filter(({ level }) => level === 'error')).toEqual([]);
    expect(await bot.events()).toBe(0);

    expect((await good(fixture('firing'))).status).toBe(200);
    await vi.waitFor(async () => expect(await bot.events()).toBeGreaterThan(0));
    await annotate(
      `${requests.length} bad requests, ${requests.length} refused with 4xx, 0 rows, 0 crashes`,
      'figure',
    );
  });
});
