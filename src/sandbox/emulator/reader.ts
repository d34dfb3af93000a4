import type { Canvas, Channel, Ephemeral, Message, StoredFile, User, Usergroup, View } from './model.ts';
import type { Workspace } from './workspace.ts';
import { channelMessages, findChannel, messageAt, repliesTo } from './workspace.ts';

/** What tests look at: copies, so that looking changes nothing. Channels are named by id, name or `#name`. */
export interface WorkspaceReader {
  channels(): Channel[];
  /** Undefined if there is none. */
  channel(nameOrId: string): Channel | undefined;
  users(): User[];
  usergroups(): Usergroup[];
  /** Oldest first; replies in threads left out unless they were shown in the channel as well. */
  messages(channel: string): Message[];
  /** Every message of the channel, replies among them, oldest first. */
  allMessages(channel: string): Message[];
  message(channel: string, ts: string): Message | undefined;
  /** The first message and its replies, oldest first. */
  thread(channel: string, ts: string): Message[];
  pins(channel: string): Channel['pins'];
  bookmarks(channel: string): Channel['bookmarks'];
  /** Uploads that were completed: before that a file has neither its title nor a channel, and nobody sees it. */
  files(): StoredFile[];
  canvases(): Canvas[];
  /** Oldest first. */
  ephemerals(userId: string): Ephemeral[];
  /** The top of the person's open modals. */
  openView(userId: string): View | undefined;
  /** All open modals, the bottom one first. */
  openViews(userId: string): View[];
  home(userId: string): View | undefined;
}

export function createReader(workspace: Workspace): WorkspaceReader {
  function idOf(nameOrId: string): string {
    const channel = findChannel(workspace, nameOrId);
    if (channel === undefined) throw new Error(`There is no channel "${nameOrId}"`);
    return channel.id;
  }
  const isShown = ({ threadTs, ts, isBroadcast }: Message) =>
    threadTs === undefined || threadTs === ts || isBroadcast;
  return {
    channels: () => structuredClone([...workspace.channels.values()]),
    channel: (nameOrId) => structuredClone(findChannel(workspace, nameOrId)),
    users: () => structuredClone([...workspace.users.values()]),
    usergroups: () => structuredClone([...workspace.usergroups.values()]),
    messages: (channel) => structuredClone(channelMessages(workspace, idOf(channel)).filter(isShown)),
    allMessages: (channel) => structuredClone(channelMessages(workspace, idOf(channel))),
    message: (channel, ts) => structuredClone(messageAt(workspace, idOf(channel), ts)),
    thread: (channel, ts) => {
      const first = messageAt(workspace, idOf(channel), ts);
      return structuredClone(
        first === undefined ? [] : [first, ...repliesTo(workspace, first.channelId, ts)],
      );
    },
    pins: (channel) => structuredClone(workspace.channels.get(idOf(channel))?.pins ?? []),
    bookmarks: (channel) => structuredClone(workspace.channels.get(idOf(channel))?.bookmarks ?? []),
    files: () =>
      [...workspace.files.values()].filter(({ state }) => state === 'complete').map((file) => ({ ...file })),
    canvases: () => structuredClone([...workspace.canvases.values()]),
    ephemerals: (userId) => structuredClone(workspace.ephemerals.get(userId) ?? []),
    openView: (userId) => structuredClone(workspace.modals.get(userId)?.at(-1)),
    openViews: (userId) => structuredClone(workspace.modals.get(userId) ?? []),
    home: (userId) => structuredClone(workspace.homes.get(userId)),
  };
}
