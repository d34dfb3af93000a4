import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Runner } from '../../src/adapters/runner/runner.ts';
import { startRunner } from '../../src/adapters/runner/runner.ts';
import type { OutputChunk, RunRequest, Target } from '../../src/engine/runnerPort.ts';

const SECRET = 'xoxp-canary-0123456789';
const STUBBORN = `trap '' TERM; (trap '' TERM; echo $$ >leader; sh -c 'echo $PPID >grandchild; exec sleep 1000'; sleep 1000) & wait; sleep 1000`;

let directory: string;
let environment = '';
let runner: Runner;
let counter = 0;
const complaints: string[] = [];

const here = (): Target => ({ kind: 'local', host: 'bot', directory });
const request = (more: Partial<RunRequest> & Pick<RunRequest, 'argv'>): RunRequest => {
  counter += 1;
  return {
    id: `command-${counter}`,
    target: here(),
    timeoutMs: 20_000,
    notAfter: Date.now() + 60_000,
    ...more,
  };
};
const sh = (script: string, more: Partial<RunRequest> = {}) =>
  request({ argv: ['sh', '-c', script], ...more });
const quiet = { onOutput: () => undefined };

beforeAll(async () => {
  environment = mkdtempSync(join(tmpdir(), 'genesis-runner-env-'));
  const file = join(environment, 'executor.env');
  writeFileSync(file, `DEPLOY_TOKEN="${SECRET}"\nOTHER_TOKEN=another-canary-42\nSHORT=abc\n`);
  vi.stubEnv('SLACK_BOT_TOKEN', 'xoxb-must-not-be-seen');
  runner = await startRunner({
    environmentFile: file,
    graceMs: 300,
    outputCap: 100_000,
    log: (line) => complaints.push(line),
  });
});
afterAll(async () => {
  await runner.close();
  vi.unstubAllEnvs();
  rmSync(environment, { recursive: true, force: true });
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'genesis-runner-'));
  return () => rmSync(directory, { recursive: true, force: true });
});

