/**
 * What the engine needs of the part that runs commands and replaces files.
 *
 * Every request ends in exactly one outcome and never in a rejected promise. Two outcomes must not be confused:
 * `refused` says that nothing was changed on the target, so asking again is safe; `unknown` says that nobody can
 * tell whether it happened, so a probe or a person decides.
 */

/** Where a request acts. `host` is the name that people know the host by; relative programs start in `directory`. */
export type Target =
  | {
      readonly kind: 'local';
      readonly host: string;
      readonly directory: string;
      /** Put in front of PATH, first entry first. Relative entries count from `directory`. */
      readonly path?: readonly string[];
    }
  | {
      readonly kind: 'ssh';
      readonly host: string;
      readonly address: string;
      readonly port: number;
      readonly user: string;
      /** The one host key that is accepted, as in a public key file: `ssh-ed25519 AAAA…`. */
      readonly hostKey: string;
      readonly identityFile: string;
      readonly directory: string;
      /** Put in front of the remote PATH. Entries are absolute. */
      readonly path?: readonly string[];
    };

export interface RunRequest {
  /** Unique among the requests under way; `stop` names it. */
  readonly id: string;
  readonly target: Target;
  /** Program and arguments. They reach the program byte for byte; no shell reads them. */
  readonly argv: readonly string[];
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables from the file that only the executor reads. Their values never come back. */
  readonly secrets?: readonly string[];
  readonly timeoutMs: number;
  /** Epoch milliseconds. Past this moment the command is refused rather than started. */
  readonly notAfter: number;
  /** Of a drill: refused, whatever it asks for. */
  readonly drill?: true;
}

export interface ReadRequest {
  readonly id: string;
  readonly target: Target;
  /** Relative to the target's directory: no `..`, not absolute, no leading dash. */
  readonly file: string;
  readonly timeoutMs: number;
  readonly notAfter: number;
  readonly drill?: true;
}

export interface WriteRequest extends ReadRequest {
  /** What the file holds afterwards, at most 256 KiB; null removes it (the undo of a file that was not there). */
  readonly content: string | null;
  /**
   * SHA-256 (hex) of what the file must hold for it to be replaced, so that what somebody else wrote is never lost. A
   * file that holds the new content already is left alone and counts as written.
   */
  readonly expects?: string;
}

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  /** Whole lines as far as the program wrote any: valid text, no control characters but newline and tab. */
  readonly text: string;
}

/** What was seen of a command. `output` holds both streams in the order in which they arrived. */
export interface Seen {
  readonly output: string;
  readonly truncatedBytes: number;
  readonly tookMs: number;
}

export type RefusalCode =
  /** `notAfter` has passed. */
  | 'too-late'
  /** The request breaks a rule of its form, such as a NUL in an argument. */
  | 'bad-request'
  /** It belongs to a drill, and nothing of a drill is carried out. */
  | 'drill'
  | 'already-running'
  | 'closing'
  /** A stop came before anything was touched. */
  | 'stopped'
  | 'no-directory'
  | 'no-program'
  /** The remote host has no `timeout` program, without which a hung command would outlive its limit. */
  | 'no-timeout-program'
  | 'unknown-secret'
  | 'unreachable'
  | 'host-key-changed'
  | 'login-refused'
  /** The file, or the link it is, leads out of the target's directory. */
  | 'file-outside'
  | 'not-a-file'
  /** The present content is not UTF-8, so it could not be given back by an undo. */
  | 'not-text'
  | 'too-large'
  /** The present content holds a secret of the executor, so it must not be handed over for an undo. */
  | 'holds-secret'
  /** Somebody else changed the file between reading and replacing it. */
  | 'changed-meanwhile'
  /** It could not be read or completed (no permission, disk full); the file is as it was. */
  | 'file-failed';

export interface Refused {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export type RunOutcome =
  /** `code` is 128 + signal number when a signal ended the program, as shells say it. */
  | ({ readonly kind: 'exited'; readonly code: number } & Seen)
  | ({ readonly kind: 'timed-out' } & Seen)
  | ({ readonly kind: 'stopped' } & Seen)
  | Refused
  | { readonly kind: 'unknown'; readonly message: string; readonly output: string };

export type ReadOutcome =
  /** `content` is null when there is no such file. */
  | { readonly kind: 'read'; readonly content: string | null; readonly tookMs: number }
  | Refused
  | { readonly kind: 'unknown'; readonly message: string };

export type WriteOutcome =
  /** `previous` is what an undo writes back; null when there was no such file. */
  | { readonly kind: 'written'; readonly previous: string | null; readonly tookMs: number }
  | Refused
  | { readonly kind: 'unknown'; readonly message: string };

export interface RunWatcher {
  /** Called while the command runs. */
  onOutput(chunk: OutputChunk): void;
}

export interface RunnerPort {
  run(request: RunRequest, watcher: RunWatcher, signal?: AbortSignal): Promise<RunOutcome>;
  read(request: ReadRequest): Promise<ReadOutcome>;
  write(request: WriteRequest): Promise<WriteOutcome>;
  /** Asks a command to end: TERM, then KILL after the grace. Does nothing when the id is not under way. */
  stop(id: string): void;
}
