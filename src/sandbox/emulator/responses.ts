import type { JsonObject } from './blockKit/schema.ts';
import { newContent } from './content.ts';
import { addEphemeral, addMessage, changeMessage, removeMessage } from './messages.ts';
import type { Channel, Ephemeral, Message } from './model.ts';
import { refuse } from './slackError.ts';
import type { ResponseTarget } from './triggers.ts';
import type { Workspace } from './workspace.ts';
import { changed, messageAt } from './workspace.ts';

/** What an app says in answer to an interaction, with the acknowledgement or through the response_url. */

/** Slack documents these as booleans, and apps have always been sending them as text too. */
function isYes(value: unknown): boolean {
  return value === true || value === 'true';
}

function ephemeralOf(workspace: Workspace, target: ResponseTarget): Ephemeral | undefined {
  const { original } = target;
  if (original?.kind !== 'ephemeral') return undefined;
  return workspace.ephemerals.get(target.userId)?.find((ephemeral) => ephemeral.id === original.id);
}

/** The message or the ephemeral message that was clicked, as it is now. */
function originalMessage(workspace: Workspace, channel: Channel, target: ResponseTarget): Message {
  const { original } = target;
  const message = original?.kind === 'message' ? messageAt(workspace, channel.id, original.ts) : undefined;
  return message ?? refuse('message_not_found');
}

function removeOriginal(workspace: Workspace, channel: Channel, target: ResponseTarget): void {
  const ephemeral = ephemeralOf(workspace, target);
  if (ephemeral === undefined) {
    removeMessage(workspace, channel, originalMessage(workspace, channel, target));
    return;
  }
  const rest = workspace.ephemerals.get(target.userId)?.filter((other) => other !== ephemeral) ?? [];
  workspace.ephemerals.set(target.userId, rest);
  changed(workspace, { what: 'ephemeral', channelId: channel.id, ts: ephemeral.ts }, target.userId);
}

function replaceOriginal(
  workspace: Workspace,
  channel: Channel,
  { target, body }: { target: ResponseTarget; body: JsonObject },
): void {
  const content = newContent(workspace, body);
  const ephemeral = ephemeralOf(workspace, target);
  if (ephemeral === undefined) {
    const message = originalMessage(workspace, channel, target);
    changeMessage(workspace, channel, message, () => Object.assign(message, content));
    return;
  }
  Object.assign(ephemeral, content);
  changed(workspace, { what: 'ephemeral', channelId: channel.id, ts: ephemeral.ts }, target.userId);
}

function addAnswer(
  workspace: Workspace,
  channel: Channel,
  { target, body }: { target: ResponseTarget; body: JsonObject },
): void {
  if (channel.isArchived) refuse('is_archived');
  const content = newContent(workspace, body);
  const threadTs = typeof body.thread_ts === 'string' ? body.thread_ts : target.threadTs;
  const thread = threadTs === undefined ? {} : { threadTs };
  if (body.response_type === 'in_channel') {
    addMessage(workspace, channel, { ...content, ...thread, userId: workspace.botUserId, isByApp: true });
  } else {
    addEphemeral(workspace, { ...content, ...thread, channelId: channel.id, userId: target.userId });
  }
}

/** Carries out an answer; throws SlackError when its content is not good. */
export function answerInteraction(workspace: Workspace, target: ResponseTarget, body: JsonObject): void {
  const channel = workspace.channels.get(target.channelId) ?? refuse('channel_not_found');
  const hasOriginal = target.original !== undefined;
  if (hasOriginal && isYes(body.delete_original)) removeOriginal(workspace, channel, target);
  else if (hasOriginal && isYes(body.replace_original)) replaceOriginal(workspace, channel, { target, body });
  else addAnswer(workspace, channel, { target, body });
}
