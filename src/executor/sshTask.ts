/**
 * A program on another host, through the system's ssh client.
 *
 * connecting → (ready) → running → (exit notice, or the end of ssh) → ended.
 * - connecting: nothing has run. Whatever ends it is a refusal; a stop kills ssh. On `ready` the deadline is looked at
 *   once more, since connecting takes time, and only then `go` is sent.
 * - running: the remote `timeout` keeps the limit. A stop travels as a second command over the same connection, because
 *   killing ssh would leave the remote program running. If ssh ends without an exit notice, or the host says nothing
 *   for long after the limit, the outcome is lost: the program may have done its work or not.
 */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { RefusalCode, SshTarget } from './messages.ts';
import { createNoticeReader } from './notices.ts';
import { runCommandLine, stopCommandLine } from './remoteScripts.ts';
import type { SshDirectory } from './sshConnection.ts';
import { connectRefusal } from './sshConnection.ts';
import type { RunningTask, Sink, Task, TaskEnd } from './task.ts';
import { endedTask, LAST_OUTPUT_MS, refused, tooLate } from './task.ts';

/** Connecting, logging in and starting the script; ssh itself gives up connecting after 10 s. */
const READY_MS = 20_000;
/** How long after limit and grace the exit notice may arrive. */
const LATE_MS = 5_000;
/** Enough of what ssh says to find its reason. */
const SAID_LIMIT = 8 * 1024;

export interface SshTaskOptions {
  target: SshTarget;
  task: Task;
  sink: Sink;
  directory: SshDirectory;
}

export function startSshTask({ target, task, sink, directory }: SshTaskOptions): RunningTask {
  if (Date.now() > task.notAfter) return endedTask(tooLate());
  const secrets = Object.entries(task.secrets).map(([name, value]) => `${name}=${value}`);
  if (secrets.some((line) => /[\n\0]/.test(line))) {
    return endedTask(refused('bad-request', 'A secret of several lines cannot be handed to another host.'));
  }
  // Whole seconds: not every `timeout` knows fractions.
  const limitSeconds = Math.ceil(task.timeoutMs / 1_000);
  const graceSeconds = Math.ceil(task.graceMs / 1_000);
  const nonce = randomBytes(12).toString('hex');
  const commandLine = runCommandLine(target, {
    nonce,
    argv: task.argv,
    env: task.env,
    limitSeconds,
    graceSeconds,
    secretCount: secrets.length,
  });
  const child = spawnSsh(directory.arguments(target, commandLine), 'pipe');
  return superviseSsh(child, {
    target,
    task,
    sink,
    directory,
    nonce,
    limitSeconds,
    graceSeconds,
    opening: ['go', ...secrets].map((line) => `${line}\n`).join(''),
  });
}

interface SshRun extends SshTaskOptions {
  nonce: string;
  limitSeconds: number;
  graceSeconds: number;
  /** What the script reads before the program's input begins. */
  opening: string;
}

type Phase =
  | { kind: 'connecting' }
  | { kind: 'running'; since: number; group: number | null }
  | { kind: 'ending'; end: TaskEnd };