describe('a command on the own host', () => {
  it('tells its output while it runs, and its exit code', async () => {
    const chunks: OutputChunk[] = [];
    const go = join(directory, 'go');
    const ending = runner.run(
      sh(`echo first; echo trouble >&2; while [ ! -e go ]; do sleep 0.05; done; echo last; exit 3`),
      { onOutput: (chunk) => chunks.push(chunk) },
    );
    await vi.waitFor(() => expect(chunks.map((chunk) => chunk.text)).toContain('first\n'), 10_000);
    writeFileSync(go, '');
    const outcome = await ending;
    expect(outcome).toMatchObject({ kind: 'exited', code: 3, truncatedBytes: 0 });
    expect(chunks).toContainEqual({ stream: 'stderr', text: 'trouble\n' });
    expect(outcome.kind === 'exited' && outcome.output.split('\n').sort()).toEqual(
      ['', 'first', 'last', 'trouble'].sort(),
    );
  });

  it('reads its input, and says what killed it as shells do', async () => {
    expect(await runner.run(request({ argv: ['cat'], stdin: 'line — é\n' }), quiet)).toMatchObject({
      kind: 'exited',
      code: 0,
      output: 'line — é\n',
    });
    expect(await runner.run(sh('kill -9 $$'), quiet)).toMatchObject({ kind: 'exited', code: 137 });
  });

  it('sees nothing of the environment but what is declared', async () => {
    mkdirSync(join(directory, 'bin'));
    const outcome = await runner.run(
      request({
        argv: ['env'],
        target: { kind: 'local', host: 'bot', directory, path: ['bin'] },
        env: { REGION: 'eu-1' },
        secrets: ['SHORT'],
      }),
      quiet,
    );
    const lines = outcome.kind === 'exited' ? outcome.output.trim().split('\n') : [];
    expect(lines.map((line) => line.split('=')[0]).sort()).toEqual([
      'HOME',
      'LANG',
      'PATH',
      'REGION',
      'SHORT',
    ]);
    expect(lines).toContain('SHORT=abc');
    expect(lines.find((line) => line.startsWith('PATH='))).toContain(`PATH=${join(directory, 'bin')}:`);
  });

  it('finds its own program first where the host says so', async () => {
    mkdirSync(join(directory, 'bin'));
    writeFileSync(join(directory, 'bin', 'systemctl'), '#!/bin/sh\necho "stand-in $*"\n', { mode: 0o755 });
    const target: Target = { kind: 'local', host: 'bot', directory, path: [join(directory, 'bin')] };
    const outcome = await runner.run(request({ argv: ['systemctl', 'restart', 'x'], target }), quiet);
    expect(outcome).toMatchObject({ kind: 'exited', output: 'stand-in restart x\n' });
  });

  it('gets arguments and input byte for byte', async () => {
    const hostile = [
      "it's",
      '"double"',
      '$(touch canary)',
      '`touch canary`',
      '; touch canary',
      'two\nlines\n',
      '-oProxyCommand=touch canary',
      '--flag',
      '',
      '\\',
      '*',
      '~root',
      'naïve 日本語 🚒',
      '\u2028\u2029',
      'x'.repeat(10_000),
    ];
    writeFileSync(join(directory, 'record'), `#!/bin/sh\nfor a; do printf '%s\\0' "$a"; done >arguments\n`, {
      mode: 0o755,
    });
    await runner.run(request({ argv: ['./record', ...hostile] }), quiet);
    expect(readFileSync(join(directory, 'arguments'), 'utf8')).toBe(
      hostile.map((part) => `${part}\0`).join(''),
    );
    expect(readdirSync(directory).sort()).toEqual(['arguments', 'record']);
  });

  it('is not held up by a daemon that it leaves behind', async () => {
    const outcome = await runner.run(sh('sleep 1000 & echo $! >daemon; echo started'), quiet);
    const daemon = Number(readFileSync(join(directory, 'daemon'), 'utf8'));
    expect(outcome).toMatchObject({ kind: 'exited', code: 0, output: 'started\n' });
    expect(isAlive(daemon)).toBe(true);
    process.kill(daemon, 'SIGKILL');
  });

  it('is cut at the output limit, which is said, and still runs to its end', async () => {
    const outcome = await runner.run(sh('yes 123456789 | head -c 250000; echo done >finished'), quiet);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0, truncatedBytes: 150_000 });
    expect(outcome.kind === 'exited' && outcome.output).toMatch(
      /\[output cut: 150000 more bytes were not kept\]\n$/,
    );
    expect(existsSync(join(directory, 'finished'))).toBe(true);
  });
});

describe('a command that does not end', { tags: ['trust-39'] }, () => {
  it('is ended at its limit with all its descendants, even those that ignore TERM', async () => {
    const outcome = await runner.run(sh(STUBBORN, { timeoutMs: 700 }), quiet);
    expect(outcome).toMatchObject({ kind: 'timed-out' });
    expect(pid('grandchild')).toBeGreaterThan(1);
    await vi.waitFor(() =>
      expect([isAlive(pid('leader')), isAlive(pid('grandchild'))]).toEqual([false, false]),
    );
  });

  it('keeps what it has said until then', async () => {
    const outcome = await runner.run(
      sh('echo half; printf unfinished; sleep 1000', { timeoutMs: 500 }),
      quiet,
    );
    expect(outcome).toMatchObject({ kind: 'timed-out', output: 'half\nunfinished' });
  });

  it('is stopped by its id', async () => {
    const command = sh(STUBBORN);
    const ending = runner.run(command, quiet);
    await vi.waitFor(() => expect(existsSync(join(directory, 'grandchild'))).toBe(true), 10_000);
    runner.stop(command.id);
    expect(await ending).toMatchObject({ kind: 'stopped' });
    await vi.waitFor(() => expect(isAlive(pid('grandchild'))).toBe(false));
  });

  it('is stopped by a signal', async () => {
    const abort = new AbortController();
    const ending = runner.run(sh('echo up; sleep 1000'), { onOutput: () => abort.abort() }, abort.signal);
    expect(await ending).toMatchObject({ kind: 'stopped', output: 'up\n' });
    expect(await runner.run(sh('touch ran'), quiet, abort.signal)).toMatchObject({
      kind: 'refused',
      code: 'stopped',
    });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });
});

