import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { FAULTS, type Fault } from './faults.ts';
import { runProgram } from './programs/run.ts';
import type { World } from './programs/world.ts';
import type { SeriesPoint } from './series.ts';

/** What can be asked of the patient over HTTP. */
export type Controlled = Readonly<{
  state: () => unknown;
  series: (since: number) => readonly SeriesPoint[];
  set: (fault: Fault, on: boolean) => Promise<void>;
  /** As the patient was when it started for the first time. */
  reset: () => Promise<void>;
  hostMetrics: () => string;
  /** Undefined while the container does not run, or where there is none of this name. */
  containerMetrics: (name: string) => string | undefined;
  world: () => World;
}>;

export type ControlServer = Readonly<{ url: string; stop: () => Promise<void> }>;

type Reply = Readonly<{ status: number; body: unknown }>;

const faultSchema = z.strictObject({ fault: z.enum(FAULTS), on: z.boolean() });
const runSchema = z.strictObject({ program: z.string(), args: z.array(z.string()) });
const MOST_BODY_BYTES = 100_000;

/**
 * The control port, on 127.0.0.1: `/patient/…` for the page, `/metrics` of the host, `/run` for the patient's own
 * programs. It asks no password, so it answers only to its own name and takes changes only as JSON: a foreign web page
 * in the visitor's browser can send neither.
 */
export async function startControl(controlled: Controlled, port: number): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answer(request, controlled).then(
      (reply) => send(response, reply),
      (cause: unknown) =>
        send(response, {
          status: 400,
          body: { error: cause instanceof Error ? cause.message : String(cause) },
        }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = typeof body === 'string';
  response.writeHead(status, { 'content-type': text ? 'text/plain; version=0.0.4' : 'application/json' });
  response.end(text ? body : JSON.stringify(body));
}

async function answer(request: IncomingMessage, controlled: Controlled): Promise<Reply> {
  const host = request.headers.host?.replace(/:\d+$/, '');
  if (host !== '127.0.0.1' && host !== 'localhost')
    return { status: 403, body: { error: 'unknown host name' } };
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const since = Number(url.searchParams.get('since') ?? 0);
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /patient/state':
      return { status: 200, body: controlled.state() };
    case 'GET /patient/series':
      return { status: 200, body: controlled.series(since) };
    case 'GET /metrics':
      return { status: 200, body: controlled.hostMetrics() };
    default: {
      const container = /^\/containers\/([\w-]+)\/metrics$/.exec(url.pathname)?.[1];
      if (container !== undefined && request.method === 'GET') {
        const metrics = controlled.containerMetrics(container);
        return metrics === undefined
          ? { status: 503, body: { error: `${container} does not run` } }
          : { status: 200, body: metrics };
      }
      return change(request, url.pathname, controlled);
    }
  }
}

async function change(request: IncomingMessage, path: string, controlled: Controlled): Promise<Reply> {
  const orders: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    '/patient/fault': async (body) => {
      const { fault, on } = faultSchema.parse(body);
      await controlled.set(fault, on);
      return controlled.state();
    },
    '/patient/reset': async () => {
      await controlled.reset();
      return controlled.state();
    },
    '/run': async (body) => {
      const { program, args } = runSchema.parse(body);
      return runProgram(program, args, controlled.world());
    },
  };
  const order = Object.hasOwn(orders, path) ? orders[path] : undefined;
  if (order === undefined) return { status: 404, body: { error: `nothing at ${path}` } };
  if (request.method !== 'POST') return { status: 405, body: { error: 'only POST' } };
  if (request.headers['content-type']?.split(';')[0] !== 'application/json') {
    return { status: 415, body: { error: 'only application/json' } };
  }
  return { status: 200, body: await order(await readJson(request)) };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
