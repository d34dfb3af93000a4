import { z } from 'zod';

/** The environment, parsed once and frozen. What is not set is off. */
export type Config = {
  readonly slack: {
    readonly botToken: string;
    readonly apiUrl: string;
    readonly mode:
      | { readonly kind: 'socket'; readonly appToken: string }
      | { readonly kind: 'http'; readonly signingSecret: string };
  };
  readonly alertmanager: {
    readonly tokens: readonly string[];
    readonly url: string | null;
    readonly receiver: string | null;
  };
  readonly prometheusUrl: string | null;
  readonly database: string;
  readonly playbooks: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  /** Signs the head of the audit chain. */
  readonly key: string | null;
  readonly auditHeadFile: string | null;
  readonly heartbeatUrl: string | null;
  readonly executorEnv: string | null;
  /** Where summaries of urgent incidents are mailed; null where none are. */
  readonly mail: MailConfig | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly pace: number;
  /** Null where nobody can be paged: then people are called in Slack alone. */
  readonly pagerduty: PagerDutyConfig | null;
  /** Whether steps that playbooks let the bot carry out by itself are carried out; else they are only announced. */
  readonly automatic: boolean;
  /** A hosts file that replaces the playbooks' own; the sandbox points it at the patient. */
  readonly hostsFile: string | null;
};

export type MailConfig = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps://); else STARTTLS, which only a server on this very machine need not offer. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
};

export type PagerDutyConfig = {
  /** Keys of integrations, by the names of their variables, `PAGERDUTY_ROUTING_KEY` and those that begin so. */
  readonly routingKeys: Readonly<Record<string, string>>;
  readonly token: string | null;
  readonly from: string | null;
  readonly apiUrl: string | null;
  readonly eventsUrl: string | null;
  readonly webhookSecrets: readonly string[];
};

export type ConfigResult =
  | { readonly kind: 'ok'; readonly config: Config }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

const slackApi = 'https://slack.com/api/';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const secret = (least: number) =>
  z.string().trim().min(least, `must be at least ${least} characters; anything shorter can be guessed`);

const environment = z.object({
  SLACK_BOT_TOKEN: z
    .string({ error: 'is required: the bot token of the Slack app, xoxb-…' })
    .regex(/^xoxb-\S+$/, 'must begin with xoxb-'),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-\S+$/, 'must begin with xapp-')
    .optional(),
  SLACK_SIGNING_SECRET: secret(16).optional(),
  SLACK_API_URL: httpUrl.default(slackApi),
  ALERTMANAGER_TOKEN: z
    .string({
      error:
        'is required: the bearer token that Alertmanager sends; several, separated by commas, while it is changed',
    })
    .transform((text) =>
      text
        .split(',')
        .map((token) => token.trim())
        .filter((token) => token !== ''),
    )
    .refine((tokens) => tokens.length > 0, 'must hold at least one token')
    .refine(
      (tokens) => tokens.every((token) => token.length >= 12),
      'every token must be at least 12 characters',
    ),
  ALERTMANAGER_URL: httpUrl.optional(),
  ALERTMANAGER_RECEIVER: z.string().optional(),
  PROMETHEUS_URL: httpUrl.optional(),
  DATABASE_URL: z.string().default('sqlite:genesis.db'),
  PLAYBOOKS: z.string().default('playbooks'),
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number({ error: 'must be a number' }).int().min(0).max(65_535).default(3000),
  PUBLIC_URL: httpUrl.optional(),
  GENESIS_KEY: secret(16).optional(),
  AUDIT_HEAD_FILE: z.string().optional(),
  HEARTBEAT_URL: httpUrl.optional(),
  EXECUTOR_ENV: z.string().optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'must be an smtp or smtps address' }).optional(),
  SMTP_FROM: z.string().optional(),
  SMTP_TO: z.string().optional(),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .default('info'),
  PACE: z.coerce
    .number({ error: 'must be a number' })
    .min(1, 'must be 1 or more')
    .max(1_000, 'must be 1000 or less')
    .default(1),
  HOSTS_FILE: z.string().optional(),
  PAGERDUTY_TOKEN: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/, 'must be a token of the REST API')
    .optional(),
  PAGERDUTY_FROM: z.email('must be the e-mail address of a user of PagerDuty').optional(),
  PAGERDUTY_API_URL: httpUrl.optional(),
  PAGERDUTY_EVENTS_URL: httpUrl.optional(),
  PAGERDUTY_WEBHOOK_SECRET: z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((each) => each.trim())
        .filter((each) => each !== ''),
    )
    .refine((all) => all.every((each) => each.length >= 12), 'every secret must be at least 12 characters')
    .optional(),
  AUTOMATIC: z.enum(['on', 'off'], { error: 'must be on or off' }).default('on'),
});

