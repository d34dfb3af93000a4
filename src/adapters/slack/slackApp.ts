import type { IncomingHttpHeaders } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import { spokenDuration } from '../../core/duration.ts';
import type { Log } from '../../engine/log.ts';
import { type Clock, type Deliveries, type Desk, WorkFailed } from '../../engine/ports.ts';
import type { Asked, Reply } from './asked.ts';
import { click } from './clicks.ts';
import { slashCommand } from './delivery.ts';
import { createHttpDoor, type HttpDoor, largestBody, mediaTypes } from './httpDoor.ts';
import { readOrigin } from './modals/form.ts';
import { pause, untilReachable } from './patience.ts';
import { clickPayload, filledIn, mentionPayload, slashPayload, submissionPayload } from './payload.ts';
import { tellPrivately } from './privateAnswer.ts';
import type { Identity } from './slackCall.ts';
import { type SlackClient, webOptions } from './slackClient.ts';
import { slackCode } from './slackFailure.ts';
import { slackLogger } from './slackLog.ts';
import { help } from './slash/overview.ts';
import { slash } from './slash/slash.ts';
import { createSocketLine } from './socketLine.ts';
import { nextView, submit } from './submissions.ts';

/**
 * The receiving side: Slack's requests become commands on behalf of the person who made them. Each is acknowledged
 * first, within Slack's three seconds, then carried out; refusals go to that person alone.
 */
export type SlackMode =
  | { readonly kind: 'socket'; readonly appToken: string }
  | { readonly kind: 'http'; readonly signingSecret: string };

export type SlackApp = {
  /** For the HTTP server: POST /slack/events; empty in Socket Mode. */
  readonly routes: readonly SlackRoute[];
  /** Begins, and keeps trying for as long as Slack cannot be reached; how it went is told by `ready` and `health`. */
  start(): void;
  /** Settles with the first start: once people are heard, or once it is clear that waiting is no use (WorkFailed). */
  ready(): Promise<void>;
  health(): Promise<{ ok: true } | { ok: false; code: string; message: string }>;
  /** Hears nothing new and waits for what was begun, ten seconds at most. */
  stop(): Promise<void>;
};

export type SlackRoute = {
  readonly path: string;
  readonly method: 'POST';
  readonly bodyLimit: number;
  readonly accepts: readonly string[];
  readonly refuse: (headers: IncomingHttpHeaders) => { readonly status: 401; readonly json: unknown } | null;
  /** The signature is checked here. */
  readonly auth: 'own';
  readonly listener: HttpDoor['listener'];
};

const drainMs = 10_000;
/** A message that changes a moment later needs no words. */
const worthSayingMs = 2_000;

