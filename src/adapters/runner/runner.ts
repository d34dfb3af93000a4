/**
 * The bot's side of the executor.
 *
 * States: *live* (an executor is ready), *restarting* (it died; another is being started), *closed*.
 * - A request made while live is sent at once; while restarting it waits, unsent, for the next executor, and is refused
 *   when its `notAfter` passes first. So a request that was never sent is never unknown.
 * - When the executor dies, every request that was sent ends as unknown, and the process groups it had reported are
 *   killed: nobody would end them at their limit any more.
 * - A start that fails is repeated with growing pauses. The first start of all fails aloud instead.
 */

import type {
  ReadOutcome,
  ReadRequest,
  Refused,
  RunnerPort,
  RunOutcome,
  RunRequest,
  Target,
  WriteOutcome,
} from '../../engine/runnerPort.ts';
import type { FromExecutor, MessageTarget, Outcome, StartMessage, Work } from '../../executor/messages.ts';
import type { ExecutorProcess } from './executorProcess.ts';
import { spawnExecutor } from './executorProcess.ts';
import { createTranscript } from './transcript.ts';

export interface Runner extends RunnerPort {
  /** Names of the variables that actions may ask for; their values are known to the executor alone. */
  readonly secretNames: readonly string[];
  /** Null while it is being restarted. */
  executorPid(): number | null;
  /** Stops what runs, ends the executor, and resolves when it is gone. Requests that come later are refused. */
  close(): Promise<void>;
}

export interface RunnerOptions {
  /** Path of the EXECUTOR_ENV file. */
  environmentFile?: string;
  /** From TERM to KILL. */
  graceMs?: number;
  /** Bytes of output kept of one command. */
  outputCap?: number;
  /** Told of restarts and of what the executor complains about. */
  log?(message: string): void;
}

const RESTART_PAUSES_MS = [0, 250, 1_000, 5_000];
/** After the grace, the executor may still wait for processes stuck in the kernel and for hosts to confirm a stop. */
const CLOSE_MARGIN_MS = 7_000;

interface Pending {
  readonly message: StartMessage;
  sent: boolean;
  group: number | null;
  onOutput(stream: 'stdout' | 'stderr', text: string): void;
  /** Called once. */
  end(end: PendingEnd): void;
}

type PendingEnd = Outcome | { kind: 'unknown'; message: string };

