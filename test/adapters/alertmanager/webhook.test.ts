import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { createWebhook } from '../../../src/adapters/alertmanager/webhook.ts';
import { startHttpServer } from '../../../src/adapters/http/server.ts';
import type { Command } from '../../../src/core/command.ts';
import type { Answer } from '../../../src/core/decision.ts';
import type { Fields, Log } from '../../../src/engine/log.ts';
import { type Desk, StoreFailed } from '../../../src/engine/ports.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const body = (name: string) =>
  readFileSync(new URL(`../../fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8');

const known: Answer = { kind: 'accepted', stream: null, events: [] };
const accepted: Answer = {
  ...known,
  events: [{ type: 'IncidentAcknowledged', data: {}, at: 1, by: 'alertmanager' }],
};

async function receiver(handle: Desk['handle']) {
  const lines: { message: string; fields: Fields | undefined }[] = [];
  const write = (message: string, fields?: Fields) => {
    lines.push({ message, fields });
  };
  const log: Log = { info: write, warn: write, error: write, child: () => log };
  const routes = [createWebhook({ tokens: ['token'], desk: { handle }, log })];
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, routes, log });
  stops.push(() => server.close());
  const post = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${server.address.url}/alertmanager`, {
      method: 'POST',
      body: text,
      headers: { authorization: 'Bearer token', 'content-type': 'application/json', ...headers },
    });
  return { post, lines };
}

describe('POST /alertmanager', () => {
  it('hands all notices over in one turn and answers only after the last is committed', async () => {
    const commands: Command[] = [];
    const commits: (() => void)[] = [];
    const { post } = await receiver((command) => {
      commands.push(command);
      return new Promise((resolve) => commits.push(() => resolve(accepted)));
    });
    let answered = false;
    const reply = post(body('partially-resolved')).then((response) => {
      answered = true;
      return response;
    });
    await expect.poll(() => commands.length).toBe(2);
    commits[0]!();
    expect(answered).toBe(false);
    commits[1]!();
    expect(await (await reply).json()).toEqual({
      accepted: 2,
      repeated: 0,
      refused: 0,
      truncated: 0,
      cut: 0,
    });
    expect(commands[0]).toMatchObject({
      actor: { kind: 'alertmanager' },
      type: 'alert.notice',
      notice: { status: 'firing', fingerprint: 'dfbe6daa971f5592' },
    });
  });

  it('tells repeated notices from new ones and passes on what was left out', async () => {
    const answers = [accepted, known];
    const { post, lines } = await receiver(async () => answers.shift() ?? accepted);
    const reply = await post(body('firing-truncated'));
    expect(await reply.json()).toEqual({
      accepted: 1,
      repeated: 1,
      refused: 0,
      truncated: 1,
      cut: 0,
    });
    expect(lines).toContainEqual({
      message: 'Alertmanager left alerts out of a webhook: raise its max_alerts.',
      fields: { truncatedAlerts: 1 },
    });
  });

  it('answers 503 when one of the notices could not be committed, so that all come again', async () => {
    let calls = 0;
    const { post } = await receiver(async () => {
      calls += 1;
      if (calls === 1) throw new StoreFailed('busy', 'The database is locked.');
      return accepted;
    });
    expect((await post(body('partially-resolved'))).status).toBe(503);
    expect(calls).toBe(2);
  });

  it('answers 503 when the engine is too busy to decide', async () => {
    const { post } = await receiver(async () => ({ kind: 'refused', code: 'busy', message: 'Too much.' }));
    expect((await post(body('resolved'))).status).toBe(503);
  });

  it('answers 400 with a sentence and decides nothing for a bad body', async () => {
    const { post } = await receiver(async () => {
      throw new Error('nothing may be decided');
    });
    const reply = await post('{"version":"3"}');
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual({ error: 'bad-webhook', message: expect.stringContaining('version') });
  });

  it('refuses who has no token, other types and compressed bodies', async () => {
    const { post } = await receiver(async () => accepted);
    expect((await post(body('resolved'), { authorization: 'Bearer other' })).status).toBe(401);
    expect((await post(body('resolved'), { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(body('resolved'), { 'content-encoding': 'gzip' })).status).toBe(415);
    expect((await post(' '.repeat(1024 * 1024 + 1))).status).toBe(413);
  });
});
