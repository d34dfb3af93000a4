import { setTimeout as delay } from 'node:timers/promises';
import { catchUp } from './adapters/alertmanager/catchUp.ts';
import { createWebhook, noticeCommand } from './adapters/alertmanager/webhook.ts';
import { signHead, writeHead } from './adapters/auditHead/headFile.ts';
import type { HttpServer } from './adapters/http/server.ts';
import { startHttpServer } from './adapters/http/server.ts';
import { createMetrics } from './adapters/metrics/metrics.ts';
import { healthRoutes } from './adapters/metrics/routes.ts';
import { loadRoom } from './adapters/playbooks/loadRoom.ts';
import { createPainter } from './adapters/png/painter.ts';
import { createAlertHistory } from './adapters/prometheus/alertHistory.ts';
import { createGauge } from './adapters/prometheus/gauge.ts';
import { startRunner } from './adapters/runner/runner.ts';
import { createSlackApp } from './adapters/slack/slackApp.ts';
import { createSlackClient } from './adapters/slack/slackClient.ts';
import type { CommitHooks } from './adapters/sqlite/groupCommit.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { type Config, switchedOff } from './config.ts';
import { firingAlerts } from './core/incident/incident.ts';
import { genericName, matchPlaybook } from './core/playbook/match.ts';
import { formatProblem } from './core/playbook/problem.ts';
import type { Room } from './core/playbook/room.ts';
import { systemClock } from './engine/clock.ts';
import { createDesk } from './engine/desk.ts';
import type { Log } from './engine/log.ts';
import { createPerformer } from './engine/perform.ts';
import type { Clock, Desk, Store } from './engine/ports.ts';
import { recover } from './engine/recover.ts';
import { startTicker } from './engine/ticker.ts';

/**
 * The composition root: every adapter is built here and handed to the engine, by hand, in one order. What is started
 * registers its stop at once, so that a start that fails half way unwinds by the same path as an end.
 */
export type Bot = {
  /** Where it listens, `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Drains for at most ten seconds in all. Safe to call twice. */
  stop(): Promise<void>;
};

/** Thrown before anything runs; each problem is a line for the operator. */
export class CannotStart extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'CannotStart';
    this.problems = problems;
  }
}

/** A log line names a few; how many there are is in it too. */
const mostNamed = 20;

const prometheusTimeoutMs = 10_000;
const alertmanagerTimeoutMs = 10_000;
/** What Prometheus itself takes for the age at which a sample no longer speaks of now. */
const staleMs = 5 * 60_000;
/** The window of rates where the playbook does not say otherwise. */
const windowMs = 5 * 60_000;
/**
 * An end has ten seconds in all: people and senders are heard out for two and a half, work that goes on gets four more,
 * and the executor needs about two to end what it still runs.
 */
const hearOutMs = 2_500;
const drainMs = 4_000;

