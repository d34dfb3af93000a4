import { addMessage, joinChannel, leaveChannel } from './messages.ts';
import { isReactionName, react } from './methods/channelExtras.ts';
import type { Block, Channel, User } from './model.ts';
import { commandPayload, globalShortcutPayload, messageShortcutPayload } from './payloads.ts';
import type { ElementInput, ElementInputs, ElementPlace, PersonReply } from './personApi.ts';
import type { Call } from './personCall.ts';
import { fail, ok } from './personCall.ts';
import { click, suggest } from './personClick.ts';
import { closeView, submit } from './personModal.ts';
import { escapedCommandText, storedText } from './personText.ts';
import { viewJson } from './slackJson.ts';
import {
  canSee,
  changed,
  channelMessages,
  directChannel,
  findChannel,
  isMember,
  messageAt,
  nextTs,
  tellApp,
} from './workspace.ts';

/** A person at the keyboard: every act that Slack's client allows, refused where the client would not offer it. */
export interface Person {
  readonly id: string;
  /** Channels are named by id, name or `#name`. */
  say(channel: string, text: string, options?: { threadTs?: string }): Promise<PersonReply>;
  /** Says it with the app's name in front. */
  mention(channel: string, text: string, options?: { threadTs?: string }): Promise<PersonReply>;
  /** Begins, or finds, the direct message with this user; the app by default. */
  direct(userId?: string): Promise<PersonReply>;
  slash(channel: string, command: string, text?: string): Promise<PersonReply>;
  click(place: Place, target: string | ClickTarget, options?: ClickOptions): Promise<PersonReply>;
  suggest(place: Place, target: string | ClickTarget, query: string): Promise<PersonReply>;
  submit(viewId: string, values?: ElementInputs): Promise<PersonReply>;
  closeView(viewId: string): Promise<PersonReply>;
  openHome(): Promise<PersonReply>;
  messageShortcut(channel: string, ts: string, callbackId: string): Promise<PersonReply>;
  globalShortcut(callbackId: string): Promise<PersonReply>;
  react(channel: string, ts: string, options: { name: string; remove?: boolean }): Promise<PersonReply>;
  read(channel: string, ts?: string): Promise<PersonReply>;
  join(channel: string): Promise<PersonReply>;
  leave(channel: string): Promise<PersonReply>;
}

export type Place = { channel: string; ts: string } | { ephemeral: string } | { view: string } | ElementPlace;

export interface ClickTarget {
  actionId: string;
  blockId?: string;
  /** What was chosen; buttons have none. */
  input?: ElementInput;
  /** Picks the button with this value; of a stale click, what the forged click carries. */
  value?: string;
}

export interface ClickOptions {
  /** What else stands in the message's or view's elements. */
  state?: ElementInputs;
  /** The person said yes in the confirm dialog; needed where the element has one. */
  confirmed?: boolean;
  /** Clicks what is no longer there: the element is looked for in `blocks`, as they were earlier. */
  stale?: boolean;
  blocks?: Block[];
}

function placeOf(call: Call, place: Place): ElementPlace {
  if ('kind' in place) return place;
  if ('ephemeral' in place) return { kind: 'ephemeral', id: place.ephemeral };
  if ('view' in place) return { kind: 'view', viewId: place.view };
  return { kind: 'message', channelId: findChannel(call.workspace, place.channel)?.id ?? '', ts: place.ts };
}

type Found = { kind: 'found'; channel: Channel } | { kind: 'refused'; reply: PersonReply };

function channelFor({ workspace, user }: Call, name: string, mustBe: 'seen' | 'writable'): Found {
  const channel = findChannel(workspace, name);
  const refused = (error: string): Found => ({ kind: 'refused', reply: fail(error) });
  if (channel === undefined || !canSee(channel, user.id)) return refused('channel_not_found');
  if (mustBe === 'writable' && !isMember(channel, user.id)) return refused('not_in_channel');
  if (mustBe === 'writable' && channel.isArchived) return refused('is_archived');
  return { kind: 'found', channel };
}

