import { faultsOf } from '../commandRules.ts';
import { adviceFor, builtinAdvice, mended, prefixAdvice } from './commandAdvice.ts';
import { queryIn } from './promql.ts';
import { shellWords, type Token, type Word } from './shellWords.ts';
import { sleepIn } from './times.ts';

/** What becomes of one command of a runbook. `notes` and `why` are sentences for whoever goes on from the draft. */
export type Outcome =
  | { readonly kind: 'run'; readonly argv: readonly string[]; readonly notes: readonly string[] }
  | { readonly kind: 'write'; readonly file: string; readonly content: string }
  | { readonly kind: 'wait'; readonly duration: string }
  | {
      readonly kind: 'query';
      readonly query: string;
      readonly window: string | null;
      readonly notes: readonly string[];
    }
  | { readonly kind: 'leave'; readonly why: string };

/** What the rest of the code block says about one of its lines. */
export type Surroundings = {
  /** All text of the block, for commands that only have an effect together with another one. */
  readonly block: string;
};

const leave = (why: string): Outcome[] => [{ kind: 'leave', why }];

/** `<machine-id>`, `YOUR_VPS_IP`, `[action]`, `{name}`: what a person was meant to fill in. */
const placeholder = /<[A-Za-z][\w |.-]{0,60}>|\bYOUR_[A-Z_]+|(?<![%$])\{[a-z][a-z_-]*\}/;
/** Text that is not for the shell but for another program has braces of its own. */
const speaks = /^\s*(?:echo|printf|python[\d.]*\s+-c|awk|jq|node\s+-e)\b/;

/** One logical line, joined where it went on. */
export function translateLine(line: string, around: Surroundings): Outcome[] {
  const query = queryIn(line);
  if (query?.kind === 'unreadable')
    return leave(`A query to Prometheus is an indicator. ${query.why} Write it under \`indicators\`.`);
  if (query)
    return [
      {
        kind: 'query',
        query: query.query,
        window: query.window,
        notes: ['A query to Prometheus by curl is an indicator here.', ...query.hints],
      },
    ];
  const filled = placeholder.exec(line);
  if (filled && !speaks.test(line))
    return leave(
      `\`${filled[0]}\` is to be filled in by hand, and an action has fixed arguments: write one action for each value.`,
    );
  if (/^\s*@/.test(line) || /^\s*\[[\w.]+\]\s*$/.test(line)) return leave('This is no command.');
  const words = shellWords(line);
  if (words.kind === 'open') return leave('A quotation mark has no partner.');
  return commands(words.tokens).flatMap((command) => translateCommand(command, around));
}

/** The commands of a line, each with what connects it to its neighbours. */
function commands(tokens: readonly Token[]): (readonly Token[])[] {
  const found: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'operator' && (token.text === '&&' || token.text === ';')) found.push([]);
    else found.at(-1)?.push(token);
  }
  return found.filter((command) => command.length > 0);
}

function translateCommand(tokens: readonly Token[], around: Surroundings): Outcome[] {
  const first = tokens[0];
  if (first?.kind !== 'word')
    return leave(
      'A group of commands needs a shell: put it into a script on the host, and run that by its name.',
    );
  const builtin = builtinAdvice(tokens, around.block);
  if (builtin !== undefined) return leave(builtin);
  const words = tokens.flatMap((token) => (token.kind === 'word' ? [token] : []));
  if (first.text === 'sleep') {
    const duration = sleepIn(words.map(({ text }) => text));
    return duration === undefined
      ? leave('How long this waits could not be read.')
      : [{ kind: 'wait', duration }];
  }
  const before = prefixAdvice(words.map(({ text }) => text));
  if (before !== undefined) return leave(before);
  const bare = withoutPlumbing(tokens);
  if (bare.kind === 'leave') return leave(bare.why);
  return translateWords(bare.words, bare.notes, around);
}

type Bare =
  | { readonly kind: 'words'; readonly words: readonly Word[]; readonly notes: readonly string[] }
  | { readonly kind: 'leave'; readonly why: string };