export async function startBot(
  config: Config,
  options: { log: Log; clock?: Clock; hooks?: CommitHooks },
): Promise<Bot> {
  const { log } = options;
  const clock = options.clock ?? systemClock;
  const stops: { readonly name: string; readonly stop: () => Promise<unknown> | unknown }[] = [];
  const onStop = (name: string, stop: () => Promise<unknown> | unknown): void =>
    void stops.push({ name, stop });
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopped ??= unwind(stops, log);
    return stopped;
  };

  try {
    const room = await roomFrom(config, log);
    const store = openSqliteStore({
      file: config.database,
      clock,
      ...(options.hooks ? { hooks: options.hooks } : {}),
    });
    onStop('store', () => store.close());

    const runner = await orCannotStart(
      startRunner({
        ...(config.executorEnv === null ? {} : { environmentFile: config.executorEnv }),
        log: (message) => log.warn(message),
      }),
      'The executor of commands (EXECUTOR_ENV) could not be started',
    );
    onStop('executor', () => atMost(hearOutMs, runner.close()));

    const slack = createSlackClient({
      config: { botToken: config.slack.botToken, apiUrl: config.slack.apiUrl },
      pace: config.pace,
      clock,
      log,
      canRollBack: (service) => room.definitions[`rollback-${service}`] !== undefined,
    });
    onStop('slack client', () => slack.stop());

    const metrics = createMetrics({
      backlog: () => store.backlog(),
      openIncidents: () => store.openIncidents(),
      clock,
    });
    onStop('metrics', () => metrics.stop());
    const desk = createDesk({
      store,
      directory: slack.directory,
      room: () => room,
      clock,
      observer: metrics.observer,
    });
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
      runner,
      clock,
      room: () => room,
      observer: metrics.observer,
      log,
    });
    onStop('work in progress', () => performer.stop(drainMs));

    const { unknown, resumed } = await recover(store, room, log);
    if (unknown + resumed > 0) log.info('took up what the last process left', { unknown, resumed });

    const app = createSlackApp({ config: config.slack, client: slack, desk, clock, log });
    const server: HttpServer = await orCannotStart(
      startHttpServer({
        host: config.host,
        port: config.port,
        log,
        limits: { drainMs: hearOutMs },
        routes: [
          createWebhook({ tokens: config.alertmanager.tokens, desk, log }),
          ...app.routes,
          ...healthRoutes({
            metrics,
            checks: { store: () => store.health() },
            watched: { slack: () => app.health() },
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
    const recurring = await startRecurring({ config, store, desk, clock, log });
    onStop('recurring work', () => recurring.stop());

    for (const line of switchedOff(config)) log.warn(line);
    log.info('Genesis is ready', {
      url: server.address.url,
      playbooks: Object.keys(room.definitions).length,
    });
    return { url: server.address.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A fault of the surroundings as one line for the operator instead of a stack. */
async function orCannotStart<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new CannotStart([`${what}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

async function roomFrom(config: Config, log: Log): Promise<Room> {
  const { room, problems } = await loadRoom({
    directory: config.playbooks,
    pace: config.pace,
    ...(config.hostsFile === null ? {} : { hostsOverlay: { path: config.hostsFile } }),
  });
  if (!room) throw new CannotStart(problems.map(formatProblem));
  for (const problem of problems) log.warn(formatProblem(problem));
  return room;
}

type Parts = {
  readonly config: Config;
  readonly store: Store;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Log;
};

/** What happens again and again: the sources are asked for what was missed, the head of the chain is written down. */
async function startRecurring(parts: Parts): Promise<{ stop(): Promise<void> }> {
  const { log } = parts;
  let since = await lastKnown(parts);
  const askSources = async () => {
    const now = parts.clock.now();
    await askForMissed(parts, since, now);
    since = now;
  };
  const writeDownHead = () => writeHeadDown(parts);
  // The first round must not hold up the start: a source that hangs is no reason not to listen.
  void askSources().catch((error: unknown) => log.warn('the alert sources could not be asked', { error }));
  // At once, so that a file that cannot be written is heard of now and not after the first event.
  await writeDownHead();
  const ticker = startTicker(
    [
      { name: 'ask the alert sources', schedule: '0 */5 * * * *', work: askSources },
      { name: 'write down the audit head', schedule: '30 * * * * *', work: writeDownHead },
    ],
    log,
  );
  return {
    async stop() {
      await ticker.stop();
      await writeDownHead();
    },
  };
}

/** When the log last heard of anything: alerts since then may have been missed. */
async function lastKnown({ store, clock }: Parts): Promise<number> {
  const { position } = await store.head();
  const [last] = await store.events({ after: position - 1, limit: 1 });
  return last?.event.at ?? clock.now();
}

async function askForMissed({ config, store, desk, log }: Parts, since: number, now: number): Promise<void> {
  const { url, receiver } = config.alertmanager;
  if (url === null && config.prometheusUrl === null) return;
  const open = await store.openIncidents();
  const firing = open.flatMap(firingAlerts).map((alert) => alert.fingerprint);
  const found = await catchUp({
    alertmanager: url === null ? null : { baseUrl: url, receiver, timeoutMs: alertmanagerTimeoutMs },
    history:
      config.prometheusUrl === null
        ? null
        : createAlertHistory({
            baseUrl: config.prometheusUrl,
            timeoutMs: prometheusTimeoutMs,
            staleMs: staleMs / config.pace,
          }),
    since,
    now,
    open: firing,
    answered: (labels) => matchPlaybook(desk.room().definitions, labels).playbook.name !== genericName,
  });
  await Promise.all(found.notices.map((notice) => desk.handle(noticeCommand(notice))));
  for (const line of [...found.missed, ...found.unknown]) log.warn(line);
  if (found.gone.length > 0)
    log.warn('Alertmanager does not know some open alerts any more', {
      count: found.gone.length,
      fingerprints: found.gone.slice(0, mostNamed),
    });
}

async function writeHeadDown({ config, store, clock, log }: Parts): Promise<void> {
  if (config.key === null || config.auditHeadFile === null) return;
  try {
    const head = await store.head();
    await writeHead(config.auditHeadFile, signHead(config.key, head, clock.now()));
  } catch (error) {
    log.error('the head of the audit chain could not be written down', { error });
  }
}

/** Waits for the work, and no longer than that; it may go on by itself. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const late = delay(ms, undefined, { ref: false, signal: enough.signal }).catch((error: unknown) => {
    if (!enough.signal.aborted) throw error;
  });
  await Promise.race([work, late]);
  enough.abort();
}

/** Last in, first out; one part that does not stop keeps none of the others from stopping. */
async function unwind(
  stops: { name: string; stop: () => Promise<unknown> | unknown }[],
  log: Log,
): Promise<void> {
  for (const { name, stop } of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      log.error('a part did not stop as it should', { part: name, error });
    }
  }
}
