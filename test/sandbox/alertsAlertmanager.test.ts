import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Alertmanager,
  type NewAlert,
  startAlertmanager,
} from '../../src/sandbox/alerts/alertmanager.ts';
import { fingerprint } from '../../src/sandbox/alerts/labels.ts';
import { webhookBody } from '../../src/sandbox/alerts/webhook.ts';
import { startReceiver } from './alertsReceiver.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const STARTS = Date.parse('2026-11-21T23:49:39.119Z');
const alert = (instance: string, ends?: number): NewAlert => ({
  labels: { alertname: 'HighErrorRate', service: 'genesis-orchestration', severity: 'P1', instance },
  annotations: { summary: `0.9% on ${instance}` },
  startsAt: STARTS,
  endsAt: ends,
  generatorURL: 'http://127.0.0.1:9090/graph?g0.expr=up&g0.tab=1',
});

async function start(statuses: readonly number[] = []) {
  const receiver = await startReceiver(statuses);
  stops.push(receiver.stop);
  const alertmanager: Alertmanager = await startAlertmanager({
    receiver: 'genesis',
    webhook: { url: receiver.url, token: 'a-token' },
    groupBy: ['alertname', 'service'],
    groupWait: 0,
    groupInterval: 100,
    repeatInterval: 3_600_000,
    now: Date.now,
  });
  stops.push(alertmanager.stop);
  return { receiver, alertmanager };
}

describe('the small Alertmanager', () => {
  it('tells a group once while it fires and once more when it has resolved', async () => {
    const { receiver, alertmanager } = await start();
    alertmanager.receive([alert('a'), alert('b')]);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    alertmanager.receive([alert('a'), alert('b', STARTS + 8_000)]);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(2));
    alertmanager.receive([alert('a', STARTS + 9_000)]);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(3));

    const [first, second, third] = receiver.received.map(({ body }) => body);
    expect(first).toMatchObject({ status: 'firing', version: '4', receiver: 'genesis', truncatedAlerts: 0 });
    expect(first?.alerts.map(({ status }) => status)).toEqual(['firing', 'firing']);
    expect(second?.status).toBe('firing');
    expect(second?.alerts.map(({ status }) => status)).toEqual(['firing', 'resolved']);
    expect(third?.status).toBe('resolved');
    expect(third?.alerts).toHaveLength(1);
    expect(new Set([first, second, third].map((body) => body?.groupKey))).toEqual(
      new Set(['{}:{alertname="HighErrorRate", service="genesis-orchestration"}']),
    );
    expect(receiver.received[0]?.headers).toMatchObject({
      authorization: 'Bearer a-token',
      'user-agent': 'Alertmanager/0.25.0',
      'content-type': 'application/json',
    });
  });

  it('tries again after 503, and not before the next look after 400', async () => {
    const retried = await start([503, 503, 200]);
    retried.alertmanager.receive([alert('a')]);
    await vi.waitFor(() => expect(retried.receiver.received).toHaveLength(3), { timeout: 10_000 });
    const bodies = retried.receiver.received.map(({ body }) => body);
    expect(bodies[2]).toEqual(bodies[0]);

    const refused = await start([400, 200]);
    refused.alertmanager.receive([alert('a')]);
    await vi.waitFor(() => expect(refused.receiver.received).toHaveLength(2));
  });

  it('never tells of an alert that was over before it could be told', async () => {
    const { receiver, alertmanager } = await start();
    alertmanager.receive([alert('over', STARTS + 1_000)]);
    alertmanager.receive([alert('firing')]);
    await vi.waitFor(() => expect(receiver.received).toHaveLength(1));
    expect(receiver.received[0]?.body.alerts.map(({ labels }) => labels.instance)).toEqual(['firing']);
  });

  it('lists what fires, by receiver and filter, and holds back what is silenced', async () => {
    const { alertmanager } = await start();
    alertmanager.receive([alert('a'), alert('b')]);
    const list = async (query: string) =>
      (await (await fetch(`${alertmanager.url}/api/v2/alerts?${query}`)).json()) as {
        fingerprint: string;
        labels: Record<string, string>;
        status: { state: string; silencedBy: string[] };
      }[];
    expect(await list('active=true&receiver=genesis')).toHaveLength(2);
    expect(await list('receiver=somebody-else')).toEqual([]);
    const [only] = await list('filter=instance%3D%22a%22');
    expect(only).toMatchObject({ labels: { instance: 'a' }, fingerprint: fingerprint(alert('a').labels) });

    const silence = {
      matchers: [{ name: 'instance', value: 'a|x', isRegex: true, isEqual: true }],
      startsAt: new Date(Date.now() - 1_000).toISOString(),
      endsAt: new Date(Date.now() + 60_000).toISOString(),
      createdBy: 'on-call engineer',
      comment: 'being worked on',
    };
    const put = await fetch(`${alertmanager.url}/api/v2/silences`, {
      method: 'POST',
      body: JSON.stringify(silence),
    });
    const { silenceID } = (await put.json()) as { silenceID: string };
    const [held] = await list('active=false');
    expect(held).toMatchObject({
      labels: { instance: 'a' },
      status: { state: 'suppressed', silencedBy: [silenceID] },
    });
    await fetch(`${alertmanager.url}/api/v2/silence/${silenceID}`, { method: 'DELETE' });
    expect(await list('active=true')).toHaveLength(2);
  });
});

