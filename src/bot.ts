import { createWebhook } from './adapters/alertmanager/webhook.ts';
import { createHeartbeat } from './adapters/heartbeat/heartbeat.ts';
import type { Route } from './adapters/http/route.ts';
import type { HttpServer } from './adapters/http/server.ts';
import { startHttpServer } from './adapters/http/server.ts';
import { createMetrics } from './adapters/metrics/metrics.ts';
import { healthRoutes } from './adapters/metrics/routes.ts';
import { createOutbound } from './adapters/outbound/outbound.ts';
import { createPainter } from './adapters/png/painter.ts';
import { createGauge } from './adapters/prometheus/gauge.ts';
import { createHidingRunner } from './adapters/runner/hidingRunner.ts';
import { startRunner } from './adapters/runner/runner.ts';
import { unsafeBolt } from './adapters/slack/boltVersion.ts';
import { createSlackApp } from './adapters/slack/slackApp.ts';
import { createSlackClient } from './adapters/slack/slackClient.ts';
import { createWhereabouts } from './adapters/slack/whereabouts.ts';
import type { CommitHooks } from './adapters/sqlite/groupCommit.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { CannotStart, orCannotStart } from './bot/cannotStart.ts';
import { tellOfDrops } from './bot/drops.ts';
import { atMost, type Stop, unwind } from './bot/ending.ts';
import { openPagers, pagerRoutes, warnOfMissingKeys } from './bot/pagers.ts';
import { startRecurring } from './bot/recurring.ts';
import { keepRoom } from './bot/room.ts';
import { prometheusTimeoutMs, silencerOf, staleMs, watchSources } from './bot/sources.ts';
import { type Config, secretsOf, switchedOff } from './config.ts';
import { createAuditor } from './engine/auditor.ts';
import { systemClock } from './engine/clock.ts';
import type { Ticks } from './engine/cronTicks.ts';
import { createDesk } from './engine/desk.ts';
import { createEditedRequests, type EditedRequests } from './engine/editedRequests.ts';
import { createPulse, healthChecks } from './engine/heartbeat.ts';
import type { Log } from './engine/log.ts';
import type { Mailer } from './engine/mailPort.ts';
import { createPerformer, type EffectHooks } from './engine/perform.ts';
import type { Clock, Observer, Store } from './engine/ports.ts';
import { recover } from './engine/recover.ts';
import { createRota } from './engine/rota.ts';

/**
 * The composition root: every adapter is built here and handed to the engine, by hand, in one order. What is started
 * registers its stop at once, so that a start that fails half way unwinds by the same path as an end.
 */
export type Bot = {
  /** Where it listens, `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Everything that it answers over HTTP. */
  readonly routes: readonly Route[];
  /** Reads the playbooks now; what came of it is in the log. */
  reloadPlaybooks(): Promise<void>;
  /** Drains for at most ten seconds in all. Safe to call twice. */
  stop(): Promise<void>;
};

export { CannotStart };

/** Slack's own, and its twin for governments. */
const slackHosts = ['slack.com', 'slack-gov.com'];

const heartbeatTimeoutMs = 10_000;
/** The window of rates where the playbook does not say otherwise. */
const windowMs = 5 * 60_000;
/**
 * An end has ten seconds in all: people and senders are heard out for two and a half, work that goes on gets four more,
 * and the executor needs about two to end what it still runs.
 */
const hearOutMs = 2_500;
const drainMs = 4_000;

/** Loaded only where mail is sent: 4 MB and 40 ms. At the start all the same, so that what is missing shows now. */
async function mailerFor(server: NonNullable<Config['mail']>): Promise<Mailer> {
  const { createMailer } = await import('./adapters/email/mailer.ts');
  return createMailer(server);
}

