import {
  blockTextLength,
  checkMessageBlocks,
  maxBlockText,
  problemLines,
  withIds,
} from './blockKit/payload.ts';
import type { Problem } from './blockKit/schema.ts';
import { isObject } from './blockKit/schema.ts';
import type { Attachment, Block, MessageContent } from './model.ts';
import { refuse, refuseArguments } from './slackError.ts';
import type { Workspace } from './workspace.ts';

/** The parts of a message as an app gives them; undefined where it says nothing about the part. */
export interface GivenContent {
  text: string | undefined;
  blocks: Block[] | undefined;
  attachments: Attachment[] | undefined;
}

/** Slack cuts longer texts of new messages. */
export const maxPostedText = 40_000;
const maxAttachments = 100;
const maxMarkdownText = 12_000;

function refuseBlocks(problems: Problem[]): never {
  return refuse('invalid_blocks', {
    errors: problems,
    response_metadata: { messages: problemLines(problems) },
  });
}

export function hasFile(workspace: Workspace): (id: string) => boolean {
  return (id) => workspace.files.get(id)?.state === 'complete';
}

/** Where a method has no code of its own for blocks, it has one for all that is too long. */
export type TooLong = 'msg_blocks_too_long' | 'msg_too_long';

function readBlocks(workspace: Workspace, value: unknown, tooLong: TooLong): Block[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return refuse('invalid_blocks_format');
  const problems = checkMessageBlocks(value, '/blocks', hasFile(workspace));
  if (problems.length > 0) refuseBlocks(problems);
  if (blockTextLength(value) > maxBlockText) refuse(tooLong);
  return withIds(value);
}

function readAttachments(workspace: Workspace, value: unknown, tooLong: TooLong): Attachment[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(isObject))
    return refuseArguments('must be an array of objects [json-pointer:/attachments]');
  if (value.length > maxAttachments) refuse('too_many_attachments');
  return value.map((attachment, index) => {
    if (attachment.blocks === undefined) return { id: index + 1, ...structuredClone(attachment) };
    const problems = checkMessageBlocks(
      attachment.blocks,
      `/attachments/${index}/blocks`,
      hasFile(workspace),
    );
    if (problems.length > 0) refuseBlocks(problems);
    const blocks = attachment.blocks as unknown[];
    if (blockTextLength(blocks) > maxBlockText) refuse(tooLong);
    return { id: index + 1, ...structuredClone(attachment), blocks: withIds(blocks) };
  });
}

/** Checks what an app wants to say. Throws SlackError with the code that the method would give. */
export function readContent(
  workspace: Workspace,
  given: { text?: unknown; blocks?: unknown; attachments?: unknown; markdown_text?: unknown },
  tooLong: TooLong = 'msg_blocks_too_long',
): GivenContent {
  const { markdown_text: markdown } = given;
  if (typeof markdown === 'string' && markdown !== '') {
    if (given.blocks !== undefined || (given.text !== undefined && given.text !== '')) {
      refuse('markdown_text_conflict');
    }
    if ([...markdown].length > maxMarkdownText) {
      if (tooLong === 'msg_too_long') refuse(tooLong);
      refuseArguments(`must be less than ${maxMarkdownText + 1} characters [json-pointer:/markdown_text]`);
    }
    return {
      text: markdown,
      blocks: withIds([{ type: 'markdown', text: markdown }]),
      attachments: readAttachments(workspace, given.attachments, tooLong),
    };
  }
  return {
    text: typeof given.text === 'string' ? given.text : undefined,
    blocks: readBlocks(workspace, given.blocks, tooLong),
    attachments: readAttachments(workspace, given.attachments, tooLong),
  };
}

/** The content of a new message, which has to say something. */
export function newContent(
  workspace: Workspace,
  given: Parameters<typeof readContent>[1],
  tooLong?: TooLong,
): MessageContent {
  const { text = '', blocks = [], attachments = [] } = readContent(workspace, given, tooLong);
  if (text === '' && blocks.length === 0 && attachments.length === 0) refuse('no_text');
  return { text: [...text].slice(0, maxPostedText).join(''), blocks, attachments };
}
