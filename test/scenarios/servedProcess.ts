import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { vi } from 'vitest';
import type { Stops } from './rehearsal.ts';

/** `genesis serve` as operators run it: a process of its own that knows nothing but its environment. */
export type Served = {
  readonly child: ChildProcess;
  /** Everything that it wrote so far, both streams. */
  output(): string;
  /** Where it listens, once it says so. */
  url(): Promise<string>;
  /** Its exit code; null for one that was ended by a signal. */
  readonly exited: Promise<number | null>;
};

const main = resolve('src/main.ts');

export const webhookToken = 'a-token-of-the-test';

/** An empty directory, so that no `.env` of this machine has a say. */
export async function workingDirectory(stops: Stops): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-served-'));
  stops.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

export function genesis(
  stops: Stops,
  given: { directory: string; args?: readonly string[]; env: Readonly<Record<string, string>> },
): Served {
  const child = spawn(process.execPath, [main, ...(given.args ?? ['serve'])], {
    cwd: given.directory,
    env: { PATH: process.env.PATH ?? '', ...given.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer) => {
    output += chunk.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  stops.push(async () => {
    if (child.exitCode === null) child.kill('SIGKILL');
    await exited;
  });
  return {
    child,
    output: () => output,
    exited,
    url: () =>
      vi.waitFor(
        () => {
          const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
          if (url === undefined) throw new Error(`it does not listen yet; it said:\n${output}`);
          return url;
        },
        { timeout: 40_000, interval: 50 },
      ),
  };
}

export async function postWebhook(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(`${url}/alertmanager`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${webhookToken}`,
      ...headers,
    },
  });
}
