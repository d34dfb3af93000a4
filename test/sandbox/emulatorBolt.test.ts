import type { AddressInfo } from 'node:net';
import { App, HTTPReceiver, LogLevel, SocketModeReceiver } from '@slack/bolt';
import type { View } from '@slack/types';
import { ErrorCode, WebClient } from '@slack/web-api';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';

/** The real Bolt app, once over Socket Mode and once over signed HTTP. */

const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const alerts = '#genesis-alerts';

const modal: View = {
  type: 'modal',
  callback_id: 'rollback',
  title: { type: 'plain_text', text: 'Roll back' },
  submit: { type: 'plain_text', text: 'Request Rollback' },
  blocks: [
    {
      type: 'input',
      block_id: 'reason',
      label: { type: 'plain_text', text: 'Reason' },
      element: { type: 'plain_text_input', action_id: 'text' },
    },
  ],
};

function listeners(app: App): { seen: string[] } {
  const seen: string[] = [];
  app.command('/genesis', async ({ ack, command, respond }) => {
    await ack({ text: `got ${command.text}` });
    await respond({ response_type: 'in_channel', text: `said by <@${command.user_id}>` });
  });
  app.event('app_mention', async ({ event, say }) => {
    await say({ text: `heard ${event.text}`, thread_ts: event.ts });
  });
  app.action('take_it', async ({ ack, body, client, respond }) => {
    await ack();
    if (body.type !== 'block_actions' || body.channel === undefined || body.message === undefined) return;
    await client.chat.update({
      channel: body.channel.id,
      ts: body.message.ts,
      text: `<@${body.user.id}> has it`,
    });
    await respond({ text: 'You have it', replace_original: false });
  });
  app.action('roll_back', async ({ ack, body, client }) => {
    await ack();
    if (body.type === 'block_actions') await client.views.open({ trigger_id: body.trigger_id, view: modal });
  });
  app.view('rollback', async ({ ack, view }) => {
    const reason = view.state.values.reason?.text?.value ?? '';
    if (reason.length < 5) {
      await ack({ response_action: 'errors', errors: { reason: 'Say a little more.' } });
      return;
    }
    await ack();
    seen.push(reason);
  });
  app.event('app_home_opened', async ({ event, client }) => {
    const blocks = [
      { type: 'section' as const, text: { type: 'mrkdwn' as const, text: 'Nothing needs you.' } },
    ];
    await client.views.publish({ user_id: event.user, view: { type: 'home', blocks } });
  });
  app.shortcut('declare_incident', async ({ ack, shortcut }) => {
    await ack();
    seen.push(shortcut.type);
  });
  return { seen };
}

async function overSocket(): Promise<{ emulator: Emulator; seen: string[] }> {
  const emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
  stops.push(emulator.stop);
  const receiver = new SocketModeReceiver({
    appToken: emulator.appToken,
    logLevel: LogLevel.ERROR,
    installerOptions: { clientOptions: { slackApiUrl: emulator.apiUrl } },
  });
  const app = new App({
    receiver,
    token: emulator.botToken,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    clientOptions: { slackApiUrl: emulator.apiUrl },
  });
  const { seen } = listeners(app);
  await app.init();
  await app.start();
  stops.push(() => app.stop());
  return { emulator, seen };
}

async function overHttp(): Promise<{ emulator: Emulator; seen: string[] }> {
  const emulator = await startEmulator({
    delivery: { kind: 'http', requestUrl: 'http://127.0.0.1:1' },
    rateLimits: 'off',
  });
  stops.push(emulator.stop);
  const app = new App({
    receiver: new HTTPReceiver({ signingSecret: emulator.signingSecret, logLevel: LogLevel.ERROR }),
    token: emulator.botToken,
    logLevel: LogLevel.ERROR,
    deferInitialization: true,
    clientOptions: { slackApiUrl: emulator.apiUrl },
  });
  const { seen } = listeners(app);
  await app.init();
  const server = await app.start({ port: 0, host: '127.0.0.1' });
  stops.push(() => app.stop());
  const { port } = server.address() as AddressInfo;
  emulator.setDelivery({ kind: 'http', requestUrl: `http://127.0.0.1:${port}/slack/events` });
  return { emulator, seen };
}

function client(emulator: Emulator): WebClient {
  return new WebClient(emulator.botToken, {
    slackApiUrl: emulator.apiUrl,
    retryConfig: { retries: 0 },
    logLevel: LogLevel.ERROR,
  });
}

