import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A path answers to itself only; a prefix to itself and to everything below it. */
type Place = { readonly path: string } | { readonly prefix: string };

type Common = Place & {
  /** A GET route answers HEAD too. */
  readonly method: Method;
  /** Bytes; a longer body is refused with 413 before it is held in memory and before anybody is authenticated. */
  readonly bodyLimit: number;
  /** Media types that a body may have; without it every type is taken. */
  readonly accepts?: readonly string[];
  /** What the headers alone are refused for, before anything of the body is read. */
  readonly refuse?: (headers: IncomingHttpHeaders) => Reply | null;
};

/** `own`: the handler itself authenticates, from a signature or a session. */
export type Auth = 'none' | 'own' | { readonly bearer: readonly string[] };

export type Request = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
  readonly remote: string;
};

export type Reply = { readonly status: number; readonly headers?: Readonly<Record<string, string>> } & (
  | { readonly json: unknown }
  | { readonly text: string; readonly type?: string }
  | { readonly bytes: Uint8Array; readonly type: string }
);

export type HandledRoute = Common & {
  readonly auth: Auth;
  readonly handle: (request: Request) => Promise<Reply>;
};

/** For a framework that answers by itself and authenticates by itself. */
export type RawRoute = Common & {
  readonly auth: 'own';
  readonly listener: (request: IncomingMessage & { rawBody: Buffer }, response: ServerResponse) => unknown;
};

export type Route = HandledRoute | RawRoute;

export type Found =
  | { readonly kind: 'route'; readonly route: Route }
  | { readonly kind: 'no-path' }
  | { readonly kind: 'no-method'; readonly allow: string };

/** Exact paths before prefixes, longer prefixes before shorter ones. */
export function findRoute(routes: readonly Route[], method: string, path: string): Found {
  const exact = routes.filter((route) => 'path' in route && route.path === path);
  const here = exact.length > 0 ? exact : longestPrefix(routes, path);
  if (here.length === 0) return { kind: 'no-path' };
  const wanted = method === 'HEAD' ? 'GET' : method;
  const route = here.find((each) => each.method === wanted);
  if (route) return { kind: 'route', route };
  const allow = here.flatMap((each) => (each.method === 'GET' ? ['GET', 'HEAD'] : [each.method]));
  return { kind: 'no-method', allow: [...new Set(allow)].join(', ') };
}

function longestPrefix(routes: readonly Route[], path: string): readonly Route[] {
  const under = routes.flatMap((route) => {
    if (!('prefix' in route)) return [];
    const prefix = route.prefix.replace(/\/$/, '');
    return path === prefix || path.startsWith(`${prefix}/`) ? [{ route, length: prefix.length }] : [];
  });
  const longest = Math.max(-1, ...under.map((each) => each.length));
  return under.filter((each) => each.length === longest).map((each) => each.route);
}
