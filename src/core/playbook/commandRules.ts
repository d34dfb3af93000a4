import { habitFaults } from './commandHabits.ts';
import { baseName, type CommandFault, shells, unwrapped } from './commandWords.ts';
import type { Risk } from './definition.ts';

/**
 * What an argument vector may not be, because no shell reads it or because it would not do what its author expects, and
 * the least risk class that a well-known program has.
 */

const builtins = [
  'cd',
  'export',
  'source',
  'alias',
  'set',
  'unset',
  'ulimit',
  'eval',
  'exec',
  'umask',
  'while',
  'for',
  'if',
];
const operators = ['|', '||', '&&', ';', '&', '>', '>>', '<', '<<', '2>', '2>&1', '&>', '|&'];

export function faultsOf(argv: readonly string[]): CommandFault[] {
  const program = argv[0];
  if (program === undefined)
    return [{ argument: 0, message: 'A command needs at least the name of its program.' }];
  const empty = argv.indexOf('');
  if (empty >= 0) return [{ argument: empty, message: 'An argument must not be empty.' }];
  const nul = argv.findIndex((argument) => argument.includes('\0'));
  if (nul >= 0) return [{ argument: nul, message: 'An argument cannot contain a NUL character.' }];
  const first = programFault(program, argv.length);
  if (first) return [{ argument: 0, message: first }];
  const shell = shellFault(argv);
  if (shell) return [shell];
  return [...wordFaults(argv), ...habitFaults(argv)];
}

function programFault(program: string, length: number): string | undefined {
  if (program.startsWith('-')) return `A program's name cannot begin with a hyphen, as \`${program}\` does.`;
  if (/\s/.test(program))
    return length === 1
      ? `This is one word to the machine, not a command line: write [${program.trim().split(/\s+/).join(', ')}].`
      : "A program's name has no spaces; each argument is an entry of its own.";
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(program))
    return 'Variables cannot be set in front of a command; name those it needs under `secrets`, or use `env`.';
  if (builtins.includes(program))
    return program === 'cd'
      ? '`cd` is a word of the shell, not a program; commands run in the directory of their host.'
      : `\`${program}\` is a word of the shell, not a program, so nothing would happen.`;
  return undefined;
}

/** Options of shells whose value is the next argument; it must not be taken for the name of a script. */
const takesValue = ['-o', '+o', '-O', '+O', '--rcfile', '--init-file'];

/** A script on a command line is a program that no reviewer sees; it belongs into a file on the host. */
function shellFault(argv: readonly string[]): CommandFault | undefined {
  for (const [index, argument] of argv.entries()) {
    const name = baseName(argument);
    if (!shells.includes(name)) continue;
    const rest = argv.slice(index + 1).filter((_, at, all) => !takesValue.includes(all[at - 1] ?? ''));
    const script = rest.findIndex(
      (each) => /^-[a-zA-Z]*c/.test(each) || /^-+(?:command|encodedcommand)$/i.test(each),
    );
    const before = rest.findIndex((each) => !/^[-+]/.test(each) && !shells.includes(each));
    if (script >= 0 && (before < 0 || script < before))
      return {
        argument: index,
        message: `No shell: \`${name} ${rest[script]}\` would run text as a program. Put the program and its arguments here, or a script with a name on the host.`,
      };
  }
  return undefined;
}