describe.each([
  { name: 'Socket Mode', start: overSocket },
  { name: 'signed HTTP', start: overHttp },
])('a Bolt app over $name', ({ start }) => {
  it('answers a slash command privately and in the channel', async () => {
    const { emulator } = await start();
    const reply = await emulator.person(people.oncall).slash(alerts, '/genesis', 'help');
    expect(reply).toEqual({ ok: true });
    const own = emulator.workspace.ephemerals(people.oncall);
    expect(own.map(({ text }) => text)).toEqual(['got help']);
    await vi.waitFor(() =>
      expect(emulator.workspace.messages(alerts).at(-1)?.text).toBe(`said by <@${people.oncall}>`),
    );
  });

  it('takes a click, updates the message and answers through the response_url', async () => {
    const { emulator } = await start();
    const button = {
      type: 'button' as const,
      action_id: 'take_it',
      text: { type: 'plain_text' as const, text: 'Take It' },
    };
    const { ts = '' } = await client(emulator).chat.postMessage({
      channel: emulator.workspace.channel(alerts)?.id ?? '',
      text: 'High error rate',
      blocks: [{ type: 'actions', elements: [button] }],
    });
    const responder = emulator.person(people.responder);
    expect(await responder.click({ channel: alerts, ts }, 'take_it')).toEqual({ ok: true });
    await vi.waitFor(() => {
      expect(emulator.workspace.message(alerts, ts)?.text).toBe(`<@${people.responder}> has it`);
      expect(emulator.workspace.ephemerals(people.responder).at(-1)?.text).toBe('You have it');
    });
    expect(await responder.click({ channel: alerts, ts }, 'take_it')).toMatchObject({
      ok: false,
      error: 'element_not_found',
    });
  });

  it('opens a modal, refuses what is too short and takes the rest', async () => {
    const { emulator, seen } = await start();
    const button = {
      type: 'button' as const,
      action_id: 'roll_back',
      text: { type: 'plain_text' as const, text: 'Roll Back' },
    };
    const { ts = '' } = await client(emulator).chat.postMessage({
      channel: emulator.workspace.channel(alerts)?.id ?? '',
      text: 'Roll back?',
      blocks: [{ type: 'actions', elements: [button] }],
    });
    const lead = emulator.person(people.lead);
    await lead.click({ channel: alerts, ts }, 'roll_back');
    const view = await vi.waitUntil(() => emulator.workspace.openView(people.lead));
    expect(view.title?.text).toBe('Roll back');

    expect(await lead.submit(view.id, {})).toMatchObject({ ok: false, error: 'view_errors' });
    const refused = await lead.submit(view.id, { reason: { text: 'bad' } });
    expect(refused).toMatchObject({ ok: false, errors: { reason: 'Say a little more.' } });
    expect(emulator.workspace.openView(people.lead)?.id).toBe(view.id);

    const taken = await lead.submit(view.id, { reason: { text: 'errors after the deployment' } });
    expect(taken).toEqual({ ok: true, outcome: 'closed' });
    expect(emulator.workspace.openView(people.lead)).toBeUndefined();
    await vi.waitFor(() => expect(seen).toEqual(['errors after the deployment']));
  });

  it('hears a mention, a shortcut and the home tab being opened', async () => {
    const { emulator, seen } = await start();
    const oncall = emulator.person(people.oncall);
    const said = await oncall.say(alerts, '@genesis what is going on?');
    const ts = said.ok ? (said.ts ?? '') : '';
    await vi.waitFor(() => {
      const reply = emulator.workspace.thread(alerts, ts).at(-1);
      expect(reply?.text).toBe(`heard <@${emulator.botUserId}> what is going on?`);
    });
    expect(await oncall.messageShortcut(alerts, ts, 'declare_incident')).toEqual({ ok: true });
    await vi.waitFor(() => expect(seen).toEqual(['message_action']));
    await oncall.openHome();
    await vi.waitFor(() => expect(emulator.workspace.home(people.oncall)?.blocks).toHaveLength(1));
  });
});

