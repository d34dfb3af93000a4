import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Log, rareWarnings } from '../../engine/log.ts';
import { StoreFailed } from '../../engine/ports.ts';
import { createBearerCheck } from './bearer.ts';
import { announcedLength, type Body, type Crowd, readBody } from './body.ts';
import { capConnections } from './connections.ts';
import { problem, send, sendAndHangUp } from './reply.ts';
import { findRoute, type Reply, type Request, type Route } from './route.ts';

/**
 * The one place that owns the port. A request passes, in this order: connection caps, header size and time, the route
 * and its method, the body's announced length, encoding and type, authentication as far as the headers carry it, the
 * body's real length and time, the handler. Nothing large is ever held for somebody who has not been authenticated.
 */
export type HttpLimits = {
  /** Milliseconds for the headers, and again for the whole request; slower senders are cut off with 408. */
  readonly receiveMs: number;
  /** How long an idle connection is kept for a next request, in milliseconds. */
  readonly keepAliveMs: number;
  readonly headerBytes: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** How long `close` waits for answers in progress, in milliseconds. */
  readonly drainMs: number;
};

const defaults: HttpLimits = {
  // A little under ten seconds in all, together with the interval at which late senders are looked for.
  receiveMs: 8_000,
  keepAliveMs: 15_000,
  headerBytes: 16 * 1024,
  connections: 1_000,
  connectionsPerAddress: 250,
  drainMs: 10_000,
};

export type HttpServer = {
  readonly address: { readonly host: string; readonly port: number; readonly url: string };
  /** Everything that it answers; what is not in here is 404. */
  readonly routes: readonly Route[];
  /** Takes no more connections, lets answers in progress finish, and cuts what remains after `drainMs`. */
  close(): Promise<void>;
};

export async function startHttpServer(options: {
  readonly host: string;
  readonly port: number;
  readonly routes: readonly Route[];
  readonly log: Log;
  readonly limits?: Partial<HttpLimits>;
}): Promise<HttpServer> {
  const limits = { ...defaults, ...options.limits };
  const { log } = options;
  const authorized = new Map<Route, (header: string | undefined) => boolean>();
  for (const route of options.routes)
    if (typeof route.auth === 'object') authorized.set(route, createBearerCheck(route.auth.bearer));

  const server = createServer({
    headersTimeout: limits.receiveMs,
    requestTimeout: limits.receiveMs,
    // The default looks for late senders only every 30 s.
    connectionsCheckingInterval: Math.max(50, Math.min(1_000, limits.receiveMs / 10)),
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: limits.headerBytes,
  });
  // A receiver that stops reading its answer must not hold the connection for ever.
  server.timeout = 60_000;
  const warn = rareWarnings(log);
  const strangers: Crowd = { held: 0, most: 4 * 1024 * 1024, small: 32 * 1024 };
  const connections = capConnections(
    server,
    { total: limits.connections, perAddress: limits.connectionsPerAddress },
    (address) => warn('Too many connections: one was closed.', { address }),
  );

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? '';
    const [path = '', search = ''] = splitOnce(request.url ?? '', '?');
    const refuse = (reply: Reply) => sendAndHangUp(request, response, reply);
    if (!path.startsWith('/')) return refuse(problem(400, 'bad-path', 'The path must begin with a slash.'));

    const found = findRoute(options.routes, method, path);
    if (found.kind === 'no-path') return refuse(problem(404, 'not-found', 'There is nothing at this path.'));
    if (found.kind === 'no-method') {
      const message = `This path does not answer ${method}.`;
      return refuse(problem(405, 'method-not-allowed', message, { allow: found.allow }));
    }
    const { route } = found;
    const early = checkHeaders(request, route);
    if (early) return refuse(early);
    const check = authorized.get(route);
    if (check && !check(request.headers.authorization)) {
      warn('A request without a valid token was refused.', { path, address: request.socket.remoteAddress });
      const message = 'This path needs an Authorization header with a valid bearer token.';
      return refuse(problem(401, 'unauthorized', message, { 'www-authenticate': 'Bearer' }));
    }
    const refused = route.refuse?.(request.headers);
    if (refused) return refuse(refused);
    if (request.headers.expect !== undefined) response.writeContinue();

    const body: Body = await readBody(request, route.bodyLimit, route.auth === 'own' ? strangers : null);
    if (body.kind === 'gone') return;
    if (body.kind === 'crowded') {
      const message = 'Too many large bodies are coming in. Send it again.';
      return refuse(problem(503, 'crowded', message, { 'retry-after': '5' }));
    }
    if (body.kind === 'too-large') return refuse(tooLarge(route));
    const served = connections.serving(request.socket);
    response.once('close', served);

    if ('listener' in route) {
      await route.listener(Object.assign(request, { rawBody: body.bytes }), response);
      return;
    }
    const given: Request = {
      method,
      path,
      query: new URLSearchParams(search),
      headers: request.headers,
      rawBody: body.bytes,
      remote: request.socket.remoteAddress ?? 'unknown',
    };
    send(response, await route.handle(given));
  };

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      const reply = failureReply(error, log, `${request.method} ${request.url?.split('?')[0]}`);
      if (response.headersSent) response.destroy();
      else send(response, reply);
    });
  };
  server.on('request', listener).on('checkContinue', listener);
  server.on('clientError', answerBadClient).on('connect', answerConnect);

  await listen(server, options.host, options.port);
  const bound = server.address() as AddressInfo;
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return {
    address: { host: bound.address, port: bound.port, url: `http://${shown}:${bound.port}` },
    routes: options.routes,
    close: () => {
      const closed = drain(server, limits.drainMs, log);
      connections.drain();
      return closed;
    },
  };
}

