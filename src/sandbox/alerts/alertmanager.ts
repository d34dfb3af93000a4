import { answerAlertmanager } from './alertmanagerApi.ts';
import { fingerprint, type Labels, onlyLabels } from './labels.ts';
import { startLocalServer } from './localServer.ts';
import { createSilences } from './silences.ts';
import { groupKey, type HeldAlert, webhookBody } from './webhook.ts';

/**
 * A small Alertmanager. Alerts are grouped by `groupBy`. A new group is announced after `groupWait`; from then on it is
 * looked at every `groupInterval` and announced again when an alert joined or resolved, or when `repeatInterval` has
 * passed. An announcement is a webhook: 2xx ends it; a 5xx or no answer is tried again, waiting longer each time, until
 * the group's next look (at least ten seconds); any other answer is final until then. A group whose alerts have all
 * resolved and been announced as such is forgotten; an alert that resolved before it was ever announced is never told.
 */
export type AlertmanagerOptions = Readonly<{
  receiver: string;
  webhook: Readonly<{ url: string; token: string }>;
  groupBy: readonly string[];
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
  now: () => number;
}>;

export type NewAlert = Readonly<{
  labels: Labels;
  annotations: Labels;
  startsAt: number;
  endsAt: number | undefined;
  generatorURL: string;
}>;

export type Alertmanager = Readonly<{
  url: string;
  receive: (alerts: readonly NewAlert[]) => void;
  stop: () => Promise<void>;
}>;

type Group = {
  labels: Labels;
  alerts: Map<string, HeldAlert>;
  /** What the receiver was told last, by fingerprint. */
  told: Map<string, 'firing' | 'resolved'>;
  toldAt: number;
  timer: NodeJS.Timeout | undefined;
};

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 60_000;
const LEAST_ATTEMPT_MS = 10_000;

export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const groups = new Map<string, Group>();
  const silences = createSilences(options.now);
  const stopping = new AbortController();
  const held = (): HeldAlert[] => [...groups.values()].flatMap((group) => [...group.alerts.values()]);
  const server = await startLocalServer((request) =>
    answerAlertmanager(request, { alerts: held, silences, receiver: options.receiver, now: options.now }),
  );

  const look = async (key: string, group: Group): Promise<void> => {
    group.timer = undefined;
    const alerts = [...group.alerts.values()].filter(({ labels }) => silences.silencing(labels).length === 0);
    if (worthTelling(group, alerts, options)) {
      const body = webhookBody(inOrder(alerts), {
        receiver: options.receiver,
        groupLabels: group.labels,
        externalURL: server.url,
      });
      const until = Date.now() + Math.max(options.groupInterval, LEAST_ATTEMPT_MS);
      if (await deliver(JSON.stringify(body), options.webhook, { until, stopping: stopping.signal })) {
        remember(group, alerts, options.now());
      }
    }
    forgetResolved(group);
    if (stopping.signal.aborted) return;
    if (group.alerts.size === 0) groups.delete(key);
    else schedule(key, group, options.groupInterval);
  };

  const schedule = (key: string, group: Group, delay: number): void => {
    group.timer = setTimeout(() => {
      look(key, group).catch((cause: unknown) => {
        process.emitWarning(`the alert group ${key} could not be announced: ${String(cause)}`);
      });
    }, delay);
  };

  return {
    url: server.url,
    receive(alerts) {
      for (const alert of alerts) {
        const labels = onlyLabels(alert.labels, options.groupBy);
        const key = groupKey(labels);
        const known = groups.get(key);
        // A resolution of something never heard of says nothing.
        if (known === undefined && alert.endsAt !== undefined) continue;
        const group = known ?? { labels, alerts: new Map(), told: new Map(), toldAt: 0, timer: undefined };
        const id = fingerprint(alert.labels);
        if (alert.endsAt === undefined || group.alerts.has(id))
          group.alerts.set(id, { ...alert, fingerprint: id });
        if (known !== undefined) continue;
        groups.set(key, group);
        schedule(key, group, options.groupWait);
      }
    },
    async stop() {
      stopping.abort();
      for (const group of groups.values()) clearTimeout(group.timer);
      await server.stop();
    },
  };
}

function worthTelling(
  group: Group,
  alerts: readonly HeldAlert[],
  { repeatInterval, now }: AlertmanagerOptions,
): boolean {
  const firing = alerts.filter(({ endsAt }) => endsAt === undefined);
  const changed =
    firing.some(({ fingerprint: id }) => group.told.get(id) !== 'firing') ||
    alerts.some(({ fingerprint: id, endsAt }) => endsAt !== undefined && group.told.get(id) === 'firing');
  return changed || (firing.length > 0 && now() - group.toldAt >= repeatInterval);
}

function remember(group: Group, told: readonly HeldAlert[], now: number): void {
  group.toldAt = now;
  for (const { fingerprint: id, endsAt } of told)
    group.told.set(id, endsAt === undefined ? 'firing' : 'resolved');
}

/** Only what the receiver knows to be over, or never knew of. */
function forgetResolved(group: Group): void {
  for (const [id, { endsAt }] of group.alerts) {
    if (endsAt === undefined || group.told.get(id) === 'firing') continue;
    group.alerts.delete(id);
    group.told.delete(id);
  }
}

function inOrder(alerts: readonly HeldAlert[]): HeldAlert[] {
  const place = ({ labels, fingerprint: id }: HeldAlert): string =>
    `${labels.job ?? ''}\u0000${labels.instance ?? ''}\u0000${id}`;
  return alerts.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

async function deliver(
  body: string,
  webhook: AlertmanagerOptions['webhook'],
  { until, stopping }: { until: number; stopping: AbortSignal },
): Promise<boolean> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 1.5, LONGEST_RETRY_MS)) {
    const status = await post(
      body,
      webhook,
      AbortSignal.any([stopping, AbortSignal.timeout(Math.max(1, until - Date.now()))]),
    );
    if (status !== undefined && status < 500) return status >= 200 && status < 300;
    if (stopping.aborted || Date.now() + wait >= until) return false;
    await pause(wait, stopping);
  }
}

/** The status of the answer, undefined when there was none. */
async function post(
  body: string,
  { url, token }: AlertmanagerOptions['webhook'],
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'user-agent': 'Alertmanager/0.25.0',
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
      },
      body,
      signal,
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    // Refused, reset or out of time: all of them mean "not delivered", and are tried again.
    return undefined;
  }
}

function pause(milliseconds: number, stopping: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    stopping.addEventListener('abort', finish);
  });
}
