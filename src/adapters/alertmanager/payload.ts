import { z } from 'zod';
import type { Notice } from '../../core/alert/alert.ts';
import { parseJson } from './json.ts';

/**
 * Alertmanager's webhook, version 4: strict on what is used, silent on what is not known. Label and annotation texts
 * are hostile input; here they are only bounded and freed of NUL, and escaped where they are shown.
 */
export type Payload =
  | {
      readonly kind: 'notices';
      readonly notices: readonly Notice[];
      /** Alerts that Alertmanager left out because of its own `max_alerts`. */
      readonly truncatedAlerts: number;
      /** How many texts were over the limits and have been shortened or left out. */
      readonly cut: number;
    }
  | { readonly kind: 'bad'; readonly why: string };

/** Texts longer than this lose their end; a label is a name or a number, and an annotation a paragraph. */
export const maxTextLength = 4_096;
const maxNameLength = 256;
const maxEntries = 128;
/** Far more than fit into a body of 1 MB at the size that alerts have. */
const maxAlerts = 5_000;

/** Texts by name. One look at each is a third of the time of a record's schema, and labels are most of a webhook. */
const texts = z.unknown().transform((value, context): Readonly<Record<string, string>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'is not an object of texts' });
    return z.NEVER;
  }
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      context.addIssue({ code: 'custom', message: 'is not a text', path: [name] });
    // Taken out of it, the name could become that of another one.
    else if (name === '' || name.includes('\0'))
      context.addIssue({ code: 'custom', message: 'has a name that is none' });
  }
  return value as Readonly<Record<string, string>>;
});

const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, 'is not a date')
  .transform((text, context) => {
    const at = isInCalendar(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(at)) context.addIssue({ code: 'custom', message: 'is not a date' });
    return at;
  });

/** Date.parse takes the 30th of February for the 2nd of March. */
function isInCalendar(text: string): boolean {
  const day = Number(text.slice(8, 10));
  if (day <= 28) return true;
  const month = Number(text.slice(5, 7));
  return new Date(Date.UTC(Number(text.slice(0, 4)), month - 1, day)).getUTCDate() === day;
}

const alertSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels: texts,
  annotations: texts,
  startsAt: moment.refine((at) => at > 0, 'lies before 1970'),
  endsAt: moment,
  generatorURL: z.string().optional(),
  fingerprint: z.string().regex(/^[\w-]{1,64}$/, 'is not a fingerprint'),
});

/** What is not used is left out as it likes, but where it is there, it is of its type: else this is not Alertmanager. */
const payloadSchema = z.object({
  receiver: z.string().optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  groupLabels: texts.optional(),
  commonLabels: texts.optional(),
  commonAnnotations: texts.optional(),
  externalURL: z.string().optional(),
  version: z.literal('4', 'must be "4"'),
  groupKey: z.string().min(1).max(65_536),
  truncatedAlerts: z.number().int().min(0).default(0),
  alerts: z.array(alertSchema).min(1, 'is empty').max(maxAlerts, `has more than ${maxAlerts} alerts`),
});

export function parsePayload(bytes: Uint8Array): Payload {
  const json = parseJson(bytes);
  if (json.kind === 'bad') return json;
  const parsed = payloadSchema.safeParse(json.value);
  if (!parsed.success) return { kind: 'bad', why: firstProblem(parsed.error) };
  const bounded = createBounds();
  const groupKey = bounded.text(parsed.data.groupKey);
  const notices: Notice[] = [];
  for (const alert of parsed.data.alerts) {
    if (alert.status === 'resolved' && alert.endsAt <= 0)
      return { kind: 'bad', why: 'A resolved alert has no endsAt.' };
    notices.push({
      fingerprint: alert.fingerprint,
      status: alert.status,
      startsAt: alert.startsAt,
      // Clocks of several Prometheus servers differ; an alert never ends before it began.
      ...(alert.status === 'resolved' ? { endsAt: Math.max(alert.startsAt, alert.endsAt) } : {}),
      labels: bounded.entries(alert.labels),
      annotations: bounded.entries(alert.annotations),
      groupKey,
      ...linkOf(alert.generatorURL),
    });
  }
  return { kind: 'notices', notices, truncatedAlerts: parsed.data.truncatedAlerts, cut: bounded.cut() };
}

/** `generatorUrl` only where it is a web address: it becomes a link that people click. */
export function linkOf(url: string | undefined): { generatorUrl: string } | Record<never, never> {
  const parsed = url === undefined || url.length > 2_048 ? null : URL.parse(url);
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') return {};
  return { generatorUrl: parsed.href };
}

/** Brings texts within the limits and counts how often that was needed. */
export function createBounds() {
  let cut = 0;
  const fits = (name: string, value: string): boolean =>
    name.length <= maxNameLength &&
    value.length <= maxTextLength &&
    !name.includes('\0') &&
    !value.includes('\0');
  const text = (value: string): string => {
    const clean = value.includes('\0') ? value.replaceAll('\0', '') : value;
    if (clean.length <= maxTextLength) return clean;
    cut += 1;
    // A cut in the middle of a surrogate pair would leave half a character.
    return `${clean
      .slice(0, maxTextLength)
      .toWellFormed()
      .replace(/\uFFFD$/, '')}… (cut, ${clean.length} characters)`;
  };
  return {
    text,
    entries(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
      const all = Object.entries(record);
      if (all.length <= maxEntries && all.every(([name, value]) => fits(name, value))) return record;
      const fitting = all.filter(([name]) => name.length <= maxNameLength).slice(0, maxEntries);
      cut += all.length - fitting.length;
      return Object.fromEntries(fitting.map(([name, value]) => [name.replaceAll('\0', ''), text(value)]));
    },
    cut: () => cut,
  };
}

function firstProblem(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'The body is not a webhook of Alertmanager.';
  const path = issue.path.map(String).join('.');
  return path === ''
    ? `The body is no webhook of Alertmanager: ${issue.message}.`
    : `${path}: ${issue.message}.`;
}
