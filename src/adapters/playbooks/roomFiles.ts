import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '../../core/playbook/nearest.ts';
import type { Problem } from '../../core/playbook/problem.ts';
import type { RoomFileKind } from '../../core/playbook/reporting.ts';

/** A file of the room that was found; `file` is relative to the room's directory, with `/`. */
export type FoundFile = { readonly kind: RoomFileKind; readonly file: string };

const folders: Readonly<Record<string, RoomFileKind>> = {
  services: 'service',
  alerts: 'alert',
  procedures: 'procedure',
};
const singles: Readonly<Record<string, RoomFileKind>> = {
  'hosts.yml': 'hosts',
  'routing.yml': 'routing',
  'access.yml': 'access',
  'roster.yml': 'roster',
  'escalation.yml': 'escalation',
  'calendar.yml': 'calendar',
};
const rulesFolder = 'prometheus';
/** Every folder that files of a room lie in. */
export const foldersRead: readonly string[] = [...Object.keys(folders), rulesFolder];
/** Tests and examples stand beside what they are about, and are no part of the room. */
const isYaml = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.(?:test|example)\.ya?ml$/.test(name);
/** A directory with more files than this is not a room but a mistake in its path. */
const mostFiles = 500;
export const largestBytes = 64 * 1_024;

export type Found = { readonly files: readonly FoundFile[]; readonly problems: readonly Problem[] };

/** Looks only where files of a room belong; never follows a symbolic link, so nothing outside is ever read. */
export async function findFiles(directory: string): Promise<Found> {
  const files: FoundFile[] = [];
  const problems: Problem[] = [];
  const complain = (severity: Problem['severity'], file: string, message: string) =>
    problems.push({ severity, file, line: 1, column: 1, message });
  const top = await listed(directory);
  if (top === undefined) {
    complain('error', '.', `There is no directory ${directory}.`);
    return { files, problems };
  }
  for (const { name, isFile, isLink } of top) {
    const kind = Object.hasOwn(singles, name) ? singles[name] : undefined;
    if (kind && isLink) complain('error', name, symbolic);
    else if (kind && isFile) files.push({ kind, file: name });
    else if (isFile && isYaml(name)) strayFile(name, complain);
  }
  for (const [folder, kind] of Object.entries(folders)) {
    const entry = top.find(({ name }) => name === folder);
    if (entry?.isLink) complain('error', folder, symbolic);
    if (!entry || entry.isLink || entry.isFile) continue;
    for (const { name, isFile, isLink } of (await listed(join(directory, folder))) ?? []) {
      const file = `${folder}/${name}`;
      if (isLink) complain('error', file, symbolic);
      else if (isFile && isYaml(name)) files.push({ kind, file });
      else if (!isFile) complain('warning', file, 'Folders inside this one are not read.');
    }
  }
  const rules = await lstat(join(directory, rulesFolder)).catch(absent);
  for (const { name, isFile } of rules?.isDirectory()
    ? ((await listed(join(directory, rulesFolder))) ?? [])
    : [])
    if (isFile && isYaml(name)) files.push({ kind: 'rules', file: `${rulesFolder}/${name}` });
  if (files.length > mostFiles) {
    complain('error', '.', `${files.length} files are more than a room has; at most ${mostFiles}.`);
    return { files: [], problems };
  }
  return { files, problems };
}

/** Where tests of playbooks are looked for; those of alert rules, in `prometheus/`, are promtool's. */
const testFolders = ['tests', 'alerts', 'procedures'];

/** Files of scenario tests, relative to the room's directory, by name. */
export async function findTests(directory: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of testFolders)
    for (const { name, isFile } of (await listed(join(directory, folder))) ?? [])
      if (isFile && /\.test\.ya?ml$/.test(name)) found.push(`${folder}/${name}`);
  return found.sort();
}

const symbolic = 'This is a symbolic link, which is not followed; put the file itself here.';

function strayFile(
  name: string,
  complain: (severity: 'warning', file: string, message: string) => void,
): void {
  const meant = nearest(name.replace(/\.ya?ml$/, ''), [
    'hosts',
    'routing',
    'access',
    'roster',
    'escalation',
    'calendar',
  ]);
  if (meant !== undefined)
    complain('warning', name, `Nothing reads this file; did you mean \`${meant}.yml\`?`);
}

type Entry = { readonly name: string; readonly isFile: boolean; readonly isLink: boolean };

/** The entries of a directory by name, hidden ones left out; `undefined` where there is no such directory. */
async function listed(directory: string): Promise<readonly Entry[] | undefined> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(absent);
  return entries
    ?.filter((entry) => !entry.name.startsWith('.'))
    .map((entry) => ({ name: entry.name, isFile: entry.isFile(), isLink: entry.isSymbolicLink() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

/** The text of a file, or the sentence that says why there is none. */
export async function readText(
  path: string,
): Promise<{ readonly text: string } | { readonly message: string }> {
  let handle: FileHandle;
  try {
    // A link that appeared since the listing is refused here; a pipe must not make the open wait for its other end.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { message: code === 'ELOOP' ? symbolic : `This file cannot be read (${code}).` };
  }
  try {
    const { size } = await handle.stat();
    if (size > largestBytes)
      return { message: `This file has ${size} bytes; at most ${largestBytes} (64 KB) are read.` };
    const bytes = Buffer.alloc(largestBytes + 1);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    if (bytesRead > largestBytes) return { message: 'This file grew past 64 KB while it was read.' };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, bytesRead)) };
  } catch (error) {
    if (error instanceof TypeError) return { message: 'This file is not UTF-8 text.' };
    throw error;
  } finally {
    await handle.close();
  }
}
