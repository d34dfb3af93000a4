import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createLog } from '../../src/adapters/logging/log.ts';
import { startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';
import { createClock } from '../fakes/clock.ts';
import { clockTicks } from '../fakes/clockTicks.ts';
import { startSlackServer } from '../fakes/slackServer.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { webhookToken, workingDirectory } from './servedProcess.ts';

const waiting = { timeout: 20_000, interval: 20 };
const minute = 60_000;

type Ready = { readonly message: string; readonly checks: Record<string, { status: string }> };

describe('the bot as a whole gives its sign of life', { tags: ['trust-17'] }, () => {
  it('every minute while all is well, not while Slack is away, and says which at /readyz and in its metrics', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    let heard = 0;
    const alarm = createServer((request, response) => {
      request.resume();
      heard += 1;
      response.end('OK');
    });
    await new Promise<void>((listening) => alarm.listen(0, '127.0.0.1', listening));
    stops.push(async () => {
      alarm.close();
      alarm.closeAllConnections();
    });
    const slack = await startSlackServer();
    stops.push(() => slack.stop());
    const config = readConfig({
      SLACK_BOT_TOKEN: slack.tokens.bot,
      SLACK_APP_TOKEN: slack.tokens.app,
      SLACK_API_URL: slack.apiUrl,
      ALERTMANAGER_TOKEN: webhookToken,
      DATABASE_URL: `sqlite:${join(await workingDirectory(stops), 'genesis.db')}`,
      PLAYBOOKS: resolve('playbooks'),
      PORT: '0',
      HEARTBEAT_URL: `http://127.0.0.1:${(alarm.address() as AddressInfo).port}/ping`,
    });
    if (config.kind === 'bad') throw new Error(config.problems.join('\n'));
    const clock = createClock(Date.now());
    const bot = await startBot(config.config, {
      log: createLog({ level: 'error' }),
      clock,
      ticks: clockTicks(clock),
    });
    stops.push(() => bot.stop());
    const ready = async (): Promise<Ready> => (await fetch(`${bot.url}/readyz`)).json() as Promise<Ready>;
    const metrics = async (): Promise<string> => (await fetch(`${bot.url}/metrics`)).text();
    await vi.waitFor(
      async () => expect((await ready()).message).toBe('Everything that Genesis needs works.'),
      waiting,
    );
    expect(Object.keys((await ready()).checks)).toEqual([
      'store',
      'scheduler',
      'audit',
      'delivery',
      'slack',
      'playbooks',
    ]);

    const counted = (outcome: string, count: number) =>
      vi.waitFor(
        async () =>
          expect(await metrics()).toContain(`genesis_bot_heartbeats_total{outcome="${outcome}"} ${count}`),
        waiting,
      );
    // Counted only when the whole round is over; a minute that came before that would be left out.
    for (let beat = 1; beat <= 3; beat++) {
      clock.advance(minute);
      await counted('sent', beat);
    }
    expect(heard).toBe(3);
    expect(await metrics()).toContain('genesis_bot_incidents_unattended 0');

    await slack.stop();
    await vi.waitFor(
      async () =>
        expect((await ready()).message).toBe('slack: There is no Socket Mode connection right now.'),
      waiting,
    );
    for (let beat = 1; beat <= 2; beat++) {
      clock.advance(minute);
      await counted('withheld', beat);
    }
    expect(heard).toBe(3);
    const alive = await fetch(`${bot.url}/healthz`);
    expect({ status: alive.status, body: await alive.json() }).toEqual({
      status: 200,
      body: { status: 'ok', message: 'Genesis does its work.' },
    });
  });
});
