import type { Channel, Message, User, View } from './model.ts';
import type {
  PersonChannel,
  PersonFile,
  PersonMessage,
  PersonState,
  PersonUser,
  PersonView,
} from './personApi.ts';
import { namesUser } from './personText.ts';
import { isPinned } from './slackJson.ts';
import type { Workspace } from './workspace.ts';
import { canSee, channelMessages, compareTs, isMember, repliesTo } from './workspace.ts';

/** What one person sees of the workspace, for the browser page. */

function personUser({ id, name, realName, title, isBot, timeZone }: User): PersonUser {
  return { id, name, realName, title, isBot, timeZone };
}

function personFile(workspace: Workspace, id: string): PersonFile[] {
  const file = workspace.files.get(id);
  if (file === undefined) return [];
  const { name, title, mimetype, size } = file;
  return [{ id, name, title, mimetype, size, url: `/files/${id}` }];
}

function personMessage(workspace: Workspace, message: Message): PersonMessage {
  const replies = repliesTo(workspace, message.channelId, message.ts);
  const latestReply = replies.at(-1)?.ts;
  const threadTs = replies.length > 0 ? message.ts : message.threadTs;
  return {
    ts: message.ts,
    channelId: message.channelId,
    userId: message.userId,
    ...(message.username === undefined ? {} : { username: message.username }),
    ...(message.subtype === undefined ? {} : { subtype: message.subtype }),
    text: message.text,
    blocks: message.blocks,
    attachments: message.attachments,
    files: message.fileIds.flatMap((id) => personFile(workspace, id)),
    reactions: message.reactions,
    ...(threadTs === undefined ? {} : { threadTs }),
    isBroadcast: message.isBroadcast,
    replyCount: replies.length,
    replyUserIds: [...new Set(replies.map(({ userId }) => userId))],
    ...(latestReply === undefined ? {} : { latestReply }),
    isEdited: message.edited !== undefined,
    isPinned: isPinned(workspace, message),
  };
}

const nothingRead = '0000000000.000000';

function channelName(
  workspace: Workspace,
  channel: Channel,
  userId: string,
): { name: string; withUserId?: string } {
  if (channel.kind === 'public' || channel.kind === 'private') return { name: channel.name };
  const others = channel.memberIds.filter((id) => id !== userId);
  const names = others.map((id) => workspace.users.get(id)?.realName ?? id);
  const [first] = others;
  return {
    name: names.join(', '),
    ...(channel.kind === 'im' && first !== undefined ? { withUserId: first } : {}),
  };
}

function personChannel(workspace: Workspace, channel: Channel, userId: string): PersonChannel {
  const messages = channelMessages(workspace, channel.id);
  const lastRead = workspace.readMarks.get(`${userId}/${channel.id}`) ?? nothingRead;
  const unread = messages.filter(
    ({ ts, threadTs, isBroadcast, userId: author }) =>
      author !== userId &&
      compareTs(ts, lastRead) > 0 &&
      (threadTs === undefined || threadTs === ts || isBroadcast),
  );
  const isIn = isMember(channel, userId);
  return {
    id: channel.id,
    ...channelName(workspace, channel, userId),
    kind: channel.kind,
    isMember: isIn,
    isArchived: channel.isArchived,
    topic: channel.topic.value,
    purpose: channel.purpose.value,
    memberIds: channel.memberIds,
    unread: isIn ? unread.length : 0,
    mentions: isIn ? unread.filter(({ text }) => namesUser(workspace, text, userId)).length : 0,
    lastRead,
    messages: messages.map((message) => personMessage(workspace, message)),
    ephemerals: (workspace.ephemerals.get(userId) ?? [])
      .filter(({ channelId }) => channelId === channel.id)
      .map(({ userId: _, ...ephemeral }) => ephemeral),
    pins: channel.pins.map(({ ts }) => ts),
    bookmarks: channel.bookmarks.map(({ id, title, link, emoji }) => ({
      id,
      title,
      link,
      ...(emoji === undefined ? {} : { emoji }),
    })),
  };
}

function personView(view: View | undefined, depth: number): PersonView | null {
  if (view === undefined) return null;
  return {
    id: view.id,
    type: view.type,
    title: view.title?.text ?? '',
    ...(view.submit === null ? {} : { submit: view.submit.text }),
    close: view.close?.text ?? 'Cancel',
    blocks: view.blocks,
    callbackId: view.callbackId,
    hash: view.hash,
    depth,
  };
}

export function personState(workspace: Workspace, user: User, isConnected: boolean): PersonState {
  const { app, team } = workspace;
  const users = [...workspace.users.values()].map(personUser);
  const modals = workspace.modals.get(user.id) ?? [];
  return {
    seq: workspace.seq,
    team,
    app: {
      id: app.id,
      name: app.name,
      botUserId: workspace.botUserId,
      commands: app.commands.map(({ command, description, usageHint }) => ({
        command,
        description,
        usageHint,
      })),
      shortcuts: app.shortcuts,
      isConnected,
    },
    me: personUser(user),
    people: users.filter(({ isBot }) => !isBot),
    users,
    usergroups: [...workspace.usergroups.values()],
    channels: [...workspace.channels.values()]
      .filter((channel) => canSee(channel, user.id))
      .map((channel) => personChannel(workspace, channel, user.id)),
    home: personView(workspace.homes.get(user.id), 0),
    modal: personView(modals.at(-1), modals.length - 1),
  };
}
