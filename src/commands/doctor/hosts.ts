import { constants, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { canonicalJson } from '../../core/playbook/canonical.ts';
import type { Action, Host } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { RefusalCode, RunnerPort, RunOutcome } from '../../engine/runnerPort.ts';
import { type Finding, findingsOf, some, unique } from './finding.ts';
import { may } from './permission.ts';

type Local = Extract<Host, { kind: 'local' }>;
type Ssh = Extract<Host, { kind: 'ssh' }>;

/** A host with all that playbooks do on it. */
export type UsedHost = {
  readonly host: Host;
  readonly programs: readonly string[];
  /** Files that actions write, below its directory. */
  readonly writes: readonly string[];
};

const timeoutMs = 10_000;

export function hostsOf({ definitions }: Room): readonly UsedHost[] {
  const used = new Map<string, { host: Host; actions: Action[] }>();
  for (const { service } of Object.values(definitions)) {
    for (const action of Object.values(service.actions)) {
      const host = service.hosts[action.host];
      if (!host) continue;
      const key = canonicalJson(host);
      const entry = used.get(key) ?? { host, actions: [] };
      entry.actions.push(action);
      used.set(key, entry);
    }
  }
  return [...used.values()].map(({ host, actions }) => ({
    host,
    programs: unique(actions.flatMap(({ does }) => (does.kind === 'run' ? does.argv.slice(0, 1) : []))),
    writes: unique(actions.flatMap(({ does }) => (does.kind === 'write' ? [does.file] : []))),
  }));
}

export async function hostFindings(
  used: UsedHost,
  runner: Pick<RunnerPort, 'run'>,
): Promise<readonly Finding[]> {
  const { host } = used;
  return host.kind === 'local' ? localFindings(host, used) : sshFindings(host, used, runner);
}

function localFindings(host: Local, { programs, writes }: UsedHost): readonly Finding[] {
  const { ok, failed } = findingsOf(`host ${host.name}`);
  const { directory } = host;
  if (!isDirectory(directory))
    return [
      failed(
        `There is no directory ${directory}.`,
        `Correct directory under ${host.name} in hosts.yml, or: mkdir -p ${directory}`,
      ),
    ];
  const locked = unique(writes.map((file) => existing(dirname(join(directory, file))))).filter(
    (folder) => !may(folder, constants.W_OK | constants.X_OK),
  );
  const path = [...host.path, ...(process.env.PATH ?? '').split(delimiter)];
  const missing = programs.filter((program) => !isInstalled(program, directory, path));
  const findings: Finding[] = [];
  if (locked.length > 0)
    findings.push(
      failed(
        `Actions write below ${some(locked)}, which cannot be written to.`,
        'Let the user that Genesis runs as write there (ReadWritePaths= in the systemd unit).',
      ),
    );
  if (missing.length > 0) findings.push(missingFinding(host, missing));
  return findings.length > 0
    ? findings
    : [ok(`${directory} is there, and so are its ${programs.length} programs, on this machine.`)];
}

async function sshFindings(
  host: Ssh,
  { programs }: UsedHost,
  runner: Pick<RunnerPort, 'run'>,
): Promise<readonly Finding[]> {
  const { ok, warning, failed } = findingsOf(`host ${host.name}`);
  const key = keyFinding(host);
  if (key) return [key];
  const run = (argv: readonly string[]): Promise<RunOutcome> =>
    runner.run(
      {
        id: `doctor/${host.name}/${argv[0]}`,
        target: {
          kind: 'ssh',
          host: host.name,
          address: host.address,
          port: host.port,
          user: host.user,
          hostKey: host.hostKey,
          identityFile: host.identityFile,
          directory: host.directory,
          path: host.path,
        },
        argv,
        timeoutMs,
        notAfter: Date.now() + 2 * timeoutMs,
      },
      { onOutput: () => undefined },
    );
  const reached = await run(['true']);
  if (reached.kind === 'refused') return [failed(reached.message, fixOf(reached.code, host))];
  if (reached.kind !== 'exited' || reached.code !== 0)
    return [
      failed(`A command on ${host.address} did not end as it should.`, 'Try it there by hand: ssh … true.'),
    ];
  const here = ok(
    `${host.user}@${host.address}:${host.port} lets the bot in, shows the pinned key and has ${host.directory}.`,
  );
  if (programs.length === 0) return [here];
  const found = await run(['which', ...programs]);
  if (found.kind !== 'exited')
    return [here, warning('It was not looked whether its programs are there: it has no `which`.')];
  const lines = found.output.split('\n').map((line) => line.trim());
  const known = new Set(lines.flatMap((line) => [line, basename(line)]));
  const missing = programs.filter(
    (program) => !known.has(program.includes('/') ? program : basename(program)),
  );
  return [
    here,
    missing.length === 0 ? ok(`Its ${programs.length} programs are there.`) : missingFinding(host, missing),
  ];
}

const missingFinding = (host: Host, missing: readonly string[]): Finding =>
  findingsOf(`host ${host.name}`).failed(
    `Actions run what is not there: ${some(missing)}.`,
    `Install it on ${host.name}, or name its directory under path in hosts.yml.`,
  );

/** ssh itself takes no key that others may read; it says so less plainly. */
function keyFinding({ name, identityFile }: Ssh): Finding | null {
  const { failed } = findingsOf(`host ${name}`);
  const found = statSync(identityFile, { throwIfNoEntry: false });
  if (!found?.isFile())
    return failed(
      `There is no key file ${identityFile}.`,
      `Correct identity_file in hosts.yml, or: ssh-keygen -t ed25519 -N '' -f ${identityFile}`,
    );
  if (!may(identityFile, constants.R_OK))
    return failed(
      `The key file ${identityFile} cannot be read.`,
      `chown it to the user that Genesis runs as.`,
    );
  return (found.mode & 0o077) === 0
    ? null
    : failed(`The key file ${identityFile} can be read by others.`, `chmod 600 ${identityFile}`);
}

function fixOf(code: RefusalCode, host: Ssh): string {
  switch (code) {
    case 'host-key-changed':
      return `Compare \`ssh-keyscan -p ${host.port} ${host.address}\` with /etc/ssh/ssh_host_ed25519_key.pub on the host itself before you change host_key in hosts.yml.`;
    case 'login-refused':
      return `Add the public key to ~${host.user}/.ssh/authorized_keys on ${host.address}: ssh-keygen -y -f ${host.identityFile}`;
    case 'no-directory':
      return `Correct directory under ${host.name} in hosts.yml, or make it on ${host.address}.`;
    case 'no-timeout-program':
      return `Install GNU coreutils on ${host.address}.`;
    default:
      return `Look whether ${host.address} is up and its port ${host.port} open to this machine.`;
  }
}

/** The nearest folder that is there: an action makes those below it. */
function existing(folder: string): string {
  return isDirectory(folder) || dirname(folder) === folder ? folder : existing(dirname(folder));
}

const isInstalled = (program: string, directory: string, path: readonly string[]): boolean =>
  program.includes('/')
    ? isProgram(resolve(directory, program))
    : path.some((entry) => entry !== '' && isProgram(join(resolve(directory, entry), program)));

const isProgram = (file: string): boolean =>
  statSync(file, { throwIfNoEntry: false })?.isFile() === true && may(file, constants.X_OK);

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
