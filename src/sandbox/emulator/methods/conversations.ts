import { newId } from '../ids.ts';
import { addMessage, joinChannel } from '../messages.ts';
import type { Channel } from '../model.ts';
import { refuse, refuseArguments } from '../slackError.ts';
import { channelJson } from '../slackJson.ts';
import type { Workspace } from '../workspace.ts';
import { addChannel, canSee, changed, directChannel, isMember, tellApp, unixSeconds } from '../workspace.ts';
import type { Call, Method } from './method.ts';
import { changeableChannel, requireScope, visibleChannel } from './method.ts';
import { page } from './paging.ts';

const maxName = 80;
const maxNote = 250;
const maxInvited = 100;

/** Names are refused, never repaired; names of archived channels stay taken. */
function readName(workspace: Workspace, name: string, channel: Channel | null): string {
  if (name === '') refuse('invalid_name_required');
  if ([...name].length > maxName) refuse('invalid_name_maxlength');
  if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) refuse('invalid_name_specials');
  if (/^[_-]+$/.test(name)) refuse('invalid_name_punctuation');
  for (const other of workspace.channels.values()) {
    if (other !== channel && other.name === name) refuse('name_taken');
  }
  return name;
}

function isPlain(channel: Channel): boolean {
  return channel.kind === 'public' || channel.kind === 'private';
}

const create: Method = ({ workspace, args }) => {
  const kind = args.boolean('is_private') ? 'private' : 'public';
  const scopes = kind === 'private' ? ['groups:write'] : ['channels:manage', 'channels:write'];
  if (!scopes.some((scope) => workspace.app.scopes.includes(scope))) {
    refuse('missing_scope', { needed: scopes[0], provided: workspace.app.scopes.join(',') });
  }
  const name = readName(workspace, args.string('name'), null);
  const channel = addChannel(workspace, { id: newId('C'), name, kind, creator: workspace.botUserId });
  channel.memberIds.push(workspace.botUserId);
  changed(workspace, { what: 'channel', channelId: channel.id });
  if (kind === 'public') {
    tellApp(workspace, null, {
      type: 'channel_created',
      channel: { id: channel.id, name, created: channel.created, creator: workspace.botUserId },
    });
  }
  return { channel: channelJson(workspace, channel) };
};

function refusalFor(workspace: Workspace, channel: Channel, userId: string): string | null {
  if (userId === workspace.botUserId) return 'cant_invite_self';
  if (!workspace.users.has(userId)) return 'user_not_found';
  return isMember(channel, userId) ? 'already_in_channel' : null;
}

const invite: Method = (call) => {
  const { workspace, args } = call;
  const channel = changeableChannel(call);
  const userIds = [
    ...new Set(
      args
        .string('users')
        .split(',')
        .map((id) => id.trim())
        .filter((id) => id !== ''),
    ),
  ];
  if (userIds.length === 0) refuse('no_user');
  if (userIds.length > maxInvited)
    refuseArguments(`no more than ${maxInvited} users allowed [json-pointer:/users]`);
  const refusals = userIds.flatMap((user) => {
    const error = refusalFor(workspace, channel, user);
    return error === null ? [] : [{ user, ok: false, error }];
  });
  const welcome = userIds.filter((id) => !refusals.some((refusal) => refusal.user === id));
  const [first] = refusals;
  const mayGoOn = args.boolean('force') && welcome.length > 0;
  if (first !== undefined && !mayGoOn) return refuse(first.error, { errors: refusals });
  for (const userId of welcome) joinChannel(workspace, channel, { userId, inviterId: workspace.botUserId });
  return { channel: channelJson(workspace, channel), ...(refusals.length === 0 ? {} : { errors: refusals }) };
};

const join: Method = (call) => {
  const { workspace } = call;
  const channel = visibleChannel(call);
  if (channel.kind !== 'public') refuse('method_not_supported_for_channel_type');
  if (channel.isArchived) refuse('is_archived');
  const wasIn = isMember(channel, workspace.botUserId);
  joinChannel(workspace, channel, { userId: workspace.botUserId });
  return {
    channel: channelJson(workspace, channel),
    ...(wasIn
      ? { warning: 'already_in_channel', response_metadata: { warnings: ['already_in_channel'] } }
      : {}),
  };
};

function setNote(call: Call, field: 'topic' | 'purpose'): Record<string, unknown> {
  const { workspace, args } = call;
  const channel = changeableChannel(call);
  const value = args.string(field);
  if ([...value].length > maxNote) refuse('too_long');
  if (channel[field].value !== value) {
    channel[field] = { value, creator: workspace.botUserId, last_set: unixSeconds(workspace) };
    const what = field === 'topic' ? 'topic' : 'description';
    addMessage(workspace, channel, {
      userId: workspace.botUserId,
      subtype: channel.kind === 'private' ? `group_${field}` : `channel_${field}`,
      text: value === '' ? `cleared the channel ${what}` : `set the channel ${what}: ${value}`,
    });
    changed(workspace, { what: 'channel', channelId: channel.id });
  }
  return { channel: channelJson(workspace, channel) };
}

