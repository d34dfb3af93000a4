import { extname } from 'node:path';
import { checkMessageBlocks, problemLines, withIds } from '../blockKit/payload.ts';
import { isObject } from '../blockKit/schema.ts';
import { hasFile } from '../content.ts';
import { newId, newSecret } from '../ids.ts';
import { addMessage } from '../messages.ts';
import type { Block, Channel, StoredFile } from '../model.ts';
import { refuse, refuseArguments } from '../slackError.ts';
import { fileJson } from '../slackJson.ts';
import type { Workspace } from '../workspace.ts';
import { changed, isMember, messageAt, tellApp, unixSeconds } from '../workspace.ts';
import type { Call, Method } from './method.ts';

const maxAltText = 1000;

const mimetypes: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.svg': 'image/svg+xml',
  '.pdf': 'application/pdf',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.html': 'text/html',
  '.csv': 'text/csv',
  '.txt': 'text/plain',
  '.log': 'text/plain',
};

/** Upload paths name the file and a secret, so that only who asked can upload. */
const uploadPaths = new WeakMap<Workspace, Map<string, string>>();

function pathsOf(workspace: Workspace): Map<string, string> {
  const paths = uploadPaths.get(workspace) ?? new Map<string, string>();
  uploadPaths.set(workspace, paths);
  return paths;
}

const getUploadUrl: Method = ({ workspace, args, url }) => {
  const length = args.integer('length') ?? 0;
  const name = args.string('filename');
  if (length <= 0) refuseArguments('must be at least 1 [json-pointer:/length]');
  if (name === '') refuseArguments('must be more than 0 characters [json-pointer:/filename]');
  const altText = args.string('alt_txt');
  if ([...altText].length > maxAltText) refuse('alt_txt_too_large');
  const file: StoredFile = {
    id: newId('F'),
    name,
    title: name,
    mimetype: mimetypes[extname(name).toLowerCase()] ?? 'application/octet-stream',
    size: length,
    created: unixSeconds(workspace),
    userId: workspace.botUserId,
    altText,
    state: 'awaiting_upload',
    bytes: Buffer.alloc(0),
    channelIds: [],
  };
  workspace.files.set(file.id, file);
  const path = `/upload/${newSecret(16)}`;
  pathsOf(workspace).set(path, file.id);
  return { upload_url: `${url}${path}`, file_id: file.id };
};

/** Takes the bytes sent to an upload URL; a path serves once. Says why not when they are not taken. */
export function receiveUpload(
  workspace: Workspace,
  path: string,
  bytes: Buffer,
): { kind: 'taken'; size: number } | { kind: 'refused'; status: number; reason: string } {
  const id = pathsOf(workspace).get(path);
  const file = id === undefined ? undefined : workspace.files.get(id);
  if (file === undefined) return { kind: 'refused', status: 404, reason: 'no such upload' };
  if (bytes.length !== file.size) {
    const reason = `${file.size} bytes were announced, ${bytes.length} came`;
    return { kind: 'refused', status: 400, reason };
  }
  file.bytes = bytes;
  file.state = 'uploaded';
  pathsOf(workspace).delete(path);
  return { kind: 'taken', size: bytes.length };
}

function readFiles({ workspace, args }: Call): { file: StoredFile; title: string }[] {
  const given = args.json('files');
  if (!Array.isArray(given) || given.length === 0) {
    return refuseArguments('must be an array of files [json-pointer:/files]');
  }
  return given.map((each: unknown) => {
    const file = isObject(each) && typeof each.id === 'string' ? workspace.files.get(each.id) : undefined;
    if (file === undefined || file.state !== 'uploaded') return refuse('file_not_found');
    const title = isObject(each) && typeof each.title === 'string' ? each.title : file.name;
    return { file, title };
  });
}

function readChannels({ workspace, args }: Call): Channel[] {
  const ids = [args.string('channel_id'), ...args.string('channels').split(',')].filter((id) => id !== '');
  return ids.map((id) => {
    const channel = workspace.channels.get(id);
    if (channel === undefined) return refuse('channel_not_found');
    if (!isMember(channel, workspace.botUserId)) {
      return refuse(channel.kind === 'public' ? 'not_in_channel' : 'channel_not_found');
    }
    if (channel.isArchived) return refuse('posting_to_channel_denied');
    return channel;
  });
}

/** Blocks under a file are ignored beside a comment. */
function readBlocks({ workspace, args }: Call): Block[] {
  const given = args.json('blocks');
  if (given === undefined || args.string('initial_comment') !== '') return [];
  const problems = checkMessageBlocks(given, '/blocks', hasFile(workspace));
  if (problems.length > 0) {
    refuse('invalid_blocks', {
      errors: problems,
      response_metadata: { messages: problemLines(problems) },
    });
  }
  return withIds(given as unknown[]);
}

function threadOf({ workspace, args }: Call, channel: Channel): { threadTs?: string } {
  const threadTs = args.string('thread_ts');
  if (threadTs === '') return {};
  if (messageAt(workspace, channel.id, threadTs) === undefined) {
    refuseArguments('no such thread [json-pointer:/thread_ts]');
  }
  return { threadTs };
}

const completeUpload: Method = (call) => {
  const { workspace, args } = call;
  const files = readFiles(call);
  const channels = readChannels(call);
  const blocks = readBlocks(call);
  const threads = channels.map((channel) => threadOf(call, channel));
  for (const { file, title } of files) {
    file.title = title;
    file.state = 'complete';
    changed(workspace, { what: 'file' });
  }
  for (const [index, channel] of channels.entries()) {
    for (const { file } of files) file.channelIds.push(channel.id);
    addMessage(workspace, channel, {
      userId: workspace.botUserId,
      isByApp: true,
      text: args.string('initial_comment'),
      blocks,
      fileIds: files.map(({ file }) => file.id),
      ...threads[index],
    });
    for (const { file } of files) {
      tellApp(workspace, channel, {
        type: 'file_shared',
        channel_id: channel.id,
        file_id: file.id,
        user_id: workspace.botUserId,
        file: { id: file.id },
      });
    }
  }
  return { files: files.map(({ file }) => fileJson(workspace, file)) };
};

const info: Method = ({ workspace, args }) => {
  const file = workspace.files.get(args.string('file'));
  if (file === undefined || file.state !== 'complete') return refuse('file_not_found');
  return { file: fileJson(workspace, file), comments: [], response_metadata: { next_cursor: '' } };
};

export const fileMethods: Record<string, Method> = {
  'files.getUploadURLExternal': getUploadUrl,
  'files.completeUploadExternal': completeUpload,
  'files.info': info,
};
