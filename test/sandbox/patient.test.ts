import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseExposition } from '../../src/sandbox/alerts/exposition.ts';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import type { Fault } from '../../src/sandbox/patient/faults.ts';
import { type Patient, startPatient } from '../../src/sandbox/patient/patient.ts';
import { runOn } from './patientHost.ts';

const patiently = { timeout: 20_000, interval: 50 };

let directory: string;
let patient: Patient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "genesis patient's "));
  patient = await startPatient({ directory, pace: 60, port: await freePort() });
});
afterAll(async () => {
  await patient?.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => patient.reset());

const restart = () => runOn(patient, 'systemctl', 'restart', 'genesis-orchestration');
const health = async () =>
  (await fetch(`${patient.serviceUrl}/health`)).json() as Promise<Record<string, unknown>>;
const configure = (name: string, content: string) =>
  writeFile(join(patient.checkout, 'config', name), content);

/** The sum of a metric over its labels; undefined where it is not exposed. */
async function metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const exposed = parseExposition(await (await fetch(patient.metricsUrl)).text());
  const found = exposed.filter(
    (sample) =>
      sample.labels.__name__ === name &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}

/** Failed ÷ all operations of the current process, once it has done enough of them to tell. */
async function errorRatio(category?: string): Promise<number> {
  const operations = () => metric('genesis_operation_duration_seconds_count');
  await vi.waitFor(async () => expect(await operations()).toBeGreaterThan(1_500), patiently);
  const errors = await metric('genesis_errors_total', category === undefined ? {} : { category });
  return (errors ?? 0) / ((await operations()) ?? 1);
}

describe('a patient that is well', () => {
  it('works, within its objectives, and says so', async () => {
    expect(await errorRatio()).toBeLessThan(0.001);
    expect(patient.state()).toMatchObject({ running: true, unit: 'active', version: 'v1.5.0', faults: [] });
    expect(await health()).toMatchObject({
      status: 'healthy',
      version: 'v1.5.0',
      circuit_breaker: { state: 'closed' },
      halo_optimizations: { rule_indexing: true },
    });
    for (const name of [
      'genesis_htdag_decomposition_duration_seconds_count',
      'genesis_halo_routing_duration_seconds_count',
      'genesis_aop_validation_duration_seconds_count',
      'genesis_tests_total_total',
      'process_resident_memory_bytes',
    ]) {
      expect(await metric(name), name).toBeGreaterThan(0);
    }
    expect(await metric('genesis_operation_duration_seconds_bucket', { le: '0.2' })).toBe(
      await metric('genesis_operation_duration_seconds_bucket', { le: '+Inf' }),
    );
  });

  it('stands on a clean checkout with a stable and a current version', async () => {
    const git = async (...args: string[]) => (await runOn(patient, 'git', ...args)).stdout.trim();
    expect(await git('status', '--porcelain')).toBe('');
    expect(await git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main');
    expect(await git('describe', '--tags')).toBe('v1.5.0');
    expect(await git('show', 'origin/deployment-stable:VERSION')).toBe('v1.4.0');
    expect((await runOn(patient, 'git', 'fetch', 'origin')).code).toBe(0);
  });

  it('passes its health check, and fails it while it is stopped', async () => {
    await vi.waitFor(
      async () => expect(await metric('genesis_operation_duration_seconds_count')).toBeGreaterThan(0),
      patiently,
    );
    const well = await runOn(patient, './scripts/health_check.sh');
    expect(well.stdout).toContain('5/5 checks passed');
    expect(well.code).toBe(0);
    await runOn(patient, 'systemctl', 'stop', 'genesis-orchestration');
    const stopped = await runOn(patient, './scripts/health_check.sh');
    expect(stopped.stdout).toContain('FAIL  service is active');
    expect(stopped.code).toBe(1);
    expect(patient.state()).toMatchObject({
      running: false,
      unit: 'inactive',
      pid: null,
      uptimeSeconds: null,
    });
  });
});

/** Failures come evenly, so after some 1,500 operations the share is off by less than one failure. */
const about = (ratio: number, share: number): boolean => Math.abs(ratio - share) < 1 / 1_000;

describe('errors and their mitigations', () => {
  it('LLM errors: nine in a thousand, gone with the fallback after a restart', async () => {
    await patient.set('llm-errors', true);
    await restart();
    expect(await errorRatio('llm')).toSatisfy((ratio: number) => about(ratio, 0.009));
    expect(await metric('genesis_llm_errors_total', { kind: 'rate_limit' })).toBeGreaterThan(0);
    const log = await readFile(join(patient.checkout, 'logs', 'genesis.log'), 'utf8');
    expect(log).toMatch(/ ERROR \[llm\] htdag: LLM request failed: 429 Too Many Requests/);

    await configure('llm_fallback.yaml', 'llm:\n  enabled: false\n  fallback_mode: heuristic\n');
    expect(patient.state().configuration).toMatchObject({ llm: 'enabled' });
    await restart();
    expect(patient.state()).toMatchObject({ faults: ['llm-errors'], configuration: { llm: 'heuristic' } });
    expect(await errorRatio()).toBeLessThan(0.001);
  });

  it('AOP errors: gone with relaxed thresholds after a restart', async () => {
    await patient.set('aop-errors', true);
    await restart();
    expect(await errorRatio('validation')).toSatisfy((ratio: number) => about(ratio, 0.009));
    await configure(
      'aop_relaxed.yaml',
      'aop:\n  solvability_threshold: 0.5\n  completeness_threshold: 0.5\n',
    );
    await restart();
    expect(await errorRatio()).toBeLessThan(0.001);
  });

  it('network errors: the breaker opens, and closes by itself', async () => {
    const path = join(patient.checkout, 'logs', 'genesis.log');
    await rm(path, { force: true });
    await patient.set('network-errors', true);
    await vi.waitFor(() => expect(patient.state().faults).toEqual([]), patiently);
    const log = await readFile(path, 'utf8');
    expect(log).toContain('[network] halo: connect ETIMEDOUT api.openai.com:443');
    expect(log).toMatch(/circuit breaker opened after 5 failures.*circuit breaker closed/s);
    expect(await health()).toMatchObject({
      status: 'healthy',
      circuit_breaker: { state: 'closed', failures: 0 },
    });
  });

  it('slow: above 200 ms until the decomposition cache is on', async () => {
    const slow = async () => {
      await errorRatio();
      const under = (await metric('genesis_operation_duration_seconds_bucket', { le: '0.2' })) ?? 0;
      return 1 - under / ((await metric('genesis_operation_duration_seconds_count')) ?? 1);
    };
    await patient.set('slow', true);
    await restart();
    expect(await slow()).toBeGreaterThan(0.5);
    await configure('htdag_cache.yaml', 'htdag:\n  cache_enabled: true\n  cache_ttl_seconds: 3600\n');
    await restart();
    expect(await slow()).toBeLessThan(0.05);
  });

  it('a full disk: shown by df, fails operations, gone when the journal is shrunk', async () => {
    await patient.set('disk-full', true);
    await restart();
    expect(await errorRatio('resource')).toSatisfy((ratio: number) => about(ratio, 0.004));
    expect((await runOn(patient, 'df', '-h')).stdout).toContain('100%');
    expect(await (await fetch(patient.hostMetricsUrl)).text()).toMatch(
      /node_filesystem_avail_bytes\{.*\} 0\n/,
    );
    await runOn(patient, 'journalctl', '--vacuum-size=200M');
    expect((await runOn(patient, 'df', '-P', '/')).stdout).toContain('62%');
    expect(patient.state().faults).toEqual([]);
  });

  it('no metrics: the scrape works and says nothing about operations', async () => {
    await patient.set('no-metrics', true);
    await vi.waitFor(
      async () => expect(await metric('genesis_operation_duration_seconds_count')).toBeUndefined(),
      patiently,
    );
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(0);
    await vi.waitFor(
      () => expect(patient.series().at(-1)).toMatchObject({ up: true, errorRatio: null, p95: null }),
      patiently,
    );
  });
});

describe('crashes', () => {
  const crash = async (fault: Fault) => {
    await patient.set(fault, true);
    await vi.waitFor(() => expect(patient.state().unit).toBe('failed'), patiently);
  };

  it('a crash is over after a restart', async () => {
    await crash('crash');
    expect(patient.state()).toMatchObject({ running: false, pid: null, faults: ['crash'] });
    await expect(fetch(`${patient.serviceUrl}/health`)).rejects.toThrow();
    expect((await restart()).code).toBe(0);
    expect(patient.state()).toMatchObject({ running: true, faults: [] });
  });

  it('a version that crashes and refuses to start is cured by the stable one', async () => {
    await crash('crash-loop');
    const refused = await restart();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Job for genesis-orchestration.service failed');
    const journal = await runOn(
      patient,
      'journalctl',
      '-u',
      'genesis-orchestration',
      '--since',
      '5 minutes ago',
    );
    expect(journal.stdout).toContain("ImportError: cannot import name 'PlanCache'");

    await runOn(patient, 'git', 'fetch', 'origin');
    await runOn(patient, 'git', 'reset', '--hard', 'origin/deployment-stable');
    expect(patient.state()).toMatchObject({ running: false, version: 'v1.4.0' });
    expect((await runOn(patient, 'systemctl', 'start', 'genesis-orchestration')).code).toBe(0);
    expect(patient.state()).toMatchObject({ running: true, version: 'v1.4.0', faults: ['crash-loop'] });
  });

  it('a configuration that cannot be read keeps it from starting, and the journal says which', async () => {
    await configure('llm_fallback.yaml', 'llm: {enabled: maybe}\n');
    expect((await restart()).code).toBe(1);
    const journal = await runOn(patient, 'journalctl', '-u', 'genesis-orchestration', '-n', '4');
    expect(journal.stdout).toContain('config/llm_fallback.yaml cannot be read');
  });
});

describe('a reset', () => {
  it('takes back faults, configuration, version and log', async () => {
    await patient.set('llm-errors', true);
    await patient.set('aop-errors', true);
    expect(patient.state().cures).toEqual({});
    await configure('llm_fallback.yaml', 'llm:\n  enabled: false\n  fallback_mode: heuristic\n');
    await runOn(patient, 'git', 'reset', '--hard', 'origin/deployment-stable');
    await restart();
    await patient.set('crash-loop', true);
    expect(patient.state().cures).toEqual({ 'llm-errors': 'heuristic', 'crash-loop': 'other-version' });

    const answer = await fetch(`${patient.controlUrl}/patient/reset`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      running: true,
      version: 'v1.5.0',
      faults: [],
      cures: {},
      configuration: { llm: 'enabled' },
    });
    expect((await runOn(patient, 'git', 'status', '--porcelain', '--branch')).stdout.trim()).toBe(
      '## main...origin/main',
    );
    const log = await readFile(join(patient.checkout, 'logs', 'genesis.log'), 'utf8');
    expect(log).not.toContain('[llm]');
    await patient.set('llm-errors', true);
    expect(patient.state().cures).toEqual({});
  });

  it('mends what had failed to start', async () => {
    await patient.set('crash-loop', true);
    await vi.waitFor(() => expect(patient.state().unit).toBe('failed'), patiently);
    await Promise.all([patient.reset(), patient.reset()]);
    expect(patient.state()).toMatchObject({ running: true, version: 'v1.5.0', faults: [] });
  });
});

describe('feature flags', () => {
  it('are followed without a restart', async () => {
    const path = join(patient.checkout, 'config', 'feature_flags.json');
    const { flags } = JSON.parse(await readFile(path, 'utf8')) as { flags: Record<string, unknown> };
    const changed = {
      ...flags,
      phase_4_deployment: { enabled: true, rollout_percentage: 50 },
      emergency_shutdown: { enabled: true, rollout_percentage: 100 },
    };
    await writeFile(path, JSON.stringify({ flags: changed }));
    await vi.waitFor(async () => expect((await health()).status).toBe('shutdown'), patiently);
    expect(await metric('genesis_feature_flag_rollout_percentage', { flag: 'phase_4_deployment' })).toBe(50);
    expect(patient.state().flags?.emergency_shutdown?.enabled).toBe(true);
  });
});
