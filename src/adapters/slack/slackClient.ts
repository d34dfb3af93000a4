import { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Log } from '../../engine/log.ts';
import { type Chat, type Clock, type Directory, WorkFailed } from '../../engine/ports.ts';
import { answerPatienceMs, createBudget } from './budget.ts';
import { createChannels } from './channels.ts';
import { createDirectory } from './directory.ts';
import { createMessages } from './messages.ts';
import type { Identity, SlackCall } from './slackCall.ts';
import { asWorkFailed } from './slackFailure.ts';
import { slackLogger } from './slackLog.ts';
import { createTransport } from './transport.ts';

export type SlackClient = {
  readonly chat: Chat;
  readonly directory: Directory;
  /** Who is behind a duty. */
  readonly people: {
    membersOf(handles: readonly string[]): Promise<readonly string[]>;
    userByEmail(email: string): Promise<string | null>;
  };
  /** For answers to a person, who looks at the screen: before everything else, and soon or not at all. */
  readonly atOnce: SlackCall;
  /** How long it is likely to take at least until Slack takes a message or a change of one, in milliseconds. */
  heldUpFor(): number;
  /** Posts to the address that came with a request; rejects where that is none of Slack's. */
  answer(address: string, message: object): Promise<boolean>;
  /** Asked once and remembered; throws WorkFailed. */
  identity(): Promise<Identity>;
  /** Reads ahead what the first card of an incident needs to know, so that it does not wait for it. Never rejects. */
  readAhead(): Promise<void>;
  stop(): Promise<void>;
};

/** Where this may send things to besides the address of the Web API. */
export type SlackOutbound = {
  permits(address: string | URL): boolean;
  postJson(address: string, body: unknown, signal: AbortSignal): Promise<boolean>;
};

const answerTimeoutMs = 10_000;

const authTest = z.object({
  user_id: z.string(),
  // Only what is needed to begin with: a Slack behind a proxy may tell less than the real one.
  bot_id: z.string().optional(),
  team_id: z.string(),
  url: z.url().default('https://slack.com/'),
});

