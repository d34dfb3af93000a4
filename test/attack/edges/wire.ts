import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';

/** Requests as an attacker sends them: nothing is added that was not asked for, and answers may come at any time. */
export type Sent = { readonly status: number; readonly text: string };

export function send(
  url: string,
  given: {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string | readonly string[]>>;
    readonly body?: string | Uint8Array;
    readonly chunked?: boolean;
  },
): Promise<Sent> {
  const { promise, resolve, reject } = Promise.withResolvers<Sent>();
  const { hostname, port } = new URL(url);
  const body = given.body ?? '';
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(given.headers ?? {}))
    headers[name] = typeof value === 'string' ? value : [...value];
  if (!given.chunked) headers['content-length'] = String(Buffer.byteLength(body));
  const outgoing = httpRequest(
    {
      host: hostname,
      port,
      // As it is: a parsed address would be tidied up.
      path: url.slice(new URL(url).origin.length) || '/',
      method: given.method ?? 'POST',
      agent: false,
      headers,
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      response.once('error', reject);
    },
  );
  // Once the answer is there, a connection that is cut under the rest of the body is as it should be.
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** Sends bytes as they are and answers what came back until the other side closed; 0 where it said nothing. */
export function sendRaw(url: string, bytes: Uint8Array): Promise<Sent> {
  const { promise, resolve } = Promise.withResolvers<Sent>();
  const { hostname, port } = new URL(url);
  let text = '';
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  socket.setEncoding('latin1');
  const statusOf = () => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  socket.on('data', (chunk: string) => {
    text += chunk;
    // A connection that is kept open after a whole answer would otherwise be waited for.
    if (/\r\n\r\n/.test(text) && statusOf() >= 200) socket.end();
  });
  socket.on('error', () => socket.destroy());
  socket.once('close', () => resolve({ status: statusOf(), text }));
  return promise;
}
