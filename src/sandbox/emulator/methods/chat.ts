import { isObject } from '../blockKit/schema.ts';
import type { GivenContent } from '../content.ts';
import { maxPostedText, newContent, readContent } from '../content.ts';
import { addEphemeral, addMessage, changeMessage, removeMessage } from '../messages.ts';
import type { Channel, Message, Metadata } from '../model.ts';
import { refuse } from '../slackError.ts';
import { messageJson, permalink } from '../slackJson.ts';
import type { Workspace } from '../workspace.ts';
import { canSee, directChannel, findChannel, isMember, messageAt, nextTs } from '../workspace.ts';
import type { Arguments } from './arguments.ts';
import type { Call, Method } from './method.ts';
import { visibleChannel } from './method.ts';

/** Slack refuses edits to longer texts, although it takes them in new messages. */
const maxUpdatedText = 4000;

/** Slack publishes no limit; this one keeps apps modest. */
const maxMetadata = 8000;

function contentArguments(args: Arguments): Parameters<typeof readContent>[1] {
  const given: Record<string, unknown> = {};
  for (const name of ['text', 'markdown_text']) if (args.has(name)) given[name] = args.string(name);
  for (const name of ['blocks', 'attachments']) if (args.has(name)) given[name] = args.json(name);
  return given;
}

function readMetadata(args: Arguments): Metadata | 'removed' | undefined {
  const given = args.json('metadata');
  if (given === undefined) return undefined;
  if (!isObject(given)) return refuse('invalid_metadata_format');
  if (Object.keys(given).length === 0) return 'removed';
  const { event_type: type, event_payload: payload } = given;
  if (typeof type !== 'string' || type === '' || !isObject(payload)) return refuse('invalid_metadata_format');
  if (JSON.stringify(given).length > maxMetadata) refuse('metadata_too_large');
  return { event_type: type, event_payload: structuredClone(payload) };
}

/** A conversation by id or name, or a person's id for the direct message with that person. */
function postingChannel({ workspace, args }: Call): Channel {
  const given = args.string('channel');
  const user = workspace.users.get(given);
  if (user !== undefined) return directChannel(workspace, [workspace.botUserId, user.id]).channel;
  const channel = findChannel(workspace, given);
  if (channel === undefined || !canSee(channel, workspace.botUserId)) return refuse('channel_not_found');
  const mayPostAnywhere = channel.kind === 'public' && workspace.app.scopes.includes('chat:write.public');
  if (!isMember(channel, workspace.botUserId) && !mayPostAnywhere) refuse('not_in_channel');
  if (channel.isArchived) refuse('is_archived');
  return channel;
}

/** Replies hang on a thread's first message; Slack does not nest threads. */
function threadArgument(workspace: Workspace, channel: Channel, args: Arguments): { threadTs?: string } {
  const ts = args.string('thread_ts');
  if (ts === '') return {};
  const parent = messageAt(workspace, channel.id, ts);
  const isFirst = parent !== undefined && (parent.threadTs === undefined || parent.threadTs === parent.ts);
  if (!isFirst || parent.subtype === 'tombstone') refuse('cannot_reply_to_message');
  return { threadTs: ts };
}

function customName({ workspace, args }: Call): { username?: string } {
  const username = args.string('username');
  if (username === '') return {};
  if (!workspace.app.scopes.includes('chat:write.customize')) {
    refuse('missing_scope', { needed: 'chat:write.customize', provided: workspace.app.scopes.join(',') });
  }
  return { username };
}

const postMessage: Method = (call) => {
  const { workspace, args } = call;
  const channel = postingChannel(call);
  const given = contentArguments(args);
  const content = newContent(workspace, given);
  const metadata = readMetadata(args);
  const thread = threadArgument(workspace, channel, args);
  const message = addMessage(workspace, channel, {
    ...content,
    ...thread,
    ...customName(call),
    userId: workspace.botUserId,
    isByApp: true,
    isBroadcast: thread.threadTs !== undefined && args.boolean('reply_broadcast'),
    ...(metadata === undefined || metadata === 'removed' ? {} : { metadata }),
  });
  const isCut = typeof given.text === 'string' && [...given.text].length > maxPostedText;
  return {
    channel: channel.id,
    ts: message.ts,
    message: { ...messageJson(workspace, message), ...(metadata === undefined ? {} : { metadata }) },
    ...(isCut
      ? { warning: 'message_truncated', response_metadata: { warnings: ['message_truncated'] } }
      : {}),
  };
};

