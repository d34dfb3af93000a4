import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Runner } from '../../src/adapters/runner/runner.ts';
import { startRunner } from '../../src/adapters/runner/runner.ts';
import type { RunRequest, Target } from '../../src/engine/runnerPort.ts';
import { requireComponent } from '../fakes/components.ts';
import type { Sshd } from '../fakes/sshd.ts';
import { startSshd } from '../fakes/sshd.ts';

const SECRET = "it's a $(canary) secret";
const RUNS = Number(process.env.SOAK ? 10_000 : 200);

describe.skipIf(requireComponent('sshd') === null)('a command on another host', () => {
  let sshd: Sshd;
  let runner: Runner;
  let directory: string;
  let environment = '';
  let counter = 0;
  const quiet = { onOutput: () => undefined };

  type Ssh = Extract<Target, { kind: 'ssh' }>;
  const there = (more: Partial<Ssh> = {}): Ssh => ({
    kind: 'ssh',
    host: 'genesis',
    address: '127.0.0.1',
    port: sshd.port,
    user: sshd.user,
    hostKey: sshd.hostKey,
    identityFile: sshd.identityFile,
    directory,
    ...more,
  });
  const request = (argv: readonly string[], more: Partial<RunRequest> = {}): RunRequest => {
    counter += 1;
    const times = { timeoutMs: 20_000, notAfter: Date.now() + 60_000 };
    return { id: `remote-${counter}`, target: there(), argv, ...times, ...more };
  };
  const sh = (script: string, more: Partial<RunRequest> = {}) => request(['sh', '-c', script], more);
  const content = (name: string) => readFileSync(join(directory, name), 'utf8');

  beforeAll(async () => {
    sshd = await startSshd();
    environment = mkdtempSync(join(tmpdir(), 'genesis-ssh-env-'));
    const file = join(environment, 'executor.env');
    writeFileSync(file, `DEPLOY_TOKEN="${SECRET}"\nKEY_FILE="first line\nsecond line"\n`);
    runner = await startRunner({ environmentFile: file, graceMs: 1_000 });
  });
  afterAll(async () => {
    await runner?.close();
    await sshd?.stop();
    rmSync(environment, { recursive: true, force: true });
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "genesis ssh's "));
    return () => rmSync(directory, { recursive: true, force: true });
  });

  it('runs in its directory and tells output, errors and exit code', async () => {
    const outcome = await runner.run(sh('pwd; echo trouble >&2; cat; exit 7', { stdin: 'input — é' }), quiet);
    expect(outcome).toMatchObject({ kind: 'exited', code: 7, truncatedBytes: 0 });
    const output = outcome.kind === 'exited' ? outcome.output : '';
    expect(output).toContain(`${directory}\n`);
    expect(output).toContain('trouble\n');
    expect(output).toContain('input — é');
    expect(output).not.toContain('\u001e');
  });

  it('runs beside many others, more than one connection carries', async () => {
    const own = await startRunner();
    try {
      const numbers = Array.from({ length: 15 }, (_, index) => `${index}\n`);
      const outcomes = await Promise.all(
        numbers.map((stdin) => own.run(sh('sleep 0.5; cat', { stdin }), quiet)),
      );
      expect(outcomes).toEqual(
        numbers.map((output) => expect.objectContaining({ kind: 'exited', code: 0, output })),
      );
    } finally {
      await own.close();
    }
  });

  it("gives the program's own 255 and 124 as they are", async () => {
    expect(await runner.run(sh('exit 255'), quiet)).toMatchObject({ kind: 'exited', code: 255 });
    expect(await runner.run(sh('exit 124'), quiet)).toMatchObject({ kind: 'exited', code: 124 });
    expect(await runner.run(sh('kill -9 $$'), quiet)).toMatchObject({ kind: 'exited', code: 137 });
  });

  it('sees only the declared environment, with its own programs first', async () => {
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'systemctl'), '#!/bin/sh\nenv\necho "stand-in $*"\n', { mode: 0o755 });
    const outcome = await runner.run(
      request(['systemctl', 'restart'], { target: there({ path: [bin] }), env: { REGION: "eu'1 $(id)" } }),
      quiet,
    );
    const lines = outcome.kind === 'exited' ? outcome.output.trim().split('\n') : [];
    expect(lines).toContain("REGION=eu'1 $(id)");
    expect(lines).toContain('stand-in restart');
    const names = lines.slice(0, -1).map((line) => line.split('=')[0]);
    // PWD, OLDPWD and the like are the shell's own.
    expect(names.filter((name) => /SSH|MAIL|SHELL|TOKEN/.test(name ?? ''))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['HOME', 'LANG', 'PATH']));
  });

  it('gets its secrets without showing them in a list of processes, and they do not come back', async () => {
    const script =
      'printf %s "$DEPLOY_TOKEN" >seen; echo "is $DEPLOY_TOKEN"; cat /proc/[0-9]*/cmdline >all 2>/dev/null; cat';
    const outcome = await runner.run(sh(script, { secrets: ['DEPLOY_TOKEN'], stdin: 'rest' }), quiet);
    expect(outcome).toMatchObject({ kind: 'exited', output: 'is [redacted]\nrest' });
    expect(content('seen')).toBe(SECRET);
    expect(content('all')).not.toContain('(canary)');
    const several = await runner.run(sh('true', { secrets: ['KEY_FILE'] }), quiet);
    expect(several).toMatchObject({ kind: 'refused', code: 'bad-request' });
  });

  it('gets arguments byte for byte, whatever is in them', { timeout: 600_000, tags: ['trust-32'] }, async ({
    annotate,
  }) => {
    // Arguments go from the directory's own script into a file, and nothing else may appear beside it.
    const record = '#!/bin/sh\nfor a; do printf "%s\\0" "$a"; done >arguments\n';
    writeFileSync(join(directory, 'record'), record, { mode: 0o755 });
    const hostile = fc.constantFrom(
      "'",
      "'\\''",
      '"',
      '$(touch canary)',
      '`touch canary`',
      ';touch canary;',
      '&& touch canary',
      '\n',
      '\r\n',
      '-oProxyCommand=touch canary',
      '--',
      '-',
      '\\',
      '!!',
      '*',
      '{a,b}',
      '~',
      '$HOME',
      '#',
      '日本語',
      '🚒',
      '\u2028',
      '\u001e',
      '\u007f',
      'A=b',
    );
    const argument = fc
      .array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
      .map((parts) => parts.join('').replaceAll('\0', '').toWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { maxLength: 5 }), async (args) => {
        const outcome = await runner.run(request(['./record', ...args]), quiet);
        expect(outcome).toMatchObject({ kind: 'exited', code: 0, output: '' });
        expect(content('arguments')).toBe(args.map((arg) => `${arg}\0`).join(''));
        expect(readdirSync(directory).sort()).toEqual(['arguments', 'record']);
      }),
      { numRuns: RUNS, examples: [[['x'.repeat(10_000), "'".repeat(5_000)]], [['', '']]] },
    );
    await annotate(
      `${RUNS} hostile argument vectors over SSH arrived byte for byte, 0 canary files`,
      'figure',
    );
  });

  it('is gone after its limit, with descendants that ignore TERM', async () => {
    const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$ >grandchild; while :; do sleep 1; done' & echo $$ >leader; wait; sleep 1000`;
    const outcome = await runner.run(sh(`echo up; ${script}`, { timeoutMs: 1_000 }), quiet);
    expect(outcome).toMatchObject({ kind: 'timed-out', output: 'up\n' });
    await vi.waitFor(
      () => expect([isAlive('leader'), isAlive('grandchild')]).toEqual([false, false]),
      10_000,
    );
  });

  it('of which only a descendant ignores TERM leaves none either', async () => {
    const script = `sh -c 'trap "" TERM; echo $$ >grandchild; while :; do sleep 1; done' & echo $$ >leader; exec sleep 1000`;
    expect(await runner.run(sh(script, { timeoutMs: 1_000 }), quiet)).toMatchObject({ kind: 'timed-out' });
    await vi.waitFor(
      () => expect([isAlive('leader'), isAlive('grandchild')]).toEqual([false, false]),
      10_000,
    );
  });

  it('is stopped on its host, not only here', async () => {
    const command = sh('echo $$ >leader; echo up; exec sleep 1000');
    const outcome = await runner.run(command, { onOutput: () => runner.stop(command.id) });
    expect(outcome).toMatchObject({ kind: 'stopped', output: 'up\n' });
    await vi.waitFor(() => expect(isAlive('leader')).toBe(false), 10_000);
  });

  it('is not held up by a daemon that it leaves behind', async () => {
    const outcome = await runner.run(sh('sleep 1000 & echo $! >daemon; echo started'), quiet);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0, output: 'started\n' });
    expect(isAlive('daemon')).toBe(true);
    process.kill(Number(content('daemon')), 'SIGKILL');
  });

  it('is unknown when the connection breaks while it runs', async () => {
    const command = sh('echo $$ >leader; echo up; exec sleep 1000', { timeoutMs: 3_000 });
    const outcome = await runner.run(command, {
      onOutput: () => {
        const pid = shellParents(Number(content('leader')));
        process.kill(pid, 'SIGKILL');
      },
    });
    expect(outcome).toMatchObject({ kind: 'unknown', output: 'up\n' });
    // Its limit is kept over there, however the connection ends.
    await vi.waitFor(() => expect(isAlive('leader')).toBe(false), 15_000);
  });

  it('is refused where the host shows another key than the pinned one', async () => {
    const other = await startSshd();
    try {
      const target = there({ port: other.port, identityFile: other.identityFile });
      const outcome = await runner.run(sh('touch ran', { target }), quiet);
      expect(outcome).toMatchObject({ kind: 'refused', code: 'host-key-changed' });
      expect(existsSync(join(directory, 'ran'))).toBe(false);
    } finally {
      await other.stop();
    }
  });

  it('is refused, with the reason, where it could not begin', async () => {
    const codeOf = async (target: Partial<Ssh>, argv = ['touch', 'ran'], more: Partial<RunRequest> = {}) => {
      const outcome = await runner.run(request(argv, { target: there(target), ...more }), quiet);
      return outcome.kind === 'refused' ? outcome.code : outcome.kind;
    };
    expect(await codeOf({ port: await closedPort() })).toBe('unreachable');
    expect(await codeOf({ identityFile: sshd.strangerIdentityFile })).toBe('login-refused');
    expect(await codeOf({ directory: join(directory, 'missing') })).toBe('no-directory');
    expect(await codeOf({}, ['no-such-program-here'])).toBe('no-program');
    expect(await codeOf({}, ['touch', 'ran'], { notAfter: Date.now() - 1 })).toBe('too-late');
    expect(await codeOf({}, ['touch', 'ran\0'])).toBe('bad-request');
    expect(await codeOf({ address: '-oProxyCommand=touch ran' })).toBe('bad-request');
    expect(await codeOf({ user: 'a b' })).toBe('bad-request');
    expect(await codeOf({ hostKey: 'ssh-ed25519 AAAA\n* ssh-ed25519 BBBB' })).toBe('bad-request');
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  it('is refused when the host answers only after the time by which it had to start', async () => {
    // Holds the connection back until the moment has passed, then hands it through to sshd.
    const notAfter = Date.now() + 1_500;
    const gate = await startGate(sshd.port, () => Date.now() > notAfter);
    try {
      const outcome = await runner.run(
        sh('touch ran', { target: there({ port: gate.port }), notAfter }),
        quiet,
      );
      expect(outcome).toMatchObject({ kind: 'refused', code: 'too-late' });
      expect(existsSync(join(directory, 'ran'))).toBe(false);
    } finally {
      gate.stop();
    }
  });

  it('replaces a file whole and gives the previous content for the undo', async () => {
    const file = (text: string | null) => ({ ...request([]), file: 'config.yaml', content: text });
    const after = "it's $(touch canary)\n日本語 no newline";
    expect(await runner.write(file('first\n'))).toMatchObject({ kind: 'written', previous: null });
    expect(await runner.write(file(after))).toMatchObject({ kind: 'written', previous: 'first\n' });
    expect(content('config.yaml')).toBe(after);
    expect(await runner.read(file(null))).toMatchObject({ kind: 'read', content: after });
    expect(await runner.write(file(null))).toMatchObject({ kind: 'written', previous: after });
    expect(readdirSync(directory)).toEqual([]);
    const large = 'ab\n'.repeat(80_000);
    expect(await runner.write(file(large))).toMatchObject({ kind: 'written' });
    expect(content('config.yaml')).toBe(large);
  });

  /** A zombie is dead: it waits only for somebody to read its exit code. */
  function isAlive(name: string): boolean {
    const file = `/proc/${Number(content(name))}/stat`;
    return existsSync(file) && !/\) Z /.test(readFileSync(file, 'utf8'));
  }
});

/** The sshd process of the session that a remote process belongs to: its nearest ancestor of that name. */
function shellParents(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  if (/^Name:\s+sshd/m.test(status)) return pid;
  return shellParents(Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]));
}

async function closedPort(): Promise<number> {
  const gate = await startGate(1, () => false);
  gate.stop();
  return gate.port;
}

async function startGate(to: number, isOpen: () => boolean): Promise<{ port: number; stop(): void }> {
  const { connect } = await import('node:net');
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => {
    const timer = setInterval(() => {
      if (!isOpen()) return;
      clearInterval(timer);
      const onward = connect(to, '127.0.0.1');
      sockets.push(onward);
      onward.on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    }, 20);
    sockets.push(socket, { destroy: () => clearInterval(timer) });
    socket.on('error', () => socket.destroy());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
