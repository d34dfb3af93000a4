import { setTimeout as delay } from 'node:timers/promises';
import { catchUp } from './adapters/alertmanager/catchUp.ts';
import { createWebhook } from './adapters/alertmanager/webhook.ts';
import { signHead, writeHead } from './adapters/auditHead/headFile.ts';
import { createHeartbeat } from './adapters/heartbeat/heartbeat.ts';
import type { Route } from './adapters/http/route.ts';
import type { HttpServer } from './adapters/http/server.ts';
import { startHttpServer } from './adapters/http/server.ts';
import { createMetrics } from './adapters/metrics/metrics.ts';
import { healthRoutes } from './adapters/metrics/routes.ts';
import { createOutbound } from './adapters/outbound/outbound.ts';
import { loadRoom } from './adapters/playbooks/loadRoom.ts';
import { createPainter } from './adapters/png/painter.ts';
import { createAlertHistory } from './adapters/prometheus/alertHistory.ts';
import { createGauge } from './adapters/prometheus/gauge.ts';
import { createHidingRunner } from './adapters/runner/hidingRunner.ts';
import { startRunner } from './adapters/runner/runner.ts';
import { unsafeBolt } from './adapters/slack/boltVersion.ts';
import { createSlackApp } from './adapters/slack/slackApp.ts';
import { createSlackClient } from './adapters/slack/slackClient.ts';
import type { CommitHooks } from './adapters/sqlite/groupCommit.ts';
import { openSqliteStore } from './adapters/sqlite/store.ts';
import { type Config, secretsOf, switchedOff } from './config.ts';
import { genericName, matchPlaybook } from './core/playbook/match.ts';
import { formatProblem } from './core/playbook/problem.ts';
import type { Room } from './core/playbook/room.ts';
import { createAuditor } from './engine/auditor.ts';
import { systemClock } from './engine/clock.ts';
import type { Ticks } from './engine/cronTicks.ts';
import { createDesk } from './engine/desk.ts';
import { createPulse, healthChecks, type Pulse } from './engine/heartbeat.ts';
import type { Log } from './engine/log.ts';
import { createPerformer, type EffectHooks } from './engine/perform.ts';
import type { Clock, Desk, Observer, Store } from './engine/ports.ts';
import { recover } from './engine/recover.ts';
import { createSourceWatch, type SourceWatch } from './engine/sourceWatch.ts';
import { startTicker } from './engine/ticker.ts';

/**
 * The composition root: every adapter is built here and handed to the engine, by hand, in one order. What is started
 * registers its stop at once, so that a start that fails half way unwinds by the same path as an end.
 */
