import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startAlertSource } from '../../src/sandbox/alerts/alertSource.ts';
import { requireComponent } from '../fakes/components.ts';
import { startReceiver } from './alertsReceiver.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const RULES = `groups:
  - name: g
    rules:
      - alert: TooManyErrors
        expr: genesis_errors > 5
        for: 15s
        labels: { severity: P1, service: genesis-orchestration }
        annotations: { summary: '{{ $value }} errors (objective: 5 at most)' }
      - alert: GenesisServiceDown
        expr: up{job="genesis-orchestration"} == 0
        labels: { severity: P0, service: genesis-orchestration }
`;

/** A service with one gauge; `broken` answers 404. */
async function startService() {
  const service = { errors: 0, broken: false };
  const server = createServer((_, response) => {
    if (service.broken) response.writeHead(404).end();
    else response.end(`# TYPE genesis_errors gauge\ngenesis_errors{component="htdag"} ${service.errors}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  return { url, set: (change: Partial<typeof service>) => Object.assign(service, change) };
}

async function startWorld(use: 'real' | 'stand-in') {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-alerts-'));
  stops.push(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'rules.yml'), RULES);
  const service = await startService();
  const receiver = await startReceiver();
  stops.push(receiver.stop);
  const source = await startAlertSource({
    patientMetricsUrl: service.url,
    rulesFile: join(directory, 'rules.yml'),
    webhookUrl: receiver.url,
    webhookToken: 'a-token',
    pace: 60,
    directory,
    use,
  });
  stops.push(source.stop);
  return { service, receiver, source };
}

const patiently = { timeout: 45_000, interval: 100 };

describe.each(['real', 'stand-in'] as const)('an alert source that is %s', (use) => {
  const missing =
    use === 'real' && (requireComponent('prometheus') === null || requireComponent('alertmanager') === null);

  it.skipIf(missing)(
    'tells of an alert and of its end, and answers the same questions',
    { timeout: 180_000 },
    async () => {
      const { service, receiver, source } = await startWorld(use);
      expect(source.kind).toBe(use);
      service.set({ errors: 9 });
      await vi.waitFor(() => expect(receiver.received).toHaveLength(1), patiently);
      const [firing] = receiver.received;
      expect(firing?.headers.authorization).toBe('Bearer a-token');
      expect(firing?.body).toMatchObject({
        receiver: 'genesis',
        status: 'firing',
        groupLabels: { alertname: 'TooManyErrors', service: 'genesis-orchestration' },
        groupKey: '{}:{alertname="TooManyErrors", service="genesis-orchestration"}',
        externalURL: source.alertmanagerUrl,
        alerts: [
          { annotations: { summary: '9 errors (objective: 5 at most)' }, endsAt: '0001-01-01T00:00:00Z' },
        ],
      });

      const get = async (url: string) => (await fetch(url)).json();
      expect(
        await get(
          `${source.prometheusUrl}/api/v1/query?query=${encodeURIComponent('ALERTS{alertstate="firing"}')}`,
        ),
      ).toMatchObject({
        status: 'success',
        data: {
          resultType: 'vector',
          result: [{ metric: { alertname: 'TooManyErrors', component: 'htdag', severity: 'P1' } }],
        },
      });
      expect(await get(`${source.prometheusUrl}/api/v1/alerts`)).toMatchObject({
        data: { alerts: [{ state: 'firing', value: '9e+00', labels: { alertname: 'TooManyErrors' } }] },
      });
      expect(await get(`${source.prometheusUrl}/api/v1/rules`)).toMatchObject({
        data: {
          groups: [
            {
              name: 'g',
              interval: 1,
              rules: [{ name: 'TooManyErrors', state: 'firing', duration: 1, type: 'alerting' }, {}],
            },
          ],
        },
      });
      expect(await get(`${source.prometheusUrl}/api/v1/targets`)).toMatchObject({
        data: { activeTargets: [{ health: 'up', labels: { job: 'genesis-orchestration' } }] },
      });
      expect(await get(`${source.alertmanagerUrl}/api/v2/alerts?active=true&receiver=genesis`)).toMatchObject(
        [
          {
            fingerprint: firing?.body.alerts[0]?.fingerprint,
            receivers: [{ name: 'genesis' }],
            status: { state: 'active', silencedBy: [], inhibitedBy: [] },
          },
        ],
      );

      service.set({ errors: 0 });
      await vi.waitFor(() => expect(receiver.received).toHaveLength(2), patiently);
      const [, resolved] = receiver.received;
      expect(resolved?.body.status).toBe('resolved');
      const [before, after] = [firing?.body.alerts[0], resolved?.body.alerts[0]];
      expect(after).toMatchObject({
        fingerprint: before?.fingerprint,
        startsAt: before?.startsAt,
        status: 'resolved',
      });
      expect(Date.parse(after?.endsAt ?? '')).toBeGreaterThan(Date.parse(after?.startsAt ?? ''));

      service.set({ broken: true });
      await vi.waitFor(() => expect(receiver.received).toHaveLength(3), patiently);
      expect(receiver.received[2]?.body.alerts[0]?.labels).toMatchObject({
        alertname: 'GenesisServiceDown',
        severity: 'P0',
      });
      expect(await get(`${source.prometheusUrl}/api/v1/query?query=genesis_errors`)).toMatchObject({
        data: { result: [] },
      });
    },
  );
});

describe('choosing an alert source', () => {
  it('says why it is the stand-in', async () => {
    const { source } = await startWorld('stand-in');
    expect(source.reason).toBe('The stand-in was asked for.');
  });

  it('refuses rules that cannot be read', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'genesis-alerts-'));
    stops.push(() => rm(directory, { recursive: true, force: true }));
    await writeFile(
      join(directory, 'rules.yml'),
      'groups: [{ name: g, rules: [{ alert: A, expr: "rate(x)" }] }]',
    );
    const start = startAlertSource({
      patientMetricsUrl: 'http://127.0.0.1:9/metrics',
      rulesFile: join(directory, 'rules.yml'),
      webhookUrl: 'http://127.0.0.1:9/',
      webhookToken: 'a-token',
      pace: 1,
      directory,
      use: 'stand-in',
    });
    await expect(start).rejects.toThrow('expected type range vector in call to function "rate"');
  });
});
