import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createAlertHistory } from '../../../src/adapters/prometheus/alertHistory.ts';
import { createGauge } from '../../../src/adapters/prometheus/gauge.ts';
import type { Indicator } from '../../../src/core/playbook/definition.ts';
import { freePort } from '../../../src/sandbox/alerts/program.ts';
import { requireComponent } from '../../fakes/components.ts';

const program = requireComponent('prometheus');

describe.skipIf(!program)('with the real Prometheus', () => {
  const directory = mkdtempSync(join(tmpdir(), 'genesis-prometheus-'));
  let process: ChildProcess;
  let baseUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    baseUrl = `http://127.0.0.1:${port}`;
    writeFileSync(
      join(directory, 'rules.yml'),
      `groups:
  - name: always
    rules:
      - alert: AlwaysFiring
        expr: vector(1)
        labels: { service: genesis-orchestration }
`,
    );
    writeFileSync(
      join(directory, 'prometheus.yml'),
      `global: { scrape_interval: 200ms, evaluation_interval: 200ms }
rule_files: [rules.yml]
scrape_configs:
  - job_name: itself
    static_configs: [{ targets: ['127.0.0.1:${port}'] }]
`,
    );
    process = spawn(
      program!,
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
  });

  afterAll(async () => {
    if (process.exitCode === null) {
      process.kill('SIGKILL');
      await once(process, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  const up: Indicator = {
    name: 'up',
    title: 'Up',
    query: 'up{job="itself"}',
    unit: 'state',
    objective: { kind: 'equals', value: 1 },
  };
  const gauge = () => createGauge({ baseUrl, timeoutMs: 5_000, windowMs: 60_000, staleMs: 300_000 });

  it('reads an indicator, a range of it, and says what is wrong with a query', async () => {
    await vi.waitFor(
      async () => expect(await gauge().read(up, Date.now())).toMatchObject({ verdict: 'pass', value: 1 }),
      { timeout: 25_000, interval: 200 },
    );
    const now = Date.now();
    expect(await gauge().range(up, { from: now - 60_000, to: now, points: 60 })).toMatchObject({
      kind: 'series',
    });
    const rate = { ...up, query: 'sum(rate(prometheus_http_requests_total[$window])) > -1' };
    await vi.waitFor(async () => expect((await gauge().read(rate, Date.now())).verdict).toBe('fail'), {
      timeout: 10_000,
    });
    expect(await gauge().read({ ...up, query: 'absent_metric' }, Date.now())).toMatchObject({
      verdict: 'inconclusive',
      why: 'Prometheus has no data for this indicator.',
    });
    expect(await gauge().read({ ...up, query: 'sum(' }, Date.now())).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('parse error'),
    });
  });

  it('remembers which alerts fire and since when', async () => {
    const history = createAlertHistory({ baseUrl, timeoutMs: 5_000, staleMs: 300_000 });
    const started = Date.now() - 60_000;
    await vi.waitFor(
      async () => {
        const answer = await history(started, Date.now());
        expect(answer).toMatchObject({
          kind: 'alerts',
          ended: [],
          firing: [{ labels: { alertname: 'AlwaysFiring', service: 'genesis-orchestration' } }],
        });
        if (answer.kind !== 'alerts') return;
        expect(answer.firing[0]!.from).toBeGreaterThan(started);
        expect(answer.firing[0]!.to).toBeGreaterThan(answer.firing[0]!.from);
      },
      { timeout: 25_000, interval: 200 },
    );
    // The start stays the same whenever it is asked for: it is part of the alert's identity.
    const [first, second] = [await history(started, Date.now()), await history(started - 1, Date.now())];
    expect(first.kind === 'alerts' && first.firing[0]?.from).toBe(
      second.kind === 'alerts' ? second.firing[0]?.from : null,
    );
  });
});
