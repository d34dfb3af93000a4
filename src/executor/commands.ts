import type { Redactor } from '../core/redact/redactor.ts';
import { startFileTask } from './fileTask.ts';
import { startLocalTask } from './localTask.ts';
import type { FromExecutor, Outcome, RefusalCode, StartMessage } from './messages.ts';
import type { SshDirectory } from './sshConnection.ts';
import { startSshTask } from './sshTask.ts';
import type { RunningTask, Sink, Task, TaskEnd } from './task.ts';
import { createTextOutput } from './textOutput.ts';

export interface Commands {
  start(message: StartMessage): void;
  stop(id: string): void;
  /** Refuses all that comes, stops all that runs, and resolves when everything has ended. */
  close(): Promise<void>;
}

export interface CommandsOptions {
  secrets: ReadonlyMap<string, string>;
  redactor: Redactor;
  ssh: SshDirectory;
  send(message: FromExecutor): void;
}

interface Running {
  stop(): void;
  outcome: Promise<Outcome>;
}

/** The commands under way, by id. Each `start` is answered by exactly one `ended`. */
export function createCommands({ secrets, redactor, ssh, send }: CommandsOptions): Commands {
  const running = new Map<string, Running>();
  let closing = false;

  const finish = (id: string, outcome: Outcome) =>
    send({ type: 'ended', id, outcome: redacted(outcome, redactor) });

  const begin = (message: StartMessage): Running => {
    const { id, target } = message;
    const started = (group: number | null) => send({ type: 'started', id, group, at: Date.now() });
    const launch = (task: Task, sink: Sink): RunningTask =>
      target.kind === 'local'
        ? startLocalTask(target, task, sink)
        : startSshTask({ target, task, sink, directory: ssh });
    const { work, timeoutMs, graceMs, notAfter } = message;
    if (work.kind !== 'run') {
      return startFileTask({ work, timeoutMs, graceMs, notAfter, redactor, launch, started });
    }
    const output = createTextOutput({
      redactor,
      cap: message.outputCap,
      emit: (stream, text) => send({ type: 'output', id, stream, text }),
    });
    const began = performance.now();
    const task: Task = {
      argv: work.argv,
      stdin: work.stdin,
      env: message.env,
      secrets: Object.fromEntries(message.secrets.map((name) => [name, secrets.get(name) ?? ''])),
      timeoutMs,
      graceMs,
      notAfter,
    };
    const sink: Sink = {
      stdout: (chunk) => output.push('stdout', chunk),
      stderr: (chunk) => output.push('stderr', chunk),
      started,
    };
    const { stop, ended } = launch(task, sink);
    const outcome = ended.then((end) =>
      withSeen(end, { truncatedBytes: output.finish(), tookMs: Math.round(performance.now() - began) }),
    );
    return { stop, outcome };
  };

  return {
    start(message) {
      const { id } = message;
      const refuse = (code: RefusalCode, why: string) => finish(id, { kind: 'refused', code, message: why });
      if (closing) return refuse('closing', 'The executor is being stopped. Nothing was started.');
      if (running.has(id)) return refuse('already-running', 'A command of this id is under way.');
      const unknown = message.secrets.filter((name) => !secrets.has(name));
      if (unknown.length > 0) {
        return refuse(
          'unknown-secret',
          `The executor has no variable ${unknown.join(', ')}. Nothing was started.`,
        );
      }
      const command = begin(message);
      running.set(id, command);
      const end = (outcome: Outcome) => {
        running.delete(id);
        finish(id, outcome);
      };
      command.outcome.then(end, (error: unknown) =>
        end({
          kind: 'lost',
          message: `The executor failed: ${error instanceof Error ? error.message : error}.`,
        }),
      );
    },
    stop(id) {
      running.get(id)?.stop();
    },
    async close() {
      closing = true;
      const all = [...running.values()];
      for (const command of all) command.stop();
      await Promise.allSettled(all.map((command) => command.outcome));
    },
  };
}

function withSeen(end: TaskEnd, seen: { tookMs: number; truncatedBytes: number }): Outcome {
  switch (end.kind) {
    case 'exited':
    case 'timed-out':
    case 'stopped':
      return { ...end, ...seen };
    case 'refused':
    case 'lost':
      return end;
    default: {
      const never: never = end;
      return never;
    }
  }
}

/** Reasons quote programs, and programs quote anything. */
function redacted(outcome: Outcome, redactor: Redactor): Outcome {
  return outcome.kind === 'refused' || outcome.kind === 'lost'
    ? { ...outcome, message: redactor.redact(outcome.message) }
    : outcome;
}