export function createSlackClient(options: {
  config: { readonly botToken: string; readonly apiUrl: string | null };
  clock: Clock;
  log: Log;
  outbound: SlackOutbound;
  /** What every duration is divided by, rate limits included; 1 against the real Slack. */
  pace?: number;
  /** Whether a way to roll the service back exists, for the button on the incident card. */
  canRollBack?: (service: string) => boolean;
  /** Whether alerts can be silenced, for the button on the incident card; not where left out. */
  canSilence?: boolean;
}): SlackClient {
  const { config, clock, log, outbound } = options;
  const transport = createTransport();
  const web = new WebClient(config.botToken, {
    ...webOptions(config.apiUrl, log),
    // Files go, with the token, to an address that Slack's answer names.
    fetch: async (url, init) => {
      if (!outbound.permits(url))
        throw new Error('Slack named an address for a file that is none of its own.');
      return transport.fetch(url, init);
    },
  });
  const budget = createBudget(clock, options.pace);
  /** The pauses that Slack last asked for, until a call of the same method succeeds. */
  const refused = new Map<string, { readonly at: number; readonly ms: number }>();
  let known: Promise<Identity> | null = null;

  const call: SlackCall = ({ method, channel = null, priority = 'routine', ...more }, perform) =>
    budget.run({
      method,
      channel,
      priority,
      ...more,
      perform: async () => {
        try {
          const done = await perform(web);
          refused.delete(method);
          return done;
        } catch (error) {
          const failure = asWorkFailed(error, method);
          if (failure.code === 'rate-limited' && failure.retry?.afterMs) {
            budget.rest(method, channel, failure.retry.afterMs);
            refused.set(method, { at: clock.now(), ms: failure.retry.afterMs });
          }
          throw failure;
        }
      },
    });

  /** After its pause Slack may ask for another: until it has taken something, it is taken to go on as before. */
  function heldUpFor(): number {
    const pauses = ['chat.update', 'chat.postMessage'].map((method) => {
      const last = refused.get(method);
      const since = clock.now() - (last?.at ?? 0);
      const goesOn = last !== undefined && since >= 0 && since < 3 * last.ms;
      return Math.max(budget.waitFor(method), goesOn ? last.ms : 0);
    });
    return Math.max(...pauses);
  }

  async function ask(): Promise<Identity> {
    const answer = authTest.safeParse(
      await call({ method: 'auth.test', priority: 'people' }, (client) => client.auth.test()),
    );
    if (!answer.success) {
      throw new WorkFailed('not-a-bot', 'The Slack token is not a bot token; it begins with xoxb-.', {
        cause: answer.error,
      });
    }
    const { user_id, bot_id, team_id, url } = answer.data;
    return { botUserId: user_id, botId: bot_id ?? user_id, teamId: team_id, url };
  }

  const identity = (): Promise<Identity> => {
    known ??= ask().catch((error: unknown) => {
      // A failure is not remembered: the next one who asks asks again.
      known = null;
      throw error;
    });
    return known;
  };

  const channels = createChannels({ call, identity, log });
  const directory = createDirectory({ call, idOf: channels.idOf, identity, clock });
  const messages = createMessages({
    call,
    identity,
    clock,
    channelId: channels.idOf,
    canRollBack: options.canRollBack ?? (() => true),
    canSilence: options.canSilence ?? false,
    groupIds,
  });

  /** A call that only names a group is better than none. */
  async function groupIds(handles: readonly string[]): Promise<ReadonlyMap<string, string>> {
    try {
      return await directory.groupIds(handles);
    } catch (error) {
      log.warn('The ids of user groups could not be read, so a call names them without a mention', { error });
      return new Map();
    }
  }

  /** Groups that cannot be read keep nobody away who was named. */
  async function membersOf(groups: readonly string[]): Promise<readonly string[]> {
    try {
      return await directory.membersOf(groups);
    } catch (error) {
      const failure = asWorkFailed(error, 'usergroups.list');
      if (failure.retry) throw failure;
      log.warn('User groups could not be read; only people named one by one are invited', { error: failure });
      return [];
    }
  }

  return {
    atOnce: (given, perform) =>
      call({ ...given, priority: 'people', rank: 0, patienceMs: answerPatienceMs }, perform),
    heldUpFor,
    answer: (address, message) => outbound.postJson(address, message, AbortSignal.timeout(answerTimeoutMs)),
    identity,
    readAhead: async () => void (await groupIds([])),
    directory: {
      membership: failing('looking up a person', directory.membership),
      members: failing('reading the members of a channel', directory.members),
      names: directory.names,
    },
    people: {
      membersOf: failing('reading user groups', directory.membersOf),
      userByEmail: failing('looking up a person', directory.userByEmail),
    },
    chat: {
      show: failing('showing a message', messages.show),
      postFile: failing('posting a file', messages.postFile),
      pin: failing('pinning', messages.pin),
      openChannel: failing('opening a channel', channels.open),
      setTopic: failing('setting a topic', channels.setTopic),
      bookmark: failing('adding a bookmark', channels.bookmark),
      invite: failing('inviting', async (channel, { groups, users }) => {
        const members = await membersOf(groups);
        await channels.invite(channel, [...new Set([...members, ...users])]);
      }),
    },
    async stop() {
      budget.stop();
      await transport.close();
    },
  };
}

/** Whatever goes wrong in an answer of Slack's leaves as WorkFailed, also what could not be read. */
function failing<A extends unknown[], R>(
  what: string,
  work: (...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (error) {
      throw asWorkFailed(error, what);
    }
  };
}

/**
 * One object for each client, since Bolt and Socket Mode write into theirs. No retries of their own: the engine keeps
 * what failed, and a client that waits for Retry-After holds up every other call with it.
 */
export function webOptions(apiUrl: string | null, log: Log) {
  return {
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: 10_000,
    logger: slackLogger(log),
  };
}
