import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * A Slack without limits: it answers every method at once, or after a set delay, and notes what was called when. It
 * keeps nothing, so that it costs little beside what is measured.
 */
export type SlackCallSeen = {
  readonly method: string;
  /** Milliseconds of `performance.now()` at which the whole request was there. */
  readonly at: number;
  /** When the answer was sent, null until then. */
  answeredAt: number | null;
  readonly channel: string;
  readonly hasButtons: boolean;
  readonly body: string;
};

export type FakeSlack = {
  /** With its slash at the end, as the SDK wants it. */
  readonly apiUrl: string;
  /** Where Alertmanager's own receiver and other bots post. */
  readonly hookUrl: string;
  /** Told of every call before it is answered. */
  onCall(listener: ((call: SlackCallSeen) => void) | null): void;
  /** When the last call came, `performance.now()`. */
  lastCallAt(): number;
  calls(): number;
  delay(ms: number): void;
  /** Resolves with the first call of all. */
  firstCall(): Promise<void>;
  /** Resolves when nothing has called for a while. */
  quiet(ms?: number): Promise<void>;
  stop(): Promise<void>;
};

export const botToken = 'xoxb-bench';
export const signingSecret = '0123456789abcdef0123456789abcdef';
export const team = 'T00BENCH';
export const responder = 'U00RESPONDER';

const channels = ['genesis-alerts', 'genesis-monitoring', 'genesis-incidents'].map((name, index) => ({
  id: `C0000000${index}`,
  name,
}));

export async function startFakeSlack(): Promise<FakeSlack> {
  let listener: ((call: SlackCallSeen) => void) | null = null;
  let delayMs = 0;
  let calls = 0;
  const first = Promise.withResolvers<void>();
  let last = performance.now();
  let origin = '';
  /** The newest files, which an app looks for after it has shared them. */
  const files: { ts: string; user: string; files: { id: string; name: string }[] }[] = [];

  function answer(method: string, body: string): object {
    calls += 1;
    const channel = field(body, 'channel');
    switch (method) {
      case 'auth.test':
        return { user_id: 'U00BENCHBOT', bot_id: 'B00BENCH', team_id: team, url: 'https://bench.slack.com/' };
      case 'chat.postMessage':
        return { channel: channel.startsWith('C') ? channel : 'C00000001', ts: timestamp(calls) };
      case 'chat.update':
        return { channel, ts: field(body, 'ts') };
      case 'chat.postEphemeral':
        return { message_ts: timestamp(calls) };
      case 'conversations.create':
        return { channel: { id: `C1${calls}`, name: field(body, 'name') } };
      case 'conversations.list':
        return { channels, response_metadata: { next_cursor: '' } };
      case 'conversations.history':
      case 'conversations.replies':
        return { messages: files, has_more: false };
      case 'usergroups.list':
        return {
          usergroups: [{ id: 'S00ONCALL', handle: 'oncall', date_delete: 0, users: [responder] }],
        };
      case 'users.info':
        return { user: { id: responder, team_id: team, deleted: false, is_bot: false } };
      case 'bookmarks.list':
        return { bookmarks: [] };
      case 'files.getUploadURLExternal':
        files.unshift({
          ts: timestamp(calls),
          user: 'U00BENCHBOT',
          files: [{ id: `F${calls}`, name: decodeURIComponent(field(body, 'filename')) }],
        });
        files.length = Math.min(files.length, 20);
        return { upload_url: `${origin}/upload`, file_id: `F${calls}` };
      case 'files.completeUploadExternal':
        return { files: [] };
      default:
        return {};
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      const method = (request.url ?? '').slice('/api/'.length);
      last = performance.now();
      const hasButtons = body.includes('%22button%22');
      const channel = field(body, 'channel');
      const call: SlackCallSeen = { method, at: last, answeredAt: null, channel, hasButtons, body };
      listener?.(call);
      first.resolve();
      const isCall = request.url?.startsWith('/api/') ?? false;
      const text = isCall ? JSON.stringify({ ok: true, ...answer(method, body) }) : 'ok';
      const type = isCall ? 'application/json; charset=utf-8' : 'text/plain';
      const send = () => {
        call.answeredAt = performance.now();
        response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
        response.end(text);
      };
      if (delayMs > 0) setTimeout(send, delayMs);
      else send();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    apiUrl: `${origin}/api/`,
    hookUrl: `${origin}/hook`,
    onCall: (told) => {
      listener = told;
    },
    lastCallAt: () => last,
    calls: () => calls,
    delay: (ms) => {
      delayMs = ms;
    },
    firstCall: () => first.promise,
    async quiet(ms = 150) {
      const until = performance.now() + 10_000;
      while (performance.now() - last < ms && performance.now() < until) await sleep(ms / 3);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const timestamp = (number: number): string => `${1_700_000_000 + number}.000100`;

/** One field of a form; none of those that are looked up holds anything that is encoded. */
function field(body: string, name: string): string {
  const start = body.startsWith(`${name}=`) ? 0 : body.indexOf(`&${name}=`) + 1;
  if (start === 0 && !body.startsWith(`${name}=`)) return '';
  const end = body.indexOf('&', start);
  return body.slice(start + name.length + 1, end < 0 ? undefined : end);
}
