import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type AskHistory, catchUp } from '../../../src/adapters/alertmanager/catchUp.ts';
import { fingerprintOf } from '../../../src/adapters/alertmanager/fingerprint.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const now = Date.parse('2026-11-21T15:00:00Z');
const since = now - 1_800_000;
const labels = { alertname: 'HighErrorRate', service: 'genesis-orchestration' };

async function alertmanager(answer: unknown, status = 200) {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://alertmanager'));
    response.statusCode = status;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const alert = (change: object = {}) => ({
  fingerprint: fingerprintOf(labels),
  labels,
  annotations: { summary: 'Errors' },
  startsAt: '2026-11-21T14:50:00.119Z',
  endsAt: '2026-11-21T15:05:00Z',
  updatedAt: '2026-11-21T14:59:00Z',
  receivers: [{ name: 'genesis' }],
  status: { state: 'active', silencedBy: [], inhibitedBy: [] },
  ...change,
});
const ask = async (options: {
  answer?: unknown;
  status?: number;
  history?: AskHistory | null;
  open?: readonly string[];
  receiver?: string;
}) => {
  const { baseUrl, asked } = await alertmanager(options.answer ?? [], options.status);
  const found = await catchUp({
    alertmanager: { baseUrl, receiver: options.receiver ?? null, timeoutMs: 5_000 },
    history: options.history ?? null,
    since,
    now,
    open: options.open ?? [],
    answered: ({ alertname }) => alertname === 'HighErrorRate',
  });
  return { ...found, asked };
};
const remembers =
  (
    firing: readonly { labels: Record<string, string>; from: number; to: number }[],
    ended: typeof firing = [],
  ): AskHistory =>
  async () => ({ kind: 'alerts', firing, ended });

describe('a bot that was away asks for what it missed', () => {
  it('hands over what is active at its own receiver', async () => {
    const elsewhere = alert({ labels: { alertname: 'Watchdog' }, receivers: [{ name: 'null' }] });
    const own = alert({ receivers: [{ name: 'archive' }, { name: 'genesis (team.a)' }] });
    const { notices, unknown, asked } = await ask({
      answer: [own, elsewhere],
      receiver: 'genesis (team.a)',
      // Prometheus does not know whom an alert is for.
      history: remembers([{ labels: { alertname: 'Watchdog' }, from: now - 60_000, to: now }]),
    });
    expect(notices).toMatchObject([
      {
        status: 'firing',
        labels,
        startsAt: Date.parse('2026-11-21T14:50:00.119Z'),
        annotations: { summary: 'Errors' },
      },
    ]);
    expect(unknown).toEqual([]);
    expect(asked[0]?.pathname).toBe('/api/v2/alerts');
  });

  it('does not hand over silenced alerts, nor take them for gone', async () => {
    const silenced = alert({ status: { state: 'suppressed' } });
    const { notices, gone } = await ask({ answer: [silenced], open: [silenced.fingerprint] });
    expect({ notices, gone }).toEqual({ notices: [], gone: [] });
  });

  it('tells which open alerts Alertmanager does not have any more', async () => {
    const { notices, gone } = await ask({ answer: [], open: ['dfbe6daa971f5592'] });
    expect(gone).toEqual(['dfbe6daa971f5592']);
    expect(notices).toEqual([]);
  });

  it('takes from Prometheus only what neither Alertmanager nor the bot knows', async () => {
    const other = { alertname: 'ServiceDown', service: 'genesis-orchestration' };
    const known = { alertname: 'KnownAlready' };
    const stretch = (given: Record<string, string>) => ({ labels: given, from: now - 60_000, to: now });
    const { notices } = await ask({
      // Alertmanager has the external labels of Prometheus besides.
      answer: [alert({ labels: { ...labels, cluster: 'dev' } })],
      history: remembers([stretch(labels), stretch(other), stretch(known)]),
      open: [fingerprintOf(known)],
    });
    expect(notices.map((notice) => notice.labels.alertname)).toEqual(['HighErrorRate', 'ServiceDown']);
    expect(notices[1]).toMatchObject({ fingerprint: fingerprintOf(other), startsAt: now - 60_000 });
  });

  it('takes from Prometheus alone only what a playbook was written for', async () => {
    const stretch = (given: Record<string, string>) => ({ labels: given, from: now - 60_000, to: now });
    const history = remembers([stretch(labels), stretch({ alertname: 'Watchdog' })]);
    const { notices } = await ask({ status: 503, history });
    expect(notices.map((notice) => notice.labels.alertname)).toEqual(['HighErrorRate']);
  });

  it('says which alerts came and went meanwhile', async () => {
    const ended = { labels, from: now - 1_200_000, to: now - 900_000 };
    const before = { ...ended, from: since - 1 };
    const { missed, notices } = await ask({ history: remembers([], [ended, before]) });
    expect(missed).toEqual([
      'HighErrorRate fired from 2026-11-21T14:40:00.000Z to 2026-11-21T14:45:00.000Z.',
    ]);
    expect(notices).toEqual([]);
  });
});

describe('what cannot be asked is said, and resolves nothing', () => {
  it.each<[string, { answer?: unknown; status?: number }, string]>([
    ['an error', { status: 500 }, 'answered 500'],
    ['no JSON', { answer: '<html>' }, 'not JSON'],
    ['another form', { answer: { data: [] } }, 'not understood'],
    ['a bad date', { answer: [alert({ startsAt: 'yesterday' })] }, 'not understood'],
  ])('%s', async (_name, given, why) => {
    const { unknown, gone, notices } = await ask({ ...given, open: ['dfbe6daa971f5592'] });
    expect(unknown).toEqual([expect.stringContaining(why)]);
    expect({ gone, notices }).toEqual({ gone: [], notices: [] });
  });

  it('a server that is not there', async () => {
    const found = await catchUp({
      alertmanager: { baseUrl: 'http://user:hush@127.0.0.1:1', receiver: null, timeoutMs: 5_000 },
      history: async () => ({ kind: 'failed', why: 'Prometheus cannot be reached.' }),
      since,
      now,
      open: ['dfbe6daa971f5592'],
      answered: () => true,
    });
    expect(found.unknown).toEqual([
      expect.stringContaining('cannot be reached'),
      'Prometheus cannot be reached.',
    ]);
    expect(found.gone).toEqual([]);
    expect(JSON.stringify(found)).not.toContain('hush');
  });
});
