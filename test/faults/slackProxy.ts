import { Agent, request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `asked`: the call has arrived and goes no further yet. `done`: it was done, and its reply is not on its way yet. */
export type Passing = (method: string, moment: 'asked' | 'done') => void;

/**
 * Stands between the bot and the Web API and tells of each call as it passes. Answers are passed on as they are, but
 * that files are to be uploaded here too: Slack's own API names no other place than one of its own either.
 */
export async function startSlackProxy(
  apiUrl: string,
  passing: Passing,
): Promise<{ apiUrl: string; stop(): Promise<void> }> {
  const target = new URL(apiUrl);
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const method = path.startsWith('/api/') ? path.slice('/api/'.length) : null;
    const onward = ask(
      {
        host: target.hostname,
        port: target.port,
        path,
        method: request.method,
        headers: { ...request.headers, host: target.host },
        agent,
      },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => pieces.push(piece));
        answer.once('error', () => response.destroy());
        answer.once('end', () => {
          if (method !== null) passing(method, 'done');
          const body = Buffer.concat(pieces);
          const here = method === 'files.getUploadURLExternal' ? redirected(body) : body;
          const { 'transfer-encoding': _, ...headers } = answer.headers;
          response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': String(here.length) });
          response.end(here);
        });
      },
    );
    // A reply that is lost on the way there is lost on the way back too.
    onward.once('error', () => response.destroy());
    response.on('error', () => onward.destroy());
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('error', () => onward.destroy());
    request.once('end', () => {
      if (method !== null) passing(method, 'asked');
      onward.end(Buffer.concat(pieces));
    });
  });
  const redirected = (body: Buffer): Buffer =>
    Buffer.from(body.toString('utf8').replaceAll(target.host, `127.0.0.1:${port()}`));
  const port = () => (server.address() as AddressInfo).port;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    apiUrl: `http://127.0.0.1:${port()}/api/`,
    stop: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