const filters = [
  ...[
    'awk',
    'cat',
    'column',
    'cut',
    'egrep',
    'grep',
    'head',
    'jq',
    'less',
    'more',
    'sed',
    'sort',
    'tail',
    'tee',
  ],
  ...['tr', 'uniq', 'wc'],
];

/** Filters behind a pipe, and where errors go, can be left out: whatever comes out is shown, up to a limit. */
function withoutPlumbing(tokens: readonly Token[]): Bare {
  const words: Word[] = [];
  const notes: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    if (token.kind === 'word') {
      words.push(token);
      continue;
    }
    const next = tokens[at + 1];
    if (/^\d>&\d$/.test(token.text)) continue;
    if (token.text === '2>' && next?.kind === 'word' && next.text === '/dev/null') {
      at += 1;
      continue;
    }
    if (token.text === '|') {
      const rest = tokens.slice(at + 1);
      if (words[0]?.text === 'ps' && rest[0]?.kind === 'word' && /^e?grep$/.test(rest[0].text))
        return {
          kind: 'leave',
          why: `\`ps | grep\` finds itself: write [pgrep, -fa, ${rest.flatMap((each) => (each.kind === 'word' && !each.text.startsWith('-') ? [each.text] : []))[1] ?? 'name'}].`,
        };
      const redirect = rest.find((each) => each.kind === 'operator' && /^(?:&?>>?|1>>?)$/.test(each.text));
      if (redirect) return { kind: 'leave', why: operatorAdvice(redirect.text) };
      const stages = stagesOf(rest);
      if (stages.every((stage) => filters.includes(stage))) {
        notes.push(
          `There is no shell and so no pipe: the output of \`${words[0]?.text ?? ''}\` is shown whole, without \`${stages.join('`, `')}\`.`,
        );
        break;
      }
      return {
        kind: 'leave',
        why: 'There is no shell and so no pipe: put both into a script on the host, and run that by its name.',
      };
    }
    return { kind: 'leave', why: operatorAdvice(token.text) };
  }
  return { kind: 'words', words, notes };
}

/** The programs of a pipe; whatever is no plain stage counts as a program that is no filter. */
function stagesOf(tokens: readonly Token[]): string[] {
  const stages: string[] = [];
  let begins = true;
  for (const token of tokens) {
    if (token.kind === 'operator') {
      if (token.text !== '|' && !/^\d>&\d$/.test(token.text)) stages.push(token.text);
      begins = token.text === '|';
    } else if (begins) {
      stages.push(token.text);
      begins = false;
    }
  }
  return stages;
}

function operatorAdvice(operator: string): string {
  if (operator === '&')
    return 'What runs in the background outlives its step and answers to nobody: let systemd or docker supervise it.';
  if (operator === '||')
    return 'What happens after a failure is a step of its own: the walk stops there and offers what follows.';
  if (operator.includes('>'))
    return 'There is no shell and so no redirect: the output is kept with the run; a file is written by an action with `write`.';
  if (operator.includes('<')) return 'There is no shell and so no redirect: name the file as an argument.';
  return `There is no shell to understand \`${operator}\`: put this into a script on the host, and run that by its name.`;
}

function translateWords(written: readonly Word[], found: readonly string[], around: Surroundings): Outcome[] {
  const { words, notes } = mended(written);
  const expanding = words.find(({ expands }) => expands !== null);
  if (expanding)
    return leave(
      `There is no shell, so \`${expanding.text}\`, ${expanding.expands}, would stay as it stands: write the value out, or a script on the host.`,
    );
  const argv = words.map(({ text }) => text);
  if (argv.some((each) => /[\p{Cc}\p{Cf}\p{Cs}\uFFFD]/u.test(each)))
    return leave(
      'An argument has line breaks or characters that nobody can see: put this into a script on the host, and run that by its name.',
    );
  if (!/^[\w.][\w./+-]*$|^\/[\w./+-]+$/.test(argv[0] ?? '')) return leave('This is no command.');
  const advice = adviceFor(argv, around.block);
  if (advice.kind === 'leave') return leave(advice.why);
  const fault = faultsOf(advice.argv)[0];
  if (fault) return leave(fault.message);
  return [{ kind: 'run', argv: advice.argv, notes: [...found, ...notes, ...advice.notes] }];
}
