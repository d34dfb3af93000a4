import { baseName, type CommandFault, commandWithin, shells } from './commandWords.ts';

/** Habits of the terminal that do harm where nobody sits at one: what never ends, and what is not what it seems. */
export function habitFaults(argv: readonly string[]): CommandFault[] {
  const { start, ends } = commandWithin(argv);
  const [program = '', ...rest] = argv.slice(start);
  const name = baseName(program);
  const at = (message: string, argument = 0): CommandFault => ({ argument: start + argument, message });
  const found: CommandFault[] = [];
  if (baseName(argv[0] ?? '') === 'env' && argv.some((each) => /^(?:-S|--split-string)/.test(each)))
    found.push({
      argument: 0,
      message: '`env -S` takes a text apart into a command; write its words as entries.',
    });
  const endless = ends ? undefined : neverEnds(name, rest);
  if (endless !== undefined)
    found.push(at(endless.startsWith('`') ? `\`${name} ${endless.slice(1)}` : `\`${name}\` ${endless}`));
  if (name === 'curl' && rest.some((each) => each.includes('/api/v1/query')))
    found.push(
      at(
        'A query to Prometheus is an indicator: give it a name, a query and an objective under `indicators`.',
      ),
    );
  const other = wrongInterpreter(name, rest);
  if (other) found.push(at(other.message, other.argument));
  const cleaned = name === 'git' ? cleaning(rest) : undefined;
  if (cleaned !== undefined) found.push(at(cleaned));
  return found;
}

const screens = [
  ...['htop', 'iotop', 'iftop', 'nethogs', 'nmon', 'atop', 'glances', 'bmon', 'ctop', 'k9s', 'lazydocker'],
  ...['less', 'more', 'most', 'man', 'vi', 'vim', 'nvim', 'nano', 'emacs', 'watch', 'tmux', 'screen'],
];

/** Why a command never ends here, going on from its name; `undefined` where it ends by itself. */
function neverEnds(name: string, rest: readonly string[]): string | undefined {
  const has = (...flags: string[]) => rest.some((each) => flags.includes(each));
  const short = (letter: string) => rest.some((each) => new RegExp(`^-[a-zA-Z0-9]*${letter}`).test(each));
  const words = rest.filter((each) => !each.startsWith('-'));
  if (screens.includes(name)) return 'waits for a person at a terminal and never ends here.';
  switch (name) {
    case 'top':
      return short('b') ? undefined : 'never ends here; `top -b -n 1` prints once.';
    case 'tail':
      return has('-F', '--retry') || rest.some((each) => each.startsWith('--follow')) || short('f')
        ? 'with `-f` never ends; `-n 100` prints the last hundred lines.'
        : undefined;
    case 'journalctl':
      return has('--follow') || short('f')
        ? 'with `-f` never ends; `-n 100 --no-pager` prints the last hundred lines.'
        : undefined;
    case 'dmesg':
      return has('-w', '-W', '--follow', '--follow-new') ? 'with `-w` never ends; leave it out.' : undefined;
    case 'ping':
      return short('c') ? undefined : 'never ends without `-c`; `ping -c 5` sends five packets.';
    case 'vmstat':
    case 'iostat':
    case 'mpstat':
    case 'pidstat':
    case 'sar':
      return rest.filter((each) => /^\d+$/.test(each)).length === 1
        ? 'with an interval but no count never ends; add how many times.'
        : undefined;
    case 'free':
      return short('s') && !short('c') ? 'with `-s` but no `-c` never ends; leave it out.' : undefined;
    case 'tcpdump':
      return short('c') ? undefined : 'never ends without `-c`; `-c 100` stops after a hundred packets.';
    case 'netstat':
      return short('c') || has('--continuous') ? 'with `-c` never ends; leave it out.' : undefined;
    case 'yes':
      return 'never ends.';
    case 'sleep':
      return has('infinity', 'inf') ? 'with `infinity` never ends.' : undefined;
    case 'fly':
    case 'flyctl':
      return neverEndingFly(words, has);
    case 'docker':
    case 'podman':
      return neverEndingContainer(words, { has, short });
    case 'kubectl':
      if (words[0] === 'logs' && (has('--follow') || short('f'))) return '`logs -f` never ends.';
      if (['port-forward', 'proxy'].includes(words[0] ?? '')) return `\`${words[0]}\` never ends.`;
      return has('-w', '--watch', '--watch-only') ? 'with `-w` never ends; leave it out.' : undefined;
    default:
      return undefined;
  }
}

type Has = (...flags: string[]) => boolean;

