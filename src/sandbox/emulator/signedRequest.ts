import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** POSTs to an app's request URL as Slack does: signed, on a connection of its own, following no redirects. */

export interface HttpAnswer {
  status: number;
  /** Whether the app asked not to have this sent again. */
  wantsNoRetry: boolean;
  text: string;
}

export function signature(secret: string, timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

/** Rejects when the connection fails or the signal aborts. */
export function postSigned(given: {
  url: string;
  secret: string;
  /** Unix seconds. */
  at: number;
  contentType: 'application/json' | 'application/x-www-form-urlencoded';
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}): Promise<HttpAnswer> {
  const timestamp = String(given.at);
  const request = given.url.startsWith('https:') ? httpsRequest : httpRequest;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const outgoing = request(
    given.url,
    {
      method: 'POST',
      agent: false,
      signal: given.signal,
      headers: {
        'content-type': given.contentType,
        'content-length': Buffer.byteLength(given.body),
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': signature(given.secret, timestamp, given.body),
        ...given.headers,
      },
    },
    (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          wantsNoRetry: response.headers['x-slack-no-retry'] === '1',
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    },
  );
  outgoing.on('error', reject);
  outgoing.end(given.body);
  return promise;
}
