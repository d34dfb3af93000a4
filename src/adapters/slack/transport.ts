import { Agent, request } from 'undici';

/** As many as the bot has calls under way at once. */
const connections = 64;
const keepAliveMs = 30_000;

/**
 * `fetch` for the Web API's calls, which are small texts both ways. The one that comes with Node wraps such a body into
 * streams and takes about twice as much time for a call as everything else in it together; `bench/` shows the
 * difference. What is no text, such as a file, goes through Node's own. Redirects are not followed: Slack sends none,
 * and the token is in the headers.
 */
export function createTransport(): { readonly fetch: typeof fetch; close(): Promise<void> } {
  const agent = new Agent({ connections, pipelining: 1, keepAliveTimeout: keepAliveMs });
  return {
    async fetch(url, init = {}) {
      if (typeof init.body !== 'string') return fetch(url, init);
      const reply = await request(String(url), {
        method: 'POST',
        headers: init.headers as Record<string, string>,
        body: init.body,
        signal: init.signal ?? null,
        dispatcher: agent,
      });
      const text = await reply.body.text();
      const headers = Object.entries(reply.headers).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      return new Response(statusWithoutBody.has(reply.statusCode) ? null : text, {
        status: reply.statusCode,
        headers,
      });
    },
    // What is still under way is cut off: by now nobody waits for it any more.
    close: () => agent.destroy(),
  };
}

/** For these a Response refuses a body, even an empty one. */
const statusWithoutBody = new Set([204, 205, 304]);
