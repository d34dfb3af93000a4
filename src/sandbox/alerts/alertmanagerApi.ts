import { RE2JS } from 're2js';
import type { Reply, Request } from './localServer.ts';
import { parseQuery } from './promql/parse.ts';
import type { Silences } from './silences.ts';
import type { HeldAlert } from './webhook.ts';

export type AlertmanagerView = Readonly<{
  alerts: () => readonly HeldAlert[];
  silences: Silences;
  receiver: string;
  now: () => number;
}>;

/** How long Alertmanager believes in a firing alert that it does not hear of again. */
const EXPIRES_AFTER_MS = 5 * 60_000;

/** Alertmanager's HTTP API v2, as far as the bot reads it. */
export function answerAlertmanager(request: Request, view: AlertmanagerView): Reply {
  const { method, url } = request;
  const path = url.pathname;
  if (path === '/-/ready' || path === '/-/healthy') return { status: 200, body: 'OK' };
  if (path === '/api/v2/status') {
    return { status: 200, body: { cluster: { status: 'disabled' }, versionInfo: { version: '0.25.0' } } };
  }
  if (path === '/api/v2/alerts' && method === 'GET') return listAlerts(url.searchParams, view);
  if (path === '/api/v2/silences' && method === 'GET') return { status: 200, body: view.silences.list() };
  if (path === '/api/v2/silences' && method === 'POST') return putSilence(request.body, view);
  const id = /^\/api\/v2\/silence\/([^/]+)$/.exec(path)?.[1];
  if (id !== undefined && method === 'DELETE') {
    return view.silences.expire(id) ? { status: 200, body: '' } : { status: 404, body: '' };
  }
  return { status: 404, body: { code: 404, message: `path ${path} was not found` } };
}

function listAlerts(
  parameters: URLSearchParams,
  { alerts, silences, receiver, now }: AlertmanagerView,
): Reply {
  const wanted = (name: string): boolean => parameters.get(name) !== 'false';
  const receiverFilter = parameters.get('receiver');
  if (receiverFilter !== null && !RE2JS.compile(receiverFilter).matches(receiver))
    return { status: 200, body: [] };
  let accepts: ReturnType<typeof filterOf>;
  try {
    accepts = filterOf(parameters.getAll('filter'));
  } catch (cause) {
    return { status: 400, body: cause instanceof Error ? cause.message : String(cause) };
  }
  const shown = alerts()
    .filter(({ endsAt, labels }) => endsAt === undefined && accepts(labels))
    .map((alert) => ({ alert, silencedBy: silences.silencing(alert.labels) }))
    .filter(({ silencedBy }) => (silencedBy.length > 0 ? wanted('silenced') : wanted('active')))
    .map(({ alert, silencedBy }) => ({
      annotations: alert.annotations,
      endsAt: new Date(now() + EXPIRES_AFTER_MS).toISOString(),
      fingerprint: alert.fingerprint,
      receivers: [{ name: receiver }],
      startsAt: new Date(alert.startsAt).toISOString(),
      status: { inhibitedBy: [], silencedBy, state: silencedBy.length > 0 ? 'suppressed' : 'active' },
      updatedAt: new Date(now()).toISOString(),
      generatorURL: alert.generatorURL,
      labels: alert.labels,
    }));
  return { status: 200, body: shown };
}

/** Filters look like PromQL matchers (`alertname="X"`), so that parser reads them. */
function filterOf(filters: readonly string[]): (labels: HeldAlert['labels']) => boolean {
  if (filters.length === 0) return () => true;
  const selector = parseQuery(`filter{${filters.join(',')}}`);
  if (selector.kind !== 'selector') throw new Error(`bad matcher format: ${filters.join(',')}`);
  const matchers = selector.matchers.slice(1);
  return (labels) => matchers.every((matcher) => matcher.accepts(labels[matcher.name] ?? ''));
}

function putSilence(body: string, { silences }: AlertmanagerView): Reply {
  try {
    return { status: 200, body: { silenceID: silences.put(JSON.parse(body)) } };
  } catch (cause) {
    return { status: 400, body: cause instanceof Error ? cause.message : String(cause) };
  }
}