function setArchived(workspace: Workspace, channel: Channel, isArchived: boolean): void {
  const type = isArchived ? 'archive' : 'unarchive';
  addMessage(workspace, channel, {
    userId: workspace.botUserId,
    subtype: `channel_${type}`,
    text: `${type}d the channel`,
  });
  channel.isArchived = isArchived;
  changed(workspace, { what: 'channel', channelId: channel.id });
  tellApp(workspace, channel, {
    type: channel.kind === 'private' ? `group_${type}` : `channel_${type}`,
    channel: channel.id,
    user: workspace.botUserId,
  });
}

const archive: Method = (call) => {
  const channel = visibleChannel(call);
  if (!isPlain(channel)) refuse('method_not_supported_for_channel_type');
  if (channel.isGeneral) refuse('cant_archive_general');
  if (channel.isArchived) refuse('already_archived');
  if (!isMember(channel, call.workspace.botUserId)) refuse('not_in_channel');
  setArchived(call.workspace, channel, true);
  return {};
};

const unarchive: Method = (call) => {
  const channel = visibleChannel(call);
  if (!isPlain(channel)) refuse('method_not_supported_for_channel_type');
  if (!channel.isArchived) refuse('not_archived');
  setArchived(call.workspace, channel, false);
  return {};
};

const rename: Method = (call) => {
  const { workspace, args } = call;
  const channel = changeableChannel(call);
  const name = readName(workspace, args.string('name'), channel);
  if (name !== channel.name) {
    const before = channel.name;
    channel.previousNames.unshift(before);
    channel.name = name;
    addMessage(workspace, channel, {
      userId: workspace.botUserId,
      subtype: 'channel_name',
      text: `has renamed the channel from "${before}" to "${name}"`,
    });
    changed(workspace, { what: 'channel', channelId: channel.id });
    tellApp(workspace, channel, {
      type: 'channel_rename',
      channel: { id: channel.id, name, created: channel.created },
    });
  }
  return { channel: channelJson(workspace, channel) };
};

const info: Method = (call) => {
  const { workspace, args } = call;
  const channel = visibleChannel(call);
  requireScope(workspace, channel.kind, 'read');
  return {
    channel: {
      ...channelJson(workspace, channel),
      ...(args.boolean('include_num_members') ? { num_members: channel.memberIds.length } : {}),
    },
  };
};

const kindNames: Record<string, Channel['kind']> = {
  public_channel: 'public',
  private_channel: 'private',
  im: 'im',
  mpim: 'mpim',
};

/** Conversations of the kinds asked for; each kind needs its own scope. */
function listed({ workspace, args }: Call, memberId: string | null): Channel[] {
  const names = (args.string('types') || 'public_channel').split(',').map((name) => name.trim());
  const kinds = names.map((name) => kindNames[name] ?? refuse('invalid_types'));
  for (const kind of kinds) requireScope(workspace, kind, 'read');
  return [...workspace.channels.values()].filter(
    (channel) =>
      kinds.includes(channel.kind) &&
      canSee(channel, workspace.botUserId) &&
      (memberId === null || isMember(channel, memberId)) &&
      !(channel.isArchived && args.boolean('exclude_archived')),
  );
}

const list: Method = (call) => {
  const { items, metadata } = page(listed(call, null), call.args, { max: 1000, usual: 100 });
  return {
    channels: items.map((channel) => ({
      ...channelJson(call.workspace, channel),
      ...(isPlain(channel) ? { num_members: channel.memberIds.length } : {}),
    })),
    response_metadata: metadata,
  };
};

const ofUser: Method = (call) => {
  const userId = call.args.string('user') || call.workspace.botUserId;
  const { items, metadata } = page(listed(call, userId), call.args, { max: 999, usual: 100 });
  return {
    channels: items.map((channel) => channelJson(call.workspace, channel)),
    response_metadata: metadata,
  };
};

const members: Method = (call) => {
  const channel = visibleChannel(call);
  requireScope(call.workspace, channel.kind, 'read');
  const { items, metadata } = page(channel.memberIds, call.args, { max: 1000, usual: 100 });
  return { members: items, response_metadata: metadata };
};

const maxTogether = 8;

const open: Method = (call) => {
  const { workspace, args } = call;
  if (args.string('channel') !== '') {
    const channel = visibleChannel(call);
    if (isPlain(channel)) refuse('method_not_supported_for_channel_type');
    return { no_op: true, already_open: true, channel: { id: channel.id } };
  }
  const userIds = args
    .string('users')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '');
  if (userIds.length === 0) refuse('users_list_not_supplied');
  if (userIds.length > maxTogether) refuse('too_many_users');
  for (const id of userIds) if (!workspace.users.has(id)) refuse('user_not_found');
  if (userIds.every((id) => id === workspace.botUserId)) refuse('not_enough_users');
  const { channel, isNew } = directChannel(workspace, [workspace.botUserId, ...userIds]);
  return {
    ...(isNew ? {} : { no_op: true, already_open: true }),
    channel: args.boolean('return_im') ? channelJson(workspace, channel) : { id: channel.id },
  };
};

export const conversationMethods: Record<string, Method> = {
  'conversations.create': create,
  'conversations.invite': invite,
  'conversations.join': join,
  'conversations.setTopic': (call) => setNote(call, 'topic'),
  'conversations.setPurpose': (call) => setNote(call, 'purpose'),
  'conversations.archive': archive,
  'conversations.unarchive': unarchive,
  'conversations.rename': rename,
  'conversations.info': info,
  'conversations.list': list,
  'conversations.members': members,
  'conversations.open': open,
  'users.conversations': ofUser,
};
