import { newId } from '../ids.ts';
import type { Bookmark, Channel, Message } from '../model.ts';
import { refuse, refuseArguments } from '../slackError.ts';
import { messageJson, permalink } from '../slackJson.ts';
import type { Workspace } from '../workspace.ts';
import { changed, isMember, messageAt, nextTs, tellApp, unixSeconds } from '../workspace.ts';
import type { Call, Method } from './method.ts';
import { isTs, joinedChannel, visibleChannel } from './method.ts';

/** Pins, bookmarks and reactions. */

const maxPins = 100;
const maxBookmarks = 100;
const maxBookmarkTitle = 256;
const maxBookmarkLink = 2048;

function itemArgument(call: Call, channel: Channel): Message {
  const ts = call.args.string('timestamp');
  if (ts === '') return refuse('no_item_specified');
  if (!isTs(ts)) return refuse('bad_timestamp');
  return messageAt(call.workspace, channel.id, ts) ?? refuse('message_not_found');
}

function tellOfPin(workspace: Workspace, channel: Channel, given: { type: string; message: Message }): void {
  changed(workspace, { what: 'pin', channelId: channel.id, ts: given.message.ts });
  tellApp(workspace, channel, {
    type: given.type,
    user: workspace.botUserId,
    channel_id: channel.id,
    item: { type: 'message', channel: channel.id, message: messageJson(workspace, given.message) },
    event_ts: nextTs(workspace),
  });
}

const addPin: Method = (call) => {
  const { workspace } = call;
  const channel = joinedChannel(call);
  const message = itemArgument(call, channel);
  if (channel.isArchived) refuse('restricted_action');
  if (channel.pins.some((pin) => pin.ts === message.ts)) refuse('already_pinned');
  if (channel.pins.length >= maxPins) refuse('too_many_pins');
  channel.pins.unshift({
    ts: message.ts,
    created: unixSeconds(workspace),
    createdBy: workspace.botUserId,
  });
  tellOfPin(workspace, channel, { type: 'pin_added', message });
  return {};
};

const removePin: Method = (call) => {
  const channel = visibleChannel(call);
  const message = itemArgument(call, channel);
  if (!channel.pins.some((pin) => pin.ts === message.ts)) refuse('no_pin');
  channel.pins = channel.pins.filter((pin) => pin.ts !== message.ts);
  tellOfPin(call.workspace, channel, { type: 'pin_removed', message });
  return {};
};

const listPins: Method = (call) => {
  const { workspace } = call;
  const channel = visibleChannel(call);
  return {
    items: channel.pins.flatMap((pin) => {
      const message = messageAt(workspace, channel.id, pin.ts);
      if (message === undefined) return [];
      return [
        {
          type: 'message',
          channel: channel.id,
          created: pin.created,
          created_by: pin.createdBy,
          message: { ...messageJson(workspace, message), permalink: permalink(workspace, message) },
        },
      ];
    }),
  };
};

function bookmarkJson(workspace: Workspace, channel: Channel, bookmark: Bookmark): Record<string, unknown> {
  return {
    id: bookmark.id,
    channel_id: channel.id,
    title: bookmark.title,
    link: bookmark.link,
    emoji: bookmark.emoji ?? '',
    icon_url: null,
    type: 'link',
    entity_id: null,
    date_created: bookmark.created,
    date_updated: bookmark.updated,
    rank: String(channel.bookmarks.indexOf(bookmark)).padStart(4, '0'),
    // Nobody but the app touches bookmarks here.
    last_updated_by_user_id: workspace.botUserId,
    last_updated_by_team_id: workspace.team.id,
    shortcut_id: null,
    app_id: null,
  };
}

function bookmarkChannel(call: Call): Channel {
  const channel = visibleChannel(call, 'channel_id');
  if (!isMember(channel, call.workspace.botUserId)) refuse('access_denied');
  return channel;
}

function readTitle(title: string): string {
  if ([...title].length > maxBookmarkTitle) {
    refuseArguments(`must be less than ${maxBookmarkTitle + 1} characters [json-pointer:/title]`);
  }
  return title === '' ? refuseArguments('must be more than 0 characters [json-pointer:/title]') : title;
}

function readLink(link: string): string {
  if ([...link].length > maxBookmarkLink) {
    refuseArguments(`must be less than ${maxBookmarkLink + 1} characters [json-pointer:/link]`);
  }
  return /^https?:\/\//.test(link) && URL.canParse(link) ? link : refuse('invalid_link');
}

