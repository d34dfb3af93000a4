/**
 * What the bot and the executor say to each other: one JSON object a line, both ways.
 *
 * The executor is the last gate before a process starts, so `parseToExecutor` checks more than shapes: what it lets
 * through can be spawned or quoted without a second look. Parsed by hand, because the executor imports Node alone.
 */

export interface LocalTarget {
  kind: 'local';
  directory: string;
  path: string[];
}

export interface SshTarget {
  kind: 'ssh';
  address: string;
  port: number;
  user: string;
  hostKey: string;
  identityFile: string;
  directory: string;
  path: string[];
}

export type MessageTarget = LocalTarget | SshTarget;

export type Work =
  | { kind: 'run'; argv: string[]; stdin: string | null }
  | { kind: 'read'; file: string }
  /** Content null removes the file. `expects`: SHA-256, hex, of what it must hold before. */
  | { kind: 'write'; file: string; content: string | null; expects?: string };

export interface StartMessage {
  type: 'start';
  id: string;
  /** Epoch milliseconds; past it nothing is spawned. */
  notAfter: number;
  target: MessageTarget;
  work: Work;
  env: Record<string, string>;
  /** Names from the EXECUTOR_ENV file. */
  secrets: string[];
  timeoutMs: number;
  /** From TERM to KILL. */
  graceMs: number;
  /** Bytes of output that are passed on; the rest is counted. */
  outputCap: number;
}

export type ToExecutor = StartMessage | { type: 'stop'; id: string } | { type: 'shutdown' };

export type RefusalCode =
  | 'too-late'
  | 'bad-request'
  | 'already-running'
  | 'closing'
  | 'stopped'
  | 'no-directory'
  | 'no-program'
  | 'no-timeout-program'
  | 'unknown-secret'
  | 'unreachable'
  | 'host-key-changed'
  | 'login-refused'
  | 'file-outside'
  | 'not-a-file'
  | 'not-text'
  | 'too-large'
  | 'holds-secret'
  | 'changed-meanwhile'
  | 'file-failed';

export type Outcome =
  | { kind: 'exited'; code: number; tookMs: number; truncatedBytes: number }
  | { kind: 'timed-out'; tookMs: number; truncatedBytes: number }
  | { kind: 'stopped'; tookMs: number; truncatedBytes: number }
  | { kind: 'read'; content: string | null; tookMs: number }
  | { kind: 'written'; previous: string | null; tookMs: number }
  /** Nothing was changed on the target. */
  | { kind: 'refused'; code: RefusalCode; message: string }
  /** It was begun, and how it ended cannot be told. */
  | { kind: 'lost'; message: string };

export type FromExecutor =
  /** `scratch` is its private directory, which is left behind if it is killed. */
  | { type: 'ready'; secrets: string[]; scratch: string }
  /** The executor cannot work and exits; sent instead of `ready`. */
  | { type: 'unfit'; message: string }
  /** `group` is the process group on this host, null for a command on another host. */
  | { type: 'started'; id: string; group: number | null; at: number }
  | { type: 'output'; id: string; stream: 'stdout' | 'stderr'; text: string }
  | { type: 'ended'; id: string; outcome: Outcome };

export type ParsedToExecutor = ToExecutor | { type: 'bad'; id: string | null; message: string };

/** The largest file that is read or written, in bytes. */
export const FILE_LIMIT = 256 * 1024;

/** A remote command travels as one argument of the remote shell, which Linux limits to 128 KiB. */
const ARGV_LIMIT = 96 * 1024;

/** A day in milliseconds; a timer of more than 24 days would fire at once. */
const LARGEST = 86_400_000;

const DIGEST = /^[0-9a-f]{64}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ADDRESS = /^[A-Za-z0-9_:][A-Za-z0-9._:-]*$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
const HOST_KEY = /^(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( .*)?$/;

class MessageError extends Error {}

type Fields = Record<string, unknown>;

export function parseToExecutor(line: string): ParsedToExecutor {
  let id: string | null = null;
  try {
    const message = fields(parseJson(line), 'message');
    if (typeof message.id === 'string') id = message.id;
    switch (message.type) {
      case 'start':
        return parseStart(message);
      case 'stop':
        return { type: 'stop', id: text(message, 'id') };
      case 'shutdown':
        return { type: 'shutdown' };
      default:
        throw new MessageError('type is none of start, stop, shutdown');
    }
  } catch (error) {
    if (error instanceof MessageError) return { type: 'bad', id, message: error.message };
    throw error;
  }
}

/** What the executor sends is its own, so only the envelope is checked. Null: not a message. */
export function parseFromExecutor(line: string): FromExecutor | null {
  try {
    const message = fields(parseJson(line), 'message');
    switch (message.type) {
      case 'ready':
      case 'unfit':
        return message as FromExecutor;
      case 'started':
      case 'output':
      case 'ended':
        return typeof message.id === 'string' ? (message as FromExecutor) : null;
      default:
        return null;
    }
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}

/**
 * Cuts a byte stream into lines. Not `readline`: that also cuts at U+2028 and U+2029, which JSON leaves unescaped
 * inside strings.
 */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  return (chunk) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = Buffer.concat([...pending, rest.subarray(0, end)]).toString('utf8');
      pending = [];
      rest = rest.subarray(end + 1);
      if (line !== '') onLine(line);
    }
    if (rest.length > 0) pending.push(rest);
  };
}

