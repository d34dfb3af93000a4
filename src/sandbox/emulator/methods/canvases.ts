import { isObject } from '../blockKit/schema.ts';
import { newId } from '../ids.ts';
import type { Canvas } from '../model.ts';
import { refuse, refuseArguments } from '../slackError.ts';
import type { Workspace } from '../workspace.ts';
import { canSee, changed, isMember } from '../workspace.ts';
import type { Arguments } from './arguments.ts';
import type { Method } from './method.ts';

/** Canvases are kept as the Markdown that the app gave. */

const maxMarkdown = 1_048_576;

function markdownOf(document: unknown, tooLong: 'canvas_creation_failed' | 'canvas_too_large'): string {
  if (document === undefined) return '';
  if (!isObject(document) || document.type !== 'markdown' || typeof document.markdown !== 'string') {
    return refuseArguments('must be a markdown document [json-pointer:/document_content]');
  }
  return document.markdown.length > maxMarkdown ? refuse(tooLong) : document.markdown;
}

function newCanvas(workspace: Workspace, args: Arguments): Canvas {
  const canvas: Canvas = {
    id: newId('F'),
    title: args.string('title'),
    markdown: markdownOf(args.json('document_content'), 'canvas_creation_failed'),
  };
  workspace.canvases.set(canvas.id, canvas);
  return canvas;
}

const create: Method = ({ workspace, args }) => ({ canvas_id: newCanvas(workspace, args).id });

const createForChannel: Method = (call) => {
  const { workspace, args } = call;
  const channel = workspace.channels.get(args.string('channel_id'));
  // This method has no codes of its own for a channel that the app cannot see or is not in.
  if (channel === undefined || !canSee(channel, workspace.botUserId))
    return refuse('channel_canvas_creation_failed');
  if (!isMember(channel, workspace.botUserId)) refuse('restricted_action');
  if (channel.canvasId !== undefined) refuse('channel_canvas_already_exists');
  const canvas = newCanvas(workspace, args);
  canvas.channelId = channel.id;
  channel.canvasId = canvas.id;
  changed(workspace, { what: 'channel', channelId: channel.id });
  return { canvas_id: canvas.id };
};

/** Whole-document operations; those on single sections need section ids, which this workspace has none of. */
const edit: Method = ({ workspace, args }) => {
  const canvas = workspace.canvases.get(args.string('canvas_id'));
  if (canvas === undefined) return refuse('canvas_not_found');
  const changes = args.json('changes');
  if (!Array.isArray(changes) || changes.length !== 1 || !isObject(changes[0])) {
    return refuseArguments('must have exactly 1 change [json-pointer:/changes]');
  }
  const [change] = changes;
  const markdown = markdownOf(change.document_content, 'canvas_too_large');
  switch (change.operation) {
    case 'replace':
      if (change.section_id !== undefined) refuse('canvas_editing_failed');
      canvas.markdown = markdown;
      return {};
    case 'insert_at_end':
      canvas.markdown += `\n${markdown}`;
      return {};
    case 'insert_at_start':
      canvas.markdown = `${markdown}\n${canvas.markdown}`;
      return {};
    default:
      return refuse('canvas_editing_failed');
  }
};

export const canvasMethods: Record<string, Method> = {
  'canvases.create': create,
  'canvases.edit': edit,
  'conversations.canvases.create': createForChannel,
};
