import type { Channel, ChannelKind } from '../model.ts';
import { refuse } from '../slackError.ts';
import type { Triggers } from '../triggers.ts';
import type { Workspace } from '../workspace.ts';
import { canSee, isMember } from '../workspace.ts';
import type { Arguments } from './arguments.ts';

/** What a method has to work with, and the questions that many methods ask first. */

export interface Call {
  workspace: Workspace;
  triggers: Triggers;
  args: Arguments;
  /** Where this server is, without a slash at the end. */
  url: string;
}

/** Answers with what stands beside `ok: true`; refuses by throwing SlackError. */
export type Method = (call: Call) => Record<string, unknown>;

const family: Record<ChannelKind, string> = { public: 'channels', private: 'groups', im: 'im', mpim: 'mpim' };

/** Scopes for conversations are per kind of conversation: `channels:history` does not open private channels. */
export function requireScope(workspace: Workspace, kind: ChannelKind, act: 'history' | 'read'): void {
  const needed = `${family[kind]}:${act}`;
  if (!workspace.app.scopes.includes(needed)) {
    refuse('missing_scope', { needed, provided: workspace.app.scopes.join(',') });
  }
}

/** The conversation with this id, if the app may know of it. */
export function visibleChannel({ workspace, args }: Call, name = 'channel'): Channel {
  const channel = workspace.channels.get(args.string(name));
  if (channel === undefined || !canSee(channel, workspace.botUserId)) return refuse('channel_not_found');
  return channel;
}

/** The conversation with this id, if the app is in it. */
export function joinedChannel(call: Call, name = 'channel'): Channel {
  const channel = visibleChannel(call, name);
  if (!isMember(channel, call.workspace.botUserId)) return refuse('not_in_channel');
  return channel;
}

/** A named channel that the app is in and that is not archived. */
export function changeableChannel(call: Call): Channel {
  const channel = joinedChannel(call);
  if (channel.isArchived) refuse('is_archived');
  if (channel.kind === 'im' || channel.kind === 'mpim') refuse('method_not_supported_for_channel_type');
  return channel;
}

export function isTs(text: string): boolean {
  return /^\d{1,12}\.\d{6}$/.test(text);
}