describe('what a webhook looks like', () => {
  const labels = (instance: string) => ({
    alertname: 'DatabaseConnectionsExhausted',
    cluster: 'dev',
    instance,
    job: 'payments',
    service: 'payments',
    severity: 'critical',
    team: 'db',
  });

  it('knows a label set by the fingerprint that Alertmanager 0.25 gave it', () => {
    expect(fingerprint(labels('pay-a'))).toBe('dfbe6daa971f5592');
    expect(fingerprint(labels('pay-b'))).toBe('c1e766fd79fc6dd5');
  });

  it('has the fields of a captured one, in its order', () => {
    const held = (instance: string, endsAt: number | undefined) => ({
      fingerprint: fingerprint(labels(instance)),
      labels: labels(instance),
      annotations: { runbook_url: 'https://wiki/runbooks/db-conn', summary: `Connections 9 on ${instance}` },
      startsAt: STARTS,
      endsAt,
      generatorURL: 'http://vm:19090/graph?g0.expr=demo_gauge+%3E+5&g0.tab=1',
    });
    const body = webhookBody([held('pay-a', undefined), held('pay-b', STARTS + 8_000)], {
      receiver: 'hook',
      groupLabels: { alertname: 'DatabaseConnectionsExhausted', service: 'payments' },
      externalURL: 'http://vm:19093',
    });
    const { instance: _, ...common } = labels('pay-a');
    const captured = {
      receiver: 'hook',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels: labels('pay-a'),
          annotations: { runbook_url: 'https://wiki/runbooks/db-conn', summary: 'Connections 9 on pay-a' },
          startsAt: '2026-11-21T23:49:39.119Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://vm:19090/graph?g0.expr=demo_gauge+%3E+5&g0.tab=1',
          fingerprint: 'dfbe6daa971f5592',
        },
        {
          status: 'resolved',
          labels: labels('pay-b'),
          annotations: { runbook_url: 'https://wiki/runbooks/db-conn', summary: 'Connections 9 on pay-b' },
          startsAt: '2026-11-21T23:49:39.119Z',
          endsAt: '2026-11-21T23:49:47.119Z',
          generatorURL: 'http://vm:19090/graph?g0.expr=demo_gauge+%3E+5&g0.tab=1',
          fingerprint: 'c1e766fd79fc6dd5',
        },
      ],
      groupLabels: { alertname: 'DatabaseConnectionsExhausted', service: 'payments' },
      commonLabels: common,
      commonAnnotations: { runbook_url: 'https://wiki/runbooks/db-conn' },
      externalURL: 'http://vm:19093',
      version: '4',
      groupKey: '{}:{alertname="DatabaseConnectionsExhausted", service="payments"}',
      truncatedAlerts: 0,
    };
    expect(JSON.stringify(body)).toBe(JSON.stringify(captured));
  });
});
