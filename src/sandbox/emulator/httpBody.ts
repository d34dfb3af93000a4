import type { IncomingMessage, ServerResponse } from 'node:http';

/** Reading requests and writing answers. */

export class BodyTooLarge extends Error {}

export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge(`More than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function sendJson(
  response: ServerResponse,
  status: number,
  { body, headers = {} }: { body: unknown; headers?: Record<string, string> },
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

const loopback = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/;

/** Whether the request names this machine itself, so that no other site's page can reach it by a DNS trick. */
export function isLoopbackHost(request: IncomingMessage): boolean {
  return loopback.test(request.headers.host ?? '');
}

/** The Origin if it is a loopback one, '' if there is none, null if it is foreign. */
export function loopbackOrigin(request: IncomingMessage): string | null {
  const { origin } = request.headers;
  if (origin === undefined) return '';
  const url = URL.parse(origin);
  return url !== null && loopback.test(url.host) ? origin : null;
}
