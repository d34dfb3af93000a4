import { webhookBody } from '../ingest/webhookBody.ts';
import { webhookHeaders } from '../measure/bot.ts';
import { openConnection } from '../measure/connection.ts';
import type { Server } from '../measure/server.ts';
import type { FakeSlack, SlackCallSeen } from '../slack/fakeSlack.ts';

export type FirstMessage = {
  /** From sending the webhook until Slack has answered the first message with buttons in the incident's own channel. */
  readonly tookMs: number;
  /** Methods that had to be answered one after the other before that, the message itself last. */
  readonly chain: readonly string[];
  /** What remains when each of them took exactly as long as Slack did. */
  readonly beyondMs: number;
};

export const slackMs = 100;
const patienceMs = 10_000;
const ofNoChannel = new Set(['auth.test', 'conversations.create', 'usergroups.list', 'users.info']);

let incidents = 0;
/** Steps of earlier incidents come into their channels at any time. */
const earlier = new Set<string>();

/** Opens one incident with a channel of its own and follows it to the first message that has buttons. */
export async function firstMessage(bot: Server, slack: FakeSlack): Promise<FirstMessage> {
  incidents += 1;
  const service = `first-message-${incidents}`;
  const calls: SlackCallSeen[] = [];
  const { promise: posted, resolve, reject } = Promise.withResolvers<SlackCallSeen>();
  slack.onCall((call) => {
    calls.push(call);
    const inOwn = call.channel.startsWith('C1') && !earlier.has(call.channel);
    if (call.method === 'chat.postMessage' && inOwn && call.hasButtons) resolve(call);
  });
  const late = setTimeout(
    () => reject(new Error('no message with buttons came into the channel')),
    patienceMs,
  );
  const connection = await openConnection(bot.url);
  const begun = performance.now();
  const status = await connection.post(
    '/alertmanager',
    webhookBody(incidents, { service, key: service }),
    webhookHeaders,
  );
  if (status !== 200) throw new Error(`the webhook was answered ${status}`);
  const last = await posted;
  earlier.add(last.channel);
  clearTimeout(late);
  connection.close();
  await slack.quiet(slackMs * 4);
  slack.onCall(null);
  const chain = chainTo(last, calls);
  const answered = chain.reduce((sum, call) => sum + (call.answeredAt ?? call.at) - call.at, 0);
  const tookMs = (last.answeredAt ?? last.at) - begun;
  return { tookMs, chain: chain.map(({ method }) => method), beyondMs: tookMs - answered };
}

/**
 * Back from the last call: before each stands the one whose answer came latest before it was made. Only the channel's
 * own calls count and those of no channel; what other channels are told meanwhile holds nothing up, and if it did, it
 * would show as time beyond the round trips.
 */
function chainTo(last: SlackCallSeen, calls: readonly SlackCallSeen[]): readonly SlackCallSeen[] {
  const chain = [last];
  const own = calls.filter(({ method, channel }) => channel === last.channel || ofNoChannel.has(method));
  for (;;) {
    const [first] = chain;
    const before = own
      .filter(({ answeredAt }) => first && answeredAt !== null && answeredAt <= first.at)
      .toSorted((a, b) => (b.answeredAt ?? 0) - (a.answeredAt ?? 0));
    if (!before[0]) return chain;
    chain.unshift(before[0]);
  }
}
