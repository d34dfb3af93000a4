import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startAlertSource } from '../../src/sandbox/alerts/alertSource.ts';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { startPatient } from '../../src/sandbox/patient/patient.ts';
import { requireComponent } from '../fakes/components.ts';
import { startReceiver } from './alertsReceiver.ts';
import { runOn } from './patientHost.ts';

const PACE = 60;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startSandbox(use: 'real' | 'stand-in') {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-sandbox-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  const patient = await startPatient({ directory, pace: PACE, port: await freePort() });
  stops.push(patient.stop);
  const receiver = await startReceiver();
  stops.push(receiver.stop);
  const source = await startAlertSource({
    patientMetricsUrl: patient.metricsUrl,
    hostMetricsUrl: patient.hostMetricsUrl,
    otherTargets: patient.targets,
    rulesFile: fileURLToPath(new URL('../../playbooks/prometheus/rules.yml', import.meta.url)),
    webhookUrl: receiver.url,
    webhookToken: 'a-token',
    pace: PACE,
    directory,
    use,
  });
  stops.push(source.stop);
  const told = (alertname: string, status: string) =>
    receiver.received
      .map(({ body }) => body)
      .find((body) => body.groupLabels.alertname === alertname && body.status === status);
  return { patient, source, told };
}

const patiently = { timeout: 45_000, interval: 100 };

describe.each(['real', 'stand-in'] as const)('the patient watched with the shipped rules, %s', (use) => {
  const missing =
    use === 'real' && (requireComponent('prometheus') === null || requireComponent('alertmanager') === null);

  it.skipIf(missing)('LLM errors alert, and the fallback ends the alert', { timeout: 150_000 }, async () => {
    const { patient, source, told } = await startSandbox(use);
    await patient.set('llm-errors', true);
    await vi.waitFor(() => expect(told('HighErrorRate', 'firing')).toBeDefined(), patiently);
    const [alert] = told('HighErrorRate', 'firing')?.alerts ?? [];
    expect(alert?.labels).toEqual({
      alertname: 'HighErrorRate',
      service: 'genesis-orchestration',
      severity: 'P1',
    });
    expect(alert?.annotations.summary).toMatch(/^0\.\d+% of operations fail \(objective: under 0\.1%\)$/);

    const ask = async (query: string) =>
      (await fetch(`${source.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`)).json();
    const enough = 'sum(increase(genesis_operation_duration_seconds_count[5s])) > 1000';
    expect(await ask(enough)).toMatchObject({ data: { result: [{ metric: {} }] } });
    const falseAlarm = 'count_over_time(ALERTS{alertname="GenesisServiceDown", alertstate="firing"}[5m])';
    expect(await ask(falseAlarm)).toMatchObject({ data: { result: [] } });

    const fallback = join(patient.checkout, 'config', 'llm_fallback.yaml');
    await writeFile(fallback, 'llm:\n  enabled: false\n  fallback_mode: heuristic\n');
    await runOn(patient, 'systemctl', 'restart', 'genesis-orchestration');
    await vi.waitFor(() => expect(told('HighErrorRate', 'resolved')).toBeDefined(), patiently);
  });

  it.skipIf(missing)('a crash alerts, and a restart ends the alert', { timeout: 150_000 }, async () => {
    const { patient, told } = await startSandbox(use);
    await patient.set('crash', true);
    await vi.waitFor(() => expect(told('GenesisServiceDown', 'firing')).toBeDefined(), patiently);
    expect(told('GenesisServiceDown', 'firing')?.commonLabels).toMatchObject({ severity: 'P0' });
    await runOn(patient, 'systemctl', 'restart', 'genesis-orchestration');
    await vi.waitFor(() => expect(told('GenesisServiceDown', 'resolved')).toBeDefined(), patiently);
  });
});

// That both sources judge alike is shown above and in alertsParity.test.ts.
describe('the rest of the host watched with the shipped rules', () => {
  it('a stopped container alerts, and starting it ends the alert', { timeout: 150_000 }, async () => {
    const { patient, told } = await startSandbox('stand-in');
    await patient.set('mongodb-offline', true);
    await vi.waitFor(() => expect(told('MongodbOffline', 'firing')).toBeDefined(), patiently);
    expect(told('MongodbOffline', 'firing')?.commonLabels).toMatchObject({
      severity: 'P2',
      service: 'genesis-mongodb',
    });
    expect(await runOn(patient, 'docker', 'start', 'genesis-mongodb')).toMatchObject({ code: 0 });
    await vi.waitFor(() => expect(told('MongodbOffline', 'resolved')).toBeDefined(), patiently);
    for (const other of [
      'RedisOffline',
      'MonitoringDown',
      'A2aServiceDown',
      'HighMemoryUsage',
      'HighCpuUsage',
    ])
      expect(told(other, 'firing'), other).toBeUndefined();
  });

  it('a regression, a leak and a slow service alert one by one', { timeout: 150_000 }, async () => {
    const { patient, told } = await startSandbox('stand-in');
    for (const fault of ['tests-failing', 'high-memory', 'high-cpu', 'slow', 'tool-failures'] as const)
      await patient.set(fault, true);
    for (const alert of [
      'TestPassRateLow',
      'HighMemoryUsage',
      'HighCpuUsage',
      'HighLatencyP95',
      'AgentToolFailures',
    ])
      await vi.waitFor(() => expect(told(alert, 'firing'), alert).toBeDefined(), patiently);
  });
});