export type Bot = {
  /** Where it listens, `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Everything that it answers over HTTP. */
  readonly routes: readonly Route[];
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

/** Slack's own, and its twin for governments. */
const slackHosts = ['slack.com', 'slack-gov.com'];

const prometheusTimeoutMs = 10_000;
const alertmanagerTimeoutMs = 10_000;
const heartbeatTimeoutMs = 10_000;
const minuteMs = 60_000;
/** Five questions that stayed without an answer. */
const alertsStaleMs = 10 * minuteMs;
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
/** A round of recurring work that has begun; what it does not finish is done after the next start. */
const roundMs = 500;

export async function startBot(
  config: Config,
  options: { log: Log; clock?: Clock; ticks?: Ticks; hooks?: CommitHooks & EffectHooks },
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
    const room = await roomFrom(config, log);
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
      pace: config.pace,
      clock,
      log,
      outbound,
      canRollBack: (service) => room.definitions[`rollback-${service}`] !== undefined,
    });
    onStop('slack client', () => slack.stop());

    const metrics = createMetrics({
      store,
      clock,
      unattended: () => auditor.unattended(),
      heartbeats: () => pulse.counts(),
      asksSource: config.alertmanager.url !== null,
      sourceAnsweredAt: () => sources.answeredAt(),
    });
    onStop('metrics', () => metrics.stop());
    const observer: Observer = {
      ...metrics.observer,
      decided(command, answer, tookMs) {
        metrics.observer.decided(command, answer, tookMs);
        if (answer.kind === 'accepted') sources.heard(command);
      },
    };
    const desk = createDesk({
      store,
      directory: slack.directory,
      room: () => room,
      clock,
      observer,
      log,
    });
    const auditor = createAuditor({ store, desk, clock, log });
    const sources = await watchSources({ config, store, desk, clock, log });
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
      clock,
      room: () => room,
      observer,
      log,
      ...(options.hooks ? { hooks: options.hooks } : {}),
    });
    onStop('work in progress', () => performer.stop(drainMs));

    const { unknown, resumed } = await recover(store, room, log);
    if (unknown + resumed > 0) log.info('took up what the last process left', { unknown, resumed });

    const app = createSlackApp({
      config: config.slack,
      client: slack,
      desk,
      deliveries: store,
      clock,
      log,
    });
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
          ...app.routes,
          ...healthRoutes({
            metrics,
            alive: checks.scheduler,
            checks: { store: checks.store },
            watched,
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
      { sources, pulse },
    );
    onStop('recurring work', () => recurring.stop());

    for (const line of switchedOff(config)) log.warn(line);
    log.info('Genesis is ready', {
      url: server.address.url,
      playbooks: Object.keys(room.definitions).length,
    });
    return { url: server.address.url, routes: server.routes, stop };
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
  readonly ticks?: Ticks | undefined;
  readonly log: Log;
};

/**
 * What happens again and again: the sources are asked for what was missed, the open incidents are looked through and a
 * sign of life is given, the head of the chain is written down.
 */
async function startRecurring(
  parts: Parts,
  { sources, pulse }: { readonly sources: SourceWatch; readonly pulse: Pulse },
): Promise<{ stop(): Promise<void> }> {
  const { clock, log } = parts;
  const writeDownHead = () => writeHeadDown(parts);
  // The first round must not hold up the start: a source that hangs is no reason not to listen.
  void sources.poll().catch((error: unknown) => log.warn('the alert sources could not be asked', { error }));
  // At once, so that a file that cannot be written is heard of now and not after the first event.
  await writeDownHead();
  const ticker = startTicker(
    [
      { name: 'ask the alert sources', schedule: '0 */2 * * * *', work: sources.poll },
      { name: 'look through the incidents', schedule: '15 * * * * *', work: pulse.beat },
      { name: 'write down the audit head', schedule: '30 * * * * *', work: writeDownHead },
    ],
    { ...(parts.ticks ? { ticks: parts.ticks } : {}), clock, log },
  );
  return {
    async stop() {
      await atMost(roundMs, ticker.stop());
      await writeDownHead();
    },
  };
}

async function watchSources({ config, store, desk, clock, log }: Parts): Promise<SourceWatch> {
  const { url, receiver } = config.alertmanager;
  const alertmanager = url === null ? null : { baseUrl: url, receiver, timeoutMs: alertmanagerTimeoutMs };
  const history =
    config.prometheusUrl === null
      ? null
      : createAlertHistory({
          baseUrl: config.prometheusUrl,
          timeoutMs: prometheusTimeoutMs,
          staleMs: staleMs / config.pace,
        });
  const answered = (labels: Readonly<Record<string, string>>): boolean =>
    matchPlaybook(desk.room().definitions, labels).playbook.name !== genericName;
  return createSourceWatch({
    store,
    desk,
    clock,
    log,
    ask: (question) => catchUp({ ...question, alertmanager, history, answered }),
    canBeAsked: alertmanager !== null,
    since: await lastKnown(store, clock),
    staleMs: alertsStaleMs / config.pace,
  });
}

/** When the log last heard of anything: alerts since then may have been missed. */
async function lastKnown(store: Store, clock: Clock): Promise<number> {
  const { position } = await store.head();
  const [last] = await store.events({ after: position - 1, limit: 1 });
  return last?.event.at ?? clock.now();
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
