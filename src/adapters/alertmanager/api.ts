/** How Alertmanager is asked: a name and password that stand in its address are sent along, never in the address. */
export type Endpoint = { readonly url: URL; readonly headers: Readonly<Record<string, string>> };

/** `path` such as `api/v2/alerts`, below whatever path the address has itself. */
export function endpointOf(baseUrl: string, path: string): Endpoint {
  const url = new URL(baseUrl);
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return { url, headers: credentials === ':' ? {} : { authorization: `Basic ${btoa(credentials)}` } };
}

const maxBytes = 20 * 1024 * 1024;

/** The body as text; null where it is longer than anything that is meant. */
export async function readCapped(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export const tooLong = (what: string): string =>
  `Alertmanager has more ${what} than fit into ${maxBytes} bytes.`;

/** One sentence for whatever kept Alertmanager from answering. */
export function unreachable(error: unknown, timeoutMs: number): string {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return `Alertmanager did not answer within ${timeoutMs / 1_000} s.`;
  if (error instanceof SyntaxError) return 'Alertmanager answered with something that is not JSON.';
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return `Alertmanager cannot be reached${code}.`;
}
