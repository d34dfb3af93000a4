import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { FromExecutor } from '../../src/executor/messages.ts';
import { lineSplitter, parseFromExecutor } from '../../src/executor/messages.ts';

const MAIN = fileURLToPath(new URL('../../src/executor/main.ts', import.meta.url));
const COMMANDS = process.env.SOAK ? 100 : 10;
/** Writes its number to a file, has a child that does so too, and neither listens to TERM. */
const STUBBORN = `trap '' TERM; sh -c 'trap "" TERM; echo $$ >"$0.child"; while :; do sleep 1; done' "$0" & echo $$ >"$0"; while :; do sleep 1; done`;

let directory: string;
let executor: ChildProcess;
let said: FromExecutor[];
let exit: Promise<number | null>;

const send = (message: object) => executor.stdin?.write(`${JSON.stringify(message)}\n`);
const start = (id: string, more: object = {}) =>
  send({
    type: 'start',
    id,
    notAfter: Date.now() + 60_000,
    target: { kind: 'local', directory, path: [] },
    work: { kind: 'run', argv: ['sh', '-c', STUBBORN, id], stdin: null },
    env: {},
    secrets: [],
    timeoutMs: 60_000,
    graceMs: 200,
    outputCap: 1_000,
    ...more,
  });
const endOf = (id: string) =>
  said.flatMap((message) => (message.type === 'ended' && message.id === id ? [message.outcome.kind] : []));
const isUp = (id: string) => existsSync(join(directory, `${id}.child`)) && existsSync(join(directory, id));
const survivors = (ids: readonly string[]) => ids.flatMap((id) => [id, `${id}.child`]).filter(isAlive);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'genesis-executor-'));
  said = [];
  const { promise, resolve } = Promise.withResolvers<number | null>();
  exit = promise;
  executor = spawn(process.execPath, [MAIN], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  executor.once('exit', resolve);
  const onLine = (line: string) => {
    const message = parseFromExecutor(line);
    if (message !== null) said.push(message);
  };
  executor.stdout?.on('data', lineSplitter(onLine));
  await vi.waitFor(() => expect(said[0]).toMatchObject({ type: 'ready' }), 10_000);
  return () => {
    executor.kill('SIGKILL');
    const [ready] = said;
    if (ready?.type === 'ready') rmSync(ready.scratch, { recursive: true, force: true });
    rmSync(directory, { recursive: true, force: true });
  };
});

describe('the executor', () => {
  it.each<[string, () => unknown]>([
    ['its input ends because the bot has died', () => executor.stdin?.destroy()],
    ['it is told to shut down', () => send({ type: 'shutdown' })],
    ['it gets TERM', () => executor.kill('SIGTERM')],
  ])('ends its commands and itself when %s', async (_, cause) => {
    start('one');
    await vi.waitFor(() => expect(isUp('one')).toBe(true), 10_000);
    cause();
    expect(await exit).toBe(0);
    await vi.waitFor(() => expect(survivors(['one'])).toEqual([]), 5_000);
    const [ready] = said;
    expect(ready?.type === 'ready' && existsSync(ready.scratch)).toBe(false);
  });

  it('starts nothing any more while it is closing', async () => {
    start('one', { graceMs: 1_000 });
    await vi.waitFor(() => expect(isUp('one')).toBe(true), 10_000);
    send({ type: 'shutdown' });
    start('two');
    await exit;
    await vi.waitFor(() => expect(endOf('two')).toEqual(['refused']));
    expect(endOf('one')).toEqual(['stopped']);
    expect(existsSync(join(directory, 'two'))).toBe(false);
  });

  it('is not ended by a Ctrl-C that is meant for the bot, or by lines that are no messages', async () => {
    executor.kill('SIGINT');
    executor.kill('SIGHUP');
    executor.stdin?.write('nonsense\n{"type":"stop"}\n[]\n');
    send({ type: 'stop', id: 'nobody' });
    send({ type: 'start', id: 'incomplete' });
    start('echo', { work: { kind: 'run', argv: ['echo', 'fine'], stdin: null } });
    await vi.waitFor(() => expect(endOf('echo')).toEqual(['exited']), 10_000);
    expect(endOf('incomplete')).toEqual(['refused']);
    expect(said).toContainEqual({ type: 'output', id: 'echo', stream: 'stdout', text: 'fine\n' });
  });

  it(`leaves no process of ${COMMANDS} commands that it had to kill`, {
    timeout: 120_000,
    tags: ['trust-39'],
  }, async ({ annotate }) => {
    const ids = Array.from({ length: COMMANDS }, (_, index) => `command-${index}`);
    for (const id of ids) start(id);
    await vi.waitFor(() => expect(ids.every(isUp)).toBe(true), 60_000);
    for (const id of ids) send({ type: 'stop', id });
    await vi.waitFor(() => expect(ids.flatMap(endOf)).toEqual(ids.map(() => 'stopped')), 60_000);
    await vi.waitFor(() => expect(survivors(ids)).toEqual([]), 10_000);
    await annotate(`${COMMANDS} commands with a child each, deaf to TERM, killed: 0 orphans`, 'figure');
  });
});

/** A zombie is dead: it waits only for somebody to read its exit code. */
function isAlive(name: string): boolean {
  const file = `/proc/${Number(readFileSync(join(directory, name), 'utf8'))}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, 'utf8'));
}