/** Parses the environment; an empty variable counts as not set. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environment.safeParse(present);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  if (!present.SLACK_APP_TOKEN && !present.SLACK_SIGNING_SECRET) {
    problems.push(
      'SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is required: the first for Socket Mode, the second for HTTP',
    );
  }
  if (present.DATABASE_URL && !/^sqlite:./.test(present.DATABASE_URL)) {
    problems.push('DATABASE_URL must be sqlite:<file>, such as sqlite:genesis.db');
  }
  // With a shortened clock a ten-minute hold passes in seconds: good for practice, never for production.
  if (present.PACE && Number(present.PACE) !== 1 && isRealSlack(present.SLACK_API_URL ?? slackApi)) {
    problems.push('PACE must be 1 against the real Slack; it is for the sandbox and for rehearsals');
  }
  const mail = readMail(present);
  problems.push(...mail.problems);
  const routingKeys = routingKeysIn(present);
  for (const [name, key] of Object.entries(routingKeys))
    if (!/^[\x21-\x7e]{8,64}$/.test(key)) problems.push(`${name} must be the key of an integration`);
  const paged = Object.keys(present).filter((name) => name.startsWith('PAGERDUTY_'));
  if (paged.length > 0 && Object.keys(routingKeys).length === 0)
    problems.push(
      `PAGERDUTY_ROUTING_KEY is required where ${paged.join(', ')} is set: without it nobody is paged`,
    );
  if (!parsed.success || problems.length > 0) return { kind: 'bad', problems };

  const e = parsed.data;
  return {
    kind: 'ok',
    config: Object.freeze<Config>({
      slack: {
        botToken: e.SLACK_BOT_TOKEN,
        apiUrl: e.SLACK_API_URL.endsWith('/') ? e.SLACK_API_URL : `${e.SLACK_API_URL}/`,
        mode: e.SLACK_APP_TOKEN
          ? { kind: 'socket', appToken: e.SLACK_APP_TOKEN }
          : { kind: 'http', signingSecret: e.SLACK_SIGNING_SECRET ?? '' },
      },
      alertmanager: {
        tokens: e.ALERTMANAGER_TOKEN,
        url: e.ALERTMANAGER_URL ?? null,
        receiver: e.ALERTMANAGER_RECEIVER ?? null,
      },
      prometheusUrl: e.PROMETHEUS_URL ?? null,
      database: e.DATABASE_URL.slice('sqlite:'.length),
      playbooks: e.PLAYBOOKS,
      host: e.HOST,
      port: e.PORT,
      publicUrl: e.PUBLIC_URL ?? null,
      key: e.GENESIS_KEY ?? null,
      auditHeadFile: e.AUDIT_HEAD_FILE ?? null,
      heartbeatUrl: e.HEARTBEAT_URL ?? null,
      executorEnv: e.EXECUTOR_ENV ?? null,
      mail: mail.config,
      logLevel: e.LOG_LEVEL,
      pace: e.PACE,
      hostsFile: e.HOSTS_FILE ?? null,
      automatic: e.AUTOMATIC === 'on',
      pagerduty:
        paged.length === 0
          ? null
          : {
              routingKeys,
              token: e.PAGERDUTY_TOKEN ?? null,
              from: e.PAGERDUTY_FROM ?? null,
              apiUrl: e.PAGERDUTY_API_URL ?? null,
              eventsUrl: e.PAGERDUTY_EVENTS_URL ?? null,
              webhookSecrets: e.PAGERDUTY_WEBHOOK_SECRET ?? [],
            },
    }),
  };
}

/** What others would take for two addresses, or for a header, is none. */
const mailAddress = /^[^\s@<>(),;:"\\[\]]+@[^\s@<>(),;:"\\[\]]+$/;