function readEmoji(emoji: string): { emoji?: string } {
  if (emoji === '') return {};
  return /^:[a-z0-9_+'-]+(::skin-tone-[2-6])?:$/.test(emoji) ? { emoji } : refuse('invalid_emoji');
}

const addBookmark: Method = (call) => {
  const { workspace, args } = call;
  const channel = bookmarkChannel(call);
  if (channel.isArchived) refuse('permission_denied');
  if (args.string('type') !== 'link') refuse('invalid_bookmark_type');
  const title = readTitle(args.string('title'));
  const link = readLink(args.string('link'));
  const emoji = readEmoji(args.string('emoji'));
  if (channel.bookmarks.length >= maxBookmarks) refuse('too_many_bookmarks');
  const created = unixSeconds(workspace);
  const bookmark: Bookmark = { id: newId('Bk'), title, link, ...emoji, created, updated: 0 };
  channel.bookmarks.push(bookmark);
  changed(workspace, { what: 'bookmark', channelId: channel.id });
  return { bookmark: bookmarkJson(workspace, channel, bookmark) };
};

function namedBookmark(call: Call, channel: Channel): Bookmark {
  const id = call.args.string('bookmark_id');
  return channel.bookmarks.find((bookmark) => bookmark.id === id) ?? refuse('not_found');
}

const editBookmark: Method = (call) => {
  const { workspace, args } = call;
  const channel = bookmarkChannel(call);
  const bookmark = namedBookmark(call, channel);
  if (args.has('title')) bookmark.title = readTitle(args.string('title'));
  if (args.has('link')) bookmark.link = readLink(args.string('link'));
  if (args.has('emoji')) Object.assign(bookmark, readEmoji(args.string('emoji')));
  bookmark.updated = unixSeconds(workspace);
  changed(workspace, { what: 'bookmark', channelId: channel.id });
  return { bookmark: bookmarkJson(workspace, channel, bookmark) };
};

const removeBookmark: Method = (call) => {
  const channel = bookmarkChannel(call);
  const bookmark = namedBookmark(call, channel);
  channel.bookmarks = channel.bookmarks.filter((other) => other !== bookmark);
  changed(call.workspace, { what: 'bookmark', channelId: channel.id });
  return {};
};

const listBookmarks: Method = (call) => {
  const channel = bookmarkChannel(call);
  return { bookmarks: channel.bookmarks.map((bookmark) => bookmarkJson(call.workspace, channel, bookmark)) };
};

/** Adds or takes away one person's reaction; says whether anything changed. */
export function react(
  workspace: Workspace,
  channel: Channel,
  given: { message: Message; userId: string; name: string; remove: boolean },
): boolean {
  const { message, userId, name, remove } = given;
  const existing = message.reactions.find((reaction) => reaction.name === name);
  const has = existing?.userIds.includes(userId) === true;
  if (has !== remove) return false;
  if (existing === undefined) message.reactions.push({ name, userIds: [userId] });
  else if (remove) existing.userIds = existing.userIds.filter((id) => id !== userId);
  else existing.userIds.push(userId);
  message.reactions = message.reactions.filter((reaction) => reaction.userIds.length > 0);
  changed(workspace, { what: 'reaction', channelId: channel.id, ts: message.ts });
  tellApp(workspace, channel, {
    type: remove ? 'reaction_removed' : 'reaction_added',
    user: userId,
    reaction: name,
    item_user: message.userId,
    item: { type: 'message', channel: channel.id, ts: message.ts },
    event_ts: nextTs(workspace),
  });
  return true;
}

export function isReactionName(name: string): boolean {
  return /^[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?$/.test(name);
}

function reaction(call: Call, remove: boolean): Record<string, unknown> {
  const { workspace, args } = call;
  if (args.string('channel') === '') refuse('no_item_specified');
  const channel = visibleChannel(call);
  if (!isMember(channel, workspace.botUserId)) refuse('no_access');
  if (channel.isArchived) refuse(remove ? 'no_access' : 'is_archived');
  const message = itemArgument(call, channel);
  const name = args.string('name').replace(/^:(.*):$/, '$1');
  if (!isReactionName(name)) refuse('invalid_name');
  const didChange = react(workspace, channel, { message, userId: workspace.botUserId, name, remove });
  if (!didChange) refuse(remove ? 'no_reaction' : 'already_reacted');
  return {};
}

export const channelExtraMethods: Record<string, Method> = {
  'pins.add': addPin,
  'pins.remove': removePin,
  'pins.list': listPins,
  'bookmarks.add': addBookmark,
  'bookmarks.edit': editBookmark,
  'bookmarks.remove': removeBookmark,
  'bookmarks.list': listBookmarks,
  'reactions.add': (call) => reaction(call, false),
  'reactions.remove': (call) => reaction(call, true),
};
