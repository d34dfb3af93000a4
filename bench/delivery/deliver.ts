import { quantile } from '../figure.ts';
import { webhookBody } from '../ingest/webhookBody.ts';
import { webhookHeaders } from '../measure/bot.ts';
import { openConnection } from '../measure/connection.ts';
import { cpuMicros, type Server } from '../measure/server.ts';
import type { FakeSlack } from '../slack/fakeSlack.ts';

/** One system that takes alerts and posts to Slack. */
export type Subject = {
  readonly name: string;
  readonly server: Server;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body of the nth alert. `marker` must come out again in what is sent to Slack. */
  readonly body: (marker: string, number: number) => string;
  /** Markers that may be used again and again, one set for each client; where absent, every alert has a new one. */
  readonly markers?: readonly (readonly string[])[];
};

export type Delivered = {
  readonly perSecond: number;
  /** Processor time of the server for each alert, with all that the alert sets off. */
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly callsPerAlert: number;
  readonly lost: number;
};

const clients = 8;
const incidentsPerClient = 8;
const warmMs = 500;
const patienceMs = 5_000;

/** Never repeated within a process. */
let sent = 0;

function nextMarker(): string {
  sent += 1;
  return `bench-${String(sent).padStart(7, '0')}`;
}

/** Every marker is a service and an alert of its own. */
export const webhook = (marker: string, number: number): string =>
  webhookBody(number, { alertname: marker, service: marker, key: marker });

/**
 * Eight clients; each sends an alert, waits until Slack has been called about it, and sends the next. What the alerts
 * set off besides is waited for at the end and counts as processor time.
 */
export async function deliver(subject: Subject, slack: FakeSlack, seconds: number): Promise<Delivered> {
  const expected = new Map<string, () => void>();
  slack.onCall(({ body }) => {
    const marker = /bench-\d{7}/.exec(body)?.[0];
    if (marker === undefined) return;
    const arrived = expected.get(marker);
    expected.delete(marker);
    arrived?.();
  });
  await slack.quiet();
  const origin = new URL(subject.server.url).origin;
  const callsBefore = slack.calls();
  const cpuBefore = cpuMicros(subject.server.pid);
  const warm = performance.now() + warmMs;
  const end = warm + seconds * 1_000;
  const times: number[] = [];
  let alerts = 0;
  let lost = 0;

  const client = async (_: unknown, index: number): Promise<void> => {
    const connection = await openConnection(origin);
    const own = subject.markers?.[index];
    for (let turn = 0; performance.now() < end; turn++) {
      const fresh = nextMarker();
      const marker = own?.[turn % own.length] ?? fresh;
      alerts += 1;
      const begun = performance.now();
      const { promise, resolve } = Promise.withResolvers<boolean>();
      expected.set(marker, () => resolve(true));
      const late = setTimeout(() => resolve(false), patienceMs);
      const status = await connection.post(subject.path, subject.body(marker, sent), subject.headers);
      if (status < 200 || status >= 300) throw new Error(`${subject.name} answered ${status}`);
      const arrived = await promise;
      clearTimeout(late);
      const ended = performance.now();
      if (!arrived) lost += 1;
      else if (begun >= warm && ended <= end) times.push(ended - begun);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: clients }, client));
  await slack.quiet();
  const used = cpuMicros(subject.server.pid) - cpuBefore;
  slack.onCall(null);
  return {
    perSecond: times.length / seconds,
    cpuMicros: used / alerts,
    p50Ms: quantile(times, 0.5),
    p99Ms: quantile(times, 0.99),
    callsPerAlert: (slack.calls() - callsBefore) / alerts,
    lost,
  };
}

/** Opens incidents of their own services, so that every later alert is one change to one card. */
export async function openIncidents(bot: Server, slack: FakeSlack): Promise<readonly (readonly string[])[]> {
  const markers = Array.from({ length: clients }, () =>
    Array.from({ length: incidentsPerClient }, () => nextMarker()),
  );
  const connection = await openConnection(bot.url);
  for (const marker of markers.flat()) {
    await connection.post('/alertmanager', webhook(marker, sent), webhookHeaders);
  }
  connection.close();
  await slack.quiet();
  return markers;
}
