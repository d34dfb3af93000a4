import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Reply = Readonly<{ status: number; body: unknown }>;
export type Request = Readonly<{ method: string; url: URL; body: string }>;
export type LocalServer = Readonly<{ url: string; stop: () => Promise<void> }>;

const MOST_BODY_BYTES = 1_000_000;

/**
 * An HTTP server on 127.0.0.1 (a free port), answering with JSON, or with plain text where the body is a string.
 * `answer` is called for every request; what it throws becomes a 500 with the message.
 */
export async function startLocalServer(answer: (request: Request) => Reply): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const respond = ({ status, body }: Reply): void => {
      const text = typeof body === 'string';
      response.writeHead(status, { 'content-type': text ? 'text/plain; charset=utf-8' : 'application/json' });
      response.end(text ? body : JSON.stringify(body));
    };
    readBody(request).then(
      (body) => {
        try {
          const url = new URL(request.url ?? '/', 'http://127.0.0.1');
          respond(answer({ method: request.method ?? 'GET', url, body }));
        } catch (cause) {
          respond({ status: 500, body: cause instanceof Error ? cause.message : String(cause) });
        }
      },
      (cause: unknown) => respond({ status: 400, body: String(cause) }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) throw new Error('the body is larger than 1 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
