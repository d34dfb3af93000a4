import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Fault } from './faults.ts';
import { BROKEN_VERSION } from './faults.ts';
import { type News, orderSchema, serviceEnvironmentSchema } from './messages.ts';
import { createServiceLog } from './serviceLog.ts';
import { createServiceMetrics } from './serviceMetrics.ts';
import { type Flags, isShutDown, readFlags, readSettings } from './settings.ts';
import { createWorkload, OPERATIONS_PER_SECOND } from './workload.ts';

/*
 * The program of genesis-orchestration, run by the supervisor as a process of its own. It reads its version and its
 * configuration once, listens, says that it is ready, and works: operations all the time, a summary each second. It
 * ends when the supervisor goes away, when it is told to crash, and on SIGTERM.
 */

const TICK_MS = 200;
const SECOND_MS = 1_000;
const SUITE_EVERY_MS = 60_000;
const BREAKER_OPENS_AFTER = 5;
const BREAKER_RECOVERS_MS = 60_000;
const SUITE = { passed: 1_032, failed: 4, errors: 0, expectedFailures: 8, reruns: 0 };
/** What a regression of the current version adds to the failing tests. */
const REGRESSED = 36;

const env = serviceEnvironmentSchema.parse(process.env);
const checkout = env.GENESIS_CHECKOUT;
let faults: ReadonlySet<Fault> = new Set(env.GENESIS_FAULTS);

function refuse(...lines: readonly string[]): never {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}

function startSettings() {
  try {
    return readSettings(checkout);
  } catch (cause) {
    return refuse(
      `genesis: ${cause instanceof Error ? cause.message : String(cause)}`,
      'genesis: configuration error',
    );
  }
}

const settings = startSettings();
if (faults.has('crash-loop') && settings.version === BROKEN_VERSION) {
  refuse(
    'Traceback (most recent call last):',
    '  File "infrastructure/htdag_planner.py", line 31, in <module>',
    '    from infrastructure.plan_cache import PlanCache',
    "ImportError: cannot import name 'PlanCache' from 'infrastructure.plan_cache'",
  );
}

const tell = (news: News): void => {
  process.send?.(news);
};
const log = createServiceLog(join(checkout, 'logs', 'genesis.log'), Date.now);
const metrics = createServiceMetrics(settings);
const work = createWorkload();
let flags: Flags = {};
let networkFailures = 0;
/** When the circuit breaker opened; it closes by itself after its time. */
let openedAt: number | undefined;
let worked = Date.now();
let second = { operations: 0, errors: 0, seconds: [] as number[] };

const shutDown = (): boolean => isShutDown(flags);

function tick(): void {
  const now = Date.now();
  const count = Math.round(((now - worked) / SECOND_MS) * OPERATIONS_PER_SECOND);
  worked = now;
  if (openedAt !== undefined && now - openedAt >= BREAKER_RECOVERS_MS / env.GENESIS_PACE) recover();
  if (shutDown()) return;
  const operations = work(count, faults, settings);
  metrics.record(operations);
  const failures = operations.flatMap(({ failure }) => failure ?? []);
  log(
    'ERROR',
    failures.map(({ category, component, message }) => `[${category}] ${component}: ${message}`),
  );
  countNetwork(failures.filter(({ category }) => category === 'network').length, now);
  second.operations += operations.length;
  second.errors += failures.length;
  for (const { seconds } of operations) second.seconds.push(seconds.htdag + seconds.halo + seconds.aop);
}

function countNetwork(failures: number, now: number): void {
  networkFailures += failures;
  if (openedAt !== undefined || networkFailures < BREAKER_OPENS_AFTER) return;
  openedAt = now;
  log('WARN', ['[network] circuit breaker opened after 5 failures, recovers in 60 s']);
}

function recover(): void {
  openedAt = undefined;
  networkFailures = 0;
  faults = new Set([...faults].filter((fault) => fault !== 'network-errors'));
  log('INFO', ['[network] circuit breaker closed, calls succeed again']);
  tell({ kind: 'recovered', fault: 'network-errors' });
}

function runSuite(): void {
  if (faults.has('tests-silent')) return;
  const broken = faults.has('tests-failing') && settings.version === BROKEN_VERSION ? REGRESSED : 0;
  metrics.recordSuite({
    ...SUITE,
    passed: SUITE.passed - broken,
    failed: SUITE.failed + broken,
    reruns: faults.has('flaky-tests') ? 1 : 0,
  });
}

function summarize(): void {
  const sorted = second.seconds.sort((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? null;
  tell({ kind: 'sample', operations: second.operations, errors: second.errors, p95 });
  second = { operations: 0, errors: 0, seconds: [] };
  refreshFlags();
}

/** A file that cannot be read leaves the flags as they are, so that a half-written one turns nothing off. */
function refreshFlags(): void {
  try {
    flags = readFlags(checkout);
    metrics.showFlags(flags);
  } catch (cause) {
    log('WARN', [`[config] ${cause instanceof Error ? cause.message : String(cause)}, flags unchanged`]);
  }
}

const started = Date.now();
function health() {
  return {
    status: shutDown() ? 'shutdown' : openedAt !== undefined ? 'degraded' : 'healthy',
    version: settings.version,
    uptime_seconds: Math.floor((Date.now() - started) / SECOND_MS),
    circuit_breaker: {
      state: openedAt !== undefined ? 'open' : 'closed',
      failures: networkFailures,
      opens_after: BREAKER_OPENS_AFTER,
    },
    halo_optimizations: settings.halo,
    llm: settings.llm,
    aop: settings.aop,
    htdag_cache: settings.htdagCache,
    feature_flags: flags,
  };
}

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
  if (path === '/health') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(`${JSON.stringify(health())}\n`);
    return;
  }
  if (path !== '/metrics') {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    return;
  }
  metrics.expose(!faults.has('no-metrics')).then(
    (text) =>
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
    (cause: unknown) => response.writeHead(500).end(String(cause)),
  );
});

process.on('message', (message) => {
  const order = orderSchema.parse(message);
  switch (order.kind) {
    case 'faults':
      faults = new Set(order.faults);
      if (faults.has('network-errors')) return;
      openedAt = undefined;
      networkFailures = 0;
      return;
    case 'crash':
      return refuse(
        'Unhandled exception in worker 3:',
        '  File "infrastructure/halo_router.py", line 418, in route',
        'RuntimeError: dictionary changed size during iteration',
      );
    default: {
      const never: never = order;
      return never;
    }
  }
});
process.on('disconnect', () => process.exit(0));
process.on('SIGTERM', () => {
  process.stdout.write('shutting down\n');
  process.exit(0);
});

refreshFlags();
runSuite();
server.listen(env.GENESIS_PORT, '127.0.0.1', () => {
  setInterval(tick, TICK_MS);
  setInterval(summarize, SECOND_MS);
  setInterval(runSuite, Math.max(2 * SECOND_MS, SUITE_EVERY_MS / env.GENESIS_PACE));
  log('INFO', [`[orchestration] ${settings.version} started, llm ${settings.llm}, aop ${settings.aop}`]);
  process.stdout.write(`genesis-orchestration ${settings.version} listening\n`);
  const { version, llm, aop, htdagCache, fewerTasks } = settings;
  tell({ kind: 'ready', version, llm, aop, htdagCache, fewerTasks });
});