describe('a command that is refused', () => {
  it.each<[string, () => RunRequest, string]>([
    ['too late', () => sh('touch ran', { notAfter: Date.now() - 1 }), 'too-late'],
    ['a program that is not there', () => request({ argv: ['no-such-program-here'] }), 'no-program'],
    ['a program that may not be run', () => request({ argv: ['./plain'] }), 'no-program'],
    ['a directory that is not there', () => sh('touch ran', missingDirectory()), 'no-directory'],
    ['a NUL in an argument', () => request({ argv: ['touch', 'ran\0'] }), 'bad-request'],
    ['half of a surrogate pair', () => request({ argv: ['touch', 'ran', '\ud800'] }), 'bad-request'],
    ['a program that looks like an option', () => request({ argv: ['-c', 'touch ran'] }), 'bad-request'],
    ['no program', () => request({ argv: [] }), 'bad-request'],
    ['a secret that the executor has not', () => sh('touch ran', { secrets: ['NO_SUCH'] }), 'unknown-secret'],
    ['an environment that is none', () => sh('touch ran', { env: { 'A=B': 'c' } }), 'bad-request'],
    ['one of a drill', () => sh('touch ran', { drill: true }), 'drill'],
  ])('%s', async (_, make, code) => {
    writeFileSync(join(directory, 'plain'), 'no program', { mode: 0o644 });
    expect(await runner.run(make(), quiet)).toMatchObject({ kind: 'refused', code });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  it('a file of a drill, to be read or written', async () => {
    const file = {
      id: 'file-of-a-drill',
      target: here(),
      file: 'ran',
      timeoutMs: 5_000,
      drill: true,
    } as const;
    const soon = { notAfter: Date.now() + 60_000 };
    expect(await runner.read({ ...file, ...soon })).toMatchObject({ kind: 'refused', code: 'drill' });
    const written = await runner.write({ ...file, ...soon, content: 'x' });
    expect(written).toMatchObject({ kind: 'refused', code: 'drill' });
    expect(existsSync(join(directory, 'ran'))).toBe(false);
  });

  it('a second one of the same id', async () => {
    const abort = new AbortController();
    const command = sh('sleep 1000');
    const first = runner.run(command, quiet, abort.signal);
    expect(await runner.run(command, quiet)).toMatchObject({ kind: 'refused', code: 'already-running' });
    abort.abort();
    expect(await first).toMatchObject({ kind: 'stopped' });
  });
});

describe('secrets', { tags: ['trust-36'] }, () => {
  it('reach the command that declares them, and never come back', async () => {
    const script = `
      [ "$DEPLOY_TOKEN" = ${SECRET} ] && echo known
      echo "plain $DEPLOY_TOKEN end"
      printf '%s' "$DEPLOY_TOKEN" | base64
      printf 'user:%s' "$DEPLOY_TOKEN" | base64
      printf 'ab%s!' "$DEPLOY_TOKEN" | base64
      echo "trouble $DEPLOY_TOKEN" >&2`;
    const outcome = await runner.run(sh(script, { secrets: ['DEPLOY_TOKEN'] }), quiet);
    const output = outcome.kind === 'exited' ? outcome.output : '';
    expect(output).toContain('known\nplain [redacted] end\n');
    expect(output).toContain('trouble [redacted]');
    expect(output).not.toContain('canary');
    expect(output.match(/\[redacted\]/g)).toHaveLength(5);
  });

  it('stay hidden when they are written in pieces, and when they come from elsewhere', async () => {
    writeFileSync(join(directory, 'leak'), `${'x'.repeat(40_000)}${SECRET}${'y'.repeat(40_000)}`);
    const pieces = [...SECRET].map((letter) => `printf '%s' '${letter}'; sleep 0.01`).join('; ');
    const outcome = await runner.run(sh(`${pieces}; echo; cat leak`), quiet);
    const output = outcome.kind === 'exited' ? outcome.output : '';
    expect(output).toBe(`[redacted]\n${'x'.repeat(40_000)}[redacted]${'y'.repeat(40_000)}`);
  });

  it('are known to the bot by name alone', () => {
    expect(runner.secretNames).toEqual(['DEPLOY_TOKEN', 'OTHER_TOKEN', 'SHORT']);
    expect(JSON.stringify(complaints)).not.toContain('canary');
  });
});

describe('a file', () => {
  const file = (name: string, content: string | null, more: Partial<RunRequest> = {}) => ({
    ...request({ argv: [] }),
    file: name,
    content,
    ...more,
  });

  it('is replaced whole, keeps its mode, and the previous content puts it back', async () => {
    mkdirSync(join(directory, 'config'));
    const path = join(directory, 'config', 'fallback.yaml');
    const before = '\ufeffprovider: first\r\n# naïve 日本語 \u2028\n\n';
    writeFileSync(path, before);
    chmodSync(path, 0o640);
    const after = "provider: second\n$(touch canary) 'quotes'\nno newline at the end";
    const written = await runner.write(file('config/fallback.yaml', after));
    expect(written).toMatchObject({ kind: 'written', previous: before });
    expect(readFileSync(path, 'utf8')).toBe(after);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(await runner.read(file('config/fallback.yaml', null))).toMatchObject({
      kind: 'read',
      content: after,
    });
    await runner.write(file('config/fallback.yaml', before));
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(readdirSync(join(directory, 'config'))).toEqual(['fallback.yaml']);
  });

  it('is put back only while it holds what was written; somebody else’s content stays', async ({
    annotate,
  }) => {
    const path = join(directory, 'undo.yaml');
    const digest = createHash('sha256').update('ours\n').digest('hex');
    const back = (content: string | null) => runner.write({ ...file('undo.yaml', content), expects: digest });
    writeFileSync(path, 'theirs\n');
    for (const content of ['before\n', null]) {
      const refused = await back(content);
      expect(refused).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
      expect(refused).toMatchObject({ message: expect.stringMatching(/somebody changed it meanwhile/) });
      expect(readFileSync(path, 'utf8')).toBe('theirs\n');
    }
    writeFileSync(path, 'ours\n');
    expect(await back('before\n')).toMatchObject({ kind: 'written', previous: 'ours\n' });
    const { ino } = statSync(path);
    // Asked again after an outcome that nobody knew, there is nothing left to do.
    expect(await back('before\n')).toMatchObject({ kind: 'written', previous: 'before\n' });
    expect(statSync(path).ino).toBe(ino);
    rmSync(path);
    expect(await back('before\n')).toMatchObject({ kind: 'refused', code: 'changed-meanwhile' });
    expect(await back(null)).toMatchObject({ kind: 'written', previous: null });
    expect(existsSync(path)).toBe(false);
    await annotate('3 contents of somebody else, 0 lost', 'figure');
  });

  it('that was not there is made, and removed by the undo', async () => {
    expect(await runner.read(file('flags.json', null))).toMatchObject({ kind: 'read', content: null });
    expect(await runner.write(file('flags.json', '{}'))).toMatchObject({ kind: 'written', previous: null });
    expect(await runner.write(file('flags.json', null))).toMatchObject({ kind: 'written', previous: '{}' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that is a link within the directory is replaced where the link leads', async () => {
    writeFileSync(join(directory, 'v1.yaml'), 'one');
    symlinkSync('v1.yaml', join(directory, 'current.yaml'));
    expect(await runner.write(file('current.yaml', 'two'))).toMatchObject({
      kind: 'written',
      previous: 'one',
    });
    expect(readFileSync(join(directory, 'v1.yaml'), 'utf8')).toBe('two');
  });

  it('stays as it is where writing would be wrong', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'genesis-outside-'));
    writeFileSync(join(outside, 'target'), 'outside');
    symlinkSync(join(outside, 'target'), join(directory, 'link'));
    symlinkSync(outside, join(directory, 'linked'));
    mkdirSync(join(directory, 'folder'));
    writeFileSync(join(directory, 'binary'), Buffer.from([0x66, 0xff, 0xfe]));
    writeFileSync(join(directory, 'token.yaml'), `token: ${SECRET}\n`);
    writeFileSync(join(directory, 'large'), 'x'.repeat(256 * 1024 + 1));
    const codeOf = async (name: string, content: string | null = 'new') => {
      const outcome = await runner.write(file(name, content));
      return outcome.kind === 'refused' ? outcome.code : outcome.kind;
    };
    expect(await codeOf('link')).toBe('file-outside');
    expect(await codeOf('linked/target')).toBe('file-outside');
    expect(await codeOf('folder')).toBe('not-a-file');
    expect(await codeOf('missing/file')).toBe('no-directory');
    expect(await codeOf('binary')).toBe('not-text');
    expect(await codeOf('token.yaml')).toBe('holds-secret');
    expect(await codeOf('large')).toBe('too-large');
    expect(await codeOf('../up')).toBe('bad-request');
    expect(await codeOf(join(outside, 'target'))).toBe('bad-request');
    expect(await codeOf('-rf')).toBe('bad-request');
    expect(await codeOf('big', 'x'.repeat(256 * 1024 + 1))).toBe('bad-request');
    expect(readFileSync(join(outside, 'target'), 'utf8')).toBe('outside');
    expect(await runner.write(file('late', 'x', { notAfter: Date.now() - 1 }))).toMatchObject({
      code: 'too-late',
    });
    rmSync(outside, { recursive: true });
  });

  it('of the largest size goes through', async () => {
    const large = 'ab\n'.repeat(80_000);
    await runner.write(file('large', large));
    expect(await runner.read(file('large', null))).toMatchObject({ kind: 'read', content: large });
  });
});

describe('the executor', () => {
  it('when killed leaves the outcome unknown, no process behind, and is started again', async () => {
    const own = await startRunner({ log: () => undefined });
    try {
      let heard = '';
      const onOutput = ({ text }: OutputChunk) => {
        heard += text;
      };
      const ending = own.run(sh('echo $$ >leader; echo seen; exec sleep 1000'), { onOutput });
      await vi.waitFor(() => expect(heard).toBe('seen\n'), 10_000);
      const before = own.executorPid();
      process.kill(before ?? 0, 'SIGKILL');
      expect(await ending).toMatchObject({ kind: 'unknown', output: 'seen\n' });
      await vi.waitFor(() => expect(isAlive(pid('leader'))).toBe(false));
      expect(await own.run(sh('echo again'), quiet)).toMatchObject({ kind: 'exited', output: 'again\n' });
      expect(own.executorPid()).not.toBe(before);
    } finally {
      await own.close();
    }
  });

  it('ends with the runner, after it has stopped what runs', async () => {
    const own = await startRunner({ graceMs: 200 });
    const executor = own.executorPid() ?? 0;
    const ending = own.run(sh(STUBBORN), quiet);
    await vi.waitFor(() => expect(existsSync(join(directory, 'grandchild'))).toBe(true), 10_000);
    await own.close();
    expect(await ending).toMatchObject({ kind: 'stopped' });
    expect([isAlive(executor), isAlive(pid('grandchild'))]).toEqual([false, false]);
    expect(await own.run(sh('true'), quiet)).toMatchObject({ kind: 'refused', code: 'closing' });
  });

  it('says why it cannot work', async () => {
    const file = join(directory, 'missing.env');
    await expect(startRunner({ environmentFile: file })).rejects.toThrow(`EXECUTOR_ENV (${file})`);
  });
});

function pid(name: string): number {
  return Number(readFileSync(join(directory, name), 'utf8'));
}

function missingDirectory(): Partial<RunRequest> {
  return { target: { kind: 'local', host: 'bot', directory: join(directory, 'missing') } };
}

/** A zombie is dead: it waits only for somebody to read its exit code. */
function isAlive(process: number): boolean {
  const file = `/proc/${process}/stat`;
  return existsSync(file) && !/\) Z /.test(readFileSync(file, 'utf8'));
}
