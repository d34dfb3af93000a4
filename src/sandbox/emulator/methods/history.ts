import type { Channel, Message } from '../model.ts';
import { refuse } from '../slackError.ts';
import { messageJson } from '../slackJson.ts';
import { channelMessages, compareTs, isMember, messageAt, repliesTo } from '../workspace.ts';
import type { Call, Method } from './method.ts';
import { isTs, requireScope, visibleChannel } from './method.ts';
import { pageByTime } from './paging.ts';

function readableChannel(call: Call): Channel {
  const channel = visibleChannel(call);
  requireScope(call.workspace, channel.kind, 'history');
  return channel;
}

/** `oldest` and `latest` bound the messages, themselves included only with `inclusive`. */
function within(call: Call): (message: Message) => boolean {
  const { args } = call;
  const bound = (name: 'oldest' | 'latest'): string | null => {
    const text = args.string(name);
    if (text === '' || text === '0') return null;
    if (isTs(text)) return text;
    return /^\d+(\.\d*)?$/.test(text) ? text : refuse(`invalid_ts_${name}`);
  };
  const oldest = bound('oldest');
  const latest = bound('latest');
  const edge = args.boolean('inclusive') ? 0 : 1;
  return ({ ts }) =>
    (oldest === null || compareTs(ts, oldest) >= edge) && (latest === null || compareTs(latest, ts) >= edge);
}

/** Metadata is given out on request alone. */
function shown({ workspace, args }: Call): (message: Message) => Record<string, unknown> {
  const wantsMetadata = args.boolean('include_all_metadata');
  return (message) => ({
    ...messageJson(workspace, message),
    ...(wantsMetadata && message.metadata !== undefined
      ? { metadata: structuredClone(message.metadata) }
      : {}),
  });
}

const history: Method = (call) => {
  const { workspace, args } = call;
  const channel = readableChannel(call);
  if (!isMember(channel, workspace.botUserId)) refuse('not_in_channel');
  const isInChannel = (message: Message) =>
    message.threadTs === undefined || message.threadTs === message.ts || message.isBroadcast;
  const messages = channelMessages(workspace, channel.id).filter(isInChannel).filter(within(call)).reverse();
  const { items, hasMore, metadata } = pageByTime(messages, args, {
    max: 999,
    usual: 100,
    order: 'newest first',
  });
  return {
    messages: items.map(shown(call)),
    has_more: hasMore,
    pin_count: channel.pins.length,
    channel_actions_ts: null,
    channel_actions_count: 0,
    ...(hasMore ? { response_metadata: metadata } : {}),
  };
};

const replies: Method = (call) => {
  const { workspace, args } = call;
  const channel = readableChannel(call);
  const first = messageAt(workspace, channel.id, args.string('ts'));
  if (first === undefined || !isMember(channel, workspace.botUserId)) return refuse('thread_not_found');
  const rest = repliesTo(workspace, channel.id, first.ts).filter(within(call));
  const { items, hasMore, metadata } = pageByTime([first, ...rest], args, {
    min: 1,
    max: 1000,
    usual: 1000,
    order: 'oldest first',
  });
  return {
    messages: items.map(shown(call)),
    has_more: hasMore,
    ...(hasMore ? { response_metadata: metadata } : {}),
  };
};

export const historyMethods: Record<string, Method> = {
  'conversations.history': history,
  'conversations.replies': replies,
};