/** The app's own message that the call names. */
function ownMessage({ workspace, args }: Call, channel: Channel, refusal: string): Message {
  const message = messageAt(workspace, channel.id, args.string('ts'));
  if (message === undefined || message.subtype === 'tombstone') return refuse('message_not_found');
  if (!message.isByApp) return refuse(refusal);
  return message;
}

/**
 * What is not mentioned stays, with one exception: a text without blocks takes the blocks away, since nobody
 * would see the text otherwise.
 */
function updated(message: Message, given: GivenContent): Pick<Message, 'text' | 'blocks' | 'attachments'> {
  const { text, blocks, attachments } = given;
  return {
    text: text ?? message.text,
    blocks: blocks ?? (text === undefined ? message.blocks : []),
    attachments: attachments ?? message.attachments,
  };
}

const update: Method = (call) => {
  const { workspace, args } = call;
  const channel = visibleChannel(call);
  const message = ownMessage(call, channel, 'cant_update_message');
  if (channel.isArchived) refuse('is_inactive');
  const given = readContent(workspace, contentArguments(args), 'msg_too_long');
  if (given.text !== undefined && [...given.text].length > maxUpdatedText) refuse('msg_too_long');
  const metadata = readMetadata(args);
  const next = updated(message, given);
  const saysNothing =
    given.text === undefined && given.blocks === undefined && given.attachments === undefined;
  if (saysNothing && metadata === undefined) refuse('no_text');
  if (next.text === '' && next.blocks.length === 0 && next.attachments.length === 0) refuse('no_text');
  changeMessage(workspace, channel, message, () => {
    Object.assign(message, next);
    if (metadata === 'removed') delete message.metadata;
    else if (metadata !== undefined) message.metadata = metadata;
    if (given.blocks === undefined && given.text !== undefined) {
      message.edited = { user: workspace.botUserId, ts: nextTs(workspace) };
    }
    if (args.boolean('reply_broadcast')) message.isBroadcast = true;
  });
  return {
    channel: channel.id,
    ts: message.ts,
    text: message.text,
    message: {
      ...messageJson(workspace, message),
      ...(message.metadata === undefined ? {} : { metadata: structuredClone(message.metadata) }),
    },
  };
};

const remove: Method = (call) => {
  const channel = visibleChannel(call);
  const message = ownMessage(call, channel, 'cant_delete_message');
  removeMessage(call.workspace, channel, message);
  return { channel: channel.id, ts: message.ts };
};

const postEphemeral: Method = (call) => {
  const { workspace, args } = call;
  const channel = visibleChannel(call);
  if (!isMember(channel, workspace.botUserId)) refuse('not_in_channel');
  if (channel.isArchived) refuse('is_archived');
  const userId = args.string('user');
  if (!workspace.users.has(userId) || !isMember(channel, userId)) refuse('user_not_in_channel');
  if ([...args.string('text')].length > maxPostedText) refuse('msg_too_long');
  const ephemeral = addEphemeral(workspace, {
    ...newContent(workspace, contentArguments(args), 'msg_too_long'),
    ...threadArgument(workspace, channel, args),
    channelId: channel.id,
    userId,
  });
  return { message_ts: ephemeral.ts };
};

const getPermalink: Method = (call) => {
  const channel = visibleChannel(call);
  const message = messageAt(call.workspace, channel.id, call.args.string('message_ts'));
  if (message === undefined) return refuse('message_not_found');
  return { channel: channel.id, permalink: permalink(call.workspace, message) };
};

export const chatMethods: Record<string, Method> = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
};
