import { botToken, type FakeSlack, signingSecret } from '../slack/fakeSlack.ts';
import { type Server, startScript } from './server.ts';

export const alertmanagerToken = 'bench-alertmanager-token';
export const webhookHeaders = {
  'content-type': 'application/json',
  authorization: `Bearer ${alertmanagerToken}`,
};

/** Divides the windows of the rate budget until none of them binds: the fake Slack has no limits either. */
export const unlimitedPace = 1_000_000;

type Options = {
  readonly slack: FakeSlack;
  readonly database: string;
  readonly playbooks?: string;
  readonly pace?: number;
  readonly slackPace?: number;
};

/**
 * The environment of a bot on a fake Slack. `pace` divides all that the bot counts in time, `slackPace` the windows of
 * Slack's limits alone; without them both stay as they are.
 */
export const botEnvironment = ({
  slack,
  database,
  playbooks,
  pace,
  slackPace,
}: Options): Record<string, string> => ({
  SLACK_BOT_TOKEN: botToken,
  SLACK_SIGNING_SECRET: signingSecret,
  SLACK_API_URL: slack.apiUrl,
  ALERTMANAGER_TOKEN: alertmanagerToken,
  DATABASE_URL: `sqlite:${database}`,
  PLAYBOOKS: playbooks ?? 'playbooks',
  PORT: '0',
  ...(pace === undefined ? {} : { BENCH_PACE: String(pace) }),
  ...(slackPace === undefined ? {} : { BENCH_SLACK_PACE: String(slackPace) }),
});

/** The whole bot in a process of its own. */
export const startBotProcess = (options: Options & { readonly flags?: readonly string[] }): Promise<Server> =>
  startScript({
    args: ['bench/measure/botProcess.mjs'],
    flags: options.flags ?? [],
    env: botEnvironment(options),
  });
