import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RefusalCode, SshTarget } from './messages.ts';

/** How long a host may take to accept a connection. */
const CONNECT_SECONDS = 10;
/** How long an idle connection is kept for the next command: 14-32 ms instead of 0.4 s. */
const KEEP_SECONDS = 30;

/** The private directory of the connections: sockets of shared connections, and one known_hosts file for each pin. */
export interface SshDirectory {
  readonly path: string;
  /** Arguments of `ssh` for one remote command line, which comes last. */
  arguments(target: SshTarget, commandLine: string): string[];
  /** Arguments that close each shared connection opened so far. */
  closing(): string[][];
  remove(): void;
}

export function createSshDirectory(): SshDirectory {
  // Short, because the path of a socket may have no more than about 100 bytes.
  const directory = mkdtempSync(join(tmpdir(), 'gx-'));
  const pinned = new Map<string, string[]>();

  const options = (target: SshTarget): string[] => {
    // Everything that makes a connection is in its name: one opened for another pin or key is never reused.
    const name = createHash('sha256')
      .update(JSON.stringify([target.address, target.port, target.user, target.hostKey, target.identityFile]))
      .digest('hex')
      .slice(0, 16);
    const known = pinned.get(name);
    if (known !== undefined) return known;
    const [kind, key] = target.hostKey.split(' ');
    const knownHosts = join(directory, `${name}.pin`);
    writeFileSync(knownHosts, `${name} ${kind} ${key}\n`, { mode: 0o600 });
    const made = sshOptions(target, name, knownHosts, join(directory, name));
    pinned.set(name, made);
    return made;
  };

  return {
    path: directory,
    arguments: (target, commandLine) => [...options(target), '--', target.address, commandLine],
    closing: () => [...pinned.values()].map((made) => [...made, '-O', 'exit', '--', 'any']),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function sshOptions(target: SshTarget, alias: string, knownHosts: string, socket: string): string[] {
  const settings = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    UserKnownHostsFile: knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    // The pin is looked up by this name, whatever the address and port.
    HostKeyAlias: alias,
    CheckHostIP: 'no',
    // Otherwise ssh would add keys to the file that holds exactly one.
    UpdateHostKeys: 'no',
    VerifyHostKeyDNS: 'no',
    PreferredAuthentications: 'publickey',
    IdentitiesOnly: 'yes',
    IdentityAgent: 'none',
    IdentityFile: target.identityFile.replaceAll('%', '%%'),
    ControlMaster: 'auto',
    ControlPersist: String(KEEP_SECONDS),
    ControlPath: socket,
    ConnectTimeout: String(CONNECT_SECONDS),
    ServerAliveInterval: '5',
    ServerAliveCountMax: '3',
    ClearAllForwardings: 'yes',
    ForwardAgent: 'no',
    ForwardX11: 'no',
    PermitLocalCommand: 'no',
    EscapeChar: 'none',
    RequestTTY: 'no',
    // Without banners and notices, what ssh says on standard error is a reason.
    LogLevel: 'ERROR',
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  return ['-F', 'none', ...pairs, '-p', String(target.port), '-l', target.user];
}

/** Why ssh gave up before anything was run, from its own words. */
export function connectRefusal(said: string, target: SshTarget): { code: RefusalCode; message: string } {
  const where = `${target.address}:${target.port}`;
  if (/host key verification failed|host identification has changed|no .* host key is known/i.test(said)) {
    return {
      code: 'host-key-changed',
      message: `${where} shows another host key than the one pinned for it. Nothing was sent to it. Check the host before changing the pin.`,
    };
  }
  // The words of a host that is not yet known to be the right one: no control characters, and not many of them.
  const reason = (said.trim().split('\n').at(-1) ?? '').replace(/\p{Cc}/gu, '').slice(0, 300);
  const because = reason === '' ? '' : ` (${reason})`;
  if (/permission denied|no such identity|load key|too many authentication failures/i.test(said)) {
    return {
      code: 'login-refused',
      message: `${where} does not let ${target.user} in with this key. Nothing was run.${because}`,
    };
  }
  return { code: 'unreachable', message: `${where} cannot be reached. Nothing was run.${because}` };
}
