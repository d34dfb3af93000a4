import { acknowledge, api, resolve, trigger } from '@pagerduty/pdjs';
import { z } from 'zod';
import { createRedactor } from '../../core/redact/redactor.ts';
import type { OnCall, Pager, PagerIncident } from '../../engine/pagerPort.ts';
import { type Clock, WorkFailed } from '../../engine/ports.ts';
import { type Destination, openDestination, type Resolver } from './destination.ts';
import { longestKey, triggerEvent } from './event.ts';
import { createFailures, type Work, wordsIn } from './failure.ts';
import { escalationPolicy, incident, onCall, person } from './resources.ts';
import { type Outcome, watchedCall } from './watchedCall.ts';

export type PagerOptions = {
  /** Key of an Events API v2 integration. */
  readonly routingKey: string;
  /** Token of the REST API; null where there is none: then pages go out and nothing can be asked. */
  readonly token: string | null;
  /** E-mail address of the PagerDuty user in whose name the bot acknowledges and resolves. */
  readonly from: string | null;
  /** Null for PagerDuty's own, of the service region of the United States. */
  readonly apiUrl: string | null;
  readonly eventsUrl: string | null;
  /** Milliseconds for each request, its connection and its answer included. Default 5,000. */
  readonly timeoutMs?: number;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether an IP address is one of the public Internet: PagerDuty's own names must not lead elsewhere. */
  readonly isPublic: (address: string) => boolean;
  readonly resolve?: Resolver;
  /** Certificates (PEM) of authorities to trust instead of the usual ones. */
  readonly ca?: string;
};

/** PagerDuty gives at most a hundred at a time and refuses to go beyond the ten-thousandth. */
const pageSize = 100;
const mostPages = 100;
/** How many deadlines of a request a whole list may take. */
const deadlinesOfList = 6;

/**
 * Pages by PagerDuty's Events API v2, and asks and acknowledges by its REST API v2. Throws a sentence where a setting is
 * wrong; everything else is WorkFailed.
 */
