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
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly pace: number;
  /** A hosts file that replaces the playbooks' own; the sandbox points it at the patient. */
  readonly hostsFile: string | null;
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
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], { error: 'must be debug, info, warn or error' })
    .default('info'),
  PACE: z.coerce
    .number({ error: 'must be a number' })
    .min(1, 'must be 1 or more')
    .max(1_000, 'must be 1000 or less')
    .default(1),
  HOSTS_FILE: z.string().optional(),
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
      logLevel: e.LOG_LEVEL,
      pace: e.PACE,
      hostsFile: e.HOSTS_FILE ?? null,
    }),
  };
}

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
    );
  }
  if (!config.heartbeatUrl) {
    off.push('HEARTBEAT_URL is not set: nobody outside is told when Genesis itself stops working.');
  }
  if (!config.key || !config.auditHeadFile) {
    off.push('GENESIS_KEY and AUDIT_HEAD_FILE are not both set: no signed head of the audit chain is kept.');
  }
  return off;
}

/** Every value that must never stand in a log, in the database or in a message, wherever it came from. */
export function secretsOf(config: Config): readonly string[] {
  const { slack, alertmanager, key, heartbeatUrl, prometheusUrl } = config;
  return [
    slack.botToken,
    slack.mode.kind === 'socket' ? slack.mode.appToken : slack.mode.signingSecret,
    ...alertmanager.tokens,
    ...(key === null ? [] : [key]),
    // Who knows the address of a dead-man's switch can keep it quiet.
    ...(heartbeatUrl === null ? [] : [heartbeatUrl]),
    ...[slack.apiUrl, alertmanager.url, prometheusUrl, heartbeatUrl].flatMap(passwordIn),
  ];
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
