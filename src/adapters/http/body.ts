import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** The sender went away, or was cut off for being slow, before the body was whole. */
  | { readonly kind: 'gone' };

/** Reads a body of at most `limit` bytes; what is longer is dropped as it comes and never held. */
export function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (body: Body) => {
      request.off('data', take).off('end', whole).off('close', gone).off('error', gone);
      // Without this an error after our last interest would end the process.
      request.on('error', ignoreLateError);
      resolve(body);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) end({ kind: 'too-large' });
      else chunks.push(chunk);
    };
    const whole = () => end({ kind: 'body', bytes: Buffer.concat(chunks, size) });
    const gone = () => end({ kind: 'gone' });
    request.on('data', take).on('end', whole).on('close', gone).on('error', gone);
  });
}

/** The connection is being taken down already; there is nobody left to tell. */
const ignoreLateError = () => {};

/** Bytes announced by Content-Length, or 0 where the length is not announced. */
export function announcedLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}
