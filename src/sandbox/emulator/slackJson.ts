import type { Channel, Message, StoredFile, User, Usergroup, View } from './model.ts';
import type { Workspace } from './workspace.ts';
import { isMember, messageAt, repliesTo } from './workspace.ts';

/** The shapes in which Slack gives out what a workspace contains. */

/** The message as the Web API and the events give it; metadata is added by those who may see it. */
export function messageJson(workspace: Workspace, message: Message): Record<string, unknown> {
  const replies = repliesTo(workspace, message.channelId, message.ts);
  const isThread = replies.length > 0;
  const threadTs = isThread ? message.ts : message.threadTs;
  return {
    type: 'message',
    ...(message.subtype === undefined ? {} : { subtype: message.subtype }),
    user: message.userId,
    team: workspace.team.id,
    ts: message.ts,
    text: message.text,
    ...(message.isByApp
      ? {
          bot_id: workspace.app.botId,
          app_id: workspace.app.id,
          bot_profile: {
            id: workspace.app.botId,
            app_id: workspace.app.id,
            user_id: workspace.botUserId,
            name: workspace.app.name,
            deleted: false,
            team_id: workspace.team.id,
          },
        }
      : {}),
    ...(message.username === undefined ? {} : { username: message.username }),
    ...(message.blocks.length === 0 ? {} : { blocks: structuredClone(message.blocks) }),
    ...(message.attachments.length === 0 ? {} : { attachments: structuredClone(message.attachments) }),
    ...(message.fileIds.length === 0
      ? {}
      : { files: message.fileIds.flatMap((id) => filesJson(workspace, id)), upload: false }),
    ...(message.edited === undefined ? {} : { edited: message.edited }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(isThread
      ? {
          reply_count: replies.length,
          reply_users: [...new Set(replies.map((reply) => reply.userId))],
          reply_users_count: new Set(replies.map((reply) => reply.userId)).size,
          latest_reply: replies.at(-1)?.ts,
        }
      : {}),
    ...(message.threadTs !== undefined && message.threadTs !== message.ts
      ? { parent_user_id: messageAt(workspace, message.channelId, message.threadTs)?.userId }
      : {}),
    ...(message.reactions.length === 0
      ? {}
      : {
          reactions: message.reactions.map(({ name, userIds }) => ({
            name,
            users: [...userIds],
            count: userIds.length,
          })),
        }),
    ...(isPinned(workspace, message) ? { pinned_to: [message.channelId] } : {}),
  };
}

export function isPinned(workspace: Workspace, message: Message): boolean {
  return workspace.channels.get(message.channelId)?.pins.some((pin) => pin.ts === message.ts) === true;
}

export function teamUrl(workspace: Workspace): string {
  return `https://${workspace.team.domain}.slack.com/`;
}

export function permalink(workspace: Workspace, message: Message): string {
  const link = `${teamUrl(workspace)}archives/${message.channelId}/p${message.ts.replace('.', '')}`;
  return message.threadTs === undefined || message.threadTs === message.ts
    ? link
    : `${link}?thread_ts=${message.threadTs}&cid=${message.channelId}`;
}

/** Only members have read anything. */
function lastRead(workspace: Workspace, channel: Channel): { last_read?: string } {
  if (!isMember(channel, workspace.botUserId)) return {};
  const mark = workspace.readMarks.get(`${workspace.botUserId}/${channel.id}`);
  return { last_read: mark ?? '0000000000.000000' };
}

export function channelJson(workspace: Workspace, channel: Channel): Record<string, unknown> {
  const base = {
    id: channel.id,
    created: channel.created,
    is_archived: channel.isArchived,
    is_im: channel.kind === 'im',
    is_mpim: channel.kind === 'mpim',
    is_org_shared: false,
    context_team_id: workspace.team.id,
    ...lastRead(workspace, channel),
  };
  if (channel.kind === 'im') {
    const other = channel.memberIds.find((id) => id !== workspace.botUserId) ?? workspace.botUserId;
    return { ...base, user: other, is_open: true, is_user_deleted: false, priority: 0 };
  }
  return {
    ...base,
    name: channel.name,
    name_normalized: channel.name,
    is_channel: channel.kind === 'public',
    is_group: channel.kind === 'private',
    is_private: channel.kind !== 'public',
    is_general: channel.isGeneral,
    is_shared: false,
    is_ext_shared: false,
    is_pending_ext_shared: false,
    pending_shared: [],
    parent_conversation: null,
    shared_team_ids: [workspace.team.id],
    creator: channel.creator,
    unlinked: 0,
    is_member: isMember(channel, workspace.botUserId),
    topic: { ...channel.topic },
    purpose: { ...channel.purpose },
    previous_names: [...channel.previousNames],
    ...(channel.canvasId === undefined
      ? {}
      : { properties: { canvas: { file_id: channel.canvasId, is_empty: false } } }),
  };
}

export function userJson(workspace: Workspace, user: User): Record<string, unknown> {
  const mayReadEmail = workspace.app.scopes.includes('users:read.email') && user.email !== '';
  return {
    id: user.id,
    team_id: workspace.team.id,
    name: user.name,
    deleted: false,
    real_name: user.realName,
    tz: user.timeZone,
    tz_label: user.timeZone,
    tz_offset: zoneOffset(user.timeZone, workspace.now()),
    is_bot: user.isBot,
    is_app_user: false,
    is_admin: false,
    is_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    updated: 0,
    profile: {
      real_name: user.realName,
      real_name_normalized: user.realName,
      display_name: user.name,
      display_name_normalized: user.name,
      title: user.title,
      phone: '',
      skype: '',
      status_text: '',
      status_emoji: '',
      status_expiration: 0,
      team: workspace.team.id,
      ...(mayReadEmail ? { email: user.email } : {}),
      ...(user.isBot ? { bot_id: workspace.app.botId, api_app_id: workspace.app.id } : {}),
    },
  };
}

/** Seconds east of UTC at the moment. */
function zoneOffset(timeZone: string, at: number): number {
  const name = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((part) => part.type === 'timeZoneName')?.value;
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '');
  if (match === null) return 0;
  const seconds = Number(match[2]) * 3600 + Number(match[3]) * 60;
  return match[1] === '-' ? -seconds : seconds;
}