export async function startBot(
  config: Config,
  options: {
    readonly log: Log;
    readonly clock?: Clock;
    readonly ticks?: Ticks;
    readonly hooks?: CommitHooks & EffectHooks;
    /** Divides the windows of Slack's rate limits where the Slack has others than those of the pace. */
    readonly slackPace?: number;
  },
): Promise<Bot> {
  const { log, slackPace = config.pace } = options;
  const clock = options.clock ?? systemClock;
  const stops: Stop[] = [];
  const onStop = (name: string, stop: Stop['stop']): void => void stops.push({ name, stop });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= unwind(stops, log);
    return stopped;
  };

  try {
    const unsafe = unsafeBolt();
    if (unsafe !== null) throw new CannotStart([unsafe]);
    // Both take their time, in processes and threads of their own.
    const starting = orCannotStart(
      startRunner({
        ...(config.executorEnv === null ? {} : { environmentFile: config.executorEnv }),
        log: (message) => log.warn(message),
      }),
      'The executor of commands (EXECUTOR_ENV) could not be started',
    );
    // Heard below, and only when the playbooks have been read.
    starting.catch(() => undefined);
    const opened: { store?: Store } = {};
    onStop('executor and store', async () => {
      const runner = await starting.catch(() => null);
      // The store last: how the executor's commands ended is still written down.
      if (runner) await atMost(hearOutMs, runner.close());
      await opened.store?.close();
    });
    // Edits are taken up from here on, before there is anything that could wait for a yes.
    const waiting: { requests?: EditedRequests } = {};
    const rooms = await keepRoom(config, {
      clock,
      log,
      chat: () => slack.chat,
      takenUp: async (at) => waiting.requests?.look(at),
    });
    onStop('playbooks', () => rooms.stop());
    const { room } = rooms;
    const store = openSqliteStore({
      file: config.database,
      clock,
      ...(options.hooks ? { hooks: options.hooks } : {}),
    });
    opened.store = store;
    const health = await store.health();
    if (!health.ok)
      log.error('the database can only be read', { code: health.code, message: health.message });
    const runner = await starting;

    const outbound = createOutbound({ hosts: slackHosts, named: [config.slack.apiUrl] });
    onStop('outbound connections', () => outbound.stop());
    const slack = createSlackClient({
      config: { botToken: config.slack.botToken, apiUrl: config.slack.apiUrl },
      pace: slackPace,
      clock,
      log,
      outbound,
      canSilence: config.alertmanager.url !== null,
      canRollBack: (service) => room().definitions[`rollback-${service}`] !== undefined,
    });
    onStop('slack client', () => slack.stop());
    const drops = tellOfDrops(slack.chat, { room, clock, log });
    onStop('word of dropped events', async () => drops.stop());

    const metrics = createMetrics({
      store,
      clock,
      unattended: () => auditor.unattended(),
      heartbeats: () => pulse.counts(),
      asksSource: config.alertmanager.url !== null,
      sourceAnsweredAt: () => sources.answeredAt(),
      playbooks: rooms.standing,
      droppedMinutes: drops.minutes,
    });
    onStop('metrics', () => metrics.stop());
    const observer: Observer = {
      ...metrics.observer,
      decided(command, answer, tookMs) {
        metrics.observer.decided(command, answer, tookMs);
        if (answer.kind !== 'accepted') return;
        sources.heard(command);
        app.changed();
      },
    };
    const desk = createDesk({
      store,
      directory: slack.directory,
      room,
      clock,
      observer,
      log,
    });
    const pagers = await openPagers(config, clock);
    onStop('pagers', () => pagers?.stop());
    warnOfMissingKeys(room(), config, log);
    const auditor = createAuditor({ store, desk, clock, log });
    const silencer = silencerOf(config);
    const sources = await watchSources({ config, store, desk, clock, log }, silencer);
    const performer = createPerformer({
      store,
      desk,
      chat: slack.chat,
      gauge: createGauge({
        baseUrl: config.prometheusUrl,
        timeoutMs: prometheusTimeoutMs,
        windowMs: windowMs / config.pace,
        staleMs: staleMs / config.pace,
      }),
      painter: createPainter(),
      runner: createHidingRunner(runner, secretsOf(config)),
      silencer,
      paging: pagers && { sender: (name) => pagers.byKey.get(name) ?? null },
      mail: config.mail && { mailer: await mailerFor(config.mail), whereabouts: createWhereabouts(slack) },
      clock,
      room,
      observer,
      log,
      ...(options.hooks ? { hooks: options.hooks } : {}),
    });
    onStop('work in progress', () => performer.stop(drainMs));

    const { unknown, resumed } = await recover(store, room(), log);
    if (unknown + resumed > 0) log.info('took up what the last process left', { unknown, resumed });

    const app = createSlackApp({
      config: config.slack,
      client: slack,
      desk,
      rota: createRota({
        pager: config.pagerduty?.token ? (pagers?.first ?? null) : null,
        people: slack.people,
        clock,
        log,
      }),
      deliveries: store,
      dropped: drops.heard,
      clock,
      log,
    });
    // Before anybody can click: the playbooks may be others than those that the last process went by.
    const requests = createEditedRequests({ store, desk, room, log });
    waiting.requests = requests;
    await requests.look(null);
    const checks = healthChecks({
      store,
      lookedAt: performer.lookedAt,
      auditor,
      startedAt: clock.now(),
      clock,
      slack: () => app.health(),
    });
    const { store: _, ...watched } = checks;
    const pulse = createPulse({
      auditor,
      store,
      wake: performer.wake,
      lookedAt: performer.lookedAt,
      clock,
      checks,
      heartbeat:
        config.heartbeatUrl === null
          ? null
          : createHeartbeat({ url: config.heartbeatUrl, timeoutMs: heartbeatTimeoutMs }),
      log,
    });
    const server: HttpServer = await orCannotStart(
      startHttpServer({
        host: config.host,
        port: config.port,
        log,
        limits: { drainMs: hearOutMs },
        routes: [
          createWebhook({ tokens: config.alertmanager.tokens, desk, log }),
          ...pagerRoutes({ config, store, desk, clock, log }, pagers, slack),
          ...app.routes,
          ...healthRoutes({
            metrics,
            alive: checks.scheduler,
            checks: { store: checks.store },
            // A slip of the pen in a playbook is no reason to take no alerts, nor one to wake people outside.
            watched: { ...watched, playbooks: rooms.health },
            off: switchedOff(config),
          }),
        ],
      }),
      `HOST and PORT: ${config.host}:${config.port} cannot be listened on`,
    );
    // Side by side: both wait for others, and neither for the other.
    onStop('http and slack', () => Promise.all([server.close(), atMost(hearOutMs, app.stop())]));

    performer.start();
    app.start();
    const recurring = await startRecurring(
      { config, store, desk, clock, ticks: options.ticks, log },
      { sources, pulse, rooms, requests },
    );
    onStop('recurring work', () => recurring.stop());

    for (const line of switchedOff(config)) log.warn(line);
    log.info('Genesis is ready', {
      url: server.address.url,
      playbooks: Object.keys(room().definitions).length,
    });
    return { url: server.address.url, routes: server.routes, reloadPlaybooks: rooms.reload, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
