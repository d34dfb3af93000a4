import { newId } from './ids.ts';
import type {
  AppSettings,
  Canvas,
  Channel,
  ChannelKind,
  Ephemeral,
  Message,
  StoredFile,
  User,
  Usergroup,
  View,
} from './model.ts';
import type { ElementInputs, PersonEvent } from './personApi.ts';
import type { CompleteSeed } from './seed.ts';
import { botUserId } from './seed.ts';

/**
 * The state of a workspace and the few rules that every way of changing it shares.
 *
 * Two feeds leave it. `onChange` says what a browser page should look at again; `onEvent` carries what Slack's
 * Events API would tell the app. Both are called at once, inside the change.
 */
export interface Workspace {
  readonly now: () => number;
  readonly team: { id: string; name: string; domain: string };
  readonly app: AppSettings;
  readonly botUserId: string;
  readonly users: Map<string, User>;
  readonly usergroups: Map<string, Usergroup>;
  readonly channels: Map<string, Channel>;
  /** By channel, oldest first, replies among them. */
  readonly messages: Map<string, Message[]>;
  /** By user, oldest first. */
  readonly ephemerals: Map<string, Ephemeral[]>;
  readonly files: Map<string, StoredFile>;
  readonly canvases: Map<string, Canvas>;
  /** By user, the bottom of the stack first. */
  readonly modals: Map<string, View[]>;
  readonly homes: Map<string, View>;
  /** By `user/channel`. */
  readonly readMarks: Map<string, string>;
  /** What people have chosen in messages' menus: by `user/channel/ts`. */
  readonly messageInputs: Map<string, ElementInputs>;
  seq: number;
  lastTs: number;
  readonly changeListeners: Set<(change: Change, userId: string | null) => void>;
  readonly eventListeners: Set<(event: SlackEvent) => void>;
}

export type Change = Extract<PersonEvent, { type: 'changed' }>;

/** An event for the app. `subscription` is the manifest's name for it, `channel` where it happened. */
export interface SlackEvent {
  subscription: string;
  channel: Channel | null;
  body: { type: string } & Record<string, unknown>;
}

export function createWorkspace(seed: CompleteSeed, now: () => number): Workspace {
  const created = Math.floor(now() / 1000);
  const workspace: Workspace = {
    now,
    team: seed.team,
    app: seed.app,
    botUserId,
    users: new Map(seed.users.map((user) => [user.id, user])),
    usergroups: new Map(seed.usergroups.map((group) => [group.id, group])),
    channels: new Map(),
    messages: new Map(),
    ephemerals: new Map(),
    files: new Map(),
    canvases: new Map(),
    modals: new Map(),
    homes: new Map(),
    readMarks: new Map(),
    messageInputs: new Map(),
    seq: 0,
    lastTs: 0,
    changeListeners: new Set(),
    eventListeners: new Set(),
  };
  const creator = seed.users[0]?.id ?? botUserId;
  for (const { id, name, isPrivate, isGeneral, topic = '', purpose = '', memberIds } of seed.channels) {
    workspace.channels.set(id, {
      ...emptyChannel({ id, name, kind: isPrivate === true ? 'private' : 'public', creator, created }),
      isGeneral: isGeneral === true,
      topic: { value: topic, creator: topic === '' ? '' : creator, last_set: topic === '' ? 0 : created },
      purpose: {
        value: purpose,
        creator: purpose === '' ? '' : creator,
        last_set: purpose === '' ? 0 : created,
      },
      memberIds: [...memberIds],
    });
    workspace.messages.set(id, []);
  }
  return workspace;
}

