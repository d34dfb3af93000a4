/**
 * The contract between the emulated workspace and the browser page: what a person sees and may do, as JSON.
 * Types alone, so that a page bundle can import them without pulling in a server.
 *
 *     GET  /person/state?as=U…    -> PersonState
 *     GET  /person/events?as=U…   -> server-sent events, each `data:` one PersonEvent
 *     POST /person/say            SayRequest        -> PersonReply
 *     POST /person/slash          SlashRequest      -> PersonReply
 *     POST /person/click          ClickRequest      -> PersonReply
 *     POST /person/submit         SubmitRequest     -> PersonReply
 *     POST /person/close          CloseRequest      -> PersonReply
 *     POST /person/home           HomeRequest       -> PersonReply
 *     POST /person/shortcut       ShortcutRequest   -> PersonReply
 *     POST /person/suggest        SuggestRequest    -> PersonReply with `options`
 *     POST /person/react          ReactRequest      -> PersonReply
 *     POST /person/read           ReadRequest       -> PersonReply
 *     POST /person/join           JoinRequest       -> PersonReply
 *     POST /person/leave          JoinRequest       -> PersonReply
 *     POST /person/direct         DirectRequest     -> PersonReply with `channelId`
 *     GET  /person/faults         -> FaultsState
 *     POST /person/faults         FaultsRequest     -> FaultsState
 *     GET  /files/<id>            the file's bytes with its media type
 *
 * Bodies are JSON with `content-type: application/json`. Served to loopback hosts and origins alone.
 */

import type { DisconnectReason, FaultRule } from './faultRules.ts';

export type { DisconnectReason, FaultRule } from './faultRules.ts';

/** Block Kit JSON as the app sent it, with block_id and action_id filled in where the app left them out. */
export type BlockJson = { type: string; block_id?: string } & Record<string, unknown>;

export interface PersonUser {
  id: string;
  /** The handle without `@`. */
  name: string;
  realName: string;
  /** What the user does, one line. */
  title: string;
  isBot: boolean;
  /** IANA name. */
  timeZone: string;
}

export interface PersonUsergroup {
  id: string;
  handle: string;
  name: string;
  userIds: string[];
}

export interface PersonFile {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  size: number;
  /** Path on this server that answers with the bytes. */
  url: string;
}

export interface PersonReaction {
  name: string;
  userIds: string[];
}

export interface PersonMessage {
  ts: string;
  channelId: string;
  /** Who posted; the app's bot user for the app's messages. */
  userId: string;
  /** Shown instead of the user's name where the app asked for it. */
  username?: string;
  /** `channel_join`, `bot_message` and the like; plain messages have none. */
  subtype?: string;
  /** mrkdwn as sent: `&lt;`, `<@U…>`, `<!date^…>` are not yet resolved. */
  text: string;
  blocks: BlockJson[];
  /** Legacy attachments as sent: `color`, `text`, `blocks` and so on. */
  attachments: Record<string, unknown>[];
  files: PersonFile[];
  reactions: PersonReaction[];
  /** The thread's first message; equal to `ts` on that message itself once it has replies. */
  threadTs?: string;
  /** A reply that is shown in the channel as well. */
  isBroadcast: boolean;
  /** On a thread's first message. */
  replyCount: number;
  replyUserIds: string[];
  latestReply?: string;
  isEdited: boolean;
  isPinned: boolean;
}

/** Seen by one person alone, gone when the workspace restarts. */
export interface PersonEphemeral {
  id: string;
  ts: string;
  channelId: string;
  threadTs?: string;
  text: string;
  blocks: BlockJson[];
  attachments: Record<string, unknown>[];
}

export interface PersonBookmark {
  id: string;
  title: string;
  link: string;
  emoji?: string;
}

export interface PersonChannel {
  id: string;
  /** Without `#`; for a direct message the other person's real name. */
  name: string;
  kind: 'public' | 'private' | 'im' | 'mpim';
  /** The other person of a direct message. */
  withUserId?: string;
  isMember: boolean;
  isArchived: boolean;
  topic: string;
  purpose: string;
  memberIds: string[];
  /** Messages after the person's read mark that others wrote, replies in threads left out. */
  unread: number;
  /** Of these, those that name the person, one of the person's groups, or everybody. */
  mentions: number;
  lastRead: string;
  /** Oldest first, replies among them: those have `threadTs` differing from `ts`. */
  messages: PersonMessage[];
  ephemerals: PersonEphemeral[];
  /** Timestamps, latest pinned first. */
  pins: string[];
  bookmarks: PersonBookmark[];
}

export interface PersonView {
  id: string;
  type: 'modal' | 'home';
  title: string;
  /** Label of the submit button; none: no such button. */
  submit?: string;
  /** Label of the close button. */
  close: string;
  blocks: BlockJson[];
  callbackId: string;
  hash: string;
  /** How many views lie below this one. */
  depth: number;
}

export interface PersonCommand {
  /** With its slash. */
  command: string;
  description: string;
  usageHint: string;
}

export interface PersonShortcut {
  name: string;
  callbackId: string;
  kind: 'message' | 'global';
}

