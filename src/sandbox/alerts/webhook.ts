import { type Labels, METRIC_NAME } from './labels.ts';

/** An alert as Alertmanager holds it. Times are milliseconds since the epoch; `endsAt` undefined while it fires. */
export type HeldAlert = Readonly<{
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  startsAt: number;
  endsAt: number | undefined;
  generatorURL: string;
}>;

export type WebhookContext = Readonly<{ receiver: string; groupLabels: Labels; externalURL: string }>;

const NEVER = '0001-01-01T00:00:00Z';

/** `{}:{alertname="X", service="y"}`: the route (the root one has no matchers) and the group's labels. */
export function groupKey(groupLabels: Labels): string {
  const pairs = Object.entries(groupLabels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{}:{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** The body of a version 4 webhook for one group. */
export function webhookBody(
  alerts: readonly HeldAlert[],
  { receiver, groupLabels, externalURL }: WebhookContext,
) {
  return {
    receiver,
    status: alerts.some(({ endsAt }) => endsAt === undefined) ? 'firing' : 'resolved',
    alerts: alerts.map((alert) => ({
      status: alert.endsAt === undefined ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: new Date(alert.startsAt).toISOString(),
      endsAt: alert.endsAt === undefined ? NEVER : new Date(alert.endsAt).toISOString(),
      generatorURL: alert.generatorURL,
      fingerprint: alert.fingerprint,
    })),
    groupLabels,
    commonLabels: common(alerts.map(({ labels }) => labels)),
    commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
    externalURL,
    version: '4',
    groupKey: groupKey(groupLabels),
    truncatedAlerts: 0,
  };
}

function common([first = {}, ...others]: readonly Labels[]): Labels {
  const shared = Object.entries(first).filter(
    ([name, value]) => name !== METRIC_NAME && others.every((other) => other[name] === value),
  );
  return Object.fromEntries(shared.sort(([a], [b]) => (a < b ? -1 : 1)));
}
