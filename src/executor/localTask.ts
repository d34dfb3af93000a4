/**
 * A program on this host.
 *
 * It leads its own process group, so that all it starts can be ended with it. Running → (time is up, or a stop) →
 * ending: TERM to the group, after the grace KILL to what is left of it. Running → exited: the group is left alone,
 * since a program may start a daemon. A process that makes its own session (`setsid`) leaves the group and is not
 * followed. An end that is under way is not begun again.
 */

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { constants } from 'node:os';
import { localEnvironment } from './environment.ts';
import type { LocalTarget } from './messages.ts';
import type { RunningTask, Sink, Task, TaskEnd } from './task.ts';
import { endedTask, LAST_OUTPUT_MS, refused, tooLate } from './task.ts';

/** How often a group that is being ended is looked at. */
const LOOK_MS = 25;
/** After KILL only a process stuck in the kernel remains; it is not waited for longer than this. */
const AFTER_KILL_MS = 2_000;

export function startLocalTask(target: LocalTarget, task: Task, sink: Sink): RunningTask {
  if (Date.now() > task.notAfter) return endedTask(tooLate());
  const [program, ...args] = task.argv;
  if (program === undefined) return endedTask(refused('bad-request', 'No program is named.'));
  // The error of a spawn is the same for a missing directory and a missing program.
  if (!isDirectory(target.directory)) {
    return endedTask(refused('no-directory', `There is no directory ${target.directory}.`));
  }
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: target.directory,
      env: localEnvironment({
        directory: target.directory,
        path: target.path,
        declared: { ...task.env, ...task.secrets },
      }),
      stdio: [task.stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
  } catch (error) {
    return endedTask(spawnRefusal(program, error));
  }
  return superviseLocal(child, program, task, sink);
}

function superviseLocal(child: ChildProcess, program: string, task: Task, sink: Sink): RunningTask {
  const { promise, resolve } = Promise.withResolvers<TaskEnd>();
  let ending: 'timed-out' | 'stopped' | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const finish = (end: TaskEnd) => {
    clearTimeout(timer);
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.stdin?.destroy();
    resolve(end);
  };
  const finishAfterLastOutput = (end: TaskEnd) => {
    clearTimeout(timer);
    if (closed) return finish(end);
    timer = setTimeout(() => finish(end), LAST_OUTPUT_MS);
    child.once('close', () => finish(end));
  };

  const endGroup = (why: 'timed-out' | 'stopped') => {
    if (ending !== null || hasExited(child)) return;
    ending = why;
    clearTimeout(timer);
    const killAt = performance.now() + task.graceMs;
    let killed = false;
    signalGroup(child, 'SIGTERM');
    const look = () => {
      const now = performance.now();
      // KILL leaves nothing alive, yet dead processes that nobody reaps still count as a group.
      if (!groupExists(child) || (killed && hasExited(child))) return finishAfterLastOutput({ kind: why });
      if (now >= killAt + AFTER_KILL_MS) {
        return finish({ kind: 'lost', message: `${program} did not end when it was killed.` });
      }
      if (!killed && now >= killAt) {
        signalGroup(child, 'SIGKILL');
        killed = true;
      }
      timer = setTimeout(look, LOOK_MS);
    };
    timer = setTimeout(look, LOOK_MS);
  };

  child.stdout?.on('data', sink.stdout);
  child.stderr?.on('data', sink.stderr);
  child.once('spawn', () => sink.started(child.pid ?? null));
  child.once('close', () => {
    closed = true;
  });
  child.once('error', (error) => {
    if (child.pid === undefined) finish(spawnRefusal(program, error));
  });
  child.once('exit', (code, signal) => {
    if (ending !== null) return;
    const number = signal === null ? 0 : constants.signals[signal];
    finishAfterLastOutput({ kind: 'exited', code: code ?? 128 + number });
  });
  if (task.stdin !== null) feed(child, task.stdin);
  timer = setTimeout(() => endGroup('timed-out'), task.timeoutMs);
  return { stop: () => endGroup('stopped'), ended: promise };
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** A program may end without reading all of its input. That is its business, and shows in its exit code. */
function feed(child: ChildProcess, stdin: string): void {
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.stdin?.end(stdin);
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: the group has ended meanwhile. EPERM: it became another user's; that it lives on is reported as lost.
    if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
  }
}

function groupExists(child: ChildProcess): boolean {
  if (child.pid === undefined) return false;
  try {
    process.kill(-child.pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function spawnRefusal(program: string, error: unknown): TaskEnd {
  if (hasCode(error, 'ENOENT')) return refused('no-program', `There is no program ${program} on this host.`);
  if (hasCode(error, 'EACCES')) return refused('no-program', `${program} may not be run on this host.`);
  return refused(
    'no-program',
    `${program} could not be started: ${error instanceof Error ? error.message : error}.`,
  );
}