function readMail(env: Readonly<Record<string, string | undefined>>): {
  readonly config: MailConfig | null;
  readonly problems: readonly string[];
} {
  const url = URL.parse(env.SMTP_URL ?? '');
  // Whatever else is wrong with the address has been said.
  if (!url || !/^smtps?:$/.test(url.protocol)) return { config: null, problems: [] };
  const problems: string[] = [];
  const from = (env.SMTP_FROM ?? url.searchParams.get('from') ?? '').trim();
  const to = (env.SMTP_TO ?? url.searchParams.get('to') ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  if (url.hostname === '') problems.push('SMTP_URL must name a host: smtp://mail.example.org:587');
  if (!mailAddress.test(from))
    problems.push('SMTP_FROM must be the one e-mail address that summaries come from');
  if (to.length === 0 || !to.every((address) => mailAddress.test(address)))
    problems.push('SMTP_TO must be the e-mail addresses that summaries go to, separated by commas');
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (user === null || password === null)
    problems.push('SMTP_URL has a user or password with a percent sign that begins no code; write it as %25');
  if (problems.length > 0) return { config: null, problems };
  const secure = url.protocol === 'smtps:';
  return {
    problems: [],
    config: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
      secure,
      login: user ? { user, password: password ?? '' } : null,
      from,
      to,
    },
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

/** Duties may have integrations of their own, each with its key in a variable of its own. */
const routingKeysIn = (present: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(present).flatMap(([name, value]) =>
      /^PAGERDUTY_ROUTING_KEY(?:_[A-Z0-9_]{1,60})?$/.test(name) && value !== undefined
        ? [[name, value.trim()]]
        : [],
    ),
  );

const isRealSlack = (apiUrl: string): boolean =>
  URL.canParse(apiUrl) && /(^|\.)slack(-gov)?\.com\.?$/.test(new URL(apiUrl).hostname);

/** What is off for want of a variable, and what is missing without it; said at the start and at /readyz. */
export function switchedOff(config: Config): readonly string[] {
  const off: string[] = [];
  if (!config.prometheusUrl) {
    off.push('PROMETHEUS_URL is not set: indicators cannot be read, so every gate is inconclusive.');
  }
  if (!config.alertmanager.url) {
    off.push(
      config.prometheusUrl
        ? 'ALERTMANAGER_URL is not set: of the alerts missed while the bot was down, only those that a playbook answers are looked up, in Prometheus.'
        : 'ALERTMANAGER_URL is not set: alerts missed while the bot was down are not looked up.',
      'ALERTMANAGER_URL is not set: a resolve that is lost is not noticed, and a silent Alertmanager neither.',
      'ALERTMANAGER_URL is not set: alerts cannot be silenced while somebody works on them.',
    );
  }
  const { pagerduty } = config;
  if (!pagerduty) {
    off.push('PAGERDUTY_ROUTING_KEY is not set: nobody is paged, people are called in Slack alone.');
  } else {
    if (pagerduty.webhookSecrets.length === 0)
      off.push('PAGERDUTY_WEBHOOK_SECRET is not set: what people do in PagerDuty is not heard.');
    if (!pagerduty.token)
      off.push(
        'PAGERDUTY_TOKEN is not set: who is on call in PagerDuty, and who answered there, is not known.',
      );
  }
  if (!config.heartbeatUrl) {
    off.push('HEARTBEAT_URL is not set: nobody outside is told when Genesis itself stops working.');
  }
  if (!config.mail) {
    off.push('SMTP_URL is not set: no summaries of urgent incidents are mailed.');
  }
  if (!config.key || !config.auditHeadFile) {
    off.push('GENESIS_KEY and AUDIT_HEAD_FILE are not both set: no signed head of the audit chain is kept.');
  }
  if (!config.automatic) {
    off.push('AUTOMATIC is off: steps that Genesis would carry out by itself are only shown as shadow.');
  }
  return off;
}

/** Every value that must never stand in a log, in the database or in a message, wherever it came from. */
export function secretsOf(config: Config): readonly string[] {
  const { slack, alertmanager, key, heartbeatUrl, prometheusUrl, pagerduty } = config;
  return [
    slack.botToken,
    slack.mode.kind === 'socket' ? slack.mode.appToken : slack.mode.signingSecret,
    ...alertmanager.tokens,
    ...(key === null ? [] : [key]),
    ...(pagerduty ? [...Object.values(pagerduty.routingKeys), ...pagerduty.webhookSecrets] : []),
    ...(pagerduty?.token ? [pagerduty.token] : []),
    // Who knows the address of a dead-man's switch can keep it quiet.
    ...(heartbeatUrl === null ? [] : [heartbeatUrl]),
    ...mailPassword(config.mail),
    ...[slack.apiUrl, alertmanager.url, prometheusUrl, heartbeatUrl].flatMap(passwordIn),
  ];
}

/** In the clear, as it stands in the address, and as it goes over the wire. */
function mailPassword(mail: MailConfig | null): readonly string[] {
  if (!mail?.login || mail.login.password === '') return [];
  const { user, password } = mail.login;
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return [password, encodeURIComponent(password), base64(password), base64(`\0${user}\0${password}`)];
}

/** The password of an address as it is written there, and as it is meant. */
function passwordIn(address: string | null): readonly string[] {
  const password = address === null ? '' : (URL.parse(address)?.password ?? '');
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch (error) {
    // A percent sign that begins no code stands for itself.
    if (error instanceof URIError) return [password];
    throw error;
  }
}