function parseStart(message: Fields): StartMessage {
  const target = parseTarget(fields(message.target, 'target'));
  const env = parseEnv(message.env);
  const secrets = texts(message, 'secrets');
  for (const name of secrets)
    if (!VARIABLE.test(name)) throw new MessageError(`secrets: ${name} is not a name`);
  return {
    type: 'start',
    id: text(message, 'id'),
    notAfter: number(message, 'notAfter'),
    target,
    work: parseWork(fields(message.work, 'work')),
    env,
    secrets,
    timeoutMs: positive(message, 'timeoutMs'),
    graceMs: positive(message, 'graceMs'),
    outputCap: positive(message, 'outputCap'),
  };
}

function parseTarget(target: Fields): MessageTarget {
  const directory = word(target, 'directory');
  const path = texts(target, 'path');
  for (const entry of path) {
    if (entry === '' || /[:\0]/.test(entry))
      throw new MessageError('path: an entry is empty or holds a colon');
  }
  if (target.kind === 'local') return { kind: 'local', directory, path };
  if (target.kind !== 'ssh') throw new MessageError('target.kind is neither local nor ssh');
  if (path.some((entry) => !entry.startsWith('/'))) {
    throw new MessageError('path: entries on another host are absolute');
  }
  const port = number(target, 'port');
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new MessageError('port is not a port number');
  return {
    kind: 'ssh',
    address: shaped(target, 'address', ADDRESS),
    port,
    user: shaped(target, 'user', USER),
    hostKey: shaped(target, 'hostKey', HOST_KEY),
    identityFile: word(target, 'identityFile'),
    directory,
    path,
  };
}

function parseWork(work: Fields): Work {
  switch (work.kind) {
    case 'run':
      return { kind: 'run', argv: parseArgv(work), stdin: textOrNull(work, 'stdin') };
    case 'read':
      return { kind: 'read', file: parseFile(work) };
    case 'write': {
      const content = textOrNull(work, 'content');
      if (content !== null && Buffer.byteLength(content) > FILE_LIMIT) {
        throw new MessageError('content is larger than 256 KiB');
      }
      const file = parseFile(work);
      return work.expects === undefined
        ? { kind: 'write', file, content }
        : { kind: 'write', file, content, expects: shaped(work, 'expects', DIGEST) };
    }
    default:
      throw new MessageError('work.kind is none of run, read, write');
  }
}

function parseArgv(work: Fields): string[] {
  const argv = texts(work, 'argv');
  const program = argv[0];
  if (program === undefined || program === '') throw new MessageError('argv names no program');
  // `env` and `timeout` stand in front of a remote program and would take these for their own.
  if (program.startsWith('-') || program.includes('=')) {
    throw new MessageError('argv: a program does not begin with a dash or hold an equals sign');
  }
  if (argv.reduce((sum, part) => sum + Buffer.byteLength(part) + 1, 0) > ARGV_LIMIT) {
    throw new MessageError('argv is longer than 96 KiB');
  }
  return argv;
}

function parseFile(work: Fields): string {
  const file = word(work, 'file');
  const parts = file.split('/');
  if (file.startsWith('/') || file.startsWith('-'))
    throw new MessageError('file is not relative to the directory');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    throw new MessageError('file holds an empty part, . or ..');
  }
  if (/\p{Cc}/u.test(file)) throw new MessageError('file holds a control character');
  return file;
}

function parseEnv(value: unknown): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, entry] of Object.entries(fields(value, 'env'))) {
    if (!VARIABLE.test(name)) throw new MessageError(`env: ${name} is not a variable name`);
    if (typeof entry !== 'string' || !isPlain(entry))
      throw new MessageError(`env: ${name} is not a plain text`);
    env[name] = entry;
  }
  return env;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new MessageError('not JSON', { cause: error });
  }
}

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MessageError(`${name} is not an object`);
  }
  return value as Fields;
}

function text(from: Fields, name: string): string {
  const value = from[name];
  if (typeof value !== 'string' || value === '') throw new MessageError(`${name} is not a text`);
  return value;
}

/** A text that can be an argument of a program. */
function word(from: Fields, name: string): string {
  const value = text(from, name);
  if (!isPlain(value)) throw new MessageError(`${name} holds a NUL or half of a surrogate pair`);
  return value;
}

function shaped(from: Fields, name: string, shape: RegExp): string {
  const value = word(from, name);
  if (!shape.test(value)) throw new MessageError(`${name} does not look like one`);
  return value;
}

function textOrNull(from: Fields, name: string): string | null {
  const value = from[name];
  if (value === null) return null;
  if (typeof value !== 'string' || !value.isWellFormed())
    throw new MessageError(`${name} is not a text or null`);
  return value;
}

function texts(from: Fields, name: string): string[] {
  const value = from[name];
  if (!Array.isArray(value)) throw new MessageError(`${name} is not a list`);
  return value.map((entry: unknown, index) => {
    if (typeof entry !== 'string') throw new MessageError(`${name}[${index}] is not a text`);
    if (!isPlain(entry)) throw new MessageError(`${name}[${index}] holds a NUL or half of a surrogate pair`);
    return entry;
  });
}

function number(from: Fields, name: string): number {
  const value = from[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new MessageError(`${name} is not a number`);
  return value;
}

function positive(from: Fields, name: string): number {
  const value = number(from, name);
  if (value <= 0 || value > LARGEST) throw new MessageError(`${name} is not between 1 and a day`);
  return value;
}

function isPlain(value: string): boolean {
  // A lone surrogate has no bytes of its own and would arrive as a replacement character.
  return !value.includes('\0') && value.isWellFormed();
}
