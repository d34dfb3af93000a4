import { z } from 'zod';
import type { EscalationPolicy, OnCall, PagerIncident, PagerPerson } from '../../engine/pagerPort.ts';

/**
 * What PagerDuty's REST API v2 answers, as far as it is used. Only what a result is worth nothing without is asked for:
 * whether somebody wrote no e-mail address into a profile must not hide who is on call.
 */
const text = z.string().catch('');
const reference = z.object({ id: z.string().min(1), type: text, summary: text, name: text });
const moment = z
  .string()
  .transform((value) => Date.parse(value))
  .refine((at) => !Number.isNaN(at))
  .nullable()
  .catch(null);
const webAddress = z
  .string()
  .refine((value) => URL.parse(value)?.protocol === 'https:')
  .nullable()
  .catch(null);

const nameOf = ({ id, name, summary }: z.infer<typeof reference>): string => name || summary || id;

export const person = reference
  .extend({ email: z.string().min(3).nullable().catch(null) })
  .transform((user): PagerPerson => ({ id: user.id, name: nameOf(user), email: user.email }));

const named = reference.transform((each) => ({ id: each.id, name: nameOf(each) }));

export const onCall = z
  .object({
    user: person,
    escalation_policy: named,
    schedule: named.nullable().catch(null),
    escalation_level: z.number().int().min(1),
    start: moment,
    end: moment,
  })
  .transform(
    (each): OnCall => ({
      person: each.user,
      escalationPolicy: each.escalation_policy,
      schedule: each.schedule,
      level: each.escalation_level,
      from: each.start,
      until: each.end,
    }),
  );

const kindOfTarget = (type: string) =>
  type.startsWith('user') ? 'user' : type.startsWith('schedule') ? 'schedule' : 'other';

export const escalationPolicy = reference
  .extend({
    html_url: webAddress,
    escalation_rules: z.array(
      z.object({ escalation_delay_in_minutes: z.number().min(0), targets: z.array(reference) }),
    ),
  })
  .transform(
    (policy): EscalationPolicy => ({
      id: policy.id,
      name: nameOf(policy),
      url: policy.html_url,
      levels: policy.escalation_rules.map((rule) => ({
        escalateAfterMs: rule.escalation_delay_in_minutes * 60_000,
        targets: rule.targets.map((target) => ({
          kind: kindOfTarget(target.type),
          id: target.id,
          name: nameOf(target),
        })),
      })),
    }),
  );

export const incident = z
  .object({
    id: z.string().min(1),
    incident_key: z.string().min(1).nullable().catch(null),
    status: z.enum(['triggered', 'acknowledged', 'resolved']),
    title: text,
    html_url: webAddress,
    created_at: moment,
    assignments: z.array(z.object({ assignee: person })).catch([]),
    acknowledgements: z
      .array(z.object({ acknowledger: z.intersection(person, z.object({ type: text })) }))
      .catch([]),
  })
  .transform(
    (each): PagerIncident => ({
      id: each.id,
      key: each.incident_key,
      status: each.status,
      title: each.title,
      url: each.html_url,
      createdAt: each.created_at,
      assignees: each.assignments.map(({ assignee }) => assignee),
      // Integrations acknowledge too.
      acknowledgedBy: each.acknowledgements.flatMap(({ acknowledger: { type, ...who } }) =>
        type.startsWith('user') ? [who] : [],
      ),
    }),
  );
