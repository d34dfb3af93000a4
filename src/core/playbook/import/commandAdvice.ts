import type { Token, Word } from './shellWords.ts';

/** What is known about commands that a runbook writes for a terminal, and what does their work here. */

const wordsOf = (tokens: readonly Token[]): string[] =>
  tokens.flatMap((token) => (token.kind === 'word' ? [token.text] : []));

/** Words of the shell itself, and lines that only talk. `undefined`: none of these. */
export function builtinAdvice(tokens: readonly Token[], block: string): string | undefined {
  const words = wordsOf(tokens);
  const [first = '', second = ''] = words;
  const redirected = tokens.some((token) => token.kind === 'operator' && token.text.includes('>'));
  switch (first) {
    case 'cd':
      return '`cd` is a word of the shell: commands run in the directory of their host, see hosts.yml.';
    case 'set':
    case 'shopt':
      return 'An option of the shell: a walk stops at the first step that fails, without being told.';
    case 'export':
      return /\bdocker\s+(?:restart|start|compose)\b|\bsystemctl\s+(?:re)?start\b/.test(block)
        ? `\`export\` changes this shell only and never reaches the service that is restarted after it: write ${nameOf(second)} into its configuration with \`write\`, and let the restart follow with \`then\`.`
        : `\`export\` changes this shell only, and there is none: name ${nameOf(second)} under \`secrets\`, or begin the command with [env, ${second.replace(/=.*$/s, '=…')}].`;
    case 'source':
    case '.':
      return 'A virtual environment is entered by its path: run `venv/bin/python` where `python` is written, or put its folder into the `path` of the host.';
    case 'echo':
    case 'printf':
      return redirected
        ? 'A line in a log: the run writes down who did what and when; for a file that others read, an action that calls a script.'
        : 'This only speaks: the title of the step says it.';
    case 'exit':
    case 'return':
    case 'break':
    case 'alias':
    case 'unset':
    case 'ulimit':
    case 'trap':
    case 'read':
    case 'eval':
    case 'exec':
      return `\`${first}\` is a word of the shell: put this into a script on the host, and run that by its name.`;
    case 'ssh':
      return 'Where a command runs is said once, by its host: `kind: ssh` in hosts.yml.';
    default:
      return /^[A-Za-z_]\w*=/.test(first) && words.length === 1
        ? 'A variable of the shell: write its value out where it is used, or put all of this into a script on the host.'
        : undefined;
  }
}

const nameOf = (assignment: string): string => `\`${assignment.split('=')[0] || 'the variable'}\``;

/** Words in front of a command that say how a terminal should run it. */
export function prefixAdvice(words: readonly string[]): string | undefined {
  const first = words[0] ?? '';
  if (first === 'nohup' || first === 'setsid' || first === 'disown' || first === 'screen' || first === 'tmux')
    return 'What goes on after its step answers to nobody: let systemd or docker supervise it.';
  if (/^[A-Za-z_]\w*=/.test(first))
    return `Variables in front of a command need a shell: begin it with [env, ${words.filter((each) => /^[A-Za-z_]\w*=/.test(each)).join(', ')}, …].`;
  return undefined;
}

/** A program in a home directory is found by its name, once its folder is in the `path` of the host. */
export function mended(words: readonly Word[]): {
  readonly words: readonly Word[];
  readonly notes: readonly string[];
} {
  const [first, ...rest] = words;
  const home = /^(~\/[\w./-]*)\/([\w.-]+)$/.exec(first?.text ?? '');
  if (!first || !home) return { words, notes: [] };
  return {
    words: [{ kind: 'word', text: home[2] ?? '', expands: null }, ...rest],
    notes: [`Written as \`${first.text}\`: put that folder into the \`path\` of the host.`],
  };
}

export type Advice =
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly notes: readonly string[] }
  | { readonly kind: 'leave'; readonly why: string };