export function createPager(options: PagerOptions): Pager & { stop(): void } {
  const { token, from } = options;
  const timeoutMs = options.timeoutMs ?? 5_000;
  const routingKey = options.routingKey.trim();
  if (routingKey === '') throw new Error('PAGERDUTY_ROUTING_KEY is empty.');
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) throw new Error('PAGERDUTY_TOKEN is not a token.');
  if (from !== null && !isEmail(from)) throw new Error('PAGERDUTY_FROM is not an e-mail address.');
  const open = (setting: string, named: string | null, usual: string): Destination =>
    openDestination({ ...options, setting, named, usual });
  const events = open('PAGERDUTY_EVENTS_URL', options.eventsUrl, 'https://events.pagerduty.com');
  const rest = open('PAGERDUTY_API_URL', options.apiUrl, 'https://api.pagerduty.com');
  const failures = createFailures({
    redactor: createRedactor([routingKey, ...(token === null ? [] : [token])]),
    now: options.clock.now,
    timeoutMs,
  });

  async function send(action: typeof trigger, work: Work, event: { readonly dedup_key: string }) {
    checkKey(event.dedup_key);
    const outcome = await watchedCall({ agent: events.agent, timeoutMs }, (own) =>
      // The library's types ask for a payload where PagerDuty wants none, and know nothing of agents.
      action({
        ...own,
        server: events.server,
        data: { ...event, routing_key: routingKey },
      } as unknown as Parameters<typeof trigger>[0]),
    );
    const isTaken = outcome.kind === 'answered' && outcome.head.status === 202;
    // Any other good answer is not PagerDuty's: a page that nobody confirmed is sent again, which its key makes harmless.
    if (isTaken && taken.safeParse(outcome.data).success) return;
    if (outcome.kind === 'answered' && isGood(outcome))
      throw failures.unreadable(work, `HTTP ${outcome.head.status} without a status of success`);
    throw failures.of(work, outcome);
  }

  type Asked = {
    readonly path: string;
    readonly query?: Readonly<Record<string, string | readonly string[]>>;
    readonly put?: object;
    readonly from?: string;
    readonly signal?: AbortSignal;
  };

  async function call(work: Work, asked: Asked): Promise<Outcome> {
    if (token === null) {
      const message = `PagerDuty cannot be asked when ${work.text}: there is no PAGERDUTY_TOKEN.`;
      throw new WorkFailed('not-configured', message);
    }
    const { path, query, put, signal } = asked;
    return watchedCall({ agent: rest.agent, timeoutMs, ...(signal ? { signal } : {}) }, (own) =>
      api({
        ...own,
        method: put ? 'PUT' : 'GET',
        url: `${rest.base}${path}`,
        token,
        ...(query ? { queryParameters: query } : {}),
        ...(put ? { data: put } : {}),
        ...(asked.from === undefined ? {} : { headers: { From: asked.from } }),
      } as unknown as Parameters<typeof api>[0] & { url: string }),
    );
  }

  async function read<T>(work: Work, asked: Asked, schema: z.ZodType<T>): Promise<T> {
    const outcome = await call(work, asked);
    if (outcome.kind === 'failed' || !isGood(outcome)) throw failures.of(work, outcome);
    const parsed = schema.safeParse(outcome.data);
    if (parsed.success) return parsed.data;
    throw failures.unreadable(work, `At ${parsed.error.issues[0]?.path.map(String).join('.')}`);
  }

  async function list<T>(
    text: string,
    key: string,
    item: z.ZodType<T>,
    query: NonNullable<Asked['query']> = {},
  ): Promise<readonly T[]> {
    const work = { text, changes: false, key: restKey };
    const schema = z.object({ [key]: z.array(item) }).and(paging);
    const signal = AbortSignal.timeout(deadlinesOfList * timeoutMs);
    const all: T[] = [];
    let offset = 0;
    for (let page = 0; page < mostPages && offset + pageSize <= pageSize * mostPages; page += 1) {
      const asked = { ...query, limit: String(pageSize), offset: String(offset) };
      const answer = await read(work, { path: `/${key}`, query: asked, signal }, schema);
      const items = answer[key] as unknown as readonly T[];
      all.push(...items);
      if (!answer.more) return all;
      if (items.length === 0) throw failures.unreadable(work, 'An empty page that says there is more');
      offset += answer.limit ?? pageSize;
    }
    const message = `PagerDuty has more than ${pageSize * mostPages} entries when ${text}, and gives no more than that.`;
    throw new WorkFailed('too-many', message);
  }

  async function change(id: string, status: 'acknowledged' | 'resolved', by: string | undefined) {
    const work = { text: `the incident ${idOf(id)} was to be ${status}`, changes: true, key: restKey };
    if (from === null) {
      const message = `PagerDuty wants to know in whose name: set PAGERDUTY_FROM to the e-mail address of one of its users.`;
      throw new WorkFailed('not-configured', message);
    }
    const put = { incident: { type: 'incident_reference', status } };
    const ask = (who: string) => call(work, { path: `/incidents/${id}`, put, from: who });
    const asPerson = by !== undefined && by !== from && isEmail(by);
    let outcome = await ask(asPerson ? by : from);
    if (asPerson && saysInBad(outcome, /requester.*not found/i)) outcome = await ask(from);
    if (outcome.kind === 'answered' && isGood(outcome)) return;
    // What is so already needs no second time; the reply of the first may have been lost.
    if (saysInBad(outcome, status === 'resolved' ? /already resolved/i : /already acknowledged/i)) return;
    if (saysInBad(outcome, /already resolved/i)) {
      const message = 'The incident is resolved in PagerDuty already, so there is nothing to acknowledge.';
      throw new WorkFailed('already-resolved', message);
    }
    if (saysInBad(outcome, /requester.*not found/i)) {
      const message =
        'PagerDuty has no user with the address in PAGERDUTY_FROM. Set it to the e-mail address of one.';
      throw new WorkFailed('unknown-sender', message);
    }
    throw failures.of(work, outcome);
  }

  const paged = (what: string): Work => ({
    text: `a page was to be ${what}`,
    changes: true,
    key: 'PAGERDUTY_ROUTING_KEY',
  });

  return {
    trigger: (page) => send(trigger, paged('triggered'), triggerEvent(page)),
    acknowledge: (key) => send(acknowledge as typeof trigger, paged('acknowledged'), { dedup_key: key }),
    resolve: (key) => send(resolve as typeof trigger, paged('resolved'), { dedup_key: key }),

    async onCalls({ escalationPolicies = [], schedules = [] }) {
      // Without a filter PagerDuty tells of everybody in the account.
      if (escalationPolicies.length === 0 && schedules.length === 0) return [];
      const found = await list('looking who is on call', 'oncalls', onCall, {
        'include[]': ['users'],
        ...(escalationPolicies.length > 0 ? { 'escalation_policy_ids[]': escalationPolicies } : {}),
        ...(schedules.length > 0 ? { 'schedule_ids[]': schedules } : {}),
      });
      return [...found].sort(byLevel);
    },
    escalationPolicies: () =>
      list('listing the escalation policies', 'escalation_policies', escalationPolicy),

    async incidentByKey(dedupKey) {
      checkKey(dedupKey);
      const work = { text: 'looking for the incident of a page', changes: false, key: restKey };
      const query = {
        incident_key: dedupKey,
        // Without it only the last month is looked at.
        date_range: 'all',
        sort_by: 'created_at:desc',
        'include[]': ['assignees', 'acknowledgers'],
        limit: String(pageSize),
      };
      const { incidents } = await read(work, { path: '/incidents', query }, incidentsAnswer);
      const isOpen = ({ status }: PagerIncident): boolean => status !== 'resolved';
      return incidents.find(isOpen) ?? incidents[0] ?? null;
    },
    async incident(id) {
      const work = { text: `the incident ${idOf(id)} was looked at`, changes: false, key: restKey };
      const query = { 'include[]': ['assignees', 'acknowledgers'] };
      const outcome = await call(work, { path: `/incidents/${id}`, query });
      if (outcome.kind === 'answered' && outcome.head.status === 404) return null;
      if (outcome.kind === 'failed' || !isGood(outcome)) throw failures.of(work, outcome);
      const parsed = z.object({ incident }).safeParse(outcome.data);
      if (!parsed.success) throw failures.unreadable(work, 'It holds no incident');
      return parsed.data.incident;
    },
    acknowledgeIncident: (id, by) => change(id, 'acknowledged', by),
    resolveIncident: (id, by) => change(id, 'resolved', by),

    async users() {
      const users = await list('listing the users', 'users', person);
      // Whoever is added or removed meanwhile shifts the pages, and one may come twice.
      return [...new Map(users.map((user) => [user.id, user])).values()];
    },
    async userByEmail(email) {
      const wanted = email.trim().toLowerCase();
      if (!isEmail(wanted)) return null;
      // The query also finds what only resembles the address.
      const users = await list('looking for a user', 'users', person, { query: wanted });
      return users.find((user) => user.email?.toLowerCase() === wanted) ?? null;
    },
    stop() {
      events.stop();
      rest.stop();
    },
  };
}