function emptyChannel(given: Pick<Channel, 'id' | 'name' | 'kind' | 'creator' | 'created'>): Channel {
  return {
    ...given,
    isGeneral: false,
    isArchived: false,
    topic: { value: '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    memberIds: [],
    previousNames: [],
    pins: [],
    bookmarks: [],
  };
}

/** Tells pages that something changed; `userId` when only that person can see it. */
export function changed(
  workspace: Workspace,
  change: Omit<Change, 'type' | 'seq'>,
  userId: string | null = null,
): void {
  workspace.seq += 1;
  const full: Change = { type: 'changed', seq: workspace.seq, ...change };
  for (const listener of workspace.changeListeners) listener(full, userId);
}

export function emit(workspace: Workspace, event: SlackEvent): void {
  for (const listener of workspace.eventListeners) listener(event);
}

/** Tells the app of something that happened in the channel or, without one, in the workspace. */
export function tellApp(
  workspace: Workspace,
  channel: Channel | null,
  body: { type: string } & Record<string, unknown>,
): void {
  emit(workspace, { subscription: body.type, channel, body });
}

/** A timestamp that no other message of the workspace has: Slack's microseconds are really a counter. */
export function nextTs(workspace: Workspace): string {
  const micros = Math.max(Math.floor(workspace.now()) * 1000, workspace.lastTs + 1);
  workspace.lastTs = micros;
  return `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
}

export function unixSeconds(workspace: Workspace): number {
  return Math.floor(workspace.now() / 1000);
}

/** Order of two timestamps as numbers would have it, without losing their last digits. */
export function compareTs(a: string, b: string): number {
  const [aSeconds = '0', aMicros = '0'] = a.split('.');
  const [bSeconds = '0', bMicros = '0'] = b.split('.');
  return Number(aSeconds) - Number(bSeconds) || Number(aMicros) - Number(bMicros);
}

export function channelMessages(workspace: Workspace, channelId: string): Message[] {
  return workspace.messages.get(channelId) ?? [];
}

export function messageAt(workspace: Workspace, channelId: string, ts: string): Message | undefined {
  return channelMessages(workspace, channelId).find((message) => message.ts === ts);
}

export function repliesTo(workspace: Workspace, channelId: string, ts: string): Message[] {
  return channelMessages(workspace, channelId).filter(
    (message) => message.threadTs === ts && message.ts !== ts,
  );
}

export function isMember(channel: Channel, userId: string): boolean {
  return channel.memberIds.includes(userId);
}

/** Whether the user may know of the channel at all. */
export function canSee(channel: Channel, userId: string): boolean {
  return channel.kind === 'public' || isMember(channel, userId);
}

/** Finds a named channel by id, name or `#name`. */
export function findChannel(workspace: Workspace, nameOrId: string): Channel | undefined {
  const byId = workspace.channels.get(nameOrId);
  if (byId !== undefined) return byId;
  const name = nameOrId.replace(/^#/, '');
  return [...workspace.channels.values()].find(
    (channel) => channel.name === name && (channel.kind === 'public' || channel.kind === 'private'),
  );
}

/** The direct message between these users, made if there is none. */
export function directChannel(workspace: Workspace, userIds: string[]): { channel: Channel; isNew: boolean } {
  const wanted = [...new Set(userIds)].sort();
  const kind: ChannelKind = wanted.length > 2 ? 'mpim' : 'im';
  for (const channel of workspace.channels.values()) {
    if (channel.kind === kind && [...channel.memberIds].sort().join() === wanted.join()) {
      return { channel, isNew: false };
    }
  }
  const id = newId(kind === 'im' ? 'D' : 'G');
  const channel = addChannel(workspace, { id, name: id, kind, creator: userIds[0] ?? botUserId });
  channel.memberIds.push(...wanted);
  changed(workspace, { what: 'channel', channelId: id });
  return { channel, isNew: true };
}

export function addChannel(
  workspace: Workspace,
  given: Pick<Channel, 'id' | 'name' | 'kind' | 'creator'>,
): Channel {
  const channel = emptyChannel({ ...given, created: unixSeconds(workspace) });
  workspace.channels.set(channel.id, channel);
  workspace.messages.set(channel.id, []);
  return channel;
}
