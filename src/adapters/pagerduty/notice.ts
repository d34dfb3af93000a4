import { z } from 'zod';
import type { PagerAgent, PagerNotice, PagerPerson } from '../../engine/pagerPort.ts';

/**
 * PagerDuty's webhook, version 3: one event in each. What a notice cannot do without is asked for strictly; anything else
 * that is not as documented counts as not said. Three webhooks refused in a row make PagerDuty switch the subscription
 * off for a day, which is worse than a name that is missing.
 */
export type Heard =
  | { readonly kind: 'notice'; readonly notice: PagerNotice }
  /** PagerDuty's own test of the connection. */
  | { readonly kind: 'ping' }
  /** An event of a type that means nothing here; PagerDuty adds types as it goes. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'bad'; readonly why: string };

/** Characters; what people wrote beyond is cut. */
const longestText = 4_096;

const id = z.string().regex(/^[\w-]{1,128}$/, 'is not an id');
const text = (longest: number) =>
  z.string().transform((value) => value.toWellFormed().replaceAll('\0', '').slice(0, longest));
const said = (longest: number) => text(longest).catch('');
const webAddress = z
  .string()
  .max(2_048)
  .refine((value) => URL.parse(value)?.protocol === 'https:')
  .nullable()
  .catch(null);

const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/, 'is not a date')
  .transform((value, context) => {
    const at = Date.parse(value);
    if (Number.isNaN(at)) context.addIssue({ code: 'custom', message: 'is not a date' });
    return at;
  });

const reference = z.object({ id, type: said(128), summary: said(256), email: said(254) });

const person = reference.transform(
  ({ id, summary, email }): PagerPerson => ({ id, name: summary || id, email: email || null }),
);

const agent = reference
  .transform(
    (each): PagerAgent => ({
      id: each.id,
      type: each.type,
      isPerson: each.type === 'user_reference' || each.type === 'user',
      name: each.summary || each.id,
      email: each.email || null,
    }),
  )
  .nullable()
  .catch(null);

const envelope = z.object({
  event: z.object({
    id,
    event_type: z
      .string()
      .max(128)
      .regex(/^[a-z][a-z_]*(\.[a-z][a-z_]*){0,4}$/, 'is not a type of an event'),
    occurred_at: moment,
    agent: agent.default(null),
    data: z.record(z.string(), z.unknown()),
  }),
});

const key = z.string().min(1).max(255).nullable().catch(null);

const incident = z.object({
  id,
  incident_key: key,
  html_url: webAddress,
  assignees: z.array(person).max(200).catch([]),
  priority: z
    .object({ summary: said(128) })
    .nullable()
    .catch(null),
  resolve_reason: z
    .object({ type: z.literal('merge_resolve_reason'), incident: z.object({ id }) })
    .nullable()
    .catch(null),
});

/** Notes, status updates and responders name their incident only by its id. */
const ofIncident = z.object({
  incident: z.object({ id, html_url: webAddress }),
  content: said(longestText),
  message: said(longestText),
  user: person.nullable().catch(null),
  state: text(64).nullable().catch(null),
});

const incidentKinds = {
  'incident.triggered': 'triggered',
  'incident.acknowledged': 'acknowledged',
  'incident.unacknowledged': 'unacknowledged',
  'incident.reopened': 'reopened',
  'incident.reassigned': 'reassigned',
  'incident.escalated': 'escalated',
  'incident.delegated': 'delegated',
  'incident.priority_updated': 'priority-updated',
} as const;

const responderKinds = {
  'incident.responder.added': 'responder-added',
  'incident.responder.replied': 'responder-replied',
} as const;

const textKinds = {
  'incident.annotated': 'annotated',
  'incident.status_update_published': 'status-update',
} as const;

const isIn = <T extends object>(kinds: T, type: string): type is Extract<keyof T, string> =>
  Object.hasOwn(kinds, type);

export function readNotice(body: Uint8Array): Heard {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(body));
  } catch {
    return { kind: 'bad', why: 'The body is not valid JSON in UTF-8.' };
  }
  const outer = envelope.safeParse(value);
  if (!outer.success) return { kind: 'bad', why: firstProblem(outer.error) };
  const { event } = outer.data;
  const type = event.event_type;
  if (type === 'pagey.ping') return { kind: 'ping' };
  const common = { delivery: `pagerduty/${event.id}`, agent: event.agent, at: event.occurred_at };

  if (type === 'incident.resolved' || isIn(incidentKinds, type)) {
    const read = incident.safeParse(event.data);
    if (!read.success) return { kind: 'bad', why: firstProblem(read.error, 'event.data') };
    const { data } = read;
    const base = { ...common, incidentId: data.id, incidentKey: data.incident_key, url: data.html_url };
    const notice: PagerNotice =
      type === 'incident.resolved'
        ? { ...base, kind: 'resolved', mergedInto: data.resolve_reason?.incident.id ?? null }
        : {
            ...base,
            kind: incidentKinds[type],
            assignees: data.assignees,
            priority: data.priority?.summary || null,
          };
    return { kind: 'notice', notice };
  }
  if (!isIn(textKinds, type) && !isIn(responderKinds, type)) return { kind: 'other', type };
  const read = ofIncident.safeParse(event.data);
  if (!read.success) return { kind: 'bad', why: firstProblem(read.error, 'event.data') };
  const { data } = read;
  const base = { ...common, incidentId: data.incident.id, incidentKey: null, url: data.incident.html_url };
  const notice: PagerNotice = isIn(textKinds, type)
    ? { ...base, kind: textKinds[type], text: type === 'incident.annotated' ? data.content : data.message }
    : { ...base, kind: responderKinds[type], responder: data.user, state: data.state };
  return { kind: 'notice', notice };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function firstProblem(error: z.ZodError, at = ''): string {
  const issue = error.issues[0];
  const path = [at, ...(issue?.path.map(String) ?? [])].filter((part) => part !== '').join('.');
  return path === '' ? 'The body is no webhook of PagerDuty.' : `${path}: ${issue?.message}.`;
}