const restKey = 'PAGERDUTY_TOKEN' as const;
const taken = z.object({ status: z.literal('success') });
const paging = z.object({
  more: z.boolean().catch(false),
  limit: z.number().int().min(1).max(pageSize).optional().catch(undefined),
});
const incidentsAnswer = z.object({ incidents: z.array(incident) });

const isGood = ({ head }: { readonly head: { readonly status: number } }): boolean =>
  head.status >= 200 && head.status < 300;

const isEmail = (text: string): boolean => /^[\x21-\x7e]+@[\x21-\x7e]+$/.test(text) && text.length <= 254;

const saysInBad = (outcome: Outcome, pattern: RegExp): boolean =>
  outcome.kind === 'answered' &&
  outcome.head.status === 400 &&
  wordsIn(outcome.data).some((words) => pattern.test(words));

const byLevel = (one: OnCall, other: OnCall): number =>
  one.escalationPolicy.id.localeCompare(other.escalationPolicy.id) || one.level - other.level;

function checkKey(key: string): void {
  if (key !== '' && key.length <= longestKey) return;
  throw new WorkFailed('bad-key', `The key of a page has 1 to ${longestKey} characters.`);
}

/** It becomes part of an address. */
function idOf(id: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(id)) return id;
  throw new WorkFailed('bad-id', 'This is not the id of an incident in PagerDuty.');
}
