import { isObject } from './blockKit/schema.ts';
import type { EventAllowance } from './eventAllowance.ts';
import type { Faults } from './faults.ts';
import { newId, newSecret } from './ids.ts';
import { postSigned } from './signedRequest.ts';
import type { Envelope, SocketMode } from './socketMode.ts';
import type { SlackEvent, Workspace } from './workspace.ts';
import { isMember, unixSeconds } from './workspace.ts';

/**
 * How things reach the app. Commands and interactions are sent once and the person waits for the
 * acknowledgement, 3 seconds at most. Events nobody waits for: one that fails is sent again at once, after a
 * minute and after five, unless the app answers with `x-slack-no-retry: 1`.
 */

export type Delivery = { kind: 'socket' } | { kind: 'http'; requestUrl: string };

export type Outcome =
  /** `body` is what came with the acknowledgement: parsed JSON, text, or null. */
  | { kind: 'acked'; body: unknown }
  | { kind: 'timeout' }
  | { kind: 'unreachable' }
  /** The app answered with an HTTP status other than 2xx. */
  | { kind: 'failed'; status: number; wantsNoRetry: boolean };

/** What was sent to the app, for tests to look at; the last ten thousand are kept. */
export interface DeliveryRecord {
  kind: Envelope['kind'];
  /** The event's or interaction's type, or the command. */
  name: string;
  payload: Record<string, unknown>;
  /** 0 for the first time, then 1 to 3. */
  retry: number;
  /** Milliseconds since 1970. */
  at: number;
  outcome: Outcome | null;
}

export interface Deliveries {
  readonly log: DeliveryRecord[];
  /** Sends a command or an interaction and waits. */
  interact(kind: 'slash_commands' | 'interactive', payload: Record<string, unknown>): Promise<Outcome>;
  /** Sends an event if the app subscribes to it, may see it and has not had too many. */
  event(event: SlackEvent): void;
  /** Asks the request URL to give back a challenge, as Slack does when it is entered; false over Socket Mode. */
  verifyRequestUrl(): Promise<boolean>;
  setDelivery(delivery: Delivery): void;
  delivery(): Delivery;
  /** Resolves when nothing is on its way, retries that wait left aside. */
  settled(): Promise<void>;
  stop(): void;
}

/** Deprecated by Slack but still sent. */
const verificationToken = 'verification-token';

/** A sandbox may run for days. */
const maxLog = 10_000;

const scopeOfEvent: Record<string, string> = {
  app_mention: 'app_mentions:read',
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
  'message.im': 'im:history',
  'message.mpim': 'mpim:history',
  member_joined_channel: 'channels:read',
  member_left_channel: 'channels:read',
  reaction_added: 'reactions:read',
  reaction_removed: 'reactions:read',
  pin_added: 'pins:read',
  pin_removed: 'pins:read',
  channel_archive: 'channels:read',
  channel_unarchive: 'channels:read',
  channel_rename: 'channels:read',
  channel_created: 'channels:read',
  file_shared: 'files:read',
};

const answersWithPayload = new Set(['view_submission', 'block_suggestion', 'slash_commands']);

function retryReason(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'timeout':
      return 'http_timeout';
    case 'failed':
      return 'http_error';
    case 'unreachable':
      return 'connection_failed';
    case 'acked':
      return '';
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text; // A slash command may be answered with plain text.
  }
}

