import type { JsonObject } from './blockKit/schema.ts';
import { stateValues } from './elementInput.ts';
import type { Block, Channel, Ephemeral, Message, User, View } from './model.ts';
import type { ElementInputs } from './personApi.ts';
import { messageJson, viewJson } from './slackJson.ts';
import type { Workspace } from './workspace.ts';

/** The payloads of commands and interactions, as Slack builds them. */

/** Deprecated by Slack but still sent. */
const verificationToken = 'verification-token';

function who(workspace: Workspace, user: User): JsonObject {
  return {
    team: { id: workspace.team.id, domain: workspace.team.domain },
    user: { id: user.id, username: user.name, name: user.name, team_id: workspace.team.id },
    api_app_id: workspace.app.id,
    token: verificationToken,
    enterprise: null,
    is_enterprise_install: false,
  };
}

function where(channel: Channel): JsonObject {
  const name = channel.kind === 'im' ? 'directmessage' : channel.name;
  return { id: channel.id, name };
}

export function commandPayload(
  workspace: Workspace,
  given: {
    user: User;
    channel: Channel;
    command: string;
    text: string;
    triggerId: string;
    responseUrl: string;
  },
): JsonObject {
  const { user, channel } = given;
  return {
    token: verificationToken,
    team_id: workspace.team.id,
    team_domain: workspace.team.domain,
    channel_id: channel.id,
    channel_name: where(channel).name,
    user_id: user.id,
    user_name: user.name,
    command: given.command,
    text: given.text,
    api_app_id: workspace.app.id,
    is_enterprise_install: 'false',
    response_url: given.responseUrl,
    trigger_id: given.triggerId,
  };
}

/** What an element can be in, as far as payloads go. */
export type Holder =
  | { kind: 'message'; channel: Channel; message: Message }
  | { kind: 'ephemeral'; channel: Channel; ephemeral: Ephemeral }
  | { kind: 'view'; view: View };

/** All blocks of the holder, those inside attachments included. */
export function blocksOf(holder: Holder): Block[] {
  if (holder.kind === 'view') return holder.view.blocks;
  const content = holder.kind === 'message' ? holder.message : holder.ephemeral;
  const attached = content.attachments.flatMap(({ blocks }) =>
    Array.isArray(blocks) ? (blocks as Block[]) : [],
  );
  return [...content.blocks, ...attached];
}

/** The container of an element in an attachment names the attachment. */
function attachmentOf(content: Message | Ephemeral, blockId: string): JsonObject {
  const attachment = content.attachments.find(
    ({ blocks }) => Array.isArray(blocks) && blocks.some((block: Block) => block.block_id === blockId),
  );
  return attachment === undefined
    ? { type: 'message' }
    : { type: 'message_attachment', attachment_id: attachment.id, is_app_unfurl: false };
}

function holderParts(
  workspace: Workspace,
  holder: Holder,
  given: { blockId: string; inputs: ElementInputs },
): JsonObject {
  switch (holder.kind) {
    case 'message': {
      const { channel, message } = holder;
      return {
        container: {
          ...attachmentOf(message, given.blockId),
          message_ts: message.ts,
          channel_id: channel.id,
          is_ephemeral: false,
          ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
        },
        channel: where(channel),
        message: messageJson(workspace, message),
        state: { values: stateValues(blocksOf(holder), given.inputs) },
      };
    }
    case 'ephemeral': {
      const { channel, ephemeral } = holder;
      return {
        container: {
          ...attachmentOf(ephemeral, given.blockId),
          message_ts: ephemeral.ts,
          channel_id: channel.id,
          is_ephemeral: true,
          ...(ephemeral.threadTs === undefined ? {} : { thread_ts: ephemeral.threadTs }),
        },
        channel: where(channel),
        state: { values: stateValues(blocksOf(holder), given.inputs) },
      };
    }
    case 'view': {
      const { view } = holder;
      return {
        container: { type: 'view', view_id: view.id },
        view: viewJson(workspace, view, stateValues(view.blocks, given.inputs)),
      };
    }
    default: {
      const never: never = holder;
      return never;
    }
  }
}

export function blockActionsPayload(
  workspace: Workspace,
  given: {
    user: User;
    holder: Holder;
    action: JsonObject & { block_id: string };
    inputs: ElementInputs;
    triggerId: string;
    /** Views have none. */
    responseUrl?: string;
  },
): JsonObject {
  const { user, holder, action, inputs } = given;
  return {
    type: 'block_actions',
    ...who(workspace, user),
    ...holderParts(workspace, holder, { blockId: action.block_id, inputs }),
    trigger_id: given.triggerId,
    ...(given.responseUrl === undefined ? {} : { response_url: given.responseUrl }),
    actions: [action],
  };
}

export function suggestionPayload(
  workspace: Workspace,
  given: {
    user: User;
    holder: Holder;
    blockId: string;
    actionId: string;
    query: string;
    inputs: ElementInputs;
  },
): JsonObject {
  return {
    type: 'block_suggestion',
    ...who(workspace, given.user),
    ...holderParts(workspace, given.holder, { blockId: given.blockId, inputs: given.inputs }),
    action_id: given.actionId,
    block_id: given.blockId,
    value: given.query,
  };
}

export function viewSubmissionPayload(
  workspace: Workspace,
  given: { user: User; view: View; triggerId: string; responseUrls: JsonObject[] },
): JsonObject {
  const { view } = given;
  return {
    type: 'view_submission',
    ...who(workspace, given.user),
    trigger_id: given.triggerId,
    view: viewJson(workspace, view, stateValues(view.blocks, view.inputs)),
    response_urls: given.responseUrls,
  };
}

export function viewClosedPayload(
  workspace: Workspace,
  given: { user: User; view: View; isCleared: boolean },
): JsonObject {
  const { view } = given;
  return {
    type: 'view_closed',
    ...who(workspace, given.user),
    view: viewJson(workspace, view, stateValues(view.blocks, view.inputs)),
    is_cleared: given.isCleared,
  };
}

export function messageShortcutPayload(
  workspace: Workspace,
  given: {
    user: User;
    channel: Channel;
    message: Message;
    callbackId: string;
    triggerId: string;
    responseUrl: string;
    actionTs: string;
  },
): JsonObject {
  return {
    type: 'message_action',
    ...who(workspace, given.user),
    callback_id: given.callbackId,
    trigger_id: given.triggerId,
    response_url: given.responseUrl,
    action_ts: given.actionTs,
    message_ts: given.message.ts,
    channel: where(given.channel),
    message: messageJson(workspace, given.message),
  };
}

export function globalShortcutPayload(
  workspace: Workspace,
  given: { user: User; callbackId: string; triggerId: string; actionTs: string },
): JsonObject {
  return {
    type: 'shortcut',
    ...who(workspace, given.user),
    callback_id: given.callbackId,
    trigger_id: given.triggerId,
    action_ts: given.actionTs,
  };
}
