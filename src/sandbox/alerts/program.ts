import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { accessSync, constants } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** The first of these programs that PATH has, with its whole path. */
export function findProgram(...names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      if (folder === '') continue;
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not in this folder: the next one may have it.
      }
    }
  }
  return undefined;
}

/**
 * Below the ports that systems hand out by themselves (32768 and up on Linux, 49152 elsewhere), so that none of the
 * many connections that come and go is given it before the program listens.
 */
const lowestPort = 20_000;
const highestPort = 32_000;

/** A port of 127.0.0.1 that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  for (;;) {
    nextPort = nextPort + 1 < highestPort ? nextPort + 1 : lowestPort;
    const port = nextPort;
    if (await canListen(port)) return port;
  }
}

/** One after the other from anywhere: what was handed out and is not listened on yet is not handed out again. */
let nextPort = randomInt(lowestPort, highestPort);

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export type RunningProgram = Readonly<{
  /** Tells it to read its configuration again (SIGHUP). */
  reload: () => void;
  stop: () => Promise<void>;
}>;

const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 5_000;
const POLL_MS = 100;
const KEPT_OUTPUT = 4_000;

/**
 * Starts a program and waits until `readyUrl` answers 200. It ends with this process, also where that ends without
 * stopping it.
 * @throws Error with the end of its output when it exits or is not ready within 20 s
 */
export async function startProgram(
  path: string,
  args: readonly string[],
  readyUrl: string,
): Promise<RunningProgram> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let ended: string | undefined;
  child.once('error', (cause) => {
    ended = cause.message;
  });
  child.once('exit', (code, signal) => {
    ended = `exit ${code ?? signal}`;
  });
  const killNow = (): void => void child.kill('SIGKILL');
  process.once('exit', killNow);
  const stop = async (): Promise<void> => {
    process.removeListener('exit', killNow);
    await endChild(child);
  };

  const deadline = Date.now() + START_DEADLINE_MS;
  while (ended === undefined && Date.now() < deadline) {
    if (await answers(readyUrl)) return { reload: () => void child.kill('SIGHUP'), stop };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  await stop();
  throw new Error(`${path} did not start (${ended ?? 'not ready after 20 s'}): ${output.trim()}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // Nobody listens yet, which is what is being waited for.
    return false;
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  await new Promise<void>((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