function wordFaults(argv: readonly string[]): CommandFault[] {
  return argv.flatMap((argument, index): CommandFault[] => {
    if (operators.includes(argument))
      return [
        {
          argument: index,
          message: `There is no shell, so \`${argument}\` would be handed to \`${argv[0]}\` as it stands.`,
        },
      ];
    if (/\$\(|`/.test(argument))
      return [
        {
          argument: index,
          message: 'There is no shell, so this is not replaced by the output of a command.',
        },
      ];
    if (/\$(?:[A-Z_]{2}|\{)/.test(argument))
      return [{ argument: index, message: 'There is no shell, so a variable is not replaced by its value.' }];
    if (/^~/.test(argument) && /^~[a-z0-9_-]*(?:\/|$)/.test(argument))
      return [{ argument: index, message: 'There is no shell, so `~` is not replaced by a home directory.' }];
    if (/^[\w./-]*\/[\w.-]*\*[\w.*-]*$/.test(argument))
      return [{ argument: index, message: 'There is no shell, so `*` is not replaced by names of files.' }];
    return [];
  });
}

/** The least that a program's own nature says; a class below it is a mistake, one above it the operator's choice. */
export function leastRisk(argv: readonly string[]): { readonly risk: Risk; readonly why: string } {
  const [program = '', ...all] = unwrapped(argv);
  const name = baseName(program);
  const rest =
    name === 'git'
      ? all.filter((each, at) => !/^-[Cc]$/.test(each) && !/^-[Cc]$/.test(all[at - 1] ?? ''))
      : all;
  const verb = rest.find((each) => !each.startsWith('-')) ?? '';
  const has = (...flags: string[]) => rest.some((each) => flags.includes(each));
  const is = (risk: Risk, why: string) => ({ risk, why });
  switch (name) {
    case 'systemctl':
      if (['stop', 'restart', 'kill', 'try-restart', 'mask', 'disable', 'isolate'].includes(verb))
        return is('disruptive', `\`systemctl ${verb}\` interrupts the service`);
      if (['start', 'reload', 'enable', 'unmask', 'daemon-reload', 'reset-failed'].includes(verb))
        return is('change', `\`systemctl ${verb}\` changes the state of a unit`);
      if (['reboot', 'poweroff', 'halt'].includes(verb))
        return is('destructive', `\`systemctl ${verb}\` takes the host down`);
      return is('observe', '');
    case 'git':
      if (verb === 'reset' && has('--hard'))
        return is('destructive', '`git reset --hard` throws away what is not committed');
      if (verb === 'clean' && rest.some((each) => /^-[a-zA-Z]*f/.test(each) || each === '--force'))
        return is(
          'destructive',
          '`git clean` deletes files that are not tracked, backups and logs among them',
        );
      if (['tag', 'branch'].includes(verb) && has('-f', '-d', '-D', '--force', '--delete'))
        return is('change', `\`git ${verb}\` moves or deletes a name`);
      if (
        [
          'fetch',
          'pull',
          'checkout',
          'switch',
          'reset',
          'merge',
          'rebase',
          'stash',
          'commit',
          'push',
          'update-ref',
        ].includes(verb)
      )
        return is('change', `\`git ${verb}\` changes the checkout`);
      return is('observe', '');
    case 'rm':
    case 'shred':
    case 'dd':
    case 'mkfs':
    case 'reboot':
    case 'shutdown':
      return is('destructive', `\`${name}\` cannot be taken back`);
    case 'kill':
    case 'pkill':
    case 'killall':
      return is('disruptive', `\`${name}\` ends processes`);
    case 'docker':
      if (['rm', 'rmi', 'prune'].includes(verb))
        return is('destructive', `\`docker ${verb}\` cannot be taken back`);
      if (['stop', 'restart', 'kill', 'pause'].includes(verb))
        return is('disruptive', `\`docker ${verb}\` interrupts the container`);
      return ['start', 'run', 'exec', 'update', 'unpause'].includes(verb)
        ? is('change', `\`docker ${verb}\` changes a container`)
        : is('observe', '');
    case 'fly':
    case 'flyctl':
      if (has('destroy')) return is('destructive', `\`${name} ${verb} destroy\` cannot be taken back`);
      return verb === 'deploy' ||
        has('restart', 'stop', 'start', 'count', 'memory', 'vm', 'update', 'set', 'unset')
        ? is('disruptive', `\`${name} ${verb}\` changes machines that serve people`)
        : is('observe', '');
    case 'tar':
      return /^-{0,2}[a-zA-Z]*[cxru]/.test(rest[0] ?? '')
        ? is('change', '`tar` writes files')
        : is('observe', '');
    case 'cp':
    case 'mv':
    case 'mkdir':
    case 'touch':
    case 'tee':
    case 'ln':
    case 'chmod':
    case 'chown':
    case 'install':
    case 'truncate':
    case 'rsync':
      return is('change', `\`${name}\` changes files`);
    case 'sed':
      return rest.some((each) => /^-[a-zA-Z]*i|^--in-place/.test(each))
        ? is('change', '`sed -i` changes files')
        : is('observe', '');
    case 'curl':
      return has(
        '-X',
        '--request',
        '-d',
        '--data',
        '--data-binary',
        '--data-raw',
        '-T',
        '--upload-file',
        '-F',
        '--json',
      ) || rest.some((each) => /^-X(?!GET|HEAD)/.test(each))
        ? is('change', '`curl` with a method or a body of its own may change what it reaches')
        : is('observe', '');
    case 'pytest':
      return is('change', 'a test run opens circuit breakers and uses up rate limits');
    case 'pip':
    case 'pip3':
    case 'npm':
    case 'apt-get':
      return ['install', 'ci', 'uninstall', 'remove', 'upgrade'].includes(verb)
        ? is('change', `\`${name} ${verb}\` changes what is installed`)
        : is('observe', '');
    default:
      if (/^python[\d.]*$/.test(name) && rest[0] === '-m')
        return rest[1] === undefined ? is('observe', '') : leastRisk(rest.slice(1));
      return is('observe', '');
  }
}

/** Why a file may not be written, or `undefined`: only below the directory of the host. */
export function writeFault(file: string): string | undefined {
  if (file === '') return '`file` is empty.';
  if (file.startsWith('/') || file.startsWith('~') || /^[a-zA-Z]:/.test(file))
    return `\`file\` is relative to the directory of its host, so \`${file}\` is not allowed.`;
  const segments = file.split('/');
  if (segments.includes('..'))
    return `\`file\` must stay below the directory of its host, so \`..\` is not allowed.`;
  if (segments.some((segment) => segment === '' || segment === '.'))
    return `\`file\` is written plainly, without \`.\`, \`//\` or a slash at its end.`;
  if (segments[0] === '.git') return '`file` must not be inside `.git`.';
  if (file.length > 255 || /[\p{Cc}\\]/u.test(file))
    return '`file` has a character or a length that no file name should have.';
  return undefined;
}
