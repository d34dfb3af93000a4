import { join } from 'node:path';
import { compileRoom } from '../../core/playbook/compile.ts';
import { inReadingOrder, type Locate, type Path, type Problem } from '../../core/playbook/problem.ts';
import type { RoomFile } from '../../core/playbook/reporting.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { Span } from './parseYaml.ts';
import { type FoundFile, findFiles, largestBytes, readText } from './roomFiles.ts';
import { createYamlReader, type YamlReader } from './yamlReader.ts';

export type LoadOptions = {
  readonly directory: string;
  /** What every duration of the playbooks is divided by. */
  readonly pace: number;
  /** Hosts that stand in for those of the same name, in the form of `hosts.yml`. */
  readonly hostsOverlay?: { readonly content: string } | { readonly path: string };
  /** Milliseconds since the epoch: what the calendar is judged by; without it nothing is said of its dates. */
  readonly today?: number;
};

/** `room` is null when any problem is an error. Files in problems begin with the directory as it was given. */
export type LoadedRoom = { readonly room: Room | null; readonly problems: readonly Problem[] };

/** Reads, parses and compiles a room. Rejects only when the machine fails; mistakes in files are problems. */
export async function loadRoom({ directory, pace, hostsOverlay, today }: LoadOptions): Promise<LoadedRoom> {
  const found = await findFiles(directory);
  const problems: Problem[] = [...found.problems];
  const reader = createYamlReader();
  try {
    const files: RoomFile[] = [];
    const unread: FoundFile[] = [];
    for (const file of found.files) {
      const text = await readText(join(directory, file.file));
      const read = 'text' in text ? await readYaml(reader, file, text.text) : [at(file, 1, 1, text.message)];
      if (!Array.isArray(read)) files.push(read);
      else {
        problems.push(...read);
        unread.push(file);
      }
    }
    const overlaid = hostsOverlay ? await overlay(files, hostsOverlay, reader) : { files, problems: [] };
    problems.push(...overlaid.problems);
    const compiled = compileRoom(overlaid.files, { pace, ...(today !== undefined && { today }) });
    problems.push(...compiled.problems.filter((problem) => !followsFrom(problem, unread)));
    const broken = problems.some(({ severity }) => severity === 'error');
    return {
      room: broken ? null : compiled.room,
      problems: inReadingOrder(
        problems.map((problem) => ({ ...problem, file: join(directory, problem.file) })),
      ),
    };
  } finally {
    await reader.stop();
  }
}

const at = ({ kind, file }: FoundFile, line: number, column: number, message: string): Problem => ({
  // Prometheus reads its rules in its own way; here they are only looked up, so nothing depends on them.
  severity: kind === 'rules' ? 'warning' : 'error',
  file,
  line,
  column,
  message,
});

async function readYaml(reader: YamlReader, file: FoundFile, text: string): Promise<RoomFile | Problem[]> {
  const parsed = await reader.parse(text);
  if (!parsed.ok) return parsed.mistakes.map(({ line, column, message }) => at(file, line, column, message));
  return { ...file, value: parsed.value, locate: locateIn(parsed.spans) };
}

/** The way back from a path in a parsed file to its line. */
export const locateIn =
  (spans: ReadonlyMap<string, Span>): Locate =>
  (path, part) => {
    for (let rest: Path = path; ; rest = rest.slice(0, -1)) {
      const span = spans.get(JSON.stringify(rest));
      // Only the entry itself can be pointed at by its value; of an ancestor the name is the better hint.
      if (span) {
        if (part === 'key' || rest.length < path.length) return { line: span[0], column: span[1] };
        const into = part === 'value' || span[4] === 0 ? null : span[4] + part.into;
        return { line: span[2], column: into ?? span[3] };
      }
      if (rest.length === 0) return { line: 1, column: 1 };
    }
  };

/**
 * What a file that could not be parsed would have defined counts as missing: complaints about that would only hide the
 * mistake that is already reported.
 */
function followsFrom(problem: Problem, unread: readonly FoundFile[]): boolean {
  if (unread.some(({ file }) => file === problem.file)) return true;
  const kinds = unread.map(({ kind }) => kind).filter((kind) => kind !== 'rules');
  return kinds.length > 0 && /^(?:There is no|No playbook answers) /.test(problem.message);
}

async function overlay(
  files: readonly RoomFile[],
  source: NonNullable<LoadOptions['hostsOverlay']>,
  reader: YamlReader,
): Promise<{ readonly files: readonly RoomFile[]; readonly problems: readonly Problem[] }> {
  const found: FoundFile = { kind: 'hosts', file: 'path' in source ? source.path : 'hosts overlay' };
  const text = 'content' in source ? sized(source.content) : await readText(source.path);
  if (!('text' in text)) return { files, problems: [at(found, 1, 1, text.message)] };
  const read = await readYaml(reader, found, text.text);
  if (Array.isArray(read)) return { files, problems: read };
  const own = files.find(({ kind }) => kind === 'hosts');
  if (!own) return { files: [...files, read], problems: [] };
  const over = hostsOf(read.value);
  const merged: RoomFile = {
    kind: 'hosts',
    file: own.file,
    value: { hosts: { ...hostsOf(own.value), ...over } },
    // A place inside a host of the overlay cannot be shown in the file that it stands in for.
    locate: (path, part) =>
      Object.hasOwn(over, path[1] ?? '') ? { line: 1, column: 1 } : own.locate(path, part),
  };
  return { files: files.map((file) => (file === own ? merged : file)), problems: [] };
}

const sized = (content: string): { readonly text: string } | { readonly message: string } =>
  Buffer.byteLength(content) > largestBytes
    ? { message: 'This overlay has more than 64 KB.' }
    : { text: content };

function hostsOf(value: unknown): Readonly<Record<string, unknown>> {
  const hosts = (value as { hosts?: unknown } | null)?.hosts;
  return typeof hosts === 'object' && hosts !== null ? (hosts as Record<string, unknown>) : {};
}