function say(call: Call, given: { channel: string; text: string; threadTs?: string }): PersonReply {
  const { workspace, user } = call;
  const found = channelFor(call, given.channel, 'writable');
  if (found.kind === 'refused') return found.reply;
  const { channel } = found;
  if (given.text.trim() === '') return fail('no_text');
  const parent = given.threadTs === undefined ? undefined : messageAt(workspace, channel.id, given.threadTs);
  if (given.threadTs !== undefined && parent === undefined) return fail('message_not_found');
  const threadTs = parent?.threadTs ?? parent?.ts;
  const message = addMessage(workspace, channel, {
    userId: user.id,
    text: storedText(workspace, given.text),
    ...(threadTs === undefined ? {} : { threadTs }),
  });
  return ok({ ts: message.ts, channelId: channel.id });
}

async function slash(
  call: Call,
  given: { channel: string; command: string; text: string },
): Promise<PersonReply> {
  const { workspace, user, triggers } = call;
  const found = channelFor(call, given.channel, 'writable');
  if (found.kind === 'refused') return found.reply;
  const { channel } = found;
  const command = workspace.app.commands.find((each) => each.command === given.command);
  if (command === undefined) return fail('unknown_command');
  if (!workspace.app.scopes.includes('commands')) return fail('unknown_command');
  const target = { userId: user.id, channelId: channel.id };
  const payload = commandPayload(workspace, {
    user,
    channel,
    command: command.command,
    text: command.shouldEscape ? escapedCommandText(workspace, given.text.trim()) : given.text.trim(),
    triggerId: triggers.newTrigger({ userId: user.id, isFromModal: false }),
    responseUrl: `${call.url}${triggers.newResponsePath(target)}`,
  });
  return call.deliver({ kind: 'slash_commands', payload, target });
}

function openHome({ workspace, user }: Call): PersonReply {
  if (!workspace.app.isHomeEnabled) return fail('home_not_enabled');
  const view = workspace.homes.get(user.id);
  const { channel } = directChannel(workspace, [workspace.botUserId, user.id]);
  tellApp(workspace, null, {
    type: 'app_home_opened',
    user: user.id,
    channel: channel.id,
    tab: 'home',
    ...(view === undefined ? {} : { view: viewJson(workspace, view) }),
    event_ts: nextTs(workspace),
  });
  return ok({});
}

function hasShortcut(call: Call, callbackId: string, kind: 'message' | 'global'): boolean {
  return call.workspace.app.shortcuts.some((each) => each.callbackId === callbackId && each.kind === kind);
}

async function messageShortcut(
  call: Call,
  given: { channel: string; ts: string; callbackId: string },
): Promise<PersonReply> {
  const { workspace, user, triggers } = call;
  if (!hasShortcut(call, given.callbackId, 'message')) return fail('unknown_shortcut');
  const found = channelFor(call, given.channel, 'seen');
  if (found.kind === 'refused') return found.reply;
  const { channel } = found;
  const message = messageAt(workspace, channel.id, given.ts);
  if (message === undefined) return fail('message_not_found');
  const target = { userId: user.id, channelId: channel.id };
  const payload = messageShortcutPayload(workspace, {
    user,
    channel,
    message,
    callbackId: given.callbackId,
    triggerId: triggers.newTrigger({ userId: user.id, isFromModal: false }),
    responseUrl: `${call.url}${triggers.newResponsePath(target)}`,
    actionTs: nextTs(workspace),
  });
  return call.deliver({ kind: 'interactive', payload, target });
}

async function globalShortcut(call: Call, callbackId: string): Promise<PersonReply> {
  const { workspace, user, triggers } = call;
  if (!hasShortcut(call, callbackId, 'global')) return fail('unknown_shortcut');
  const payload = globalShortcutPayload(workspace, {
    user,
    callbackId,
    triggerId: triggers.newTrigger({ userId: user.id, isFromModal: false }),
    actionTs: nextTs(workspace),
  });
  return call.deliver({ kind: 'interactive', payload, target: null });
}