function superviseSsh(child: ChildProcess, run: SshRun): RunningTask {
  const { target, task, sink } = run;
  const { promise, resolve } = Promise.withResolvers<TaskEnd>();
  const notices = createNoticeReader(run.nonce);
  let phase: Phase = { kind: 'connecting' };
  let stopping = false;
  let said = '';

  let timer = setTimeout(
    () => end(refused('unreachable', `${target.address} did not answer in time.`)),
    READY_MS,
  );
  const again = (afterMs: number, act: () => void) => {
    clearTimeout(timer);
    timer = setTimeout(act, afterMs);
  };

  const finish = (how: TaskEnd) => {
    clearTimeout(timer);
    sink.stderr(notices.end());
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
    resolve(how);
  };
  /** The outcome stands; what the program has still written is waited for a moment. */
  const end = (how: TaskEnd) => {
    if (phase.kind === 'ending') return;
    phase = { kind: 'ending', end: how };
    child.stdin?.destroy();
    again(LAST_OUTPUT_MS, () => finish(how));
  };

  const onReady = () => {
    if (Date.now() > task.notAfter) return end(tooLate());
    phase = { kind: 'running', since: performance.now(), group: null };
    child.stdin?.write(run.opening);
    child.stdin?.end(task.stdin ?? '');
    again((run.limitSeconds + run.graceSeconds) * 1_000 + LATE_MS, () =>
      end(lost('did not say how it ended')),
    );
  };

  const askRemoteToStop = (group: number) => {
    const commandLine = stopCommandLine(group, run.graceSeconds);
    const asking = spawnSsh(run.directory.arguments(target, commandLine), 'ignore');
    // Whether it worked shows in the exit notice; without one the outcome is lost.
    asking.once('error', () => end(lost('could not be told to stop')));
    asking.stdout?.resume();
    asking.stderr?.resume();
    again(run.graceSeconds * 1_000 + LATE_MS, () => end(lost('did not confirm that it stopped')));
  };

  const onExit = (code: number, since: number) => {
    // A program may use these codes itself, and the kernel may kill it; only at the limit they are the limit's.
    const atLimit = performance.now() - since >= run.limitSeconds * 1_000;
    if (stopping) end({ kind: 'stopped' });
    else if ((code === 124 || code === 137) && atLimit) end({ kind: 'timed-out' });
    else end({ kind: 'exited', code });
  };

  const onNotice = (notice: string) => {
    const [word, value] = notice.split(' ');
    if (phase.kind === 'connecting' && word === 'refused') end(scriptRefusal(value, run));
    else if (phase.kind === 'connecting' && word === 'ready') onReady();
    else if (phase.kind === 'running' && word === 'started') {
      phase = { ...phase, group: Number(value) };
      sink.started(null);
      if (stopping) askRemoteToStop(Number(value));
    } else if (phase.kind === 'running' && word === 'exit') onExit(Number(value), phase.since);
  };

  const lost = (what: string): TaskEnd => ({
    kind: 'lost',
    message: `The command was started on ${target.address}, and the host ${what}.`,
  });

  child.stdout?.on('data', (chunk: Buffer) => {
    // A login file that prints is not output of the program.
    if (phase.kind !== 'connecting') sink.stdout(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    const before = phase.kind;
    const { rest, notices: found } = notices.push(chunk);
    if (before === 'connecting') said = (said + rest.toString('utf8')).slice(-SAID_LIMIT);
    else sink.stderr(rest);
    found.forEach(onNotice);
  });
  // A broken connection shows as the end of ssh.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.once('error', (error) =>
    finish(refused('unreachable', `The ssh client cannot be run: ${error.message}.`)),
  );
  child.once('close', () => {
    switch (phase.kind) {
      case 'connecting': {
        const { code, message } = connectRefusal(said, target);
        return finish(refused(code, message));
      }
      case 'running':
        return finish(lost('was lost before it said how it ended'));
      case 'ending':
        return finish(phase.end);
      default: {
        const never: never = phase;
        return never;
      }
    }
  });

  return {
    stop() {
      if (stopping || phase.kind === 'ending') return;
      stopping = true;
      if (phase.kind === 'connecting') end({ kind: 'stopped' });
      else if (phase.group !== null) askRemoteToStop(phase.group);
    },
    ended: promise,
  };
}

function scriptRefusal(code: string | undefined, { target, task }: SshRun): TaskEnd {
  const where = target.address;
  const refusals: Partial<Record<RefusalCode, string>> = {
    'no-directory': `There is no directory ${target.directory} on ${where}.`,
    'no-program': `There is no program ${task.argv[0]} on ${where}.`,
    'no-timeout-program': `${where} has no timeout program (GNU coreutils or BusyBox).`,
  };
  for (const [known, message] of Object.entries(refusals)) {
    if (code === known) return refused(known as RefusalCode, message);
  }
  return refused('unreachable', `${where} answered in an unknown way.`);
}

function spawnSsh(args: string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  // A group of its own keeps it out of reach of a Ctrl-C meant for the bot. It gets no variables but these: an agent's
  // socket or a locale has no place there.
  const env = {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: process.env.HOME ?? '/',
  };
  return spawn('ssh', args, { env, stdio: [stdin, 'pipe', 'pipe'], detached: true });
}
