import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtPage, type StaticFile } from './builtPage.ts';

/**
 * The sandbox's browser page on one loopback port: its own files, `/person` and `/files` of the emulated workspace and
 * `/patient` of the patient, so that the browser sees a single origin. Whoever may ask here may click buttons that run
 * commands; therefore requests must name this machine, and what is passed on must come from this very page.
 */

export type PageOptions = Readonly<{
  /** 0, the default, lets the system choose. */
  port?: number;
  host?: '127.0.0.1';
  /** Where the emulated workspace answers, such as `http://127.0.0.1:4100`. */
  emulatorUrl: string;
  /** Where the patient's control answers. */
  patientUrl: string;
  /** Keeps the built page from one start to the next. */
  cacheDirectory: string;
}>;

export type Page = Readonly<{
  /** Without a slash at the end. */
  url: string;
  stop: () => Promise<void>;
}>;

const securityHeaders: OutgoingHttpHeaders = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    // A button seen through a foreign page could be clicked by mistake.
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/;

/** About this connection alone, or of no concern to what lies behind. */
const notPassedOn = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'origin',
  'cookie',
  'access-control-allow-origin',
]);

function passedOn(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !notPassedOn.has(name)));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function isOfThisMachine({ headers }: IncomingMessage): boolean {
  return loopback.test(headers.host ?? '');
}

/** No other page, not even one of this machine on another port, may ask for anything but the page itself. */
function isOfThisPage({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function sendFile(request: IncomingMessage, response: ServerResponse, file: StaticFile): void {
  const isHashed = request.url?.startsWith('/assets/') === true;
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': file.mediaType,
    'content-length': file.body.length,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(request.method === 'HEAD' ? undefined : file.body);
}

function pass(request: IncomingMessage, response: ServerResponse, target: URL): void {
  const onward = httpRequest(target, {
    method: request.method,
    headers: passedOn(request.headers),
    // A stream of events may stay quiet for long.
    timeout: 0,
  });
  onward.on('response', (answer) => {
    const headers = passedOn(answer.headers);
    // An uploaded file brings a policy of its own, which is stricter.
    response.writeHead(answer.statusCode ?? 502, { ...securityHeaders, ...headers });
    response.flushHeaders();
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', (cause) => {
    if (response.headersSent) response.destroy();
    else sendText(response, 502, `Nothing answers behind this page: ${cause.message}`);
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

/**
 * Builds the page where it is not in the cache, and serves it.
 * @throws Error when the page does not build or the port is taken
 */
export async function startPage(options: PageOptions): Promise<Page> {
  const { port = 0, host = '127.0.0.1', emulatorUrl, patientUrl } = options;
  const files = await builtPage(options.cacheDirectory);
  const behind: readonly (readonly [prefix: string, url: string])[] = [
    ['/person/', emulatorUrl],
    ['/files/', emulatorUrl],
    ['/patient/', patientUrl],
  ];

  function routePage(request: IncomingMessage, response: ServerResponse, pathname: string): void {
    const file = files.get(pathname === '/' ? '/index.html' : pathname);
    if (request.method !== 'GET' && request.method !== 'HEAD') sendText(response, 405, 'Method not allowed');
    else if (file === undefined) sendText(response, 404, 'Not found');
    else sendFile(request, response, file);
  }

  function route(request: IncomingMessage, response: ServerResponse): void {
    const asked = URL.parse(request.url ?? '', 'http://localhost');
    const target = behind.find(([prefix]) => asked?.pathname.startsWith(prefix) === true);
    if (!isOfThisMachine(request)) sendText(response, 403, 'Only this machine may ask.');
    else if (asked === null) sendText(response, 400, 'Bad request');
    else if (target === undefined) routePage(request, response, asked.pathname);
    else if (!isOfThisPage(request)) sendText(response, 403, 'Only the page itself may ask.');
    else pass(request, response, new URL(`${asked.pathname}${asked.search}`, target[1]));
  }

  const server = createServer(route);
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  await listening;
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async stop() {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      server.close(() => close());
      server.closeAllConnections();
      await closed;
    },
  };
}