function checkHeaders(request: IncomingMessage, route: Route): Reply | null {
  const twice = ambiguous.find((name) => (request.headersDistinct[name]?.length ?? 0) > 1);
  if (twice !== undefined) return problem(400, 'header-twice', `Send the header ${twice} once.`);
  const transfer = request.headers['transfer-encoding'];
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked')
    return problem(400, 'encoding-not-supported', 'Send the body as it is, at most in chunks.');
  const length = announcedLength(request);
  if (length > route.bodyLimit) return tooLarge(route);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    return problem(415, 'encoding-not-supported', 'Send the body as it is, without a Content-Encoding.');
  if (!route.accepts) return null;
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase());
  if (!route.accepts.includes(type))
    return problem(415, 'type-not-supported', `Send a body of the type ${route.accepts.join(' or ')}.`);
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset === undefined || /^charset="?utf-8"?$/.test(charset)) return null;
  return problem(415, 'charset-not-supported', 'Send a body in UTF-8.');
}

/** Node keeps the first of these where a proxy may look at the last, so that two readers would see two requests. */
const ambiguous = ['authorization', 'content-type', 'content-encoding', 'transfer-encoding', 'host'] as const;

const tooLarge = (route: Route): Reply =>
  problem(413, 'too-large', `The body is longer than ${route.bodyLimit} bytes, the most this path takes.`);

/** A store that cannot commit is overload: only 503 makes Alertmanager deliver again. */
function failureReply(error: unknown, log: Log, request: string): Reply {
  if (error instanceof StoreFailed) {
    log.error('The store failed; the sender was asked to try again.', { request, code: error.code, error });
    return problem(503, `store-${error.code}`, 'Nothing was stored. Send it again.', { 'retry-after': '5' });
  }
  const id = randomUUID().slice(0, 8);
  log.error('A request failed.', { request, id, error });
  return problem(500, 'internal', `Something failed here. The log has it under ${id}.`);
}

/** Requests that Node itself refuses never reach a handler; they get the same kind of answer. */
function answerBadClient(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code, message] =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? ['408 Request Timeout', 'too-slow', 'The request did not arrive in time.']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? ['431 Request Header Fields Too Large', 'headers-too-large', 'The headers are too long.']
        : ['400 Bad Request', 'bad-request', 'This is not a valid HTTP request.'];
  refuseOn(socket, status, code, message);
}

/** Node closes such a connection without a word where nobody listens for it. */
const answerConnect = (_request: IncomingMessage, socket: Duplex): void =>
  refuseOn(socket, '405 Method Not Allowed', 'method-not-allowed', 'This is not a proxy.');

function refuseOn(socket: Duplex, status: string, code: string, message: string): void {
  const body = JSON.stringify({ error: code, message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 511 }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function drain(server: Server, drainMs: number, log: Log): Promise<void> {
  return new Promise((resolve, reject) => {
    const cut = setTimeout(() => {
      log.warn('Some requests did not finish in time and were cut off.', { afterMs: drainMs });
      server.closeAllConnections();
    }, drainMs);
    server.close((error) => {
      clearTimeout(cut);
      if (error) reject(error);
      else resolve();
    });
  });
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + 1)];
}
