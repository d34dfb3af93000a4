import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { nowSeconds } from './edgeBot.ts';
import { type ServedBot, serveBot } from './served.ts';
import { type Sent, send } from './wire.ts';

const soak = process.env.SOAK === '1';
const megabyte = 1024 * 1024;
const stops: Stops = [];
let bot: ServedBot;

const resolved = readFileSync(new URL('../../fixtures/alertmanager/resolved.json', import.meta.url));

const alert = (): Promise<Sent> =>
  send(`${bot.url}/alertmanager`, {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bot.token}` },
    body: resolved,
  });

let asked = 0;
function question(): Promise<Sent> {
  asked += 1;
  const body = JSON.stringify({ type: 'url_verification', challenge: `still here ${asked}` });
  const headers = { ...bot.sign(body), 'content-type': 'application/json' };
  return send(`${bot.url}/slack/events`, { headers, body });
}

beforeAll(async () => {
  bot = await serveBot(stops);
  // What a process takes once for its first requests is no growth.
  for (let round = 0; round < 100; round += 1) expect((await alert()).status).toBe(200);
  for (let round = 0; round < 20; round += 1) expect((await question()).status).toBe(200);
}, 90_000);
afterAll(() => stopAll(stops));

type Sender = { readonly head: string; readonly chunked: boolean };

const chunk = Buffer.alloc(64 * 1024, 0x78);
const framed = Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);

/** Pushes as fast as it goes until 300 MB are through or the other side hangs up; answers the status it was told. */
function push(url: string, { head, chunked }: Sender): Promise<{ status: number; sent: number }> {
  const { promise, resolve } = Promise.withResolvers<{ status: number; sent: number }>();
  const { hostname, port } = new URL(url);
  let heard = '';
  let sent = 0;
  const socket = connect(Number(port), hostname, () => {
    socket.write(head);
    more();
  });
  const more = () => {
    while (!socket.destroyed && sent < 300 * megabyte) {
      sent += chunk.length;
      if (!socket.write(chunked ? framed : chunk)) {
        socket.once('drain', more);
        return;
      }
    }
    socket.end();
  };
  socket.on('data', (data: Buffer) => {
    heard += data.toString('latin1');
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => resolve({ status: Number(heard.slice(9, 12)), sent }));
  return promise;
}

/** Every way to bring a body of 300 MB without being anybody. */
function senders(): readonly (Sender & { readonly right: readonly number[] })[] {
  const slackLike = `X-Slack-Request-Timestamp: ${nowSeconds()}\r\nX-Slack-Signature: v0=${'0'.repeat(64)}\r\n`;
  const form = 'Content-Type: application/x-www-form-urlencoded\r\n';
  const json = 'Content-Type: application/json\r\n';
  const announced = `Content-Length: ${300 * megabyte}\r\n`;
  const inChunks = 'Transfer-Encoding: chunked\r\n';
  const head = (path: string, headers: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
  return [
    { head: head('/alertmanager', json + announced), chunked: false, right: [413] },
    { head: head('/alertmanager', json + inChunks), chunked: true, right: [401] },
    { head: head('/slack/events', form + announced), chunked: false, right: [413] },
    { head: head('/slack/events', form + inChunks), chunked: true, right: [401] },
    { head: head('/slack/events', form + slackLike + announced), chunked: false, right: [413] },
    { head: head('/slack/events', form + slackLike + inChunks), chunked: true, right: [413, 503] },
    { head: head('/nowhere', json + inChunks), chunked: true, right: [404] },
    { head: head('/metrics', inChunks), chunked: true, right: [405] },
  ];
}

describe('bodies of 300 MB from nobody', { tags: ['trust-24'] }, () => {
  const count = soak ? 50 : 16;

  it('are refused before they are held, and memory stays as it was', { timeout: 120_000 }, async ({
    annotate,
  }) => {
    const kinds = senders();
    // Once beforehand: what the first refusals take is no growth either.
    await Promise.all(kinds.map((kind) => push(bot.url, kind)));
    const before = bot.memory();
    let highest = before;
    const watch = setInterval(() => {
      highest = Math.max(highest, bot.memory());
    }, 10);
    const answers = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const kind = kinds[index % kinds.length]!;
        return { ...(await push(bot.url, kind)), right: kind.right, head: kind.head };
      }),
    );
    clearInterval(watch);
    highest = Math.max(highest, bot.memory());
    for (const { status, right, head, sent } of answers) {
      expect(right, `${status} ${head}`).toContain(status);
      expect(sent, head).toBeLessThan(300 * megabyte);
    }
    const grown = (highest - before) / megabyte;
    expect(grown).toBeLessThan(20);
    expect((await alert()).status).toBe(200);
    await annotate(
      `${count} senders of 300 MB without a signature: memory grew by ${grown.toFixed(1)} MB`,
      'figure',
    );
  });
});

type Slow = { readonly socket: Socket; readonly opened: number; closed: number | null };

/** A connection that never finishes what it says; `speak` is called about once a second while it is open. */
function openSlowly(from: string, first: string, next: string): Promise<Slow> {
  const { promise, resolve } = Promise.withResolvers<Slow>();
  const { hostname, port } = new URL(bot.url);
  const socket = connect({ port: Number(port), host: hostname, localAddress: from });
  const slow: Slow = { socket, opened: performance.now(), closed: null };
  const drip = setInterval(() => socket.writable && next !== '' && socket.write(next), 1_000);
  socket.resume();
  socket.on('error', () => socket.destroy());
  socket.once('close', () => {
    clearInterval(drip);
    slow.closed = performance.now();
    resolve(slow);
  });
  socket.once('connect', () => {
    if (first !== '') socket.write(first);
    resolve(slow);
  });
  stops.push(async () => socket.destroy());
  return promise;
}

describe('connections that say little and slowly', { tags: ['trust-25'] }, () => {
  const count = soak ? 2_000 : 400;
  const kinds: readonly (readonly [string, string])[] = [
    ['', ''],
    ['POST /alertmanager HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'],
    ['P', ''],
    ['POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n', 'x'],
  ];
  const slackBody = () =>
    `POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: ${nowSeconds()}\r\nX-Slack-Signature: v0=${'0'.repeat(64)}\r\nContent-Length: 2000\r\n\r\n`;
  const alertBody = () =>
    `POST /alertmanager HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${bot.token}\r\nContent-Length: 2000\r\n\r\n`;

  it('are closed, from one address and from many, and valid requests are answered all the while', {
    timeout: 120_000,
  }, async ({ annotate }) => {
    const slow: Slow[] = [];
    const took: number[] = [];
    let all = false;
    const valid = (async () => {
      while (!all) {
        const began = performance.now();
        expect((await alert()).status).toBe(200);
        took.push(performance.now() - began);
        expect((await question()).status).toBe(200);
      }
    })();
    const ways = [...kinds, [slackBody(), 'x'], [alertBody(), ' ']] as const;
    for (let index = 0; index < count; index += 1) {
      const [first, next] = ways[index % ways.length]!;
      // The first 300 come from one address, more than one may have; the rest from many.
      const from = index < 300 ? '127.0.0.1' : `127.0.1.${1 + (index % 20)}`;
      slow.push(await openSlowly(from, first, next));
    }
    await vi.waitFor(() => expect(slow.filter(({ closed }) => closed === null)).toEqual([]), {
      timeout: 30_000,
      interval: 100,
    });
    all = true;
    await valid;
    const longest = Math.max(...slow.map(({ opened, closed }) => (closed ?? opened) - opened));
    const sorted = took.toSorted((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
    expect(bot.output()).toContain('Too many connections');
    await annotate(
      `${count} slow connections, the longest open for ${(longest / 1_000).toFixed(1)} s; ${sorted.length} valid alerts answered meanwhile, 99 % within ${p99.toFixed(0)} ms`,
      'figure',
    );
  });
});