function reactTo(
  call: Call,
  given: { channel: string; ts: string; name: string; remove: boolean },
): PersonReply {
  const { workspace, user } = call;
  const found = channelFor(call, given.channel, 'writable');
  if (found.kind === 'refused') return found.reply;
  const message = messageAt(workspace, found.channel.id, given.ts);
  if (message === undefined) return fail('message_not_found');
  if (!isReactionName(given.name)) return fail('invalid_name');
  react(workspace, found.channel, { message, userId: user.id, name: given.name, remove: given.remove });
  return ok({});
}

function read(call: Call, name: string, ts: string | undefined): PersonReply {
  const { workspace, user } = call;
  const found = channelFor(call, name, 'seen');
  if (found.kind === 'refused') return found.reply;
  const { id } = found.channel;
  const mark = ts ?? channelMessages(workspace, id).at(-1)?.ts ?? '0000000000.000000';
  workspace.readMarks.set(`${user.id}/${id}`, mark);
  changed(workspace, { what: 'read', channelId: id }, user.id);
  return ok({});
}

function join(call: Call, name: string): PersonReply {
  const found = channelFor(call, name, 'seen');
  if (found.kind === 'refused') return found.reply;
  if (found.channel.isArchived) return fail('is_archived');
  joinChannel(call.workspace, found.channel, { userId: call.user.id });
  return ok({ channelId: found.channel.id });
}

function leave(call: Call, name: string): PersonReply {
  const found = channelFor(call, name, 'seen');
  if (found.kind === 'refused') return found.reply;
  if (!isMember(found.channel, call.user.id)) return fail('not_in_channel');
  if (found.channel.isGeneral) return fail('cant_leave_general');
  leaveChannel(call.workspace, found.channel, call.user.id);
  return ok({ channelId: found.channel.id });
}

export function createPerson(callFor: () => Call): Person {
  const { user } = callFor();
  const target = (given: string | ClickTarget): ClickTarget =>
    typeof given === 'string' ? { actionId: given } : given;
  return {
    id: user.id,
    say: async (channel, text, options = {}) => say(callFor(), { channel, text, ...options }),
    mention: async (channel, text, options = {}) => {
      const call = callFor();
      return say(call, { channel, text: `<@${call.workspace.botUserId}> ${text}`, ...options });
    },
    direct: async (userId) => {
      const { workspace } = callFor();
      const other: User | undefined = workspace.users.get(userId ?? workspace.botUserId);
      if (other === undefined) return fail('user_not_found');
      return ok({ channelId: directChannel(workspace, [user.id, other.id]).channel.id });
    },
    slash: async (channel, command, text = '') => slash(callFor(), { channel, command, text }),
    click: async (place, given, options = {}) => {
      const call = callFor();
      return click(call, placeOf(call, place), { ...target(given), ...options });
    },
    suggest: async (place, given, query) => {
      const call = callFor();
      return suggest(call, placeOf(call, place), { ...target(given), query });
    },
    submit: async (viewId, values = {}) => submit(callFor(), viewId, values),
    closeView: async (viewId) => closeView(callFor(), viewId),
    openHome: async () => openHome(callFor()),
    messageShortcut: async (channel, ts, callbackId) =>
      messageShortcut(callFor(), { channel, ts, callbackId }),
    globalShortcut: async (callbackId) => globalShortcut(callFor(), callbackId),
    react: async (channel, ts, { name, remove = false }) => reactTo(callFor(), { channel, ts, name, remove }),
    read: async (channel, ts) => read(callFor(), channel, ts),
    join: async (channel) => join(callFor(), channel),
    leave: async (channel) => leave(callFor(), channel),
  };
}
