import { createHmac } from 'node:crypto';
import type { Account, Happening } from './pagerdutyAccount.ts';

export type Delivered = {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** HTTP status, or null where nobody answered. */
  readonly status: number | null;
};

/** The header that PagerDuty sends, with one signature for each secret. */
export const signatureOf = (body: string | Uint8Array, ...secrets: readonly string[]): string =>
  secrets.map((secret) => `v1=${createHmac('sha256', secret).update(body).digest('hex')}`).join(',');

/** PagerDuty's side of webhooks of version 3: signed, one event each, one after the other in the order of what happened. */
export function createWebhooks(options: { readonly account: () => Account; readonly now: () => number }) {
  const delivered: Delivered[] = [];
  let to: { url: string; secrets: readonly string[] } | null = null;
  let times = 1;
  let number = 0;
  let queue: Promise<void> = Promise.resolve();

  const send = (id: string, type: string, body: string): void => {
    const target = to;
    if (!target) return;
    queue = queue.then(async () => {
      const status = await fetch(target.url, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'PagerDuty-Webhook/V3.0',
          'x-webhook-id': `delivery-of-${id}`,
          'x-webhook-subscription': 'PSUBSC1',
          'x-pagerduty-signature': signatureOf(body, ...target.secrets),
        },
      }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.status;
        },
        () => null,
      );
      delivered.push({ id, type, body, status });
    });
  };

  return {
    delivered: delivered as readonly Delivered[],
    /** Several secrets are in use while one replaces the other. */
    subscribe(url: string, ...secrets: readonly string[]): void {
      to = { url, secrets };
    },
    /** How often each webhook is delivered from now on. */
    deliverEach(next: number): void {
      times = next;
    },
    tell(happening: Happening): void {
      number += 1;
      const id = `01EVENT${String(number).padStart(6, '0')}`;
      const body = webhookBody({ id, at: options.now(), happening, account: options.account() });
      for (let time = 0; time < times; time += 1) send(id, happening.type, body);
    },
    ping(): void {
      number += 1;
      const event = {
        id: `01PING${String(number).padStart(6, '0')}`,
        event_type: 'pagey.ping',
        resource_type: 'pagey',
        occurred_at: new Date(options.now()).toISOString(),
        agent: null,
        client: null,
        data: { message: 'A test of the connection.', type: 'ping' },
      };
      send(event.id, event.event_type, JSON.stringify({ event }));
    },
    /** The same delivery once more, as after an answer that was lost. */
    again(id: string): void {
      const known = delivered.find((each) => each.id === id);
      if (!known) throw new Error(`Nothing was delivered as ${id}.`);
      send(id, known.type, known.body);
    },
    /** Everything that happened so far is delivered, whatever was answered. */
    settled: (): Promise<void> => queue,
  };
}

function webhookBody(given: {
  readonly id: string;
  readonly at: number;
  readonly happening: Happening;
  readonly account: Account;
}): string {
  const { happening, account } = given;
  const { incident, by, extra } = happening;
  const { users } = account.seed;
  const refer = (kind: string, path: string, id: string, summary: string) => ({
    html_url: `https://acme.pagerduty.com/${path}/${id}`,
    id,
    self: `https://api.pagerduty.com/${path}/${id}`,
    summary,
    type: `${kind}_reference`,
  });
  const userOf = (id: string) =>
    refer('user', 'users', id, users.find((user) => user.id === id)?.name ?? 'Somebody');
  const integration = refer(
    'inbound_integration',
    'services/PSERV01/integrations',
    'PINTEG1',
    'Events API V2',
  );
  const whole = {
    id: incident.id,
    type: 'incident',
    self: `https://api.pagerduty.com/incidents/${incident.id}`,
    html_url: `https://acme.pagerduty.com/incidents/${incident.id}`,
    number: incident.number,
    status: incident.status,
    incident_key: incident.key,
    created_at: new Date(given.at).toISOString(),
    title: incident.title,
    service: refer('service', 'services', 'PSERV01', 'Genesis'),
    assignees: incident.assignees.map(userOf),
    escalation_policy: refer('escalation_policy', 'escalation_policies', 'PPOLIC1', 'Reliability'),
    teams: [],
    priority: null,
    urgency: 'high',
    conference_bridge: null,
    resolve_reason:
      incident.mergedInto === null
        ? null
        : {
            type: 'merge_resolve_reason',
            incident: refer('incident', 'incidents', incident.mergedInto, incident.title),
          },
  };
  const part = extra && {
    incident: refer('incident', 'incidents', incident.id, incident.title),
    ...extra,
    ...('user' in extra && typeof extra.user === 'string' ? { user: userOf(extra.user) } : {}),
  };
  return JSON.stringify({
    event: {
      id: given.id,
      event_type: happening.type,
      resource_type: 'incident',
      occurred_at: new Date(given.at).toISOString(),
      agent: by === null ? integration : userOf(by),
      client: null,
      data: part ?? whole,
    },
  });
}
