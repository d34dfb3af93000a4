import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel } from '@slack/bolt';
import { WebClient, WebClientEvent } from '@slack/web-api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Emulator, EmulatorOptions } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import type { Json } from './emulatorPayloads.ts';
import { silent } from './emulatorSilence.ts';

/** What the platform does around the Web API: deliveries, connections, pages, uncertain ends of calls. */

const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  vi.useRealTimers();
});

/** A busy machine takes its time. */
const soon = (holds: () => unknown) => vi.waitFor(holds, { timeout: 10_000 });

async function start(options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
  const emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off', ...options });
  stops.push(emulator.stop);
  return emulator;
}

const homeAlone: EmulatorOptions['seed'] = { app: { events: ['app_home_opened'] } };

function client(emulator: Emulator, retries = 0): WebClient {
  return new WebClient(emulator.botToken, {
    slackApiUrl: emulator.apiUrl,
    retryConfig: { retries, minTimeout: 1, maxTimeout: 1 },
    logger: silent,
  });
}

describe('patience', () => {
  it('with an event ends after a second, third and fourth time: at once, a minute and five minutes later', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_800_000_000_000 });
    const emulator = await start({ seed: homeAlone });
    await emulator.person(people.oncall).openHome();
    await vi.advanceTimersByTimeAsync(3_600_000);
    const [first] = emulator.deliveries;
    const times = emulator.deliveries.map(({ at, retry }) => [retry, at - (first?.at ?? 0)]);
    expect(times).toEqual([
      [0, 0],
      [1, 0],
      [2, 60_000],
      [3, 360_000],
    ]);
    expect(new Set(emulator.deliveries.map(({ payload }) => payload.event_id)).size).toBe(1);
  });

  it('with a command ends after three seconds, and it is not sent again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const emulator = await start({ seed: homeAlone });
    emulator.faults.set({ kind: 'no_ack', event: 'slash_commands' });
    const ends: unknown[] = [];
    const waiting = emulator
      .person(people.oncall)
      .slash('#general', '/genesis')
      .then((reply) => ends.push(reply));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(ends).toMatchObject([{ ok: false, error: 'operation_timeout' }]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(emulator.deliveries).toHaveLength(1);
  });
});

describe('too many events', () => {
  it('are dropped, and the app is told once a minute until the hour has passed', async () => {
    let clock = 1_800_000_000_000;
    const emulator = await start({
      seed: homeAlone,
      now: () => clock,
      rateLimits: { scale: 3 / 30_000 },
      retryDelays: [],
    });
    const open = async (times: number) => {
      for (let i = 0; i < times; i += 1) await emulator.person(people.oncall).openHome();
      await emulator.settled();
      return emulator.deliveries.splice(0).map(({ name }) => name);
    };
    const [event, notice] = ['app_home_opened', 'app_rate_limited'];
    expect(await open(5)).toEqual([event, event, event, notice]);
    clock += 60_000;
    await emulator.person(people.oncall).openHome();
    expect(emulator.deliveries.splice(0)).toMatchObject([
      {
        payload: {
          type: 'app_rate_limited',
          team_id: emulator.teamId,
          api_app_id: emulator.appId,
          minute_rate_limited: clock / 1000,
        },
      },
    ]);
    clock += 59 * 60_000;
    expect(await open(1)).toEqual([event]);
  });
});

describe('a request URL', () => {
  async function boltAt(emulator: Emulator, signingSecret: string): Promise<void> {
    const app = new App({
      receiver: new HTTPReceiver({ signingSecret, logger: silent }),
      token: emulator.botToken,
      logLevel: LogLevel.ERROR,
      deferInitialization: true,
      clientOptions: { slackApiUrl: emulator.apiUrl },
    });
    await app.init();
    const server = await app.start({ port: 0, host: '127.0.0.1' });
    stops.push(() => app.stop());
    const { port } = server.address() as AddressInfo;
    emulator.setDelivery({ kind: 'http', requestUrl: `http://127.0.0.1:${port}/slack/events` });
  }

  it('is verified by a challenge that the app gives back', async () => {
    const emulator = await start();
    expect(await emulator.verifyRequestUrl()).toBe(false);
    await boltAt(emulator, emulator.signingSecret);
    expect(await emulator.verifyRequestUrl()).toBe(true);
    expect(emulator.deliveries.at(-1)).toMatchObject({
      name: 'url_verification',
      outcome: { kind: 'acked' },
    });
  });

  it('is not verified when the app has another signing secret', async () => {
    const emulator = await start();
    await boltAt(emulator, 'another secret, as long as it should be');
    expect(await emulator.verifyRequestUrl()).toBe(false);
    expect(emulator.deliveries.at(-1)).toMatchObject({ outcome: { kind: 'failed', status: 401 } });
  });
});

interface Connection {
  socket: WebSocket;
  received: Json[];
}