function neverEndingFly(words: readonly string[], has: Has): string | undefined {
  if (words[0] === 'logs' && !has('--no-tail', '-n')) return '`logs` never ends without `--no-tail`.';
  if (words[0] === 'ssh' && words[1] === 'console' && !has('-C', '--command'))
    return '`ssh console` waits for a person; `-C` names the command to run there.';
  return words[0] === 'proxy' ? '`proxy` never ends.' : undefined;
}

function neverEndingContainer(
  words: readonly string[],
  { has, short }: { readonly has: Has; readonly short: (letter: string) => boolean },
): string | undefined {
  const logs = words[0] === 'logs' || (words[0] === 'compose' && words.includes('logs'));
  if (logs && (has('--follow') || short('f'))) return '`logs -f` never ends.';
  if (words[0] === 'stats' && !has('--no-stream')) return '`stats` never ends without `--no-stream`.';
  if (words[0] === 'events' && !has('--until')) return '`events` never ends without `--until`.';
  const interactive = ['-it', '-ti', '-t', '--tty'].some((flag) => has(flag));
  return ['exec', 'run'].includes(words[0] ?? '') && interactive
    ? `\`${words[0]} -t\` wants a terminal, and there is none; leave \`-t\` out.`
    : undefined;
}

type Language = { readonly language: string; readonly programs: RegExp; readonly files: RegExp };

const languages: readonly Language[] = [
  { language: 'a shell', programs: new RegExp(`^(?:${shells.join('|')})$`), files: /\.(?:sh|bash|zsh|ksh)$/ },
  { language: 'a Python', programs: /^python[\d.]*$/, files: /\.pyw?$/ },
  { language: 'a JavaScript', programs: /^(?:node|nodejs|deno|bun)$/, files: /\.[cm]?[jt]s$/ },
  { language: 'a Perl', programs: /^perl[\d.]*$/, files: /\.p[lm]$/ },
  { language: 'a Ruby', programs: /^ruby[\d.]*$/, files: /\.rb$/ },
  { language: 'a PHP', programs: /^php[\d.]*$/, files: /\.php$/ },
];

/** A script handed to the interpreter of another language fails at its first line. */
function wrongInterpreter(name: string, rest: readonly string[]): CommandFault | undefined {
  const own = languages.find(({ programs }) => programs.test(name));
  if (!own) return undefined;
  const script = rest.findIndex((each) => !each.startsWith('-'));
  const before = rest[script - 1];
  // `python -m module` and `node -e text` name no file.
  if (script < 0 || (before !== undefined && /^-[a-zA-Z]*[cem]$/.test(before))) return undefined;
  const file = rest[script] ?? '';
  const other = languages.find(({ files }) => files.test(file));
  if (!other || other === own) return undefined;
  return {
    argument: script + 1,
    message: `\`${file}\` is ${other.language} script, which \`${name}\` cannot run; run it as a program: [${file}].`,
  };
}

/** Folders that are seldom tracked, and that whoever cleans up in an incident needs most. */
const kept =
  /(?:^|\/)(?:[\w.-]*(?:backup|snapshot|dump)[\w.-]*|logs?|state|config|conf|data|evidence)(?:\/|$)/i;

/** `git clean` deletes what no commit has, and a reset does not bring back. */
function cleaning(rest: readonly string[]): string | undefined {
  const verb = rest.findIndex((each, at) => !each.startsWith('-') && !/^-[Cc]$/.test(rest[at - 1] ?? ''));
  if (rest[verb] !== 'clean') return undefined;
  const options = rest.slice(verb + 1);
  const forced = options.some((each) => /^-[a-zA-Z]*f/.test(each) || each === '--force');
  const dry = options.some((each) => /^-[a-zA-Z]*n/.test(each) || each === '--dry-run');
  if (!forced || dry) return undefined;
  const folders = options.filter(
    (each, at) => !each.startsWith('-') && !/^(?:-[a-zA-Z]*e|--exclude)$/.test(options[at - 1] ?? ''),
  );
  const needed = folders.find((each) => each === '.' || kept.test(each));
  if (needed !== undefined && needed !== '.')
    return `\`git clean\` would delete what is not tracked in \`${needed}\`, which is what a way back needs; leave that folder out.`;
  const spared = options.some((each) => /^(?:-[a-zA-Z]*e|--exclude(?:=|$))/.test(each));
  if (folders.length > 0 && needed === undefined) return undefined;
  if (spared) return undefined;
  return '`git clean` deletes every untracked file of the checkout, backups, logs and local configuration among them; name after `--` the folders that may be emptied, or leave it out.';
}
