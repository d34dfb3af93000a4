import { createServer as createPlainServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { z } from 'zod';
import {
  type Account,
  type AccountIncident,
  createAccount,
  type EventAction,
  type Seed,
  usualSeed,
} from './pagerdutyAccount.ts';
import type { Certificate } from './pagerdutyCertificate.ts';
import { createWebhooks } from './pagerdutyWebhooks.ts';

/**
 * A stand-in of PagerDuty: Events API v2, the parts of the REST API v2 that are asked, and webhooks of version 3, over
 * HTTPS or HTTP. It checks what the real one checks and can be told to fail in the ways of a service and a network.
 */
export type PagerDutyServer = {
  /** For both APIs. */
  readonly url: string;
  readonly keys: { readonly routing: string; readonly token: string; readonly from: string };
  readonly account: Account;
  readonly webhooks: ReturnType<typeof createWebhooks>;
  /** Every request that came, also those that a fault answered. */
  readonly requests: readonly Received[];
  /** Bodies of events that were taken. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Happens to the next requests, `times` of them, then all is well again. */
  fail(fault: Fault, times?: number): void;
  heal(): void;
  /** Answers what `held` keeps waiting. */
  release(): void;
  stop(): Promise<void>;
};

export type Received = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Fault =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** Never an answer. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  /** It is done, and the reply is lost. */
  | { readonly kind: 'lost-reply' }
  /** It is done, and the reply breaks off in its middle. */
  | { readonly kind: 'broken-reply' }
  /** It is done, and the reply stops in its middle. */
  | { readonly kind: 'stuck-reply' }
  /** It is done, and the reply waits for `release`. */
  | { readonly kind: 'held' };

type Answer = { readonly status: number; readonly json: unknown };

export async function startPagerDutyServer(
  options: {
    readonly certificate?: Certificate;
    readonly seed?: Seed;
    readonly now?: () => number;
    /** Most entries of one answer; the real one gives 100. */
    readonly pageLimit?: number;
  } = {},
): Promise<PagerDutyServer> {
  const keys = {
    routing: 'R0UT1NGKEY0123456789abcdefCANARY',
    token: 'u+T0kenCANARY_0123456',
    from: 'oncall@example.com',
  };
  const requests: Received[] = [];
  const events: Record<string, unknown>[] = [];
  const faults: Fault[] = [];
  const held: (() => void)[] = [];
  const sockets = new Set<Socket>();
  const webhooks = createWebhooks({ account: () => account, now: options.now ?? Date.now });
  const account: Account = createAccount(options.seed ?? usualSeed, webhooks.tell);

  const enqueue = (body: string): Answer => {
    const event = parsed(eventSchema, body);
    const problem =
      typeof event === 'string' ? event : event.routing_key === keys.routing ? null : 'Invalid routing key';
    if (typeof event === 'string' || problem !== null)
      return {
        status: 400,
        json: { status: 'invalid event', message: 'Event object is invalid', errors: [problem] },
      };
    events.push(JSON.parse(body) as Record<string, unknown>);
    const key = event.dedup_key ?? `made-up-${events.length}`;
    account.event(event.routing_key, event.event_action as EventAction, {
      key,
      title: event.payload?.summary ?? '',
      severity: event.payload?.severity ?? '',
    });
    return { status: 202, json: { status: 'success', message: 'Event processed', dedup_key: key } };
  };

  const rest = (request: Received): Answer => {
    if (request.headers.authorization !== `Token token=${keys.token}`)
      return { status: 401, json: { error: { message: 'The credentials are not valid', code: 2006 } } };
    const list = (name: string, items: readonly unknown[]): Answer => {
      const limit = Math.min(Number(request.query.get('limit') ?? 25), options.pageLimit ?? 100);
      const offset = Number(request.query.get('offset') ?? 0);
      if (offset + limit > 10_000) return refused(2001, 'Offset and limit are too large');
      const more = offset + limit < items.length;
      return {
        status: 200,
        json: { [name]: items.slice(offset, offset + limit), limit, offset, more, total: null },
      };
    };
    const { users, policies } = account.seed;
    const wanted = request.query.get('query')?.toLowerCase();
    switch (request.path) {
      case '/users':
        return list(
          'users',
          users
            .filter(
              ({ name, email }) => wanted === undefined || `${name} ${email}`.toLowerCase().includes(wanted),
            )
            .map((user) => ({ ...user, type: 'user', summary: user.name })),
        );
      case '/escalation_policies':
        return list(
          'escalation_policies',
          policies.map((policy) => ({
            id: policy.id,
            type: 'escalation_policy',
            name: policy.name,
            html_url: `https://acme.pagerduty.com/escalation_policies/${policy.id}`,
            escalation_rules: policy.levels.map((level) => ({
              escalation_delay_in_minutes: 5,
              targets: level.map((id) => ({ id, type: 'user_reference', summary: nameOf(id) })),
            })),
          })),
        );
      case '/oncalls': {
        const ids = request.query.getAll('escalation_policy_ids[]');
        const chosen = policies.filter(({ id }) => ids.length === 0 || ids.includes(id));
        const withUsers = request.query.getAll('include[]').includes('users');
        return list(
          'oncalls',
          // The highest level first: nothing says that they come in order.
          chosen.flatMap((policy) =>
            policy.levels
              .flatMap((level, index) =>
                level.map((id) => ({
                  user: withUsers
                    ? { ...user(id), type: 'user' }
                    : { id, type: 'user_reference', summary: nameOf(id) },
                  schedule: null,
                  escalation_policy: {
                    id: policy.id,
                    type: 'escalation_policy_reference',
                    summary: policy.name,
                  },
                  escalation_level: index + 1,
                  start: null,
                  end: null,
                })),
              )
              .reverse(),
          ),
        );
      }
      case '/incidents': {
        const key = request.query.get('incident_key');
        return list(
          'incidents',
          account.incidents
            .filter((each) => key === null || each.key === key)
            .map(shown)
            .reverse(),
        );
      }
    }
    const id = /^\/incidents\/([^/]+)$/.exec(request.path)?.[1];
    const incident = account.incidents.find((each) => each.id === id);
    if (!incident) return { status: 404, json: { error: { message: 'Not Found', code: 2100 } } };
    if (request.method === 'GET') return { status: 200, json: { incident: shown(incident) } };
    const by = users.find(({ email }) => email.toLowerCase() === request.headers.from?.toLowerCase());
    if (!by) return refused(1008, 'Requester User Not Found');
    const change = parsed(changeSchema, request.body);
    if (typeof change === 'string') return refused(2001, change);
    const why = account.person(incident.id, change.incident.status, by.id);
    return why === null ? { status: 200, json: { incident: shown(incident) } } : refused(2001, why);
  };

  const user = (id: string) => account.seed.users.find((each) => each.id === id);
  const nameOf = (id: string): string => user(id)?.name ?? id;
  const shown = (incident: AccountIncident) => ({
    id: incident.id,
    type: 'incident',
    incident_key: incident.key,
    status: incident.status,
    title: incident.title,
    html_url: `https://acme.pagerduty.com/incidents/${incident.id}`,
    created_at: '2026-11-21T14:00:00Z',
    assignments: incident.assignees.map((id) => ({ assignee: { ...user(id), type: 'user' } })),
    acknowledgements: incident.acknowledgedBy.map((id) => ({ acknowledger: { ...user(id), type: 'user' } })),
  });

  const answer = (request: Received): Answer => {
    if (request.path !== '/v2/enqueue') return rest(request);
    return request.method === 'POST' ? enqueue(request.body) : { status: 405, json: {} };
  };

  const listener = (incoming: import('node:http').IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '', 'https://pagerduty.invalid');
      const request: Received = {
        method: incoming.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      requests.push(request);
      reply(faults.shift(), request, incoming.socket, response);
    });
  };

  const reply = (
    fault: Fault | undefined,
    request: Received,
    socket: Socket,
    response: ServerResponse,
  ): void => {
    const send = ({ status, json }: Answer): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json));
    };
    const begin = ({ status, json }: Answer, then: () => void = () => {}): void => {
      const text = JSON.stringify(json);
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), then);
    };
    switch (fault?.kind) {
      case undefined:
        send(answer(request));
        return;
      case 'answer':
        response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
        response.end(fault.body ?? '{}');
        return;
      case 'hang':
        return;
      case 'reset':
        socket.destroy();
        return;
      case 'lost-reply':
        answer(request);
        socket.destroy();
        return;
      case 'broken-reply':
        begin(answer(request), () => socket.destroy());
        return;
      case 'stuck-reply':
        begin(answer(request));
        return;
      case 'held': {
        const result = answer(request);
        held.push(() => send(result));
        return;
      }
      default:
        fault satisfies never;
    }
  };

  const server = options.certificate
    ? createTlsServer(options.certificate, listener)
    : createPlainServer(listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    url: `${options.certificate ? 'https' : 'http'}://127.0.0.1:${port}`,
    keys,
    account,
    webhooks,
    requests,
    events,
    fail(fault, times = 1) {
      faults.push(...Array.from({ length: times }, () => fault));
    },
    heal: () => void faults.splice(0),
    release() {
      for (const send of held.splice(0)) send();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const eventSchema = z
  .object({
    routing_key: z.string(),
    event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
    dedup_key: z.string().max(255).optional(),
    payload: z
      .object({
        summary: z.string().min(1).max(1_024),
        source: z.string().min(1),
        severity: z.enum(['critical', 'error', 'warning', 'info']),
      })
      .optional(),
    links: z.array(z.object({ href: z.url() })).optional(),
  })
  .refine(({ event_action, payload }) => event_action !== 'trigger' || payload, 'payload is missing')
  .refine(({ event_action, dedup_key }) => event_action === 'trigger' || dedup_key, 'dedup_key is missing');

const changeSchema = z.object({ incident: z.object({ status: z.enum(['acknowledged', 'resolved']) }) });

/** What was sent, or what is wrong with it. */
function parsed<T>(schema: z.ZodType<T>, body: string): T | string {
  if (Buffer.byteLength(body) > 512 * 1_024) return 'The event is larger than 512 KB';
  try {
    const result = schema.safeParse(JSON.parse(body));
    return result.success ? result.data : `${result.error.issues[0]?.path.join('.')} is not valid`;
  } catch (error) {
    return `JSON parse error: ${error}`;
  }
}

const refused = (code: number, message: string): Answer => ({
  status: 400,
  json: { error: { message: 'Invalid Input Provided', code, errors: [message] } },
});