/** Commands that would do something else than their author expects. */
export function adviceFor(argv: readonly string[], block: string): Advice {
  const program = (argv[0] ?? '').split('/').at(-1) ?? '';
  const rest = argv.slice(1);
  const leave = (why: string): Advice => ({ kind: 'leave', why });
  const run = (...notes: string[]): Advice => ({ kind: 'run', argv, notes });
  const has = (pattern: RegExp): boolean => rest.some((each) => pattern.test(each));
  switch (program) {
    case 'git':
      if (rest.includes('clean') && has(/^-[a-zA-Z]*f|^--force$/))
        return leave(
          '`git clean` deletes what is not tracked: backups, logs and state inside the checkout. Leave it out, or copy those outside before.',
        );
      if (rest.includes('commit') && !/\bgit\s+add\b/.test(block) && !has(/^-[a-z]*a|^--all$/))
        return leave(
          '`git commit` without `git add` commits nothing. A hotfix is made and reviewed outside of the incident channel, then deployed.',
        );
      if (rest.includes('reset') && rest.includes('--hard'))
        return run(
          'This throws away what is not committed, and brings back the flags and the configuration of that version: copy them aside before, and fetch before anything is stopped.',
        );
      return run();
    case 'sed':
      return has(/^-[a-zA-Z]*i|^--in-place/) &&
        rest.some((each) => /\.ya?ml$/.test(each)) &&
        has(/^s(.)\w+=\w+\1/)
        ? leave(
            'YAML has no `key=value`, so this would change nothing: write the file with an action (`write`), which can also put the old one back.',
          )
        : run();
    case 'systemctl':
      return rest.includes('--user')
        ? run(
            '`--user` reaches the units of whoever logs in, not those of the system: compare the name of the unit with the one that is really installed.',
          )
        : run();
    case 'fly':
    case 'flyctl':
      return flyAdvice(argv, run);
    case 'pytest':
      return run(
        'A test run drives the real service: it opens circuit breakers, uses up rate limits, and shows in the metrics.',
      );
    case 'sudo':
      return run(
        '`sudo` asks for a password, and nobody is there to give it: let the user of the host do this without one.',
      );
    default:
      return /^python[\d.]*$/.test(program) ? pythonAdvice(argv, run) : run();
  }
}

function flyAdvice(argv: readonly string[], run: (...notes: string[]) => Advice): Advice {
  const rest = argv.slice(1);
  if (rest[0] === 'scale' && rest[1] === 'count' && !rest.includes('--yes') && !rest.includes('-y'))
    return {
      kind: 'run',
      argv: [...argv, '--yes'],
      notes: [
        'Asks at a terminal, hence `--yes`; it destroys machines: note how many there were, so that it can be taken back.',
      ],
    };
  if (rest[0] === 'releases' && !rest.includes('--image'))
    return run('Without `--image` this does not show which image a rollback needs.');
  if (rest[0] === 'deploy' && !rest.includes('-a') && !rest.includes('--app'))
    return run('One configuration file deploys one app: a second app needs an action of its own.');
  if (rest[0] === 'machine' && rest[1] === 'update')
    return run('The next deployment takes the size from the configuration file again: write it there too.');
  return run();
}

function pythonAdvice(argv: readonly string[], run: (...notes: string[]) => Advice): Advice {
  const rest = argv.slice(1);
  if (rest[0] === '-m' && rest[1] === 'pytest')
    return run(
      'A test run drives the real service: it opens circuit breakers, uses up rate limits, and shows in the metrics.',
    );
  if (rest[0] !== '-c') return run();
  const program = rest[1] ?? '';
  if (/;\s*(?:for|while|if|with|def|class|try)\b/.test(program))
    return {
      kind: 'leave',
      why: 'A compound statement after `;` is a syntax error in Python: put the lines into a script on the host.',
    };
  const onlyImports = program
    .split(/[;\n]/)
    .every((statement) => /^\s*(?:(?:from\s+[\w.]+\s+)?import\s+[\w., ]+)?\s*$/.test(statement));
  if (onlyImports) return run();
  return {
    kind: 'leave',
    why: /set_|reload|enable|disable|save|write/.test(program)
      ? 'This changes a process of its own, which ends at once; the running service never hears of it: ask the service itself, or write the file that it reads.'
      : 'This asks a process of its own, not the running service: ask the service itself, by its health endpoint or an indicator.',
  };
}
