import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unsafeBolt } from '../../../src/adapters/slack/boltVersion.ts';
import { readConfig } from '../../../src/config.ts';
import { channelIds, people, teamId } from '../../../src/sandbox/emulator/seed.ts';
import { type Stops, startAgain, stopAll } from '../../scenarios/rehearsal.ts';
import { genesis, workingDirectory } from '../../scenarios/servedProcess.ts';
import { type EdgeBot, nowSeconds, startEdgeBot } from './edgeBot.ts';
import { send, sendRaw } from './wire.ts';

const stops: Stops = [];
let bot: EdgeBot;

beforeAll(async () => {
  bot = await startEdgeBot(stops);
}, 60_000);
afterAll(() => stopAll(stops));

const form = 'application/x-www-form-urlencoded';
const body = new URLSearchParams({
  command: '/genesis',
  text: 'declare P4 Not from Slack',
  user_id: people.oncall,
  team_id: teamId,
  channel_id: channelIds.general,
  trigger_id: '1.2.credentials',
}).toString();

type Headers = Readonly<Record<string, string | readonly string[]>>;

const slack = (headers: Headers, text: string | Uint8Array = body) =>
  send(`${bot.url}/slack/events`, { headers, body: text });

function withoutHeader(headers: Headers, name: string): Headers {
  const { [name]: _, ...rest } = headers;
  return rest;
}

/** One character further, so that the text differs in exactly this place and keeps its shape. */
const nudged = (text: string, at: number): string => {
  const next = text[at] === '0' ? '1' : '0';
  return `${text.slice(0, at)}${next}${text.slice(at + 1)}`;
};

describe('a request that is not signed as Slack signs', { tags: ['trust-27'], timeout: 60_000 }, () => {
  it('is refused with 401 and changes nothing, whatever is missing, empty, twice or changed', async ({
    annotate,
  }) => {
    const headers = bot.sign(body);
    const signature = headers['x-slack-signature'] ?? '';
    const at = headers['x-slack-request-timestamp'] ?? '';
    const other = bot.sign(body, { secret: '0123456789abcdef0123456789abcdef' });
    const change = (more: Headers): Headers => ({ ...headers, ...more });
    const sign = (value: string | readonly string[]) => change({ 'x-slack-signature': value });
    const time = (value: string | readonly string[]) => change({ 'x-slack-request-timestamp': value });
    const attempts: (readonly [Headers, (string | Uint8Array)?])[] = [
      [{ 'content-type': form }],
      [withoutHeader(headers, 'x-slack-signature')],
      [withoutHeader(headers, 'x-slack-request-timestamp')],
      ...['', 'v0', 'v0=', '=', 'v0=0', signature.slice(3), `v1${signature.slice(2)}`].map(
        (value) => [sign(value)] as const,
      ),
      ...[`V0${signature.slice(2)}`, signature.toUpperCase(), `${signature}0`, signature.slice(0, -1)].map(
        (value) => [sign(value)] as const,
      ),
      ...[`${signature},${signature}`, `v0=none,${signature}`, `"${signature}"`, `v0=${'0'.repeat(64)}`].map(
        (value) => [sign(value)] as const,
      ),
      [sign([signature, signature])],
      [sign(['v0=none', signature])],
      [sign([signature, 'v0=none'])],
      [time([at, at])],
      [time(['0', at])],
      ...['', '0', 'NaN', '1e9', '-1', `${at}.0`, `+${at}`, `0x${Number(at).toString(16)}`, `${at}000`].map(
        (value) => [time(value)] as const,
      ),
      [time(String(Number(at) + 1))],
      [time(String(Number(at) - 1))],
      [other],
      // An ssl_check opens nothing, alone or with something smuggled along.
      [{ 'content-type': form }, 'ssl_check=1'],
      [{ 'content-type': form }, 'ssl_check=1&token=x'],
      [{ 'content-type': form }, `ssl_check=1&${body}`],
      [sign('v0=none'), `ssl_check=1&${body}`],
      [headers, `ssl_check=1&${body}`],
      [{ 'content-type': form }, `ssl_check=1&payload=${encodeURIComponent('{"type":"block_actions"}')}`],
      [{ 'content-type': 'application/json' }, '{"type":"url_verification","challenge":"x"}'],
      [{ 'content-type': 'application/json' }, '{"ssl_check":"1"}'],
      [headers, ''],
      [headers, `${body}&`],
      [headers, ` ${body}`],
      [headers, `${body}\n`],
      ...Array.from({ length: body.length }, (_, index) => [headers, nudged(body, index)] as const),
      ...Array.from({ length: signature.length }, (_, index) => [sign(nudged(signature, index))] as const),
      ...Array.from({ length: at.length }, (_, index) => [time(nudged(at, index))] as const),
    ];
    const before = await bot.events();
    const calls = bot.emulator.calls.length;
    for (const [given, text] of attempts) {
      const { status } = await slack(given, text);
      expect(status, JSON.stringify([given, text])).toBe(401);
    }
    await bot.emulator.settled();
    expect(await bot.events()).toBe(before);
    expect(bot.emulator.calls.slice(calls).map(({ method }) => method)).not.toContain('views.open');
    await annotate(`${attempts.length} requests, all 401, 0 effects`, 'figure');
  });

  it('is refused before its body is read', async () => {
    const head = `POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 200000\r\n`;
    const { status } = await sendRaw(bot.url, Buffer.from(`${head}\r\nnothing more comes`));
    expect(status).toBe(401);
    const stale = `X-Slack-Request-Timestamp: ${nowSeconds() - 400}\r\nX-Slack-Signature: v0=${'0'.repeat(64)}\r\n`;
    expect((await sendRaw(bot.url, Buffer.from(`${head}${stale}\r\n`))).status).toBe(401);
  });
});

