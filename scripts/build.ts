import { spawnSync } from 'node:child_process';
import { chmod, rm } from 'node:fs/promises';
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

await rm(dist, { recursive: true, force: true });
run(join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.build.json');
run(process.execPath, 'src/sandbox/page/buildPage.ts', join(dist, 'sandbox/page/ready'));
await chmod(join(dist, 'main.js'), 0o755);
