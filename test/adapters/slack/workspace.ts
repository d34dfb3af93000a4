import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts';
import { createSlackApp, type SlackApp } from '../../../src/adapters/slack/slackApp.ts';
import { createSlackClient, type SlackClient } from '../../../src/adapters/slack/slackClient.ts';
import { type Emulator, startEmulator } from '../../../src/sandbox/emulator/emulator.ts';
import { wallClock } from './clocks.ts';
import { keptDeliveries } from './deliveries.ts';
import { fakeDesk } from './fakeDesk.ts';
import { keptLog } from './logs.ts';

export type Setting = {
  readonly slack: Emulator;
  readonly client: SlackClient;
  readonly app: SlackApp;
  readonly desk: ReturnType<typeof fakeDesk>;
  readonly log: ReturnType<typeof keptLog>;
  /** Address of POST /slack/events; null in Socket Mode. */
  readonly url: string | null;
  stop(): Promise<void>;
};

/** An emulated workspace with the adapter in it, over a desk that decides as the test says. */
export async function setting(mode: 'socket' | 'http', options: { start?: boolean } = {}): Promise<Setting> {
  const slack = await startEmulator({
    delivery: { kind: 'socket' },
    rateLimits: 'off',
    retryDelays: [0, 0, 0],
  });
  const desk = fakeDesk();
  const log = keptLog();
  const config = {
    botToken: slack.botToken,
    apiUrl: slack.apiUrl,
    mode:
      mode === 'socket'
        ? ({ kind: 'socket', appToken: slack.appToken } as const)
        : ({ kind: 'http', signingSecret: slack.signingSecret } as const),
  };
  const outbound = createOutbound({ hosts: [], named: [slack.apiUrl] });
  const client = createSlackClient({ config, clock: wallClock, log, outbound });
  const app = createSlackApp({
    client,
    desk,
    config,
    deliveries: keptDeliveries(),
    clock: wallClock,
    log,
  });

  const [route] = app.routes;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const whole = Object.assign(request, { rawBody: Buffer.concat(chunks) });
      if (route && request.url === route.path && request.method === route.method) {
        void route.listener(whole, response);
        return;
      }
      response.writeHead(404).end();
    });
  });
  let url: string | null = null;
  if (route) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${route.path}`;
    slack.setDelivery({ kind: 'http', requestUrl: url });
  }
  if (options.start !== false) {
    app.start();
    await app.ready();
  }
  return {
    slack,
    client,
    app,
    desk,
    log,
    url,
    async stop() {
      await app.stop();
      await client.stop();
      server.close();
      server.closeAllConnections();
      await slack.stop();
    },
  };
}