/** A connection that takes what comes and acknowledges only what it is told to. */
async function connect(emulator: Emulator): Promise<Connection> {
  const opened = await client(emulator).apps.connections.open({ token: emulator.appToken });
  const socket = new WebSocket(opened.url ?? '');
  const received: Json[] = [];
  socket.addEventListener('message', ({ data }) => received.push(JSON.parse(String(data)) as Json));
  stops.push(async () => socket.close());
  await soon(() => expect(received).toHaveLength(1));
  return { socket, received };
}

function acknowledge({ socket, received }: Connection): void {
  socket.send(JSON.stringify({ envelope_id: received.at(-1)?.envelope_id, payload: {} }));
}

describe('Socket Mode', () => {
  it('greets, and sends an envelope to one of the connections alone until it is acknowledged', async () => {
    const emulator = await start({ seed: homeAlone, ackTimeout: 1_000, retryDelays: [0, 600_000] });
    const all = [await connect(emulator), await connect(emulator)];
    expect(all.map(({ received }) => received[0])).toMatchObject([
      { type: 'hello', num_connections: 1, connection_info: { app_id: emulator.appId } },
      { type: 'hello', num_connections: 2 },
    ]);
    await emulator.person(people.oncall).openHome();
    const envelopes = () => all.flatMap(({ received }) => received.slice(1));
    await soon(() => expect(envelopes()).toHaveLength(1));
    expect(envelopes()[0]).toMatchObject({
      type: 'events_api',
      accepts_response_payload: false,
      retry_attempt: 0,
      retry_reason: '',
      payload: { event: { type: 'app_home_opened' } },
    });
    await soon(() => expect(envelopes()).toHaveLength(2));
    const again = all.find(({ received }) => received.some(({ retry_attempt: n }) => n === 1));
    expect(again?.received.at(-1)).toMatchObject({ retry_attempt: 1, retry_reason: 'http_timeout' });
    if (again !== undefined) acknowledge(again);
    await emulator.settled();
    expect(emulator.deliveries.map(({ outcome }) => outcome?.kind)).toEqual(['timeout', 'acked']);
    const ids = envelopes().map(({ envelope_id: id }) => id);
    expect(new Set(ids).size).toBe(2);
    const events = envelopes().map(({ payload }) => (payload as Json).event_id);
    expect(new Set(events).size).toBe(1);
  });

  it('warns before a connection is to end, and uses it no more', async () => {
    const emulator = await start({ seed: homeAlone });
    const old = await connect(emulator);
    emulator.sockets.disconnect('warning');
    await soon(() => expect(old.received.at(-1)).toMatchObject({ type: 'disconnect', reason: 'warning' }));
    const fresh = await connect(emulator);
    const reply = emulator.person(people.oncall).slash('#general', '/genesis', 'help');
    await soon(() => expect(fresh.received.at(-1)).toMatchObject({ type: 'slash_commands' }));
    acknowledge(fresh);
    expect(await reply).toEqual({ ok: true });
    expect(old.received).toHaveLength(2);
  });

  it('has room for ten connections', async () => {
    const emulator = await start();
    for (let i = 0; i < 10; i += 1) await connect(emulator);
    const { received, socket } = await connect(emulator);
    expect(received).toEqual([{ type: 'disconnect', reason: 'too_many_websockets' }]);
    await soon(() => expect(socket.readyState).toBe(WebSocket.CLOSED));
    expect(emulator.sockets.count()).toBe(10);
  });

  it('takes a URL once', async () => {
    const emulator = await start();
    const { url = '' } = await client(emulator).apps.connections.open({ token: emulator.appToken });
    const first = new WebSocket(url);
    stops.push(async () => first.close());
    await soon(() => expect(first.readyState).toBe(WebSocket.OPEN));
    const second = new WebSocket(url);
    await soon(() => expect(second.readyState).toBe(WebSocket.CLOSED));
    expect(emulator.sockets.count()).toBe(1);
  });
});

