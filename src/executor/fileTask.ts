/**
 * Reading a file, and replacing it so that the replacement can be undone: first the present content is read and judged
 * (it must be text, and hold no secret, since it leaves the executor), then it is replaced, provided that it is still
 * the same. Reading is harmless; from the second step on only the script's own answer tells what happened.
 */

import { createHash } from 'node:crypto';
import type { Redactor } from '../core/redact/redactor.ts';
import { cksum, FILE_SCRIPT } from './fileScript.ts';
import type { Outcome, RefusalCode } from './messages.ts';
import { FILE_LIMIT } from './messages.ts';
import type { RunningTask, Sink, Task, TaskEnd } from './task.ts';

export type FileWork =
  | { kind: 'read'; file: string }
  | { kind: 'write'; file: string; content: string | null; expects?: string };

export interface FileTaskOptions {
  work: FileWork;
  timeoutMs: number;
  graceMs: number;
  notAfter: number;
  redactor: Redactor;
  /** Starts a task on the target of the request. */
  launch(task: Task, sink: Sink): RunningTask;
  started(group: number | null): void;
}

export interface RunningFileTask {
  stop(): void;
  outcome: Promise<Outcome>;
}

export function startFileTask(options: FileTaskOptions): RunningFileTask {
  const began = performance.now();
  let current: RunningTask | null = null;
  let stopped = false;

  const script = async (args: string[], stdin: string | null): Promise<{ end: TaskEnd; answer: Answer }> => {
    const timeoutMs = Math.max(1, options.timeoutMs - (performance.now() - began));
    const chunks: Buffer[] = [];
    const task: Task = {
      argv: ['/bin/sh', '-c', FILE_SCRIPT, 'genesis-file', ...args],
      stdin,
      env: {},
      secrets: {},
      timeoutMs,
      graceMs: options.graceMs,
      notAfter: options.notAfter,
    };
    const sink: Sink = {
      stdout: (chunk) => chunks.push(chunk),
      stderr: () => undefined,
      started: options.started,
    };
    current = options.launch(task, sink);
    if (stopped) current.stop();
    const end = await current.ended;
    return { end, answer: parseAnswer(Buffer.concat(chunks)) };
  };

  const readPresent = async (file: string): Promise<Present | Outcome> => {
    const { end, answer } = await script(['read', file, String(FILE_LIMIT), '', ''], null);
    if (end.kind === 'refused') return end;
    if (end.kind === 'stopped' || stopped)
      return refusal('stopped', 'It was stopped before the file was touched.');
    if (end.kind !== 'exited' || end.code !== 0) {
      return refusal('file-failed', `${file} could not be read in time. Nothing was changed.`);
    }
    return judge(answer, file, options.redactor);
  };

  const tookMs = () => Math.round(performance.now() - began);

  const read = async (file: string): Promise<Outcome> => {
    const present = await readPresent(file);
    return present.kind === 'present'
      ? { kind: 'read', content: present.content, tookMs: tookMs() }
      : present;
  };

  const write = async ({
    file,
    content,
    expects,
  }: Extract<FileWork, { kind: 'write' }>): Promise<Outcome> => {
    const present = await readPresent(file);
    if (present.kind !== 'present') return present;
    // Asked a second time after an outcome that nobody knew, what is in place already is left alone.
    if (present.content === content && (content === null || expects !== undefined))
      return { kind: 'written', previous: content, tookMs: tookMs() };
    if (expects !== undefined && (present.content === null || sha256(present.content) !== expects))
      return refusal(
        'changed-meanwhile',
        `${file} stays as it is: ${otherContent(present.content, expects)}`,
      );
    const expected = present.content === null ? 'absent' : cksum(Buffer.from(present.content));
    const { end, answer } =
      content === null
        ? await script(['remove', file, String(FILE_LIMIT), expected, ''], null)
        : await script(['write', file, String(FILE_LIMIT), expected, cksum(Buffer.from(content))], content);
    if (end.kind === 'refused') return end;
    if (answer.kind === 'refused') return refusal(answer.code, sentence(answer.code, file));
    if (answer.kind === 'done') return { kind: 'written', previous: present.content, tookMs: tookMs() };
    return {
      kind: 'lost',
      message: `Replacing ${file} was begun, and whether it was completed is not known.`,
    };
  };

  const { work } = options;
  return {
    stop() {
      stopped = true;
      current?.stop();
    },
    outcome: work.kind === 'read' ? read(work.file) : write(work),
  };
}

const sha256 = (content: string): string => createHash('sha256').update(content, 'utf8').digest('hex');

const short = (digest: string): string => digest.slice(0, 12);

const otherContent = (content: string | null, expects: string): string =>
  content === null
    ? 'it is not there any more, so somebody removed it meanwhile.'
    : `somebody changed it meanwhile. It holds SHA-256 ${short(sha256(content))}…, and ${short(expects)}… was written.`;

interface Present {
  kind: 'present';
  content: string | null;
}

type Answer =
  | { kind: 'present'; bytes: Buffer }
  | { kind: 'absent' }
  | { kind: 'done' }
  | { kind: 'refused'; code: RefusalCode }
  | { kind: 'none' };

const SENTENCES = {
  'no-directory': 'the directory of the file does not exist',
  'file-outside': 'it leads out of the directory of the host',
  'not-a-file': 'it is not a regular file',
  'too-large': 'it is larger than 256 KiB',
  'not-text': 'its present content is not UTF-8 text, so it could not be given back',
  'holds-secret': 'its present content holds a secret, which must not be shown or stored',
  'changed-meanwhile': 'it was changed by somebody else at the same moment',
  'file-failed': 'the host could not read or complete it (permission, or no space)',
} as const satisfies Partial<Record<RefusalCode, string>>;

function isFileCode(code: string): code is keyof typeof SENTENCES {
  return Object.hasOwn(SENTENCES, code);
}

function sentence(code: RefusalCode, file: string): string {
  const why = isFileCode(code) ? SENTENCES[code] : 'it was refused';
  return `${file} stays as it is: ${why}.`;
}

function refusal(code: RefusalCode, message: string): Outcome {
  return { kind: 'refused', code, message };
}

function parseAnswer(bytes: Buffer): Answer {
  const end = bytes.indexOf(10);
  if (end === -1) return { kind: 'none' };
  const [word, code] = bytes.toString('utf8', 0, end).split(' ');
  if (word === 'present') return { kind: 'present', bytes: bytes.subarray(end + 1) };
  if (word === 'absent' || word === 'done') return { kind: word };
  if (word === 'refused' && code !== undefined && isFileCode(code)) return { kind: 'refused', code };
  return { kind: 'none' };
}

function judge(answer: Answer, file: string, redactor: Redactor): Present | Outcome {
  if (answer.kind === 'absent') return { kind: 'present', content: null };
  if (answer.kind === 'refused') return refusal(answer.code, sentence(answer.code, file));
  if (answer.kind !== 'present') return refusal('file-failed', sentence('file-failed', file));
  const content = decode(answer.bytes);
  if (content === null) return refusal('not-text', sentence('not-text', file));
  if (redactor.holdsSecret(content)) return refusal('holds-secret', sentence('holds-secret', file));
  return { kind: 'present', content };
}

/** Null where the bytes could not be restored from the text. */
function decode(bytes: Buffer): string | null {
  const content = bytes.toString('utf8');
  return Buffer.from(content, 'utf8').equals(bytes) ? content : null;
}