export function createSlackApp(options: {
  client: SlackClient;
  desk: Desk;
  config: { readonly botToken: string; readonly apiUrl: string | null; readonly mode: SlackMode };
  deliveries: Deliveries;
  clock: Clock;
  log: Log;
}): SlackApp {
  const { client, desk, config, deliveries, clock, log } = options;
  const stopping = new AbortController();
  const underway = new Set<Promise<void>>();
  const door =
    config.mode.kind === 'http'
      ? createHttpDoor({ signingSecret: config.mode.signingSecret, deliveries, clock, log })
      : null;
  const line =
    config.mode.kind === 'socket'
      ? createSocketLine({ appToken: config.mode.appToken, apiUrl: config.apiUrl, clock, log })
      : null;

  /** Runs what follows an acknowledgement; nothing that goes wrong in it leaves. */
  function carryOut(asked: Asked, triggerId: string | null, work: () => Promise<Reply>): Promise<void> {
    const done = (async () => {
      try {
        await deliver(asked, triggerId, await work());
      } catch (error) {
        log.error('What a person asked for in Slack failed', { error, once: asked.once });
        await tellPrivately({ client, log }, asked, {
          text: 'That did not work because of a fault of Genesis. Try again in a moment.',
        });
      }
    })();
    underway.add(done);
    return done.finally(() => underway.delete(done));
  }

  async function deliver(asked: Asked, triggerId: string | null, reply: Reply): Promise<void> {
    switch (reply.kind) {
      case 'nothing':
        return;
      case 'shown':
        await sayIfLate(asked);
        return;
      case 'private':
        await tellPrivately({ client, log }, asked, reply.say);
        return;
      case 'modal':
        await open(asked, triggerId, reply);
        return;
      default:
        reply satisfies never;
    }
  }

  /** What was done shows in messages; where Slack takes no changes of them, a click would look as if it were lost. */
  async function sayIfLate(asked: Asked): Promise<void> {
    const ms = client.heldUpFor();
    if (ms < worthSayingMs) return;
    await tellPrivately({ client, log }, asked, {
      text: `That is done. Slack limits what Genesis posts right now, so you see it here only in about ${spokenDuration(ms)} or later.`,
    });
  }

  async function open(asked: Asked, triggerId: string | null, { view }: Extract<Reply, { kind: 'modal' }>) {
    try {
      await client.atOnce({ method: 'views.open' }, (web) =>
        web.views.open({ trigger_id: triggerId ?? '', view }),
      );
    } catch (error) {
      const code = slackCode(error);
      log.warn('A form could not be opened', { error, code });
      const late = code === 'expired_trigger_id' || code === 'exchanged_trigger_id';
      const limited =
        error instanceof WorkFailed && error.code === 'rate-limited' ? error.retry?.afterMs : null;
      await tellPrivately({ client, log }, asked, {
        text: late
          ? 'The form could not be opened in time. Try again.'
          : limited
            ? `Slack limits Genesis right now, so the form could not be opened. Try again in ${spokenDuration(limited)}.`
            : 'The form could not be opened. Try again in a moment.',
      });
    }
  }

  /** Nothing but posting tells whether one may post; what is not known for sure is tried. */
  async function reach(channel: string, user: string): Promise<boolean> {
    try {
      await client.atOnce({ method: 'chat.postEphemeral' }, (web) =>
        web.chat.postEphemeral({ channel, user, text: 'Genesis starts a run here.' }),
      );
      return true;
    } catch (error) {
      const code = slackCode(error);
      return code !== 'channel_not_found' && code !== 'is_archived';
    }
  }

  /** Slack knows that we heard; where the answer is lost, what was asked for is carried out all the same. */
  async function acknowledge(ack: () => Promise<void>): Promise<void> {
    try {
      await ack();
    } catch (error) {
      log.warn('An acknowledgement did not reach Slack', { error });
    }
  }

  function fromHere(team: string | null | undefined, identity: Identity): boolean {
    if (team === undefined || team === null || team === identity.teamId) return true;
    log.warn('Something from another workspace was refused', { team });
    return false;
  }

  function listen(app: App, identity: Identity): void {
    app.error(async (error) => log.error('Slack request failed', { error }));

    app.command(slashCommand, async ({ ack, body }) => {
      await acknowledge(() => ack());
      const said = slashPayload.parse(body);
      if (!fromHere(said.team_id, identity)) return;
      const asked: Asked = {
        user: said.user_id,
        channel: said.channel_id,
        responseUrl: said.response_url ?? null,
        once: `slack:${said.trigger_id}`,
      };
      await carryOut(asked, said.trigger_id, () => slash({ desk, clock, reach }, asked, said.text));
    });

    app.action(/.*/, async ({ ack, body }) => {
      await acknowledge(() => ack());
      const clicked = clickPayload.parse(body);
      if (!fromHere(clicked.team?.id, identity)) return;
      const [action] = clicked.actions;
      if (!action) return;
      const asked: Asked = {
        user: clicked.user.id,
        channel: clicked.channel?.id ?? null,
        responseUrl: clicked.response_url ?? null,
        once: `slack:${clicked.trigger_id}`,
      };
      const value = action.selected_option?.value ?? action.value ?? undefined;
      await carryOut(asked, clicked.trigger_id, () =>
        click(desk, asked, { actionId: action.action_id, value }),
      );
    });

    app.view(/^genesis\./, async ({ ack, body }) => {
      const parsed = submissionPayload.safeParse(body);
      const origin = parsed.success ? readOrigin(parsed.data.view.private_metadata) : null;
      if (!parsed.success || !origin || !fromHere(parsed.data.team?.id, identity)) {
        await acknowledge(() => ack());
        return;
      }
      const { user, view } = parsed.data;
      const asked: Asked = {
        user: user.id,
        channel: origin.channel,
        responseUrl: origin.responseUrl,
        once: `slack:${view.id}:${view.hash}`,
      };
      const form = view.callback_id.replace(/^genesis\./, '');
      const submission = { form, origin, filled: filledIn(parsed.data) };
      const next = await nextView(desk, asked, submission);
      if (next) {
        await acknowledge(() => ack({ response_action: 'update', view: next }));
        return;
      }
      await acknowledge(() => ack());
      await carryOut(asked, null, () => submit({ desk, reach }, asked, submission));
    });

    app.event('app_mention', async ({ body }) => {
      const mention = mentionPayload.parse(body);
      const { event, event_id: id } = mention;
      if (event.user === undefined || !fromHere(mention.team_id, identity)) return;
      if (!(await deliveries.firstTime(`slack-event:${id}`))) return;
      const asked: Asked = {
        user: event.user,
        channel: event.channel,
        responseUrl: null,
        once: `slack:${id}`,
      };
      await carryOut(asked, null, async () => ({ kind: 'private', say: { text: help(null) } }));
    });
  }

  async function begin(): Promise<void> {
    const identity = await untilReachable(() => client.identity(), { clock, log, signal: stopping.signal });
    if (!identity) return;
    const http = config.mode.kind === 'http' ? httpReceiver(config.mode.signingSecret, log) : null;
    const receiver = line?.receiver ?? http;
    if (!receiver) return;
    const app = new App({
      token: config.botToken,
      receiver,
      // Known already, so that nothing is asked of Slack in a constructor or on every event.
      botId: identity.botId,
      botUserId: identity.botUserId,
      tokenVerificationEnabled: false,
      deferInitialization: true,
      convoStore: false,
      attachFunctionToken: false,
      clientOptions: webOptions(config.apiUrl, log),
      logger: slackLogger(log),
    });
    await app.init();
    listen(app, identity);
    if (http) door?.open((request, response) => http.requestListener(request, response));
    await line?.start();
  }

  let failure: unknown = null;
  const first = Promise.withResolvers<void>();
  first.promise.catch((error: unknown) => {
    failure = error;
    log.error('Slack does not let Genesis in', { error });
  });
  let started = false;
  let isReady = false;

  return {
    routes: door
      ? [
          {
            path: '/slack/events',
            method: 'POST',
            bodyLimit: largestBody,
            accepts: mediaTypes,
            refuse: (headers) => (door.isForeign(headers) ? notSigned : null),
            auth: 'own',
            listener: door.listener,
          },
        ]
      : [],
    start() {
      if (started) return;
      started = true;
      begin().then(() => {
        isReady = true;
        first.resolve();
      }, first.reject);
    },
    ready: () => first.promise,
    async health() {
      if (failure) {
        const message = failure instanceof Error ? failure.message : 'Slack does not let Genesis in.';
        return { ok: false, code: failure instanceof WorkFailed ? failure.code : 'failed', message };
      }
      if (!isReady) return { ok: false, code: 'starting', message: 'Slack was not reached yet.' };
      if (line && !line.isConnected()) {
        return { ok: false, code: 'disconnected', message: 'There is no Socket Mode connection right now.' };
      }
      return { ok: true };
    },
    async stop() {
      stopping.abort();
      door?.close();
      await line?.stop();
      const drained = new AbortController();
      const all = Promise.allSettled(underway).then(() => drained.abort());
      await Promise.race([all, pause(clock, drainMs, drained.signal)]);
      drained.abort();
    },
  };
}

const notSigned = {
  status: 401,
  json: { error: 'not-signed', message: 'This path needs the signature and the timestamp of Slack.' },
} as const;

const httpReceiver = (signingSecret: string, log: Log): HTTPReceiver =>
  new HTTPReceiver({
    signingSecret,
    endpoints: ['/slack/events'],
    bodyLimit: largestBody,
    logger: slackLogger(log),
  });
