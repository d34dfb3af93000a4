import { z } from 'zod';
import { strict } from '../playbook/readSource.ts';
import {
  duration,
  handle,
  line,
  nameText,
  oneOrMore,
  onServices,
  reference,
  userId,
} from '../playbook/values.ts';
import { writtenAs } from '../playbook/writtenAs.ts';
import { severities } from '../severity.ts';

/** The roster, the escalation chains and the calendar as operators write them. */

export const dutySource = strict({
  title: line.optional(),
  usergroup: handle.optional(),
  users: z.array(userId).min(1).optional(),
  pagerduty: strict({
    routing_key: z
      .string()
      .regex(
        /^PAGERDUTY_ROUTING_KEY(?:_[A-Z0-9_]{1,60})?$/,
        'A routing key is named by its variable, `PAGERDUTY_ROUTING_KEY` or one that begins so, such as `PAGERDUTY_ROUTING_KEY_LEADS`; the key itself never stands in a file.',
      ),
    escalation_policy: z
      .string()
      .regex(/^P[A-Z0-9]{5,20}$/, 'An escalation policy is its id in PagerDuty, such as `PABC123`.')
      .optional(),
  }).optional(),
  phone: z
    .string()
    .regex(
      /^\+[0-9][0-9 ()-]{5,30}$/,
      'A telephone number begins with + and the country, such as "+1 555 0100".',
    )
    .optional(),
});

export const rosterSource = strict({ roster: z.record(nameText, z.unknown()) });

const severity = z.enum(severities);

const levelSource = strict({
  title: line.optional(),
  call: reference,
  answer_within: writtenAs(
    z.union([duration, z.partialRecord(severity, duration)]),
    z.union([duration, z.partialRecord(severity, duration)], {
      error:
        '`answer_within` is a duration such as `15m`, or one for each severity, such as `{ P0: 5m, P2: 15m }`.',
    }),
  ),
  resolve_within: duration.optional(),
  only: z.literal('business-hours', { error: '`only` is `business-hours`, or left out.' }).optional(),
});

/** How soon incidents must be acknowledged, outside a watch and by the hours of one. */
const targetsSource = strict({
  critical: duration.optional(),
  warning: duration.optional(),
  watch: z
    .array(strict({ until: duration, critical: duration, warning: duration }))
    .min(1)
    .max(10)
    .optional(),
});

export const escalationSource = strict({
  targets: targetsSource.optional(),
  chains: z.record(
    nameText,
    strict({
      on: onServices,
      severities: oneOrMore(severity).optional(),
      levels: z.array(levelSource).min(1).max(10),
    }),
  ),
});
export type EscalationSource = z.infer<typeof escalationSource>;

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export const weekdayNumber = (day: (typeof weekdays)[number]) =>
  (weekdays.indexOf(day) + 1) as 1 | 2 | 3 | 4 | 5 | 6 | 7;

const timeOfDay = writtenAs(
  z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/),
  z
    .string({ error: 'A time of day stands in quotes, such as "10:00".' })
    .regex(
      /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/,
      'A time of day is written "10:00", from "00:00" to "24:00".',
    )
    .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
);

const hours = {
  days: oneOrMore(z.enum(weekdays, { error: `A day is one of ${weekdays.join(', ')}.` })),
  from: timeOfDay,
  to: timeOfDay,
};

const date = writtenAs(
  z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  z.iso.date({ error: 'A date is written "2026-12-24".' }),
);

export const calendarSource = strict({
  timezone: z.string(),
  business_hours: strict(hours),
  windows: z
    .array(
      strict({
        on: onServices,
        ...hours,
      }),
    )
    .optional(),
  closed: z
    .array(
      strict({
        date: date.optional(),
        from: date.optional(),
        to: date.optional(),
        why: line.optional(),
        last_days_of_quarter: z.int().min(1).max(92).optional(),
        last_days_of_month: z.int().min(1).max(31).optional(),
      }),
    )
    .max(200)
    .optional(),
});
export type CalendarSource = z.infer<typeof calendarSource>;
