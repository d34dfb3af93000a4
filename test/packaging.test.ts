import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billOfMaterials } from '../scripts/billOfMaterials.ts';
import { readConfig } from '../src/config.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8');

let directory: string;
let installed: string;

/** Installs the package as npm would, from the tree's own copies of the dependencies: no registry is asked. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'genesis-package-'));
  installed = join(directory, 'node_modules/genesis-incident-bot');
  await run(process.execPath, ['scripts/build.ts'], { cwd: root });
  const environment = { ...process.env, npm_config_ignore_scripts: 'true' };
  const pack = await run('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: root,
    env: environment,
  });
  const [{ filename }] = JSON.parse(pack.stdout) as [{ filename: string }];
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', join(directory, filename), '-C', installed, '--strip-components', '1']);
  const list = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root });
  for (const path of list.stdout.split('\n').filter((line) => line.includes('node_modules'))) {
    const name = relative(root, path);
    if (name.split('node_modules').length > 2) continue;
    await cp(path, join(directory, name), { recursive: true });
  }
}, 120_000);

afterAll(() => rm(directory, { recursive: true, force: true }));

const genesis = (...args: string[]) => [join(installed, 'dist/main.js'), ...args];

describe('the published package', () => {
  it('holds what is run and read, and nothing else', async () => {
    const all = (await readdir(installed, { recursive: true })).filter((file) => /\.\w+$/.test(file));
    expect(await readdir(installed)).toContain('LICENSE');
    const tops = new Set(all.map((file) => file.split('/')[0]));
    expect([...tops].sort()).toEqual(
      [
        'CHANGELOG.md',
        'README.md',
        'deploy',
        'dist',
        'docs',
        'manifest.yml',
        'package.json',
        'playbooks',
      ].sort(),
    );
    expect(all.filter((file) => file.endsWith('.ts') || file.endsWith('.db'))).toEqual([]);
  });

  it('checks playbooks, and says what it lacks', async () => {
    const lint = await run(process.execPath, genesis('lint', join(installed, 'playbooks')), {
      cwd: directory,
    });
    expect(lint.stdout).toContain('no problems');
    const serve = run(process.execPath, genesis('serve'), {
      cwd: directory,
      env: { PATH: process.env.PATH },
    });
    await expect(serve).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('SLACK_BOT_TOKEN is required'),
    });
  });

  it('starts the sandbox with its page, without the tools that make the page', async () => {
    const sandbox = spawn(process.execPath, genesis('sandbox', '--port', '0', '--stand-in'), {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let url = '';
      for await (const line of createInterface({ input: sandbox.stdout })) {
        url = /Open (http\S+)/.exec(line)?.[1] ?? '';
        if (url !== '') break;
      }
      const page = await (await fetch(url)).text();
      expect(page).toContain('<script');
    } finally {
      const ended = once(sandbox, 'exit');
      sandbox.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
    }
  }, 90_000);
});

describe('what comes with it', () => {
  it('copies into the image only what is there, and sets only what the bot reads', async () => {
    const lines = (await read('Dockerfile')).split('\n');
    const copied = lines.flatMap((line) => {
      const [, from] = /^COPY (?!--from)(.+) \S+$/.exec(line) ?? [];
      return from === undefined ? [] : from.split(' ');
    });
    const inTree = await readdir(root);
    expect(copied.filter((name) => !inTree.includes(name))).toEqual([]);
    expect(lines).toContain('USER node');
    const set = [...(lines.find((line) => line.startsWith('ENV ')) ?? '').matchAll(/(\w+)=(\S+)/g)];
    const environment = Object.fromEntries(set.map(([, name, value]) => [name, value]));
    const enough = {
      SLACK_BOT_TOKEN: 'xoxb-token-of-the-image',
      SLACK_APP_TOKEN: 'xapp-token-of-the-image',
      ALERTMANAGER_TOKEN: 'a-token-of-some-length',
    };
    expect(readConfig({ ...enough, ...environment })).toMatchObject({
      kind: 'ok',
      config: { host: '0.0.0.0', port: 3000, playbooks: '/playbooks', database: '/data/genesis.db' },
    });
  });

  it('names in the unit only variables that the bot reads, and lets it end in its own time', async () => {
    const unit = await read('deploy/genesis.service');
    const guide = await read('docs/guide/install.md');
    for (const [, name] of unit.matchAll(/^Environment=(\w+)=/gm)) {
      if (name !== 'NODE_ENV') expect(guide).toContain(`\`${name}\``);
    }
    expect(Number(/TimeoutStopSec=(\d+)/.exec(unit)?.[1])).toBeGreaterThan(10);
  });

  it('has a bill of materials that names every dependency', { tags: ['trust-41'] }, async ({ annotate }) => {
    const bill = billOfMaterials(root);
    const named = new Set(bill.components.map(({ name }) => name));
    const { dependencies } = JSON.parse(await read('package.json')) as { dependencies: object };
    const missing = Object.keys(dependencies).filter((name) => !named.has(name.replace(/^@[^/]+\//, '')));
    expect(missing.filter((name) => !named.has(name))).toEqual([]);
    await annotate(`${bill.components.length} components listed`, 'figure');
  });
});
