import type { WebClient } from '@slack/web-api';
import type { Priority } from './budget.ts';

/** Who the bot is in its workspace. */
export type Identity = {
  readonly botUserId: string;
  readonly botId: string;
  readonly teamId: string;
  /** `https://team.slack.com/`. */
  readonly url: string;
};

/** One call through the rate budget. Throws WorkFailed. */
export type SlackCall = <T>(
  call: {
    readonly method: string;
    readonly channel?: string | null;
    readonly priority?: Priority;
    readonly rank?: number;
    readonly patienceMs?: number;
  },
  perform: (web: WebClient) => Promise<T>,
) => Promise<T>;
