import type { IncomingHttpHeaders } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import type { Log } from '../../engine/log.ts';
import type { Rota } from '../../engine/pagerPort.ts';
import { type Clock, type Deliveries, type Desk, WorkFailed } from '../../engine/ports.ts';
import type { Asked } from './asked.ts';
import { createCarrier } from './carryOut.ts';
import { click } from './clicks.ts';
import { slashCommand } from './delivery.ts';
import { markModal } from './drillMark.ts';
import { createHomeTab } from './homeTab.ts';
import { createHttpDoor, type HttpDoor, largestBody, mediaTypes } from './httpDoor.ts';
import { mention } from './mention.ts';
import { readOrigin } from './modals/form.ts';
import { pause, untilReachable } from './patience.ts';
import {
  clickPayload,
  filledIn,
  homePayload,
  mentionPayload,
  shortcutPayload,
  slashPayload,
  submissionPayload,
} from './payload.ts';
import { shortcut } from './shortcuts.ts';
import type { Identity } from './slackCall.ts';
import { type SlackClient, webOptions } from './slackClient.ts';
import { slackLogger } from './slackLog.ts';
import { slash } from './slash/slash.ts';
import { createSocketLine } from './socketLine.ts';
import { faultsIn, nextView, submit } from './submissions.ts';

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
  /** Something was decided: Home tabs follow. */
  changed(): void;
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
export function createSlackApp(options: {
  client: SlackClient;
  desk: Desk;
  /** Who is on call; left out where nobody can say. */
  rota?: Rota;
  config: { readonly botToken: string; readonly apiUrl: string | null; readonly mode: SlackMode };
  deliveries: Deliveries;
  /** Slack dropped events in the minute that began then, milliseconds since the epoch; null where it did not say. */
  dropped?: (minute: number | null) => void;
  clock: Clock;
  log: Log;
}): SlackApp {
  const { client, desk, config, deliveries, clock, log } = options;
  const dropped = (minute: number | null): void => options.dropped?.(minute === null ? null : minute * 1_000);
  const stopping = new AbortController();
  const underway = new Set<Promise<void>>();
  const door =
    config.mode.kind === 'http'
      ? createHttpDoor({ signingSecret: config.mode.signingSecret, deliveries, dropped, clock, log })
      : null;
  const line =
    config.mode.kind === 'socket'
      ? createSocketLine({ appToken: config.mode.appToken, apiUrl: config.apiUrl, dropped, clock, log })
      : null;

  const home = createHomeTab({ client, desk, clock, log });
  const { carryOut, reach } = createCarrier({ client, desk, home, log, underway });

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
      await carryOut(asked, said.trigger_id, () =>
        slash({ desk, clock, reach, rota: options.rota ?? null }, asked, said.text),
      );
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
      const faults = await faultsIn(desk, submission);
      if (faults) {
        await acknowledge(() => ack({ response_action: 'errors', errors: { ...faults } }));
        return;
      }
      const next = await nextView(desk, asked, submission);
      if (next) {
        const view = await markModal(desk, next);
        await acknowledge(() => ack({ response_action: 'update', view }));
        return;
      }
      await acknowledge(() => ack());
      await carryOut(asked, null, () => submit({ desk, reach }, asked, submission));
    });

    app.event('app_mention', async ({ body }) => {
      const { event, event_id: id, team_id: team } = mentionPayload.parse(body);
      // Apps that name each other would never end.
      if (event.user === undefined || event.bot_id || !fromHere(team, identity)) return;
      if (!(await deliveries.firstTime(`slack-event:${id}`))) return;
      const asked: Asked = {
        user: event.user,
        channel: event.channel,
        ...(event.thread_ts ? { thread: event.thread_ts } : {}),
        responseUrl: null,
        once: `slack:${id}`,
      };
      const { text } = event;
      await carryOut(asked, null, () =>
        mention({ desk, clock, reach, rota: options.rota ?? null }, asked, {
          text,
          botUserId: identity.botUserId,
        }),
      );
    });

    app.shortcut({ type: 'message_action' }, async ({ ack, body }) => {
      await acknowledge(() => ack());
      const chosen = shortcutPayload.parse(body);
      if (!fromHere(chosen.team?.id, identity)) return;
      const { channel, message } = chosen;
      const asked: Asked = {
        user: chosen.user.id,
        channel: channel.id,
        // The first message of a thread stands for all of it.
        thread: message.thread_ts ?? message.ts,
        responseUrl: chosen.response_url ?? null,
        once: `slack:${chosen.trigger_id}`,
      };
      await carryOut(asked, chosen.trigger_id, () =>
        shortcut(desk, asked, { chosen, workspaceUrl: identity.url }),
      );
    });

    app.event('app_home_opened', async ({ body }) => {
      const { event, team_id: team } = homePayload.parse(body);
      if (event.tab !== 'home' || !fromHere(team, identity)) return;
      const drawn = home.opened(event.user);
      underway.add(drawn);
      await drawn.finally(() => underway.delete(drawn));
    });
  }

  async function begin(): Promise<void> {
    const identity = await untilReachable(() => client.identity(), { clock, log, signal: stopping.signal });
    if (!identity) return;
    void client.readAhead();
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
    changed: home.changed,
    async stop() {
      stopping.abort();
      home.stop();
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
