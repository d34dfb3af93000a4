import { z } from 'zod';
import { incidentRoles, rights } from '../access/access.ts';
import { severities } from '../severity.ts';
import { occasions, risks } from './definition.ts';
import { strict } from './readSource.ts';
import { argumentSource, inputSource, parameterSource } from './typeSource.ts';
import {
  duration,
  durationText,
  handle,
  line,
  nameText,
  objective,
  oneOrMore,
  onServices,
  paragraph,
  quantity,
  reference,
  userId,
} from './values.ts';
import { writtenAs } from './writtenAs.ts';

/** The files of a room as operators write them; compile.ts turns them into definitions. */

/** More people than this are never found in time. */
const mostApprovals = 5;

const link = z.string().regex(/^https?:\/\/[^\s]+$/, 'A link begins with `http://` or `https://`.');

export const indicatorSource = strict({
  title: line.optional(),
  query: z.string().min(1).max(4_000),
  unit: z.enum(['ratio', 'seconds', 'count', 'bytes', 'state']).optional(),
  objective,
  /** What `$window` stands for in the query. */
  window: duration.optional(),
  enough: strict({ query: z.string().min(1).max(4_000), above: z.number().nonnegative() }).optional(),
  rollback: z
    .array(
      strict({
        above: quantity.optional(),
        below: quantity.optional(),
        for: duration,
        during: z.enum(occasions),
      }).refine(({ above, below }) => (above === undefined) !== (below === undefined), {
        error:
          'A trigger is exactly one of `above` and `below`, such as `{ above: 1%, for: 5m, during: rollout }`.',
      }),
    )
    .min(1)
    .max(12)
    .optional(),
});
export type IndicatorSource = z.infer<typeof indicatorSource>;

/** `up` is short for `{ indicator: up }`; `exit` says that the exit code is the whole proof. */
const verifyMap = strict({ indicator: reference, for: duration.optional(), within: duration.optional() });
const actionVerify = writtenAs(
  z.union([reference, verifyMap]),
  z.preprocess((value) => (typeof value === 'string' ? { indicator: value } : value), verifyMap),
);

/** `5m` is short for `{ for: 5m }`. */
const silencesMap = strict({
  for: duration,
  alerts: z
    .array(
      z
        .string()
        .regex(
          /^[a-zA-Z_][\w]{0,199}$/,
          'An alert is named as in the rules, such as `TargetDown`; it is compared letter by letter.',
        ),
    )
    .min(1)
    .max(10)
    .optional(),
});
const silences = writtenAs(
  z.union([durationText, silencesMap]),
  z.unknown().transform((value, context): z.infer<typeof silencesMap> => {
    const isShort = typeof value === 'string' || typeof value === 'number';
    const read = isShort
      ? duration.transform((ms) => ({ for: ms })).safeParse(value)
      : silencesMap.safeParse(value);
    if (read.success) return read.data;
    for (const issue of read.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  }),
);

/** `approvals: 2` is short for `{ count: 2 }`. */
const demandMap = strict({
  count: z.int().min(1).max(mostApprovals).optional(),
  from: oneOrMore(reference).optional(),
});
const demandSource = writtenAs(
  z.union([z.int().min(1).max(mostApprovals), demandMap]),
  z.preprocess((value) => (typeof value === 'number' ? { count: value } : value), demandMap),
);

/** The word that has to be typed, or a few. */
const typedWord = z
  .string({ error: '`confirm` is the word to be typed, in quotes, such as `confirm: "yes"`.' })
  .regex(
    /^\S(?:.{0,38}\S)?$/,
    'The word to be typed is one line of at most 40 characters, without spaces around it.',
  );

const exitCode = z.int().min(0).max(255);

export const actionSource = strict({
  title: line.optional(),
  says: line.optional(),
  risk: z.enum(risks),
  host: reference.optional(),
  run: z
    .array(argumentSource, {
      error: (issue) =>
        typeof issue.input === 'string'
          ? `\`run\` is a list of arguments, one word each, and no shell reads it: write [${issue.input.trim().split(/\s+/).join(', ')}].`
          : undefined,
    })
    .optional(),
  write: strict({ file: z.string(), content: z.string().max(65_536) }).optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word of the language; a schema's shape is never awaited.
  then: oneOrMore(reference).optional(),
  timeout: duration.optional(),
  succeeds: writtenAs(
    z.union([exitCode, z.array(exitCode).min(1)]),
    z.preprocess((value) => (typeof value === 'number' ? [value] : value), z.array(exitCode).min(1)),
  ).optional(),
  verify: actionVerify.optional(),
  probe: reference.optional(),
  undo: z
    .union([reference, strict({ none: line })], {
      error:
        '`undo` is `none`, `previous` (for a written file), the name of an action, or `{ none: why there is nothing to undo }`.',
    })
    .optional(),
  secrets: z
    .array(
      z
        .string()
        .regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'A secret is the name of a variable, such as `FLY_API_TOKEN`.'),
    )
    .optional(),
  evidence: z
    .union([z.array(reference).min(1).max(10), strict({ none: line })], {
      error:
        '`evidence` is a list of actions that observe, such as `[recent_errors]`, or `{ none: why there is nothing to keep }`.',
    })
    .optional(),
  idempotent: z.literal(true, { error: '`idempotent` is `true`, or left out.' }).optional(),
  retries: strict({ times: z.int().min(1).max(5), after: duration }).optional(),
  parameters: z.record(nameText, parameterSource).optional(),
  approvals: demandSource.optional(),
  confirm: typedWord.optional(),
  silences: silences.optional(),
});
export type ActionSource = z.infer<typeof actionSource>;

