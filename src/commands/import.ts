import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { largestBytes, readRunbook } from '../adapters/markdown/markdownReader.ts';
import { parseYaml } from '../adapters/playbooks/parseYaml.ts';
import { readText, largestBytes as roomBytes } from '../adapters/playbooks/roomFiles.ts';
import { draftRunbook, type ImportedRunbook, type ImportOptions } from '../core/playbook/import/draft.ts';

export type ImportCommand = {
  readonly runbook: string;
  /** Folder of playbooks to write the draft into; standard output where it is null. */
  readonly out: string | null;
  readonly service: string | null;
  /** A name from hosts.yml; its first host where it is null. */
  readonly host: string | null;
  /** Folder whose hosts.yml says where commands run, where `out` has none. */
  readonly playbooks: string;
};

/** `print` takes the draft, `say` what is said about it: a line each, without its end. */
export type ImportVoices = { readonly print: (line: string) => void; readonly say: (line: string) => void };

/** Drafts playbooks from a Markdown runbook. Gives the exit code: 0 drafted, 1 nothing that could be. */
export async function importRunbook(command: ImportCommand, { print, say }: ImportVoices): Promise<number> {
  const { runbook } = command;
  const bytes = await bytesOf(runbook);
  if (typeof bytes === 'string') {
    say(`${runbook}: ${bytes}`);
    return 1;
  }
  const read = await readRunbook(bytes);
  if (read.kind === 'refused') {
    say(`${runbook}: ${read.message}`);
    return 1;
  }
  const host = await hostOf(command);
  const draft = draftRunbook(read.document, { source: basename(runbook), service: command.service, host });
  if (!draft) {
    say(`${runbook}: There is nothing here that could be a step: no numbered list, no box to tick, no code.`);
    return 1;
  }
  if (command.out === null)
    for (const [at, { path, text }] of draft.files.entries())
      print(`${at > 0 ? '\n' : ''}---\n# playbooks/${path}\n${text.trimEnd()}`);
  else if (!(await written(draft, command.out, say))) return 1;
  for (const { path, text } of draft.files)
    if (Buffer.byteLength(text) > roomBytes)
      say(
        `${path} is larger than the 64 KB that are read of a file of playbooks; import the runbook in parts.`,
      );
  say(summary(draft));
  return 0;
}

async function bytesOf(path: string): Promise<Uint8Array | string> {
  try {
    const { size } = await lstat(path);
    if (size > largestBytes * 4)
      return `It has ${size} bytes; at most ${largestBytes} (256 KB) are read. Import it in parts.`;
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'There is no such file.';
    if (code === 'EISDIR') return 'This is a directory; name one runbook.';
    if (code === undefined) throw error;
    return `This file cannot be read (${code}).`;
  }
}

/** The host that the draft names, with its directory. A room that cannot be read is no reason not to draft. */
async function hostOf({ playbooks, out, host }: ImportCommand): Promise<ImportOptions['host']> {
  // The room that the draft becomes part of comes before the one that this machine runs.
  const folders = [...(out === null ? [] : [out]), playbooks];
  for (const folder of folders) {
    const found = await hostIn(folder, host);
    if (found !== null) return found;
  }
  return host === null ? null : { name: host, directory: '' };
}

async function hostIn(folder: string, host: string | null): Promise<ImportOptions['host']> {
  const text = await readText(join(folder, 'hosts.yml'));
  const parsed = 'text' in text ? parseYaml(text.text) : undefined;
  const value = parsed?.ok ? parsed.value : undefined;
  const hosts = (value as { readonly hosts?: unknown } | null | undefined)?.hosts;
  const known =
    typeof hosts === 'object' && hosts !== null ? (hosts as Readonly<Record<string, unknown>>) : {};
  const name = host ?? Object.keys(known)[0];
  if (name === undefined || !Object.hasOwn(known, name)) return null;
  const directory = (known[name] as { readonly directory?: unknown } | null | undefined)?.directory;
  return { name, directory: typeof directory === 'string' ? directory : '' };
}

/** Writes all files or none: a draft never takes the place of what somebody has edited. */
async function written(draft: ImportedRunbook, out: string, say: (line: string) => void): Promise<boolean> {
  const files = draft.files.map(({ path, text }) => ({ file: join(out, path), text }));
  const there: string[] = [];
  for (const { file } of files)
    if (
      await lstat(file).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
          throw error;
        },
      )
    )
      there.push(file);
  for (const file of there) say(`${file} is there already; nothing was written.`);
  if (there.length > 0) return false;
  for (const { file, text } of files) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
    say(`wrote ${file}`);
  }
  return true;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function summary({ counts }: ImportedRunbook): string {
  return [
    `${counted(counts.playbooks, 'playbook')} with ${counted(counts.steps, 'step')}, ${counted(counts.actions, 'action')} and ${counted(counts.indicators, 'indicator')}:`,
    `${counted(counts.commands, 'command')} placed, ${counts.left} left as comments that say why, ${counted(counts.data, 'line')} of output and data kept as comments.`,
    'Read every line, decide each risk, then run genesis lint.',
  ].join(' ');
}
