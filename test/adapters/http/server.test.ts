import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Route } from '../../../src/adapters/http/route.ts';
import { type HttpLimits, type HttpServer, startHttpServer } from '../../../src/adapters/http/server.ts';
import type { Fields, Log } from '../../../src/engine/log.ts';
import { StoreFailed } from '../../../src/engine/ports.ts';

type Line = { level: string; message: string; fields: Fields };

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function recordingLog(): { log: Log; lines: Line[] } {
  const lines: Line[] = [];
  const write =
    (level: string) =>
    (message: string, fields: Fields = {}) => {
      lines.push({ level, message, fields });
    };
  const log: Log = { info: write('info'), warn: write('warn'), error: write('error'), child: () => log };
  return { log, lines };
}

async function serve(routes: readonly Route[], limits: Partial<HttpLimits> = {}) {
  const { log, lines } = recordingLog();
  const server = await startHttpServer({ host: '127.0.0.1', port: 0, routes, log, limits });
  stops.push(() => server.close());
  return { server, lines, url: server.address.url };
}

const echo: Route = {
  method: 'POST',
  path: '/echo',
  bodyLimit: 1_000,
  auth: 'none',
  handle: async (request) => ({ status: 200, json: { said: request.rawBody.toString() } }),
};

const page: Route = {
  method: 'GET',
  prefix: '/incidents',
  bodyLimit: 0,
  auth: 'none',
  handle: async (request) => ({ status: 200, text: `${request.path}?${request.query}` }),
};

function raw(server: HttpServer): Promise<{ socket: Socket; text: () => string; closed: () => boolean }> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(server.address.port, '127.0.0.1');
    stops.push(() => socket.destroy());
    socket.on('data', (chunk) => {
      received += chunk;
    });
    // A connection that the server cuts ends in a reset here, and that is the point of these tests.
    socket.on('error', () => socket.destroy());
    socket.once('connect', () => resolve({ socket, text: () => received, closed: () => socket.closed }));
    socket.once('error', reject);
  });
}