describe('starting with what cannot be safe', { tags: ['trust-27'] }, () => {
  it('is refused for a signing secret that is empty or short', async () => {
    const bare = { ...bot.env };
    for (const secret of ['', 'short', '0123456789abcde']) {
      const result = readConfig({ ...bare, SLACK_SIGNING_SECRET: secret });
      expect(result).toMatchObject({
        kind: 'bad',
        problems: [expect.stringContaining('SLACK_SIGNING_SECRET')],
      });
    }
    const own: Stops = [];
    try {
      const directory = await workingDirectory(own);
      const served = genesis(own, { directory, env: { ...bare, SLACK_SIGNING_SECRET: 'short' } });
      const code = await served.exited;
      expect(code, served.output()).toBe(2);
      expect(served.output()).toContain('SLACK_SIGNING_SECRET must be at least 16 characters');
    } finally {
      await stopAll(own);
    }
  });

  it('is refused for a Bolt older than 5.1.0', () => {
    for (const old of ['5.0.9', '5.0.0', '4.7.3', '4.99.99', '0.0.0', '5.1.0-rc.1', '5.1', '', 'latest'])
      expect(unsafeBolt(old), old).toContain('5.1.0 or newer is needed');
    for (const safe of ['5.1.0', '5.1.1', '5.2.0', '6.0.0', '10.0.0', '5.10.0', '5.1.1-rc.1'])
      expect(unsafeBolt(safe), safe).toBeNull();
    // The one that is installed.
    expect(unsafeBolt()).toBeNull();
  });

  it('looks at the Bolt that is on the disk, not at the one that was meant to be', async () => {
    const own: Stops = [];
    try {
      const disk = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
        const read = fs.readFileSync;
        fs.readFileSync = (file, ...rest) =>
          String(file).endsWith('bolt/package.json') ? '{"name":"@slack/bolt","version":"5.0.0"}' : read(file, ...rest);
        syncBuiltinESMExports();`;
      const preload = `--import=data:text/javascript,${encodeURIComponent(disk)}`;
      const served = genesis(own, {
        directory: await workingDirectory(own),
        env: { ...bot.env, NODE_OPTIONS: preload, PLAYBOOKS: resolve('playbooks'), PORT: '0' },
      });
      const code = await served.exited;
      expect(code, served.output()).toBe(2);
      expect(served.output()).toContain('@slack/bolt 5.0.0 is not safe to run');
    } finally {
      await stopAll(own);
    }
  });
});

describe('the alert webhook', { tags: ['trust-28'], timeout: 60_000 }, () => {
  const resolved = readFileSync(new URL('../../fixtures/alertmanager/resolved.json', import.meta.url));

  it('takes either of two tokens while they are changed, and nobody without one', async ({ annotate }) => {
    const [old, next] = ['the-token-of-before', 'the-token-from-now-on'];
    const both = await startAgain(stops, {
      ...bot.env,
      ALERTMANAGER_TOKEN: `${old}, ${next}`,
      DATABASE_URL: `sqlite:${bot.directory}/two-tokens.db`,
      PORT: '0',
    });
    const post = (authorization: string | readonly string[] | null) =>
      send(`${both.url}/alertmanager`, {
        headers: {
          'content-type': 'application/json',
          ...(authorization === null ? {} : { authorization }),
        },
        body: resolved,
      });
    for (const token of [old, next]) expect((await post(`Bearer ${token}`)).status).toBe(200);
    const refused: (string | readonly string[] | null)[] = [
      null,
      '',
      'Bearer',
      'Bearer ',
      `Basic ${Buffer.from(`genesis:${old}`).toString('base64')}`,
      `Bearer ${bot.token}`,
      `Bearer ${old},${next}`,
      `Bearer ${old}, ${next}`,
      `Bearer ${old} ${next}`,
      old,
      ...Array.from({ length: old.length }, (_, index) => `Bearer ${nudged(old, index)}`),
      ...Array.from({ length: next.length }, (_, index) => `Bearer ${next.slice(0, index)}`),
    ];
    for (const each of refused) expect((await post(each)).status, JSON.stringify(each)).toBe(401);
    for (const twice of [
      [`Bearer ${old}`, 'Bearer x'],
      ['Bearer x', `Bearer ${old}`],
    ])
      expect((await post(twice)).status, JSON.stringify(twice)).toBe(400);
    await annotate(`2 tokens taken, ${refused.length} other credentials refused`, 'figure');
  });

  it('cannot be left open by mistake', () => {
    for (const tokens of ['', ' ', ',', 'short', 'long-enough-token,short'])
      expect(readConfig({ ...bot.env, ALERTMANAGER_TOKEN: tokens })).toMatchObject({
        kind: 'bad',
        problems: [expect.stringContaining('ALERTMANAGER_TOKEN')],
      });
  });
});