/** Rejects when no executor can be started, with the reason. */
export async function startRunner(options: RunnerOptions = {}): Promise<Runner> {
  const { graceMs = 2_000, outputCap = 1_000_000, log = () => undefined } = options;
  const pending = new Map<string, Pending>();
  let live: ExecutorProcess | null = null;
  let closed = false;
  let closing: Promise<void> | null = null;

  const settle = (id: string, end: PendingEnd) => {
    const request = pending.get(id);
    pending.delete(id);
    request?.end(end);
  };

  const onMessage = (message: FromExecutor) => {
    switch (message.type) {
      case 'started': {
        const request = pending.get(message.id);
        if (request !== undefined) request.group = message.group;
        return;
      }
      case 'output':
        return pending.get(message.id)?.onOutput(message.stream, message.text);
      case 'ended':
        return settle(message.id, message.outcome);
      case 'ready':
      case 'unfit':
        return;
      default: {
        const never: never = message;
        return never;
      }
    }
  };

  const start = () =>
    spawnExecutor({ environmentFile: options.environmentFile, onMessage, onComplaint: (text) => log(text) });

  const transmit = (request: Pending) => {
    if (live === null) return;
    request.sent = true;
    live.send(request.message);
  };

  const watch = (executor: ExecutorProcess) => {
    live = executor;
    for (const request of pending.values()) transmit(request);
    executor.ended.then(
      (how) => {
        live = null;
        for (const request of [...pending.values()]) {
          if (!request.sent) continue;
          if (request.group !== null) killGroup(request.group, log);
          const message = `The executor ended ${how} while this was under way. Whether it was completed is not known.`;
          settle(request.message.id, { kind: 'unknown', message });
        }
        if (closed) return;
        log(`The executor ended ${how}. It is started again.`);
        restart(0);
      },
      (error: unknown) => log(`The end of the executor was missed: ${error}`),
    );
  };

  const restart = (attempt: number) => {
    const pause = RESTART_PAUSES_MS[Math.min(attempt, RESTART_PAUSES_MS.length - 1)];
    const timer = setTimeout(() => {
      if (closed) return;
      start().then(
        (executor) => {
          if (closed) executor.kill();
          else watch(executor);
        },
        (error: unknown) => {
          log(`The executor could not be started again: ${error instanceof Error ? error.message : error}`);
          restart(attempt + 1);
        },
      );
    }, pause);
    timer.unref();
  };

  const perform = (request: Omit<Pending, 'end' | 'sent' | 'group'>): Promise<PendingEnd> => {
    const { id, notAfter } = request.message;
    if (closed) return Promise.resolve(refused('closing', 'The bot is being stopped. Nothing was started.'));
    if (pending.has(id))
      return Promise.resolve(refused('already-running', 'A command of this id is under way.'));
    const { promise, resolve } = Promise.withResolvers<PendingEnd>();
    const deadline = setTimeout(
      () => {
        if (!entry.sent)
          settle(id, refused('too-late', 'No executor was ready in time. Nothing was started.'));
      },
      Math.min(Math.max(0, notAfter - Date.now()), 2 ** 31 - 1),
    );
    const end = (how: PendingEnd) => {
      clearTimeout(deadline);
      resolve(how);
    };
    const entry: Pending = { ...request, sent: false, group: null, end };
    pending.set(id, entry);
    transmit(entry);
    return promise;
  };

  const stop = (id: string) => {
    const request = pending.get(id);
    if (request === undefined) return;
    if (request.sent) live?.send({ type: 'stop', id });
    else settle(id, refused('stopped', 'It was stopped before it was started.'));
  };

  const message = (request: ReadRequest | RunRequest, work: Work): StartMessage => ({
    type: 'start',
    id: request.id,
    notAfter: request.notAfter,
    target: messageTarget(request.target),
    work,
    env: 'env' in request ? { ...request.env } : {},
    secrets: 'secrets' in request ? [...(request.secrets ?? [])] : [],
    timeoutMs: request.timeoutMs,
    graceMs,
    outputCap,
  });

  const close = async () => {
    closed = true;
    for (const request of [...pending.values()]) if (!request.sent) stop(request.message.id);
    const executor = live;
    if (executor === null) return;
    executor.send({ type: 'shutdown' });
    const timer = setTimeout(executor.kill, graceMs + CLOSE_MARGIN_MS);
    await executor.ended;
    clearTimeout(timer);
  };

  const first = await start();
  watch(first);

  return {
    secretNames: first.secrets,
    executorPid: () => live?.pid ?? null,
    stop,
    async run(request, watcher, signal) {
      if (request.drill) return ofDrill;
      if (signal?.aborted) return refused('stopped', 'It was stopped before it was started.');
      const transcript = createTranscript();
      const work: Work = { kind: 'run', argv: [...request.argv], stdin: request.stdin ?? null };
      const onAbort = () => stop(request.id);
      signal?.addEventListener('abort', onAbort, { once: true });
      const end = await perform({
        message: message(request, work),
        onOutput(stream, text) {
          transcript.add(stream, text);
          watcher.onOutput({ stream, text });
        },
      });
      signal?.removeEventListener('abort', onAbort);
      return runOutcome(end, transcript.text());
    },
    async read(request) {
      if (request.drill) return ofDrill;
      const work: Work = { kind: 'read', file: request.file };
      const end = await perform({ message: message(request, work), onOutput: () => undefined });
      return readOutcome(end);
    },
    async write(request) {
      if (request.drill) return ofDrill;
      const { file, content, expects } = request;
      const work: Work = { kind: 'write', file, content, ...(expects === undefined ? {} : { expects }) };
      const end = await perform({ message: message(request, work), onOutput: () => undefined });
      return writeOutcome(end);
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

type Refusal = Extract<Outcome, { kind: 'refused' }>;

function refused(code: Refusal['code'], message: string): Refusal {
  return { kind: 'refused', code, message };
}

/** Not for the executor to say: a request of a drill never gets that far. */
const ofDrill: Refused = {
  kind: 'refused',
  code: 'drill',
  message: 'This belongs to a drill, and nothing of a drill is carried out.',
};

function messageTarget(target: Target): MessageTarget {
  const { host: _, ...rest } = target;
  return { ...rest, path: [...(target.path ?? [])] };
}

function killGroup(group: number, log: (message: string) => void): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // ESRCH: it had ended, and only its message was lost.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return;
    log(`Process group ${group} may go on: ${error instanceof Error ? error.message : error}`);
  }
}

function runOutcome(end: PendingEnd, output: string): RunOutcome {
  switch (end.kind) {
    case 'exited':
    case 'timed-out':
    case 'stopped':
      return { ...end, output };
    case 'refused':
      return end;
    case 'lost':
    case 'unknown':
    case 'read':
    case 'written':
      return { ...unknown(end), output };
    default: {
      const never: never = end;
      return never;
    }
  }
}

function readOutcome(end: PendingEnd): ReadOutcome {
  return end.kind === 'read' || end.kind === 'refused' ? end : unknown(end);
}

function writeOutcome(end: PendingEnd): WriteOutcome {
  return end.kind === 'written' || end.kind === 'refused' ? end : unknown(end);
}

function unknown(end: PendingEnd): { kind: 'unknown'; message: string } {
  return {
    kind: 'unknown',
    message:
      'message' in end ? end.message : `The executor answered with ${end.kind}, which was not asked for.`,
  };
}
