import { appendFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { prepareCheckout, restoreCheckout } from './checkout.ts';
import { CONTAINERS, containerNamed, createA2aMetrics, isRunning, TOOL_FAILURE } from './containers.ts';
import { startControl } from './control.ts';
import { type Cure, cureOf } from './effect.ts';
import { BROKEN_VERSION, type Fault, isFault } from './faults.ts';
import { createHostMetrics } from './hostMetrics.ts';
import { createJournal } from './journal.ts';
import { writePrograms } from './programFiles.ts';
import { createSeries, type SeriesPoint } from './series.ts';
import { type Flags, isShutDown, readFlags, readVersion } from './settings.ts';
import { createSupervisor, type Running, type UnitState } from './supervisor.ts';

export type PatientOptions = Readonly<{
  /** Everything that the patient writes is under it. */
  directory: string;
  /** Of the service, kept over restarts; a free one of 127.0.0.1. */
  port: number;
  /** How many times as fast as life the patient heals and tests itself. */
  pace?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}>;

export type PatientState = Readonly<{
  running: boolean;
  unit: UnitState['kind'];
  /** What runs, or else what would run after a start. */
  version: string;
  faults: readonly Fault[];
  /** Why a fault that is on has no effect on the running service; it is left out where it has one. */
  cures: Readonly<Partial<Record<Fault, Cure>>>;
  pid: number | null;
  uptimeSeconds: number | null;
  /** Null while the file cannot be read. */
  flags: Flags | null;
  /** What the running service was configured to; null while none runs. */
  configuration: Readonly<{ llm: string; aop: string; htdagCache: boolean }> | null;
}>;

export type Patient = Readonly<{
  /** Holds the patient's own `systemctl` and the like: comes first in PATH. */
  bin: string;
  /** The git checkout in which playbooks run. */
  checkout: string;
  serviceUrl: string;
  metricsUrl: string;
  hostMetricsUrl: string;
  /** What else of the host is scraped, each under its job. */
  targets: readonly Readonly<{ job: string; url: string }>[];
  controlUrl: string;
  set: (fault: Fault, on: boolean) => Promise<void>;
  /**
   * All faults off, the checkout at its current release without what mitigations wrote, log and journal emptied, the
   * service started anew.
   * @throws Error when git fails or the service does not start
   */
  reset: () => Promise<void>;
  state: () => PatientState;
  series: (since?: number) => SeriesPoint[];
  stop: () => Promise<void>;
}>;

const SECOND_MS = 1_000;

/**
 * Starts the patient, which plays `genesis-orchestration` on a host of its own: a supervisor that always listens, a
 * service that can be broken and mended, its repository, logs, configuration and programs.
 * @throws Error when git is missing or the service does not start
 */
export async function startPatient(options: PatientOptions): Promise<Patient> {
  const { pace = 1, now = Date.now, port } = options;
  const directory = resolve(options.directory);
  const checkout = await prepareCheckout(directory);
  const faults = new Set<Fault>();
  const active = (): Fault[] => [...faults];
  const journal = createJournal(now);
  const series = createSeries();
  const supervisor = createSupervisor({
    checkout,
    port,
    pace,
    journal,
    faults: active,
    onSample: series.sample,
    onRecovered: (fault) => faults.delete(fault),
    now,
  });

  const start = async (how: () => Promise<boolean>): Promise<boolean> => {
    // A crash is over with the process that crashed.
    faults.delete('crash');
    // What leaks memory gives it back when it ends.
    faults.delete('high-memory');
    return how();
  };

  const set = async (fault: Fault, on: boolean): Promise<void> => {
    if (!isFault(fault)) throw new Error(`there is no fault "${String(fault)}"`);
    if (on && fault === 'tool-failures' && !faults.has(fault)) await logToolFailures(checkout, now());
    if (on) faults.add(fault);
    else faults.delete(fault);
    supervisor.order({ kind: 'faults', faults: active() });
    const crashes =
      fault === 'crash' || (fault === 'crash-loop' && runs(supervisor.state()) === BROKEN_VERSION);
    if (on && crashes) supervisor.order({ kind: 'crash' });
    const mended = !on && (fault === 'crash' || fault === 'crash-loop');
    if (mended && supervisor.state().kind === 'failed') await start(supervisor.start);
  };

  const restore = async (): Promise<void> => {
    await supervisor.stop();
    faults.clear();
    await restoreCheckout(checkout);
    journal.clear();
    // Somebody may have started it in the meantime, with what was configured before.
    if (!(await supervisor.restart())) throw new Error('the service did not start after the reset');
  };
  let resetting: Promise<void> | undefined;
  const reset = (): Promise<void> => {
    // Two at once would get into each other's way in git.
    resetting ??= restore().finally(() => {
      resetting = undefined;
    });
    return resetting;
  };

  const state = (): PatientState => {
    const unit = supervisor.state();
    const running = unit.kind === 'active' ? unit : undefined;
    const flags = flagsOrNull(checkout);
    return {
      running: running !== undefined,
      unit: unit.kind,
      version: running?.running.version ?? readVersion(checkout),
      faults: active(),
      cures: running === undefined ? {} : curesOf(active(), running.running, flags),
      pid: running?.pid ?? null,
      uptimeSeconds:
        running === undefined ? null : Math.max(0, Math.floor((now() - running.since) / SECOND_MS)),
      flags,
      configuration: running === undefined ? null : configurationOf(running.running),
    };
  };

  const felt = (): Fault[] => {
    const { cures } = state();
    return active().filter((fault) => cures[fault] === undefined);
  };
  const hostMetrics = createHostMetrics(now());
  const a2aMetrics = createA2aMetrics(now());
  const containerMetrics = (name: string): string | undefined => {
    const container = containerNamed(name);
    if (container === undefined || !isRunning(container, active())) return undefined;
    return name === 'genesis-a2a-service' ? a2aMetrics(active(), now()) : 'process_up 1\n';
  };

  const control = await startControl(
    {
      state,
      series: series.points,
      set,
      reset,
      hostMetrics: () => hostMetrics(felt(), now()),
      containerMetrics,
      world: () => ({
        unit: supervisor.state(),
        faults: active(),
        felt: felt(),
        checkout,
        servicePort: port,
        now: now(),
        journal: journal.read,
        set,
        start: () => start(supervisor.start),
        stop: supervisor.stop,
        restart: () => start(supervisor.restart),
      }),
    },
    0,
  );
  const bin = join(directory, 'bin');
  await writePrograms(bin, control.url);
  const marks = setInterval(() => series.mark(now(), supervisor.state().kind, active()), SECOND_MS);
  const stop = async (): Promise<void> => {
    clearInterval(marks);
    await supervisor.stop();
    await control.stop();
  };

  if (!(await supervisor.start())) {
    const why = journal.read({ since: 0, lines: 10 }).map(({ text }) => text);
    await stop();
    throw new Error(`the patient's service did not start: ${why.join(' / ')}`);
  }
  const serviceUrl = `http://127.0.0.1:${port}`;
  return {
    bin,
    checkout,
    serviceUrl,
    metricsUrl: `${serviceUrl}/metrics`,
    hostMetricsUrl: `${control.url}/metrics`,
    targets: CONTAINERS.flatMap(({ name, job }) =>
      job === undefined ? [] : [{ job, url: `${control.url}/containers/${name}/metrics` }],
    ),
    controlUrl: control.url,
    set,
    reset,
    state,
    series: (since = 0) => series.points(since),
    stop,
  };
}

async function logToolFailures(checkout: string, now: number): Promise<void> {
  const at = new Date(now).toISOString().slice(0, 19).replace('T', ' ');
  const lines = Array.from({ length: 10 }, () => `${at} - ${TOOL_FAILURE[0]}\n${TOOL_FAILURE[1]}\n`);
  await appendFile(join(checkout, 'logs', 'a2a_service.log'), lines.join(''));
}

const runs = (unit: UnitState): string | undefined =>
  unit.kind === 'active' ? unit.running.version : undefined;

function configurationOf({
  llm,
  aop,
  htdagCache,
}: Readonly<{ llm: string; aop: string; htdagCache: boolean }>) {
  return { llm, aop, htdagCache };
}

function curesOf(faults: readonly Fault[], running: Running, flags: Flags | null) {
  const cures = faults.map((fault) => [fault, cureOf(fault, running, isShutDown(flags ?? {}))] as const);
  return Object.fromEntries(cures.filter(([, cure]) => cure !== undefined));
}

function flagsOrNull(checkout: string): Flags | null {
  try {
    return readFlags(checkout);
  } catch {
    // Half written or broken: the service keeps its flags and logs why; the page shows that they are unknown.
    return null;
  }
}
