import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FIRST_LOGS, RELEASES, type Release } from './checkoutFiles.ts';

const run = promisify(execFile);

/**
 * Makes the patient's repository under `directory`: `origin.git` with the branches `main` (the current release) and
 * `deployment-stable` (the one before) and a tag for each, and the checkout `genesis-rebuild` on main with `logs/`,
 * `state/` and a copy of the configuration in `config/backup/`, none of them in git. A checkout that is already there
 * is left as it is.
 * @returns the checkout's path
 * @throws Error when git is missing or fails
 */
export async function prepareCheckout(directory: string): Promise<string> {
  const checkout = join(directory, 'genesis-rebuild');
  if (existsSync(join(checkout, '.git'))) return checkout;
  const origin = join(directory, 'origin.git');
  await mkdir(checkout, { recursive: true });
  await git(directory, ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  await git(checkout, ['init', '--quiet', '--initial-branch=main']);
  await git(checkout, ['config', 'user.name', 'Genesis']);
  await git(checkout, ['config', 'user.email', 'genesis@localhost']);
  await git(checkout, ['remote', 'add', 'origin', origin]);
  const [stable, current] = RELEASES;
  await release(checkout, stable);
  await git(checkout, ['branch', 'deployment-stable']);
  await release(checkout, current);
  await git(checkout, ['push', '--quiet', '--set-upstream', 'origin', 'main']);
  await git(checkout, ['push', '--quiet', '--tags', 'origin', 'deployment-stable']);
  await git(checkout, [
    'branch',
    '--quiet',
    '--set-upstream-to=origin/deployment-stable',
    'deployment-stable',
  ]);
  await mkdir(join(checkout, 'logs'));
  for (const [name, text] of Object.entries(FIRST_LOGS)) await writeFile(join(checkout, 'logs', name), text);
  await mkdir(join(checkout, 'state'));
  await writeFile(join(checkout, 'state', 'queue.json'), '{"pending": []}\n');
  await mkdir(join(checkout, 'config', 'backup'));
  await copyFile(
    join(checkout, 'config', 'genesis.yaml'),
    join(checkout, 'config', 'backup', 'genesis.yaml'),
  );
  return checkout;
}

/**
 * Brings a checkout back to the current release on main: what was changed or added since is gone, `logs/genesis.log`
 * too. What git ignores otherwise stays.
 * @throws Error when git fails
 */
export async function restoreCheckout(checkout: string): Promise<void> {
  const [, current] = RELEASES;
  await git(checkout, ['checkout', '--quiet', '--force', '-B', 'main', current.version]);
  await git(checkout, ['branch', '--quiet', '--set-upstream-to=origin/main', 'main']);
  await git(checkout, ['clean', '--quiet', '--force', '-d']);
  await rm(join(checkout, 'logs', 'genesis.log'), { force: true });
}

async function release(checkout: string, { version, date, message, files }: Release): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(checkout, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
    if (name.endsWith('.sh')) await chmod(path, 0o755);
  }
  await git(checkout, ['add', '--all']);
  await git(checkout, ['commit', '--quiet', '--no-gpg-sign', '-m', message], date);
  await git(checkout, ['tag', version]);
}

/** The machine's own configuration of git must not change what the patient looks like. */
async function git(directory: string, args: readonly string[], date?: string): Promise<void> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    ...(date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }),
  };
  try {
    await run('git', [...args], { cwd: directory, env });
  } catch (cause) {
    throw new Error(`git ${args[0]} failed in the patient's checkout (is git installed?)`, { cause });
  }
}
