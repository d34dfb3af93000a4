import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './route.ts';

/** Errors are always JSON of this shape; `error` is for programs, `message` for people. */
export const problem = (
  status: number,
  error: string,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Reply => ({ status, json: { error, message }, ...(headers ? { headers } : {}) });

export function send(response: ServerResponse, reply: Reply): void {
  const { bytes, head } = render(reply);
  response.writeHead(reply.status, head);
  response.end(bytes);
}

/**
 * Answers while the sender is still sending and ends the connection. Closing at once would reset it, and the sender
 * would see a broken pipe instead of the answer; so a little of what still comes is dropped, and where it goes on, the
 * connection stays unread for a moment. Dropping all of it would cost more memory than holding a body does.
 */
export function sendAndHangUp(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const { bytes, head } = render(reply);
  response.writeHead(reply.status, { ...head, connection: 'close' });
  response.write(bytes);
  let dropped = 0;
  const hangUp = () => {
    clearTimeout(timer);
    request.off('data', drop);
    response.end();
    request.socket.destroySoon();
  };
  const drop = (chunk: Buffer) => {
    dropped += chunk.length;
    if (dropped > lingerBytes) request.pause();
  };
  const timer = setTimeout(hangUp, lingerMs);
  request.on('data', drop).once('end', hangUp).once('close', hangUp);
}

/** Long enough for a sender on the other side of the world to read the answer. */
const lingerMs = 500;
const lingerBytes = 64 * 1024;

function render(reply: Reply): { bytes: Uint8Array; head: Record<string, string> } {
  const [bytes, type] =
    'json' in reply
      ? [Buffer.from(JSON.stringify(reply.json)), 'application/json; charset=utf-8']
      : 'text' in reply
        ? [Buffer.from(reply.text), reply.type ?? 'text/plain; charset=utf-8']
        : [reply.bytes, reply.type];
  return {
    bytes,
    head: {
      'content-type': type,
      'content-length': String(bytes.length),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...reply.headers,
    },
  };
}