describe('what is read page by page', () => {
  const channel = channelIds.alerts;

  async function posted(web: WebClient, count: number, rest: { thread_ts?: string } = {}): Promise<string[]> {
    const all: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const { ts = '' } = await web.chat.postMessage({ channel, text: `message ${i}`, ...rest });
      all.push(ts);
    }
    return all;
  }

  it('of a channel is neither repeated nor left out when messages come and go meanwhile', async () => {
    const web = client(await start());
    const all = await posted(web, 6);
    const first = await web.conversations.history({ channel, limit: 2 });
    await posted(web, 3);
    await web.chat.delete({ channel, ts: all[4] ?? '' });
    const seen = first.messages?.map(({ ts }) => ts) ?? [];
    let cursor = first.response_metadata?.next_cursor ?? '';
    while (cursor !== '') {
      const next = await web.conversations.history({ channel, limit: 2, cursor });
      seen.push(...(next.messages?.map(({ ts }) => ts) ?? []));
      cursor = next.response_metadata?.next_cursor ?? '';
    }
    expect(seen).toEqual([...all].reverse());
  });

  it('of a thread comes oldest first', async () => {
    const web = client(await start());
    const [parent = ''] = await posted(web, 1);
    const replies = await posted(web, 4, { thread_ts: parent });
    const seen: unknown[] = [];
    let cursor: string | undefined;
    do {
      const page = await web.conversations.replies({
        channel,
        ts: parent,
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...(page.messages?.map(({ ts }) => ts) ?? []));
      cursor = page.response_metadata?.next_cursor;
    } while (cursor !== undefined && cursor !== '');
    expect(seen).toEqual([parent, ...replies]);
  });

  it('has no page of more than 999 messages, and no cursor but those given out', async () => {
    const web = client(await start());
    await expect(web.conversations.history({ channel, limit: 1000 })).rejects.toMatchObject({
      data: { error: 'invalid_arguments' },
    });
    await expect(web.conversations.history({ channel, cursor: 'bmV4dF9hdDox' })).rejects.toMatchObject({
      data: { error: 'invalid_cursor' },
    });
  });
});

describe('messages that are not what they seem', () => {
  const channel = channelIds.alerts;

  it('for one person alone are kept nowhere and cannot be changed', async () => {
    const web = client(await start());
    const shown = await web.chat.postEphemeral({ channel, user: people.oncall, text: 'For you' });
    const ts = shown.message_ts ?? '';
    const { messages } = await web.conversations.history({ channel });
    expect(messages).toEqual([]);
    const changes = [
      () => web.chat.update({ channel, ts, text: 'x' }),
      () => web.chat.delete({ channel, ts }),
    ];
    for (const change of changes) {
      await expect(change()).rejects.toMatchObject({ data: { error: 'message_not_found' } });
    }
  });

  it('can be closed to changes by the workspace', async () => {
    const emulator = await start();
    const web = client(emulator);
    const { ts = '' } = await web.chat.postMessage({ channel, text: 'High error rate' });
    emulator.faults.set({ kind: 'api_error', method: 'chat.update', error: 'edit_window_closed' });
    await expect(web.chat.update({ channel, ts, text: 'Fixed' })).rejects.toMatchObject({
      data: { error: 'edit_window_closed' },
    });
    expect(emulator.workspace.message(channel, ts)?.text).toBe('High error rate');
  });

  it('of which the blocks are too long are refused with the code of the method', async () => {
    const web = client(await start());
    const section = { type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'x'.repeat(3000) } };
    const content = { channel, text: 'x', blocks: [section, section, section, section] };
    const { ts = '' } = await web.chat.postMessage({ channel, text: 'x' });
    const refusals = [
      [() => web.chat.postMessage(content), 'msg_blocks_too_long'],
      [() => web.chat.update({ ...content, ts }), 'msg_too_long'],
      [() => web.chat.postEphemeral({ ...content, user: people.oncall }), 'msg_too_long'],
    ] as const;
    for (const [call, error] of refusals) {
      await expect(call()).rejects.toMatchObject({ data: { error } });
    }
  });
});

describe('a call that does not end well', () => {
  const channel = channelIds.alerts;

  it('with a server error is made again by the SDK, and done once', async () => {
    const emulator = await start();
    emulator.faults.set({ kind: 'server_error', method: 'chat.postMessage', status: 503, count: 1 });
    await client(emulator, 1).chat.postMessage({ channel, text: 'once' });
    expect(emulator.calls.map(({ outcome }) => outcome.kind)).toEqual(['server_error', 'ok']);
    expect(emulator.workspace.messages(channel)).toHaveLength(1);
  });

  it('with internal_error may have been done, and the SDK does not make it again', async () => {
    const emulator = await start();
    emulator.faults.set({ kind: 'failed_after_success', method: 'chat.postMessage', count: 1 });
    await expect(client(emulator, 3).chat.postMessage({ channel, text: 'x' })).rejects.toMatchObject({
      data: { error: 'internal_error' },
    });
    expect(emulator.workspace.messages(channel)).toHaveLength(1);
  });

  it('for lack of a turn holds up every other call of the same client', async () => {
    const emulator = await start();
    emulator.faults.set({ kind: 'rate_limited', method: 'chat.postMessage', retryAfter: 1, count: 1 });
    const web = client(emulator, 1);
    const paused = Promise.withResolvers<void>();
    web.on(WebClientEvent.RATE_LIMITED, () => paused.resolve());
    const slow = web.chat.postMessage({ channel, text: 'later' });
    await paused.promise;
    const other = web.auth.test();
    await client(emulator).users.info({ user: people.oncall });
    expect(emulator.calls.map(({ method }) => method)).toEqual(['chat.postMessage', 'users.info']);
    await Promise.all([slow, other]);
  });
});