export function usergroupJson(
  workspace: Workspace,
  group: Usergroup,
  wanted: { users: boolean; count: boolean },
): Record<string, unknown> {
  return {
    id: group.id,
    team_id: workspace.team.id,
    is_usergroup: true,
    name: group.name,
    description: '',
    handle: group.handle,
    is_external: false,
    date_create: 0,
    date_update: 0,
    date_delete: 0,
    auto_type: null,
    prefs: { channels: [], groups: [] },
    ...(wanted.users ? { users: [...group.userIds] } : {}),
    ...(wanted.count ? { user_count: group.userIds.length } : {}),
  };
}

export function fileJson(workspace: Workspace, file: StoredFile): Record<string, unknown> {
  return {
    id: file.id,
    created: file.created,
    timestamp: file.created,
    name: file.name,
    title: file.title,
    mimetype: file.mimetype,
    filetype: file.name.includes('.') ? file.name.split('.').at(-1) : 'text',
    size: file.size,
    user: file.userId,
    user_team: workspace.team.id,
    editable: false,
    mode: 'hosted',
    is_external: false,
    is_public: file.channelIds.length > 0,
    alt_txt: file.altText,
    url_private: `${teamUrl(workspace)}files-pri/${workspace.team.id}-${file.id}/${encodeURIComponent(file.name)}`,
    permalink: `${teamUrl(workspace)}files/${file.userId}/${file.id}/${encodeURIComponent(file.name)}`,
    channels: [...file.channelIds],
  };
}

function filesJson(workspace: Workspace, id: string): Record<string, unknown>[] {
  const file = workspace.files.get(id);
  return file === undefined ? [] : [fileJson(workspace, file)];
}

/** `values` is what stands in the view's elements. */
export function viewJson(
  workspace: Workspace,
  view: View,
  values: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id: view.id,
    team_id: workspace.team.id,
    type: view.type,
    blocks: structuredClone(view.blocks),
    private_metadata: view.privateMetadata,
    callback_id: view.callbackId,
    external_id: view.externalId,
    state: { values },
    hash: view.hash,
    title: view.title,
    submit: view.submit,
    close: view.close,
    clear_on_close: view.clearOnClose,
    notify_on_close: view.notifyOnClose,
    submit_disabled: view.submitDisabled,
    previous_view_id: view.previousViewId,
    root_view_id: view.rootViewId,
    app_id: workspace.app.id,
    app_installed_team_id: workspace.team.id,
    bot_id: workspace.app.botId,
  };
}
