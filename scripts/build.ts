import { spawnSync } from 'node:child_process';
import { chmod, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * What is published: JavaScript, because Node strips types nowhere under node_modules, and the sandbox's page ready
 * made, so that the tools that make it need not come along.
 */
const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** What a tool has to say goes to the person who builds; the first that fails ends it. */
function run(program: string, ...args: readonly string[]): void {
  const env = { ...process.env, NODE_ENV: 'production' };
  const { status } = spawnSync(program, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(1);
}

// Beside the old one until it is whole: what runs from there goes on running.
const unfinished = `${dist}.${process.pid}`;
run(join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.build.json', '--outDir', unfinished);
run(process.execPath, 'src/sandbox/page/buildPage.ts', join(unfinished, 'sandbox/page/ready'));
await chmod(join(unfinished, 'main.js'), 0o755);
await rm(dist, { recursive: true, force: true });
await rename(unfinished, dist);
