import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { requireComponent } from './components.ts';

export interface Sshd {
  readonly port: number;
  /** `ssh-ed25519 AAAA…`, as it is pinned. */
  readonly hostKey: string;
  readonly identityFile: string;
  /** A key that is not let in. */
  readonly strangerIdentityFile: string;
  readonly user: string;
  stop(): Promise<void>;
}

/**
 * A real sshd on loopback with fresh keys, which lets in the user who runs the tests. Sessions get an empty home
 * directory, so that the login files of this machine (which may take longer than a test) have no say.
 */
export async function startSshd(): Promise<Sshd> {
  const program = requireComponent('sshd');
  if (program === null) throw new Error('sshd is not installed');
  // Its privilege separation wants this directory, which is made at boot where sshd is a service.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  const directory = mkdtempSync(join(tmpdir(), 'genesis-sshd-'));
  const key = (name: string): string => {
    const file = join(directory, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', file]);
    return file;
  };
  const hostKeyFile = key('host');
  const identityFile = key('identity');
  const strangerIdentityFile = key('stranger');
  const port = await freePort();
  const config = join(directory, 'sshd_config');
  writeFileSync(
    config,
    `Port ${port}
ListenAddress 127.0.0.1
HostKey ${hostKeyFile}
PidFile none
AuthorizedKeysFile ${identityFile}.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
MaxStartups 100
SetEnv HOME=${directory}
`,
  );
  // The full path: sshd runs itself again for each connection.
  const child = spawn(program, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const listening = Promise.withResolvers<void>();
  const exited = Promise.withResolvers<void>();
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-10_000);
    if (log.includes('Server listening on')) listening.resolve();
  });
  child.once('error', listening.reject);
  child.once('exit', () => {
    listening.reject(new Error(`sshd ended: ${log}`));
    exited.resolve();
  });
  await listening.promise;
  return {
    port,
    hostKey: readFileSync(`${hostKeyFile}.pub`, 'utf8').trim().split(' ').slice(0, 2).join(' '),
    identityFile,
    strangerIdentityFile,
    user: userInfo().username,
    async stop() {
      child.kill('SIGTERM');
      await exited.promise;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