describe('the port answers what it knows', () => {
  it('hands a request to its route with path, query and body', async () => {
    const { url } = await serve([echo, page]);
    const reply = await fetch(`${url}/echo`, { method: 'POST', body: 'alert' });
    expect(await reply.json()).toEqual({ said: 'alert' });
    const shown = await fetch(`${url}/incidents/INC-7?tab=log`);
    expect(await shown.text()).toBe('/incidents/INC-7?tab=log');
  });

  it('answers HEAD with the headers of GET and no body', async () => {
    const { url } = await serve([page]);
    const reply = await fetch(`${url}/incidents`, { method: 'HEAD' });
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-length')).toBe('11');
    expect(await reply.text()).toBe('');
  });

  it('says that an unknown path is unknown, and which methods a known one has', async () => {
    const { url } = await serve([echo, page]);
    const missing = await fetch(`${url}/incident`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ error: 'not-found', message: 'There is nothing at this path.' });
    const wrong = await fetch(`${url}/incidents`, { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${url}/incidentsx`)).status).toBe(404);
  });

  it('prefers the exact path to a prefix and the longer prefix to the shorter', async () => {
    const named = (name: string, place: { path: string } | { prefix: string }): Route => ({
      ...place,
      method: 'GET',
      bodyLimit: 0,
      auth: 'none',
      handle: async () => ({ status: 200, text: name }),
    });
    const { url } = await serve([
      named('short', { prefix: '/a' }),
      named('long', { prefix: '/a/b' }),
      named('exact', { path: '/a/b/c' }),
    ]);
    const at = async (path: string) => (await fetch(url + path)).text();
    expect(await Promise.all([at('/a/x'), at('/a/b/x'), at('/a/b/c')])).toEqual(['short', 'long', 'exact']);
  });

  it('answers a handler that throws with an id that the log has too', async () => {
    const broken: Route = {
      ...echo,
      handle: async () => {
        throw new Error('a detail that only operators may see');
      },
    };
    const { url, lines } = await serve([broken]);
    const reply = await fetch(`${url}/echo`, { method: 'POST' });
    expect(reply.status).toBe(500);
    const body = JSON.stringify(await reply.json());
    expect(body).not.toContain('detail');
    expect(body).toContain(String(lines[0]?.fields.id));
  });

  it('answers 503 when the store cannot commit, so that the sender tries again', async () => {
    const full: Route = {
      ...echo,
      handle: async () => {
        throw new StoreFailed('full', 'The disk is full.');
      },
    };
    const { url } = await serve([full]);
    const reply = await fetch(`${url}/echo`, { method: 'POST' });
    expect(reply.status).toBe(503);
    expect(await reply.json()).toMatchObject({ error: 'store-full' });
    expect(reply.headers.get('retry-after')).toBe('5');
  });

  it('hands a framework the request with its body already read', async () => {
    const { url } = await serve([
      {
        method: 'POST',
        path: '/slack/events',
        bodyLimit: 1_000,
        auth: 'own',
        listener: (request, response) => {
          response.end(`framework read ${request.rawBody.toString()}`);
        },
      },
    ]);
    const reply = await fetch(`${url}/slack/events`, { method: 'POST', body: 'payload' });
    expect(await reply.text()).toBe('framework read payload');
  });
});

describe('only who has a token gets in', () => {
  const guarded: Route = { ...echo, auth: { bearer: ['old-token', 'new-token'] } };
  const post = (url: string, authorization?: string) =>
    fetch(`${url}/echo`, {
      method: 'POST',
      body: 'x',
      ...(authorization ? { headers: { authorization } } : {}),
    });

  it('takes each of several tokens, so that they can be rotated', async () => {
    const { url } = await serve([guarded]);
    expect((await post(url, 'Bearer old-token')).status).toBe(200);
    expect((await post(url, 'bearer new-token')).status).toBe(200);
  });

  it.each([
    undefined,
    'Bearer',
    'Bearer ',
    'Bearer old-toke',
    'Basic old-token',
    'old-token',
    'Bearer old-token x',
  ])('refuses %s', async (header) => {
    const { url } = await serve([guarded]);
    const reply = await post(url, header);
    expect(reply.status).toBe(401);
    expect(await reply.json()).toMatchObject({ error: 'unauthorized' });
  });

  it('does not start with a guarded route that has no token', async () => {
    await expect(serve([{ ...echo, auth: { bearer: [] } }])).rejects.toThrow('at least one token');
    await expect(serve([{ ...echo, auth: { bearer: ['a', ''] } }])).rejects.toThrow('no empty one');
  });

  it('does not fill the log with refusals', async () => {
    const { url, lines } = await serve([guarded]);
    for (let n = 0; n < 20; n += 1) await post(url, 'Bearer wrong');
    expect(lines).toHaveLength(1);
  });
});

describe('nothing large is held for anybody', { tags: ['trust-24'] }, () => {
  it('refuses an announced length over the limit before it looks at the token', async () => {
    const { url } = await serve([{ ...echo, auth: { bearer: ['token'] } }]);
    const reply = await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(1_001) });
    expect(reply.status).toBe(413);
    expect(await reply.json()).toMatchObject({ error: 'too-large' });
  });

  it('refuses a streamed body as soon as it is over the limit', async () => {
    const handle = vi.fn(async () => ({ status: 200, json: {} }));
    const { server } = await serve([{ ...echo, handle }]);
    const sent = httpRequest({ host: '127.0.0.1', port: server.address.port, path: '/echo', method: 'POST' });
    sent.on('error', () => {});
    for (let n = 0; n < 3; n += 1) sent.write('x'.repeat(600));
    const [reply] = await once(sent, 'response');
    expect(reply.statusCode).toBe(413);
    reply.resume();
    sent.destroy();
    expect(handle).not.toHaveBeenCalled();
  });

  it('takes a body of exactly the limit', async () => {
    const { url } = await serve([echo]);
    expect((await fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(1_000) })).status).toBe(200);
  });

  it('stays small while 50 senders push large bodies without a token', async () => {
    const { server } = await serve([{ ...echo, bodyLimit: 1_048_576, auth: { bearer: ['token'] } }]);
    const before = process.memoryUsage().rss;
    const chunk = Buffer.alloc(64 * 1024, 120);
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const sender = await raw(server);
        sender.socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
        const push = () => {
          while (!sender.socket.destroyed) {
            if (!sender.socket.write(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]))) {
              sender.socket.once('drain', push);
              return;
            }
          }
        };
        push();
        await vi.waitFor(() => expect(sender.closed()).toBe(true), { timeout: 20_000 });
        return sender.text().slice(9, 12);
      }),
    );
    expect(new Set(statuses)).toEqual(new Set(['401']));
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  });

  it('refuses compressed bodies and wrong types', async () => {
    const { url } = await serve([{ ...echo, accepts: ['application/json'] }]);
    const json = { 'content-type': 'application/json; charset=utf-8' };
    const zipped = await fetch(`${url}/echo`, {
      method: 'POST',
      body: gzipSync('{}'),
      headers: { ...json, 'content-encoding': 'gzip' },
    });
    expect(zipped.status).toBe(415);
    expect(await zipped.json()).toMatchObject({ error: 'encoding-not-supported' });
    const plain = await fetch(`${url}/echo`, { method: 'POST', body: '{}' });
    expect(await plain.json()).toMatchObject({ error: 'type-not-supported' });
    expect((await fetch(`${url}/echo`, { method: 'POST', body: '{}', headers: json })).status).toBe(200);
  });

  it('refuses headers that are too long and lines that are no HTTP', async () => {
    const { server } = await serve([page]);
    const long = await raw(server);
    long.socket.write(`GET /incidents HTTP/1.1\r\nhost: x\r\nx-long: ${'y'.repeat(20_000)}\r\n\r\n`);
    await expect.poll(long.text).toContain('431');
    const odd = await raw(server);
    odd.socket.write('HELO there\r\n\r\n');
    await expect.poll(odd.text).toContain('"error":"bad-request"');
    const absolute = await raw(server);
    absolute.socket.write('GET http://elsewhere/incidents HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(absolute.text).toContain('bad-path');
  });
});

describe('slow and many connections do not keep others out', { tags: ['trust-25'] }, () => {
  it('cuts off who sends headers or body too slowly', async () => {
    const { server } = await serve([echo], { receiveMs: 200 });
    const headers = await raw(server);
    headers.socket.write('POST /echo HTTP/1.1\r\nhost: x\r\n');
    const body = await raw(server);
    body.socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
    await expect.poll(headers.closed, { timeout: 10_000 }).toBe(true);
    await expect.poll(body.closed, { timeout: 10_000 }).toBe(true);
    expect(headers.text()).toContain('408');
    expect(body.text()).toContain('408');
  });

  it('answers a valid request from the same address while that address holds all its connections open', async () => {
    const { server, url, lines } = await serve([echo], { connectionsPerAddress: 20, connections: 30 });
    const slow: Awaited<ReturnType<typeof raw>>[] = [];
    for (let n = 0; n < 60; n += 1) {
      const each = await raw(server);
      each.socket.write('POST /echo HTTP/1.1\r\nhost: x\r\n');
      slow.push(each);
    }
    const reply = await fetch(`${url}/echo`, { method: 'POST', body: 'alert' });
    expect(reply.status).toBe(200);
    await expect.poll(() => slow.filter((each) => !each.closed()).length).toBeLessThanOrEqual(20);
    expect(lines.some((line) => line.message.startsWith('Too many connections'))).toBe(true);
  });

  it('never pushes out a connection whose request is being answered', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const started = vi.fn();
    const slowAnswer: Route = {
      ...echo,
      handle: async () => {
        started();
        await held;
        return { status: 200, json: 'done' };
      },
    };
    const { url, server } = await serve([slowAnswer], { connectionsPerAddress: 2 });
    const first = fetch(`${url}/echo`, { method: 'POST' });
    await expect.poll(() => started.mock.calls.length).toBe(1);
    for (let n = 0; n < 5; n += 1) await raw(server);
    release();
    expect(await (await first).json()).toBe('done');
  });
});

describe('stopping', () => {
  it('finishes what is being answered, takes nothing new, and does not wait for idle connections', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const started = vi.fn();
    const slowAnswer: Route = {
      ...echo,
      handle: async () => {
        started();
        await held;
        return { status: 200, json: 'committed' };
      },
    };
    const { log } = recordingLog();
    const server = await startHttpServer({ host: '127.0.0.1', port: 0, routes: [slowAnswer, page], log });
    const agent = new Agent({ keepAlive: true });
    stops.push(() => agent.destroy());
    const idle = httpRequest({
      host: '127.0.0.1',
      port: server.address.port,
      path: '/incidents',
      agent,
    }).end();
    const [idleReply] = await once(idle, 'response');
    idleReply.resume();
    await once(idleReply, 'end');
    await raw(server);
    const answering = fetch(`${server.address.url}/echo`, { method: 'POST' });
    await expect.poll(() => started.mock.calls.length).toBe(1);
    const closing = server.close();
    await expect(fetch(`${server.address.url}/incidents`)).rejects.toThrow();
    release();
    expect(await (await answering).json()).toBe('committed');
    await closing;
  });

  it('cuts what does not finish', async () => {
    const { log, lines } = recordingLog();
    const started = vi.fn();
    const never: Route = {
      ...echo,
      handle: () => {
        started();
        return new Promise(() => {});
      },
    };
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: [never],
      log,
      limits: { drainMs: 100 },
    });
    const waiting = await raw(server);
    waiting.socket.write('POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}');
    await expect.poll(() => started.mock.calls.length).toBe(1);
    await server.close();
    await expect.poll(waiting.closed).toBe(true);
    expect(lines.map((line) => line.message)).toContain(
      'Some requests did not finish in time and were cut off.',
    );
  });
});
