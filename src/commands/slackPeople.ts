import { createOutbound } from '../adapters/outbound/outbound.ts';
import { everybody } from '../adapters/slack/everybody.ts';
import { createSlackClient } from '../adapters/slack/slackClient.ts';
import { systemClock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { SlackPeople } from './access.ts';

/** What goes wrong is answered to whoever asked, so there is nothing to log besides. */
const quiet: Log = { info() {}, warn() {}, error() {}, child: () => quiet };

type Env = Readonly<Record<string, string | undefined>>;

/** Slack's directory for a command that only asks about people; null without a token. */
export function slackPeople(env: Env): SlackPeople | null {
  const botToken = env.SLACK_BOT_TOKEN;
  if (botToken === undefined) return null;
  const apiUrl = env.SLACK_API_URL === undefined ? null : `${env.SLACK_API_URL.replace(/\/$/, '')}/`;
  const client = createSlackClient({
    config: { botToken, apiUrl },
    clock: systemClock,
    log: quiet,
    outbound: createOutbound({
      hosts: ['slack.com', 'slack-gov.com'],
      named: apiUrl === null ? [] : [apiUrl],
    }),
  });
  const { membership, members } = client.directory;
  return {
    ...{ membership, members, userByEmail: client.people.userByEmail },
    everybody: () => everybody(client.atOnce),
  };
}