export interface PersonState {
  /** Rises with every change; a `changed` event with a `seq` not above this one is already contained. */
  seq: number;
  team: { id: string; name: string; domain: string };
  app: {
    id: string;
    name: string;
    botUserId: string;
    commands: PersonCommand[];
    shortcuts: PersonShortcut[];
    /** Whether the app can be reached: a Socket Mode connection is open, or it has a request URL. */
    isConnected: boolean;
  };
  me: PersonUser;
  /** Users that one may act as. */
  people: PersonUser[];
  users: PersonUser[];
  usergroups: PersonUsergroup[];
  /** Public channels, and the private channels and direct messages that the person is in. */
  channels: PersonChannel[];
  home: PersonView | null;
  /** The top of the stack of open modals. */
  modal: PersonView | null;
}

export type PersonEvent =
  /** Sent once on connecting. */
  | { type: 'hello'; seq: number }
  /** Something that this person can see has changed: fetch the state again, or only what is named. */
  | {
      type: 'changed';
      seq: number;
      what:
        | 'message'
        | 'ephemeral'
        | 'channel'
        | 'read'
        | 'file'
        | 'pin'
        | 'bookmark'
        | 'reaction'
        | 'modal'
        | 'home'
        | 'app'
        | 'faults';
      channelId?: string;
      ts?: string;
    };

/** Where a button or menu is. */
export type ElementPlace =
  | { kind: 'message'; channelId: string; ts: string }
  | { kind: 'ephemeral'; id: string }
  | { kind: 'view'; viewId: string };

/**
 * What a person put into an element: text for inputs, the option's `value` for select, radio buttons and
 * overflow, several of them for checkboxes and multi selects, an id for users, channels and conversations,
 * `YYYY-MM-DD` for dates, `HH:MM` for times, Unix seconds as text for date and time, null for nothing.
 */
export type ElementInput = string | string[] | null;

/** By block_id, then action_id. What is left out keeps what the person chose before, else the initial value. */
export type ElementInputs = Record<string, Record<string, ElementInput>>;

export interface SayRequest {
  as: string;
  channelId: string;
  text: string;
  threadTs?: string;
}

export interface SlashRequest {
  as: string;
  channelId: string;
  /** With its slash. */
  command: string;
  text: string;
}

export interface ClickRequest {
  as: string;
  at: ElementPlace;
  actionId: string;
  /** Needed where an action_id occurs in more than one block. */
  blockId?: string;
  /** What was chosen; buttons have none. */
  input?: ElementInput;
  /** What else stands in the message's or view's elements. */
  state?: ElementInputs;
  /** The person has said yes in the element's confirm dialog. */
  confirmed?: boolean;
}

export interface SubmitRequest {
  as: string;
  viewId: string;
  values: ElementInputs;
}

export interface CloseRequest {
  as: string;
  viewId: string;
}

export interface HomeRequest {
  as: string;
}

export interface ShortcutRequest {
  as: string;
  callbackId: string;
  /** For a message shortcut; a global one has neither. */
  channelId?: string;
  ts?: string;
}

export interface SuggestRequest {
  as: string;
  at: ElementPlace;
  actionId: string;
  blockId?: string;
  query: string;
}

export interface ReactRequest {
  as: string;
  channelId: string;
  ts: string;
  name: string;
  remove?: boolean;
}

export interface ReadRequest {
  as: string;
  channelId: string;
  /** The last message read; the channel's last one by default. */
  ts?: string;
}

export interface JoinRequest {
  as: string;
  channelId: string;
}

export interface DirectRequest {
  as: string;
  userId: string;
}

/**
 * How an act ended. Besides errors of its own kind (`channel_not_found`, `not_in_channel`, `is_archived`,
 * `message_not_found`, `element_not_found`, `element_ambiguous`, `confirmation_needed`, `view_not_found`,
 * `view_errors`, `unknown_command`, `unknown_shortcut`, `invalid_option`), an act that the app has to answer ends with `operation_timeout` when no
 * acknowledgement came within 3 seconds, `app_unreachable` when nothing could be delivered, and `app_error`
 * when the app answered with a failure. `message` is a sentence to show.
 */
export type PersonReply =
  | {
      ok: true;
      ts?: string;
      channelId?: string;
      /** For submit: what became of the modal. */
      outcome?: 'closed' | 'updated' | 'pushed';
      options?: SuggestedOption[];
    }
  | {
      ok: false;
      error: string;
      message: string;
      /** For submit, with `view_errors`: messages by block_id; the modal stays open. */
      errors?: Record<string, string>;
    };

export interface SuggestedOption {
  text: string;
  value: string;
}

export interface FaultsState {
  rules: FaultRule[];
  /** Open Socket Mode connections. */
  connections: number;
}

export type FaultsRequest =
  | { act: 'set'; rules: FaultRule[] }
  | { act: 'clear' }
  /** Cut every Socket Mode connection without a word. */
  | { act: 'drop_sockets' }
  /** Ask every Socket Mode connection to go. */
  | { act: 'disconnect'; reason: DisconnectReason };
