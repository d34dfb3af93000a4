import type { ElementInputs } from './personApi.ts';

/** What a workspace is made of. Times are Slack's: `ts` is `seconds.micros`, `created` Unix seconds. */

export interface User {
  id: string;
  /** The handle without `@`. */
  name: string;
  realName: string;
  email: string;
  title: string;
  /** IANA name. */
  timeZone: string;
  isBot: boolean;
}

export interface Usergroup {
  id: string;
  handle: string;
  name: string;
  userIds: string[];
}

export type ChannelKind = 'public' | 'private' | 'im' | 'mpim';

export interface Note {
  value: string;
  creator: string;
  last_set: number;
}

export interface Pin {
  ts: string;
  created: number;
  createdBy: string;
}

export interface Bookmark {
  id: string;
  title: string;
  link: string;
  emoji?: string;
  created: number;
  updated: number;
}

export interface Channel {
  id: string;
  name: string;
  kind: ChannelKind;
  isGeneral: boolean;
  isArchived: boolean;
  creator: string;
  created: number;
  topic: Note;
  purpose: Note;
  memberIds: string[];
  previousNames: string[];
  /** Latest first. */
  pins: Pin[];
  bookmarks: Bookmark[];
  canvasId?: string;
}

/** One Block Kit block with its ids filled in. */
export type Block = { type: string; block_id?: string } & Record<string, unknown>;

export type Attachment = Record<string, unknown>;

export interface Metadata {
  event_type: string;
  event_payload: Record<string, unknown>;
}

/** What an app may say in a message, already checked. */
export interface MessageContent {
  text: string;
  blocks: Block[];
  attachments: Attachment[];
}

export interface Message extends MessageContent {
  ts: string;
  channelId: string;
  userId: string;
  /** Posted by the app. */
  isByApp: boolean;
  username?: string;
  subtype?: string;
  threadTs?: string;
  isBroadcast: boolean;
  metadata?: Metadata;
  fileIds: string[];
  reactions: { name: string; userIds: string[] }[];
  edited?: { user: string; ts: string };
}

export interface Ephemeral extends MessageContent {
  id: string;
  ts: string;
  channelId: string;
  userId: string;
  threadTs?: string;
}

export interface StoredFile {
  id: string;
  name: string;
  title: string;
  mimetype: string;
  size: number;
  created: number;
  userId: string;
  altText: string;
  state: 'awaiting_upload' | 'uploaded' | 'complete';
  bytes: Buffer;
  channelIds: string[];
}

export interface View {
  id: string;
  type: 'modal' | 'home';
  /** Who sees it. */
  userId: string;
  callbackId: string;
  externalId: string;
  privateMetadata: string;
  title: { type: string; text: string } | null;
  submit: { type: string; text: string } | null;
  close: { type: string; text: string } | null;
  blocks: Block[];
  hash: string;
  clearOnClose: boolean;
  notifyOnClose: boolean;
  submitDisabled: boolean;
  rootViewId: string;
  previousViewId: string | null;
  /** What the person has put into the elements so far. */
  inputs: ElementInputs;
}

export interface Canvas {
  id: string;
  title: string;
  markdown: string;
  channelId?: string;
}

export interface Command {
  /** With its slash. */
  command: string;
  description: string;
  usageHint: string;
  /** Whether mentions in the text arrive as `<@U…|name>` instead of as typed. */
  shouldEscape: boolean;
}

export interface Shortcut {
  name: string;
  callbackId: string;
  kind: 'message' | 'global';
}

export interface AppSettings {
  id: string;
  botId: string;
  name: string;
  commands: Command[];
  shortcuts: Shortcut[];
  /** Event subscriptions by the names that a manifest uses, such as `message.channels`. */
  events: string[];
  /** Bot token scopes. */
  scopes: string[];
  isHomeEnabled: boolean;
}
