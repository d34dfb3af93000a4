import { SocketModeReceiver } from '@slack/bolt';
import { z } from 'zod';
import type { Log } from '../../engine/log.ts';
import { type Clock, WorkFailed } from '../../engine/ports.ts';
import { minuteOf } from './delivery.ts';
import { backoffMs, pause } from './patience.ts';
import { webOptions } from './slackClient.ts';
import { slackCode } from './slackFailure.ts';
import { slackLogger } from './slackLog.ts';

/**
 * The Socket Mode connection, kept up by a loop of our own: connecting ─▶ connected ─▶ gone ─▶ connecting, at once
 * after a connection that worked, with growing pauses after one that did not.
 *
 * The library's own reconnecting is off. It waits five seconds after every connection that Slack recycles, and where
 * reconnecting fails it rejects a promise that nobody holds, which ends the process.
 */
export type SocketLine = {
  readonly receiver: SocketModeReceiver;
  /** Resolves with the first connection. Throws where Slack will never accept the app token. */
  start(): Promise<void>;
  isConnected(): boolean;
  stop(): Promise<void>;
};

/** Slack's words for an app token that no waiting will mend. */
const hopeless = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'missing_scope',
  'no_permission',
  'forbidden_team',
  'user_removed_from_team',
  'team_disabled',
]);

const closeMs = 3_000;

export function createSocketLine(options: {
  appToken: string;
  apiUrl: string | null;
  /** Slack dropped events in the minute that began then, Unix seconds; it may say so more than once. */
  dropped?: (minute: number | null) => void;
  clock: Clock;
  log: Log;
}): SocketLine {
  const { appToken, apiUrl, clock, log } = options;
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: slackLogger(log),
    // An object of its own: the library writes into it.
    installerOptions: { clientOptions: webOptions(apiUrl, log) },
  });
  const { client } = receiver;
  const stopping = new AbortController();
  let connected = false;
  survive(client, { log, dropped: options.dropped ?? (() => undefined) });

  async function keepConnected(first: { resolve: () => void; reject: (error: unknown) => void }) {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const gone = Promise.withResolvers<void>();
      const end = () => gone.resolve();
      client.once('disconnected', end);
      try {
        await client.start();
        failures = 0;
        connected = true;
        first.resolve();
        log.info('Connected to Slack by Socket Mode');
        await gone.promise;
        connected = false;
        if (!stopping.signal.aborted) log.info('The Socket Mode connection ended; connecting again');
      } catch (error) {
        client.off('disconnected', end);
        const code = slackCode(error);
        if (code !== null && hopeless.has(code)) {
          first.reject(
            new WorkFailed(
              code,
              `Slack does not accept the app token (${code}). Create one with connections:write and set SLACK_APP_TOKEN.`,
              { cause: error },
            ),
          );
        }
        log.warn('No Socket Mode connection; trying again', { error, failures: failures + 1 });
        await pause(clock, backoffMs(failures), stopping.signal);
        failures += 1;
      }
    }
    first.resolve();
  }

  let running: Promise<void> = Promise.resolve();

  return {
    receiver,
    start() {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      running = keepConnected({ resolve, reject });
      return promise.catch(async (error: unknown) => {
        stopping.abort();
        await running;
        throw error;
      });
    },
    isConnected: () => connected,
    async stop() {
      stopping.abort();
      // A peer that never answers the close would hold this up for half a minute.
      const enough = new AbortController();
      const closed = client.disconnect().finally(() => enough.abort());
      await Promise.race([closed, pause(clock, closeMs, enough.signal)]);
      enough.abort();
    },
  };
}

const rateLimitNotice = z.object({
  type: z.literal('events_api'),
  envelope_id: z.string().optional(),
  payload: z.looseObject({ type: z.literal('app_rate_limited') }),
});

/**
 * `app_rate_limited` has no inner event, and the library stumbles over that in a place where nobody catches it. The
 * notice is taken out before, and whatever else goes wrong with a message is caught.
 */
function survive(
  client: SocketModeReceiver['client'],
  { log, dropped }: { readonly log: Log; readonly dropped: (minute: number | null) => void },
): void {
  const handle: unknown = Reflect.get(client, 'onWebSocketMessage');
  if (typeof handle !== 'function') return;
  /** Slack sends what nobody acknowledges again. */
  async function acknowledge(envelope: string): Promise<void> {
    const send: unknown = Reflect.get(client, 'send');
    if (typeof send !== 'function') return;
    try {
      await send.call(client, envelope);
    } catch (error) {
      log.warn('An acknowledgement did not reach Slack', { error });
    }
  }
  client.removeAllListeners('ws_message');
  client.on('ws_message', (data: unknown, isBinary: unknown) => {
    const notice = rateLimitNoticeIn(data);
    if (notice) {
      if (notice.envelope_id !== undefined) void acknowledge(notice.envelope_id);
      dropped(minuteOf(notice.payload));
      return;
    }
    Promise.resolve(handle.call(client, data, isBinary)).catch((error: unknown) =>
      log.error('A Socket Mode message could not be taken', { error }),
    );
  });
}

function rateLimitNoticeIn(data: unknown): z.infer<typeof rateLimitNotice> | null {
  if (typeof data !== 'string' || !data.includes('app_rate_limited')) return null;
  try {
    return rateLimitNotice.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    // Not JSON: the library says so itself.
    return null;
  }
}