export function createDeliveries(given: {
  workspace: Workspace;
  socketMode: SocketMode;
  faults: Faults;
  signingSecret: string;
  delivery: Delivery;
  /** Milliseconds. */
  ackTimeout: number;
  /** Milliseconds before each time an event is sent again. */
  retryDelays: readonly number[];
  allowance: EventAllowance;
}): Deliveries {
  const { workspace, socketMode, faults, allowance } = given;
  const log: DeliveryRecord[] = [];
  const timers = new Map<NodeJS.Timeout, () => void>();
  const underway = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  let delivery = given.delivery;

  function wait(milliseconds: number): { over: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      timers.delete(timer);
      resolve();
    }, milliseconds);
    timers.set(timer, resolve);
    const cancel = () => {
      clearTimeout(timer);
      timers.delete(timer);
    };
    return { over: promise, cancel };
  }

  function track<Value>(work: Promise<Value>): Promise<Value> {
    underway.add(work);
    const forget = () => underway.delete(work);
    work.then(forget, forget);
    return work;
  }

  async function sendBySocket(envelope: Envelope): Promise<Outcome> {
    const answer = await socketMode.send(envelope);
    return answer.kind === 'unreachable' ? answer : { kind: 'acked', body: answer.payload };
  }

  async function sendByHttp(requestUrl: string, { kind, payload, retry }: Envelope): Promise<Outcome> {
    const isEvent = kind === 'events_api';
    const form =
      kind === 'slash_commands'
        ? new URLSearchParams(
            Object.entries(payload).map(([name, value]): [string, string] => [name, String(value)]),
          )
        : new URLSearchParams({ payload: JSON.stringify(payload) });
    try {
      const answer = await postSigned({
        url: requestUrl,
        secret: given.signingSecret,
        at: unixSeconds(workspace),
        contentType: isEvent ? 'application/json' : 'application/x-www-form-urlencoded',
        headers:
          retry === undefined
            ? {}
            : { 'x-slack-retry-num': String(retry.num), 'x-slack-retry-reason': retry.reason },
        body: isEvent ? JSON.stringify(payload) : form.toString(),
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(given.ackTimeout)]),
      });
      if (answer.status >= 200 && answer.status < 300) return { kind: 'acked', body: parsed(answer.text) };
      return { kind: 'failed', status: answer.status, wantsNoRetry: answer.wantsNoRetry };
    } catch (error) {
      const isTimeout =
        error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
      return { kind: isTimeout ? 'timeout' : 'unreachable' };
    }
  }

  /** One attempt, with the acknowledgement's clock and the faults. */
  async function attempt(name: string, envelope: Envelope): Promise<Outcome> {
    const subject = envelope.kind === 'events_api' ? name : envelope.kind;
    const late = faults.take(['late_delivery'], subject);
    if (late !== null) await wait(late.delay).over;
    if (stopping.signal.aborted) return { kind: 'unreachable' };
    const record: DeliveryRecord = {
      kind: envelope.kind,
      name,
      payload: envelope.payload,
      retry: envelope.retry?.num ?? 0,
      at: workspace.now(),
      outcome: null,
    };
    log.push(record);
    if (log.length > maxLog) log.shift();
    const isDeaf = faults.take(['no_ack'], subject) !== null;
    const sent =
      delivery.kind === 'socket' ? sendBySocket(envelope) : sendByHttp(delivery.requestUrl, envelope);
    const patience = wait(given.ackTimeout);
    const silence = patience.over.then((): Outcome => ({ kind: 'timeout' }));
    const outcome = await Promise.race([isDeaf ? silence : sent, silence]);
    patience.cancel();
    record.outcome = outcome;
    return outcome;
  }

  async function sendEvent(name: string, payload: Record<string, unknown>): Promise<void> {
    let outcome = await track(attempt(name, { kind: 'events_api', payload, acceptsResponse: false }));
    for (const [index, delay] of given.retryDelays.entries()) {
      if (outcome.kind === 'acked' || stopping.signal.aborted) return;
      if (outcome.kind === 'failed' && outcome.wantsNoRetry) return;
      const reason = retryReason(outcome);
      await wait(delay).over;
      if (stopping.signal.aborted) return;
      const again: Envelope = {
        kind: 'events_api',
        payload,
        acceptsResponse: false,
        retry: { num: index + 1, reason },
      };
      outcome = await track(attempt(name, again));
    }
  }

  function mayKnow({ subscription, channel }: SlackEvent): boolean {
    const scope = scopeOfEvent[subscription];
    return (
      workspace.app.events.includes(subscription) &&
      (scope === undefined || workspace.app.scopes.includes(scope)) &&
      (channel === null || isMember(channel, workspace.botUserId))
    );
  }

  function tellOfDroppedEvents(inMinute: number): Promise<void> {
    return sendEvent('app_rate_limited', {
      token: verificationToken,
      type: 'app_rate_limited',
      team_id: workspace.team.id,
      minute_rate_limited: inMinute,
      api_app_id: workspace.app.id,
    });
  }

  return {
    log,
    interact(kind, payload) {
      const name = String(kind === 'slash_commands' ? payload.command : payload.type);
      const acceptsResponse = answersWithPayload.has(kind === 'slash_commands' ? kind : name);
      return track(attempt(name, { kind, payload, acceptsResponse }));
    },
    event(event) {
      if (stopping.signal.aborted || !mayKnow(event)) return;
      const allowed = allowance.take();
      if (allowed.kind === 'drop') {
        if (allowed.tell !== null) void tellOfDroppedEvents(allowed.tell);
        return;
      }
      const payload = {
        token: verificationToken,
        team_id: workspace.team.id,
        api_app_id: workspace.app.id,
        event: structuredClone(event.body),
        type: 'event_callback',
        event_id: newId('Ev'),
        event_time: unixSeconds(workspace),
        authorizations: [
          {
            enterprise_id: null,
            team_id: workspace.team.id,
            user_id: workspace.botUserId,
            is_bot: true,
            is_enterprise_install: false,
          },
        ],
        is_ext_shared_channel: false,
      };
      const { type } = event.body;
      const times = faults.take(['duplicate_event'], type) === null ? 1 : 2;
      for (let i = 0; i < times; i += 1) void sendEvent(type, payload);
    },
    async verifyRequestUrl() {
      if (delivery.kind === 'socket') return false;
      const challenge = newSecret(24);
      const payload = { token: verificationToken, challenge, type: 'url_verification' };
      const outcome = await track(
        attempt('url_verification', { kind: 'events_api', payload, acceptsResponse: false }),
      );
      if (outcome.kind !== 'acked') return false;
      const { body } = outcome;
      return body === challenge || (isObject(body) && body.challenge === challenge);
    },
    setDelivery(next) {
      delivery = next;
    },
    delivery: () => delivery,
    async settled() {
      while (underway.size > 0) await Promise.allSettled([...underway]);
    },
    stop() {
      stopping.abort();
      // Whoever still waits is let go, as after a time-out.
      for (const [timer, resolve] of timers) {
        clearTimeout(timer);
        resolve();
      }
      timers.clear();
    },
  };
}
