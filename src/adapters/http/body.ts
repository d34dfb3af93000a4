import type { IncomingMessage } from 'node:http';

export type Body =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** Too much is being held for strangers already, and this body is one of the large ones. */
  | { readonly kind: 'crowded' }
  /** The sender went away, or was cut off for being slow, before the body was whole. */
  | { readonly kind: 'gone' };

/** What all bodies together may take that come from nobody knows whom. */
export type Crowd = {
  /** Bytes that are held now. */
  held: number;
  /** Over this, only small bodies are taken, so that whoever sends large ones keeps out others like it and nobody else. */
  readonly most: number;
  readonly small: number;
};

/** Reads a body of at most `limit` bytes; what is longer is dropped as it comes and never held. */
export function readBody(request: IncomingMessage, limit: number, crowd: Crowd | null): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (body: Body) => {
      request.off('data', take).off('end', whole).off('close', gone).off('error', gone);
      // Without this an error after our last interest would end the process.
      request.on('error', ignoreLateError);
      if (crowd) crowd.held -= size;
      resolve(body);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (crowd) crowd.held += chunk.length;
      if (size > limit) end({ kind: 'too-large' });
      else if (crowd && crowd.held > crowd.most && size > crowd.small) end({ kind: 'crowded' });
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
