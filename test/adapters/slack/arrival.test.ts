import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts';
import { createHttpDoor, type SlackRequest } from '../../../src/adapters/slack/httpDoor.ts';
import { createSlackApp } from '../../../src/adapters/slack/slackApp.ts';
import { createSlackClient } from '../../../src/adapters/slack/slackClient.ts';
import { createSocketLine } from '../../../src/adapters/slack/socketLine.ts';
import { people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { wallClock } from './clocks.ts';
import { keptDeliveries } from './deliveries.ts';
import { fakeDesk } from './fakeDesk.ts';
import { keptLog } from './logs.ts';
import { type Setting, setting } from './workspace.ts';

let at: Setting | null = null;

afterEach(async () => {
  await at?.stop();
  at = null;
});

/** A slash command as Slack sends it over HTTP. */
function slashBody(text: string): string {
  return new URLSearchParams({
    command: '/genesis',
    text,
    user_id: people.oncall,
    team_id: teamId,
    channel_id: 'C0GENERAL01',
    trigger_id: `1.2.${text}`,
    token: 'x',
  }).toString();
}

async function send(
  to: Setting,
  body: string,
  how: { at?: number; secret?: string; headers?: Record<string, string>; type?: string } = {},
): Promise<number> {
  const timestamp = String(how.at ?? Math.floor(Date.now() / 1_000));
  const secret = how.secret ?? to.slack.signingSecret;
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const response = await fetch(to.url ?? '', {
    method: 'POST',
    body,
    headers: {
      'content-type': how.type ?? 'application/x-www-form-urlencoded',
      'x-slack-signature': signature,
      'x-slack-request-timestamp': timestamp,
      ...how.headers,
    },
  });
  await response.arrayBuffer();
  return response.status;
}

describe('requests over HTTP', { tags: ['trust-26', 'trust-27'] }, () => {
  it('are heard when they are signed and of now', async () => {
    at = await setting('http');
    expect(await send(at, slashBody('declare Slow checkout'))).toBe(200);
    await vi.waitFor(() => expect(at?.desk.acted).toHaveLength(1));
    expect(at.desk.acted[0]?.user).toBe(people.oncall);
  });

  it('are heard with a charset after the media type', async () => {
    at = await setting('http');
    const type = 'application/x-www-form-urlencoded; charset=utf-8';
    expect(await send(at, slashBody('declare Slow checkout'), { type })).toBe(200);
    await vi.waitFor(() => expect(at?.desk.acted).toHaveLength(1));
  });

  it('are refused with a clock more than five minutes away, either way, and change nothing', async () => {
    at = await setting('http');
    const now = Math.floor(Date.now() / 1_000);
    expect(await send(at, slashBody('declare one'), { at: now - 301 })).toBe(401);
    expect(await send(at, slashBody('declare two'), { at: now + 320 })).toBe(401);
    expect(await send(at, slashBody('declare three'), { at: now + 3_600 })).toBe(401);
    expect(at.desk.acted).toEqual([]);
  });

  it('are refused when unsigned, wrongly signed, doubly signed or changed', async () => {
    at = await setting('http');
    const body = slashBody('declare no');
    const bad: Record<string, string>[] = [
      { 'x-slack-signature': '' },
      { 'x-slack-signature': 'v0' },
      { 'x-slack-signature': 'v0=' },
      { 'x-slack-signature': `v0=${'0'.repeat(64)}` },
      { 'x-slack-signature': `v1=${'0'.repeat(64)}` },
      { 'x-slack-request-timestamp': '' },
      { 'x-slack-request-timestamp': 'NaN' },
      { 'x-slack-request-timestamp': '1e9' },
    ];
    for (const headers of bad) expect(await send(at, body, { headers })).toBe(401);
    expect(await send(at, body, { secret: 'another secret of some length' })).toBe(401);
    expect(at.desk.acted).toEqual([]);
    // Refused at the door, before the library behind it sees anything, and said once for all of them.
    expect(at.log.lines.filter(({ message }) => message.includes('claims to be'))).toHaveLength(1);
    expect(at.log.lines.filter(({ message }) => message.includes('Failed to parse'))).toEqual([]);
  });

  it('count once however often the same one is repeated', async () => {
    at = await setting('http');
    const now = Math.floor(Date.now() / 1_000);
    const body = slashBody('declare again');
    for (let n = 0; n < 100; n += 1) expect(await send(at, body, { at: now })).toBe(200);
    await vi.waitFor(() => expect(at?.desk.acted).toHaveLength(1));
    expect(at.log.lines.filter(({ message }) => message.includes('arrived again'))).toHaveLength(1);
  });

  it('count once when signed anew, by the identity of the delivery', async () => {
    at = await setting('http');
    const now = Math.floor(Date.now() / 1_000);
    const body = slashBody('declare again');
    await send(at, body, { at: now });
    await send(at, body, { at: now - 1 });
    await vi.waitFor(() => expect(at?.desk.acted).toHaveLength(1));
    await at.app.stop();
    expect(at.desk.acted).toHaveLength(1);
  });

  it('larger than 256 KB are refused before anybody looks at the signature', async () => {
    at = await setting('http');
    expect(await send(at, `text=${'x'.repeat(256 * 1024)}`)).toBe(413);
  });

  it('an ssl_check needs a signature like everything else, and does nothing whatever it carries', async () => {
    at = await setting('http');
    const body = `ssl_check=1&${slashBody('declare smuggled')}`;
    expect(await send(at, body, { headers: { 'x-slack-signature': 'v0=none' } })).toBe(401);
    expect(await send(at, 'ssl_check=1&token=x', { headers: { 'x-slack-signature': '' } })).toBe(401);
    expect(await send(at, body)).toBe(200);
    expect(at.desk.acted).toEqual([]);
  });

  it('of another workspace change nothing', async () => {
    at = await setting('http');
    const body = slashBody('declare elsewhere').replace(teamId, 'T0ELSEWHERE');
    expect(await send(at, body)).toBe(200);
    await at.app.stop();
    expect(at.desk.acted).toEqual([]);
  });

  it('are told to come back before the bot is ready', async () => {
    at = await setting('http', { start: false });
    expect(await send(at, slashBody('declare early'))).toBe(503);
    at.app.start();
    await at.app.ready();
    expect(await send(at, slashBody('declare early'))).toBe(200);
    await vi.waitFor(() => expect(at?.desk.acted).toHaveLength(1));
  });

  it('need a signing secret worth the name', () => {
    const log = keptLog();
    const config = { botToken: 'xoxb-1', apiUrl: null, mode: { kind: 'http', signingSecret: '' } as const };
    const outbound = createOutbound({ hosts: [], named: [] });
    const client = createSlackClient({ config, clock: wallClock, log, outbound });
    for (const signingSecret of ['', ' ', '0123456789abcde', `${' '.repeat(20)}x`]) {
      const short = { ...config, mode: { kind: 'http', signingSecret } as const };
      const parts = { client, desk: fakeDesk(), deliveries: keptDeliveries(), clock: wallClock, log };
      expect(() => createSlackApp({ ...parts, config: short })).toThrow('SLACK_SIGNING_SECRET');
    }
  });
});

describe('the Socket Mode connection', () => {
  it('comes back at once when Slack recycles it, and when it breaks', async () => {
    at = await setting('socket');
    const { slack, desk } = at;
    for (const lose of [() => slack.sockets.disconnect('refresh_requested'), () => slack.sockets.drop()]) {
      const before = slack.calls.filter((call) => call.method === 'apps.connections.open').length;
      lose();
      await vi.waitFor(
        () => {
          const opened = slack.calls.filter((call) => call.method === 'apps.connections.open').length;
          expect(opened).toBeGreaterThan(before);
          expect(slack.sockets.count()).toBe(1);
        },
        { timeout: 10_000 },
      );
    }
    await vi.waitFor(async () => expect(await at?.app.health()).toEqual({ ok: true }), { timeout: 10_000 });
    await slack.person(people.oncall).slash('general', '/genesis', 'declare Still here');
    await vi.waitFor(() => expect(desk.acted).toHaveLength(1));
  });

  it('survives Slack being down while it reconnects', async () => {
    at = await setting('socket');
    const { slack } = at;
    slack.faults.set({ kind: 'server_error', method: 'apps.connections.open', status: 503, count: 2 });
    slack.sockets.drop();
    await vi.waitFor(async () => expect(await at?.app.health()).toMatchObject({ code: 'disconnected' }));
    await vi.waitFor(async () => expect(await at?.app.health()).toEqual({ ok: true }), { timeout: 20_000 });
  });
});

describe('a notice that events are being dropped', () => {
  const minute = 1_795_255_200;

  it('by Socket Mode is acknowledged and handed on, and ends nothing', async () => {
    const log = keptLog();
    const [dropped, acknowledged]: [(number | null)[], unknown[]] = [[], []];
    const line = createSocketLine({
      ...{ appToken: 'xapp-1', apiUrl: null, clock: wallClock, log },
      dropped: (at) => dropped.push(at),
    });
    const { client } = line.receiver;
    Reflect.set(client, 'send', async (envelope: unknown) => acknowledged.push(envelope));
    const payload = { type: 'app_rate_limited', minute_rate_limited: minute };
    const notice = { type: 'events_api', envelope_id: 'e1', payload };
    client.emit('ws_message', JSON.stringify(notice), false);
    const bare = { type: 'events_api', payload: { type: 'app_rate_limited' } };
    client.emit('ws_message', JSON.stringify(bare), false);
    await vi.waitFor(() => expect(acknowledged).toEqual(['e1']));
    expect(dropped).toEqual([minute, null]);
    // What the library cannot take is logged, and ends nothing.
    client.emit('ws_message', JSON.stringify({ type: 'events_api', payload: {} }), false);
    await vi.waitFor(() => expect(log.lines).toHaveLength(1));
  });

  it('over HTTP is answered with 200 and handed on, where it is signed', async () => {
    const secret = '0123456789abcdef0123456789abcdef';
    const dropped: (number | null)[] = [];
    const door = createHttpDoor({
      ...{ signingSecret: secret, deliveries: keptDeliveries(), clock: wallClock, log: keptLog() },
      dropped: (at) => dropped.push(at),
    });
    door.open(() => undefined);
    const knock = async (rightly: boolean): Promise<number> => {
      const rawBody = Buffer.from(JSON.stringify({ type: 'app_rate_limited', minute_rate_limited: minute }));
      const at = String(Math.floor(wallClock.now() / 1_000));
      const hash = createHmac('sha256', rightly ? secret : `${secret}!`)
        .update(`v0:${at}:`)
        .update(rawBody);
      const headers = {
        'content-type': 'application/json',
        'x-slack-request-timestamp': at,
        'x-slack-signature': `v0=${hash.digest('hex')}`,
      };
      const statuses: number[] = [];
      const answer = { writeHead: (code: number) => statuses.push(code), end: () => undefined };
      await door.listener(
        { headers, rawBody } as unknown as SlackRequest,
        answer as unknown as ServerResponse,
      );
      return statuses[0] ?? 0;
    };
    expect([await knock(true), await knock(false)]).toEqual([200, 401]);
    expect(dropped).toEqual([minute]);
  });
});

describe('starting', () => {
  it('waits for Slack when it cannot be reached', async () => {
    at = await setting('socket', { start: false });
    at.slack.faults.set(
      { kind: 'server_error', method: 'auth.test', status: 503, count: 1 },
      { kind: 'server_error', method: 'apps.connections.open', status: 503, count: 1 },
    );
    at.app.start();
    expect(await at.app.health()).toMatchObject({ ok: false, code: 'starting' });
    await at.app.ready();
    expect(await at.app.health()).toEqual({ ok: true });
  });

  it('says clearly that a bot token is wrong', async () => {
    at = await setting('socket', { start: false });
    at.slack.faults.set({ kind: 'api_error', method: 'auth.test', error: 'invalid_auth' });
    at.app.start();
    await expect(at.app.ready()).rejects.toMatchObject({
      code: 'invalid_auth',
      message: 'Slack does not accept the bot token. Install the app again and set the new SLACK_BOT_TOKEN.',
    });
    expect(await at.app.health()).toMatchObject({ ok: false, code: 'invalid_auth' });
  });

  it('says clearly that an app token is wrong', async () => {
    at = await setting('socket', { start: false });
    at.slack.faults.set({ kind: 'api_error', method: 'apps.connections.open', error: 'invalid_auth' });
    at.app.start();
    await expect(at.app.ready()).rejects.toThrow('SLACK_APP_TOKEN');
  });
});
