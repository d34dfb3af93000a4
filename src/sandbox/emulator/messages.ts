import { newId } from './ids.ts';
import type { Channel, ChannelKind, Ephemeral, Message, MessageContent, Metadata } from './model.ts';
import { messageJson } from './slackJson.ts';
import type { Workspace } from './workspace.ts';
import { changed, channelMessages, emit, isMember, nextTs, repliesTo, tellApp } from './workspace.ts';

/** The manifest's names of the subscriptions to messages. */
const subscriptionOf: Record<ChannelKind, string> = {
  public: 'message.channels',
  private: 'message.groups',
  im: 'message.im',
  mpim: 'message.mpim',
};

const channelTypeOf: Record<ChannelKind, string> = {
  public: 'channel',
  private: 'group',
  im: 'im',
  mpim: 'mpim',
};

function tellOfMessage(workspace: Workspace, channel: Channel, body: Record<string, unknown>): void {
  emit(workspace, {
    subscription: subscriptionOf[channel.kind],
    channel,
    body: { type: 'message', channel: channel.id, channel_type: channelTypeOf[channel.kind], ...body },
  });
}

/** What a new message needs; the rest has a default. */
export interface Draft extends Partial<MessageContent> {
  userId: string;
  isByApp?: boolean;
  username?: string;
  subtype?: string;
  threadTs?: string;
  isBroadcast?: boolean;
  metadata?: Metadata;
  fileIds?: string[];
}

/** Puts a message into the channel and tells everybody, the app included. */
export function addMessage(workspace: Workspace, channel: Channel, draft: Draft): Message {
  const message: Message = {
    text: '',
    blocks: [],
    attachments: [],
    isByApp: false,
    isBroadcast: false,
    fileIds: [],
    ...draft,
    ts: nextTs(workspace),
    channelId: channel.id,
    reactions: [],
  };
  channelMessages(workspace, channel.id).push(message);
  workspace.readMarks.set(`${message.userId}/${channel.id}`, message.ts);
  changed(workspace, { what: 'message', channelId: channel.id, ts: message.ts });
  tellOfMessage(workspace, channel, { ...messageJson(workspace, message), event_ts: message.ts });
  const names = message.text.includes(`<@${workspace.botUserId}>`);
  if (names && !message.isByApp && isMember(channel, workspace.botUserId) && channel.kind !== 'im') {
    tellApp(workspace, channel, {
      ...messageJson(workspace, message),
      type: 'app_mention',
      channel: channel.id,
      event_ts: message.ts,
    });
  }
  return message;
}

/** Replaces a message's content and tells everybody. */
export function changeMessage(
  workspace: Workspace,
  channel: Channel,
  message: Message,
  change: () => void,
): void {
  const before = messageJson(workspace, message);
  change();
  changed(workspace, { what: 'message', channelId: channel.id, ts: message.ts });
  const ts = nextTs(workspace);
  tellOfMessage(workspace, channel, {
    subtype: 'message_changed',
    hidden: true,
    message: messageJson(workspace, message),
    previous_message: before,
    ts,
    event_ts: ts,
  });
}

/** Takes a message away; the first message of a thread with replies leaves a tombstone. */
export function removeMessage(workspace: Workspace, channel: Channel, message: Message): void {
  const before = messageJson(workspace, message);
  const list = channelMessages(workspace, channel.id);
  if (repliesTo(workspace, channel.id, message.ts).length > 0) {
    message.text = 'This message was deleted.';
    message.blocks = [];
    message.attachments = [];
    message.fileIds = [];
    message.subtype = 'tombstone';
    delete message.metadata;
  } else {
    list.splice(list.indexOf(message), 1);
  }
  channel.pins = channel.pins.filter((pin) => pin.ts !== message.ts);
  changed(workspace, { what: 'message', channelId: channel.id, ts: message.ts });
  const ts = nextTs(workspace);
  tellOfMessage(workspace, channel, {
    subtype: 'message_deleted',
    hidden: true,
    deleted_ts: message.ts,
    previous_message: before,
    ts,
    event_ts: ts,
  });
}

/** Shows something to one person alone. */
export function addEphemeral(workspace: Workspace, given: Omit<Ephemeral, 'id' | 'ts'>): Ephemeral {
  const ephemeral: Ephemeral = { ...given, id: newId('E'), ts: nextTs(workspace) };
  const list = workspace.ephemerals.get(given.userId) ?? [];
  list.push(ephemeral);
  workspace.ephemerals.set(given.userId, list);
  changed(workspace, { what: 'ephemeral', channelId: given.channelId, ts: ephemeral.ts }, given.userId);
  return ephemeral;
}

/** Makes the user a member, with the line in the channel and the event. Nothing happens to a member. */
export function joinChannel(
  workspace: Workspace,
  channel: Channel,
  { userId, inviterId }: { userId: string; inviterId?: string },
): void {
  if (isMember(channel, userId)) return;
  channel.memberIds.push(userId);
  addMessage(workspace, channel, {
    userId,
    subtype: channel.kind === 'private' ? 'group_join' : 'channel_join',
    text: `<@${userId}> has joined the channel`,
  });
  changed(workspace, { what: 'channel', channelId: channel.id });
  tellApp(workspace, channel, {
    type: 'member_joined_channel',
    user: userId,
    channel: channel.id,
    channel_type: channel.kind === 'private' ? 'G' : 'C',
    team: workspace.team.id,
    ...(inviterId === undefined ? {} : { inviter: inviterId }),
    event_ts: nextTs(workspace),
  });
}

export function leaveChannel(workspace: Workspace, channel: Channel, userId: string): void {
  channel.memberIds = channel.memberIds.filter((id) => id !== userId);
  changed(workspace, { what: 'channel', channelId: channel.id });
  tellApp(workspace, channel, {
    type: 'member_left_channel',
    user: userId,
    channel: channel.id,
    channel_type: channel.kind === 'private' ? 'G' : 'C',
    team: workspace.team.id,
    event_ts: nextTs(workspace),
  });
}