describe('the Web API client of the SDK', () => {
  async function started(): Promise<{ emulator: Emulator; web: WebClient; channel: string }> {
    const emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
    stops.push(emulator.stop);
    return { emulator, web: client(emulator), channel: emulator.workspace.channel(alerts)?.id ?? '' };
  }

  it('uploads a file, shares it in a thread and shows it in a block', async () => {
    const { emulator, web, channel } = await started();
    const { ts = '' } = await web.chat.postMessage({ channel, text: 'High error rate' });
    await web.filesUploadV2({
      channel_id: channel,
      thread_ts: ts,
      filename: 'output.txt',
      content: 'all is well',
      initial_comment: 'full output',
    });
    const reply = emulator.workspace.thread(channel, ts).at(-1);
    expect(reply?.text).toBe('full output');
    const [file] = emulator.workspace.files();
    expect(file?.bytes.toString()).toBe('all is well');
    expect(reply?.fileIds).toEqual([file?.id]);

    const image = { type: 'image' as const, alt_text: 'Error rate', slack_file: { id: file?.id ?? '' } };
    await expect(web.chat.postMessage({ channel, text: 'chart', blocks: [image] })).resolves.toMatchObject({
      ok: true,
    });
    const forged = { ...image, slack_file: { id: 'F0NOSUCH' } };
    await expect(web.chat.postMessage({ channel, text: 'chart', blocks: [forged] })).rejects.toMatchObject({
      data: { error: 'invalid_blocks' },
    });
  });

  it('pages through every channel', async () => {
    const { emulator, web } = await started();
    for (let i = 0; i < 5; i += 1) await web.conversations.create({ name: `incident-${i}` });
    const names: unknown[] = [];
    for await (const page of web.paginate('conversations.list', { limit: 2 })) {
      const { channels } = page as { channels?: { name: string }[] };
      names.push(...(channels ?? []).map(({ name }) => name));
    }
    expect(names).toEqual(emulator.workspace.channels().map(({ name }) => name));
  });

  it('waits as long as a rate limit asks, then goes on', async () => {
    const { emulator, channel } = await started();
    emulator.faults.set({ kind: 'rate_limited', method: 'chat.postMessage', retryAfter: 1, count: 1 });
    const patient = new WebClient(emulator.botToken, {
      slackApiUrl: emulator.apiUrl,
      retryConfig: { retries: 1, minTimeout: 1, maxTimeout: 1 },
      logLevel: LogLevel.ERROR,
    });
    await patient.chat.postMessage({ channel, text: 'once' });
    expect(emulator.calls.map(({ outcome }) => outcome.kind)).toEqual(['rate_limited', 'ok']);
    expect(emulator.workspace.messages(channel).map(({ text }) => text)).toEqual(['once']);
  });

  it('is told how long to wait when it does not retry', async () => {
    const { emulator, channel } = await started();
    emulator.faults.set({ kind: 'rate_limited', method: 'chat.*', retryAfter: 7, count: 1 });
    const hasty = new WebClient(emulator.botToken, {
      slackApiUrl: emulator.apiUrl,
      rejectRateLimitedCalls: true,
      logLevel: LogLevel.ERROR,
    });
    await expect(hasty.chat.postMessage({ channel, text: 'now' })).rejects.toMatchObject({
      code: ErrorCode.RateLimitedError,
      retryAfter: 7,
    });
  });

  it('posts twice when a reply is lost and the call is made again', async () => {
    const { emulator, channel } = await started();
    emulator.faults.set({ kind: 'lost_reply', method: 'chat.postMessage', count: 1 });
    const stubborn = new WebClient(emulator.botToken, {
      slackApiUrl: emulator.apiUrl,
      retryConfig: { retries: 1, minTimeout: 1, maxTimeout: 1 },
      logLevel: LogLevel.ERROR,
    });
    await stubborn.chat.postMessage({ channel, text: 'at least once' });
    expect(emulator.workspace.messages(channel)).toHaveLength(2);
  });
});

describe('losing Socket Mode connections', () => {
  it('tells the person that the app cannot be reached, and works again after reconnecting', async () => {
    const emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
    stops.push(emulator.stop);
    const oncall = emulator.person(people.oncall);
    expect(await oncall.slash(alerts, '/genesis', 'help')).toMatchObject({ error: 'app_unreachable' });

    const receiver = new SocketModeReceiver({
      appToken: emulator.appToken,
      logLevel: LogLevel.ERROR,
      clientPingTimeout: 100,
      installerOptions: { clientOptions: { slackApiUrl: emulator.apiUrl } },
    });
    const app = new App({
      receiver,
      token: emulator.botToken,
      logLevel: LogLevel.ERROR,
      deferInitialization: true,
      clientOptions: { slackApiUrl: emulator.apiUrl },
    });
    listeners(app);
    await app.init();
    await app.start();
    stops.push(() => app.stop());
    expect(emulator.sockets.count()).toBe(1);
    expect(await oncall.slash(alerts, '/genesis', 'one')).toEqual({ ok: true });

    emulator.sockets.disconnect('refresh_requested');
    expect(await oncall.slash(alerts, '/genesis', 'two')).toMatchObject({ error: 'app_unreachable' });
    await vi.waitFor(
      async () => expect(await oncall.slash(alerts, '/genesis', 'three')).toEqual({ ok: true }),
      {
        timeout: 10_000,
      },
    );
  });

  it('refuses a connection to anybody without the app token', async () => {
    const emulator = await startEmulator({ delivery: { kind: 'socket' } });
    stops.push(emulator.stop);
    await expect(client(emulator).apps.connections.open()).rejects.toMatchObject({
      data: { error: 'not_allowed_token_type' },
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    const socket = new WebSocket(`${emulator.url.replace('http', 'ws')}/link/?ticket=guess`);
    socket.addEventListener('error', () => resolve('refused'));
    socket.addEventListener('open', () => resolve('open'));
    expect(await promise).toBe('refused');
  });
});