export const serviceSource = strict({
  service: nameText,
  host: reference.optional(),
  /** `production` where it is left out. */
  environment: nameText.optional(),
  links: z.record(z.string(), link).optional(),
  /** Read one by one, by indicatorSource and actionSource, so that one mistake does not hide the others. */
  indicators: z.record(nameText, z.unknown()).optional(),
  actions: z.record(nameText, z.unknown()).optional(),
});
export type ServiceSource = z.infer<typeof serviceSource>;

const labels = z.record(z.string(), z.string());

/** One set of labels, or several, any of which is answered; always a list once it is read. */
const answers = writtenAs(
  z.union([labels, z.array(labels).min(1).max(50)]),
  z.unknown().transform((value, context): readonly z.infer<typeof labels>[] => {
    const read = (Array.isArray(value) ? z.array(labels).min(1).max(50) : labels).safeParse(value);
    if (read.success) return Array.isArray(read.data) ? read.data : [read.data];
    for (const issue of read.error.issues)
      context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  }),
);

/** Another word than the `updates` of a severity, which are written by people. */
const updatesMeaning =
  'How often the bot says by itself how it stands, from 30 s to 1 h; `2m` for a rollback.';

/** `steps` is read step by step, by readSteps. */
export const playbookSource = strict({
  playbook: nameText,
  title: line,
  answers: answers.optional(),
  service: reference.optional(),
  severity: z.enum(severities).optional(),
  summary: paragraph.optional(),
  symptoms: z.array(line).max(20).optional(),
  experts: oneOrMore(reference).optional(),
  commander: z.literal('at-once', { error: '`commander` is `at-once`, or left out.' }).optional(),
  authority: z.enum(['each', 'whole']).optional(),
  budget: duration.optional(),
  updates: writtenAs(durationText.describe(updatesMeaning), duration.describe(updatesMeaning)).optional(),
  on_unresolved: strict({ after: duration, offer: reference }).optional(),
  inputs: z.record(nameText, inputSource).optional(),
  approvals: demandSource.optional(),
  confirm: typedWord.optional(),
  window: z
    .literal('required', { error: '`window` is `required`, or left out.' })
    .describe('`required`: starts only while its services may be changed, or as an override by two people.')
    .optional(),
  steps: z.array(z.unknown()),
});
export type PlaybookSource = z.infer<typeof playbookSource>;

const absolute = z
  .string()
  .regex(/^\/(?!.*(?:^|\/)\.\.(?:\/|$))[^\0\n]*$/, 'This must be an absolute path without `..`.');

const hostCommon = {
  directory: absolute,
  /** Where programs are looked for, first match wins. */
  path: z.array(absolute).min(1).optional(),
};

export const hostSource = z.discriminatedUnion(
  'kind',
  [
    strict({ kind: z.literal('local'), ...hostCommon }),
    strict({
      kind: z.literal('ssh'),
      ...hostCommon,
      // A leading hyphen would be read by ssh as an option.
      address: z
        .string()
        .regex(/^[a-zA-Z0-9:][a-zA-Z0-9.:-]{0,252}$/, 'An address is a host name or an IP address.'),
      port: z.int().min(1).max(65_535).optional(),
      user: z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'A user is a login name, such as `genesis`.'),
      host_key: z
        .string()
        .regex(
          /^(?:ssh-ed25519|ecdsa-sha2-nistp(?:256|384|521)|ssh-rsa) [A-Za-z0-9+/]+={0,3}$/,
          'A host key is the type and the key, as `ssh-keyscan` prints them: `ssh-ed25519 AAAA…`.',
        ),
      identity_file: absolute,
    }),
  ],
  { error: '`kind` of a host is `local` or `ssh`.' },
);

export const hostsSource = strict({ hosts: z.record(nameText, z.unknown()) });

const channel = z
  .string()
  .regex(
    /^(?:#[a-z0-9_-]{1,80}|C[A-Z0-9]{8,})$/,
    'A channel is "#name" in quotes, with lower-case letters, digits, hyphens and underscores, or an id such as C0123456789.',
  );

const route = strict({
  place: z.union([z.literal('own-channel'), z.literal('log'), strict({ thread: channel })], {
    error: '`place` is `own-channel`, `log` or `{ thread: "#channel" }`.',
  }),
  announce: channel.optional(),
  invite: z.array(handle).optional(),
  stakeholders: channel.optional(),
  updates: strict({ every: duration }).optional(),
  phases: strict({
    detection: duration.optional(),
    assessment: duration.optional(),
    response: duration.optional(),
  }).optional(),
});

export const routingSource = strict({
  reopen_within: duration.optional(),
  severities: strict({ P0: route, P1: route, P2: route, P3: route, P4: route }),
});
export type RoutingSource = z.infer<typeof routingSource>;

const ruleRights = oneOrMore(z.enum(rights)).optional();

export const accessSource = strict({
  groups: z.record(
    nameText,
    strict({
      usergroup: handle.optional(),
      users: z.array(userId).optional(),
      role: z.enum(incidentRoles).optional(),
      channel: z
        .union([z.literal('incident'), channel], {
          error:
            '`channel` is `incident`, "#name" in quotes, with lower-case letters, digits, hyphens and underscores, or an id such as C0123456789.',
        })
        .optional(),
    }),
  ),
  rules: z.array(
    strict({
      allow: ruleRights,
      deny: ruleRights,
      to: oneOrMore(reference),
      on: onServices,
      in: oneOrMore(reference).optional(),
    }),
  ),
});

/** Of Prometheus' own rules file only names, expressions and fixed labels matter here. */
export const alertRulesSource = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          expr: z.unknown(),
          labels: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  ),
});
