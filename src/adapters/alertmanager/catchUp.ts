import { z } from 'zod';
import type { Notice } from '../../core/alert/alert.ts';
import { endpointOf, readCapped, tooLong, unreachable } from './api.ts';
import { fingerprintOf } from './fingerprint.ts';
import { createBounds, linkOf } from './payload.ts';

type Stretch = {
  readonly labels: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
};

/** What Prometheus itself remembers of alerts between two moments. */
export type AskHistory = (
  since: number,
  now: number,
) => Promise<
  | { readonly kind: 'alerts'; readonly firing: readonly Stretch[]; readonly ended: readonly Stretch[] }
  | { readonly kind: 'failed'; readonly why: string }
>;

export type CaughtUp = {
  /** Whether Alertmanager told which alerts it has. */
  readonly answered: boolean;
  /** Alerts that fire now, to be handed over like those of a webhook. */
  readonly notices: readonly Notice[];
  /** Open fingerprints that Alertmanager does not have any more. It forgets on restart, so this resolves nothing. */
  readonly gone: readonly string[];
  /** Of the alerts that Alertmanager has, those that are silenced, with the silences that do so. */
  readonly silenced: readonly { readonly fingerprint: string; readonly by: readonly string[] }[];
  /** Alerts that came and went while nobody listened, one sentence each. */
  readonly missed: readonly string[];
  /** What could not be asked, one sentence each; empty when the picture is whole. */
  readonly unknown: readonly string[];
};

/**
 * Asks for what a bot that was away has missed. An alert that fires and resolves in that time is never delivered by
 * Alertmanager, so Prometheus is asked too; its alerts count only where Alertmanager does not know them.
 */
export async function catchUp(options: {
  readonly alertmanager: {
    readonly baseUrl: string;
    readonly receiver: string | null;
    readonly timeoutMs: number;
  } | null;
  readonly history: AskHistory | null;
  /** When the bot last knew, milliseconds since the epoch. */
  readonly since: number;
  readonly now: number;
  /** Fingerprints of the alerts that fire in open incidents. */
  readonly open: readonly string[];
  /** Whether a playbook was written for alerts with these labels. */
  readonly answered: (labels: Readonly<Record<string, string>>) => boolean;
}): Promise<CaughtUp> {
  const { now, since } = options;
  const [known, history] = await Promise.all([
    options.alertmanager ? askAlertmanager(options.alertmanager) : null,
    options.history ? options.history(since, now) : null,
  ]);
  const unknown: string[] = [];
  if (known?.kind === 'failed') unknown.push(known.why);
  if (history?.kind === 'failed') unknown.push(history.why);

  const alerts = known?.kind === 'alerts' ? known.alerts : [];
  const notices = alerts
    .filter((alert) => alert.isOurs && alert.state === 'active')
    .map((alert) => alert.notice);
  const fresh = (history?.kind === 'alerts' ? history.firing : [])
    // Prometheus does not know whom an alert is for. What Alertmanager cannot tell, a playbook does.
    .filter((stretch) => known?.kind === 'alerts' || options.answered(stretch.labels))
    .filter((stretch) => !alerts.some((alert) => isWithin(stretch.labels, alert.notice.labels)))
    .map(noticeOfStretch)
    // Prometheus does not know for sure when a long alert began, and a second start would make a second alert of it.
    .filter((notice) => !options.open.includes(notice.fingerprint));
  const ended = history?.kind === 'alerts' ? history.ended : [];
  const present = new Set(alerts.map((alert) => alert.notice.fingerprint));
  return {
    answered: known?.kind === 'alerts',
    notices: [...notices, ...fresh],
    gone: known?.kind === 'alerts' ? options.open.filter((fingerprint) => !present.has(fingerprint)) : [],
    silenced: alerts
      .filter(({ silencedBy }) => silencedBy.length > 0)
      .map(({ notice, silencedBy }) => ({ fingerprint: notice.fingerprint, by: silencedBy })),
    missed: ended
      .filter((stretch) => stretch.from > since)
      .map(({ labels, from, to }) => {
        const name = labels.alertname ?? 'An alert without a name';
        return `${name} fired from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}.`;
      }),
    unknown,
  };
}

/** Prometheus adds its external labels when it sends, so that Alertmanager has more of them. */
const isWithin = (few: Readonly<Record<string, string>>, many: Readonly<Record<string, string>>): boolean =>
  Object.entries(few).every(([name, value]) => many[name] === value);

function noticeOfStretch({ labels, from }: Stretch): Notice {
  const fingerprint = fingerprintOf(labels);
  return {
    fingerprint,
    status: 'firing',
    startsAt: from,
    labels: createBounds().entries(labels),
    annotations: {},
    groupKey: `caught-up/${fingerprint}`,
  };
}

const texts = z.record(z.string(), z.string());
const alertsSchema = z.array(
  z.object({
    fingerprint: z.string().regex(/^[\w-]{1,64}$/),
    labels: texts,
    annotations: texts.default({}),
    startsAt: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    generatorURL: z.string().optional(),
    receivers: z.array(z.object({ name: z.string() })),
    status: z.object({ state: z.string(), silencedBy: z.array(z.string()).nullish() }),
  }),
);

type Known =
  | {
      readonly kind: 'alerts';
      readonly alerts: readonly {
        readonly notice: Notice;
        readonly state: string;
        readonly silencedBy: readonly string[];
        readonly isOurs: boolean;
      }[];
    }
  | { readonly kind: 'failed'; readonly why: string };

/**
 * Silenced and inhibited alerts are asked for too: they fire nowhere, yet they are not gone. So are those of other
 * receivers: what Prometheus says of them is nothing that was missed.
 */
async function askAlertmanager(options: {
  readonly baseUrl: string;
  readonly receiver: string | null;
  readonly timeoutMs: number;
}): Promise<Known> {
  const failed = (why: string): Known => ({ kind: 'failed', why });
  const { url, headers } = endpointOf(options.baseUrl, 'api/v2/alerts');
  for (const state of ['active', 'silenced', 'inhibited', 'unprocessed']) url.searchParams.set(state, 'true');
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeoutMs),
      headers,
    });
    if (!response.ok) {
      await response.body?.cancel();
      return failed(`Alertmanager answered ${response.status} when asked for its alerts.`);
    }
    const text = await readCapped(response);
    if (text === null) return failed(tooLong('alerts'));
    const parsed = alertsSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return failed('Alertmanager answered in a form that is not understood.');
    return { kind: 'alerts', alerts: parsed.data.map((alert) => toKnown(alert, options.receiver)) };
  } catch (error) {
    return failed(unreachable(error, options.timeoutMs));
  }
}

/** The interface does not tell the group, and strangers must not be taken for one, so each alert is its own. */
function toKnown(alert: z.infer<typeof alertsSchema>[number], receiver: string | null) {
  const bounds = createBounds();
  const notice: Notice = {
    fingerprint: alert.fingerprint,
    status: 'firing',
    startsAt: alert.startsAt,
    labels: bounds.entries(alert.labels),
    annotations: bounds.entries(alert.annotations),
    groupKey: `caught-up/${alert.fingerprint}`,
    ...linkOf(alert.generatorURL),
  };
  const isOurs = receiver === null || alert.receivers.some(({ name }) => name === receiver);
  const { state, silencedBy } = alert.status;
  return { notice, state, silencedBy: silencedBy ?? [], isOurs };
}
