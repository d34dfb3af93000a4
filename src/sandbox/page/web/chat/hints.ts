import type { Directory } from '../session.ts';
/** What a composer offers while somebody types: the command's words, people and groups after `@`, channels after `#`. */

export interface Hint {
  key: string;
  /** What is written, as shown. */
  shown: string;
  help: string;
  /** The whole text once it is taken, and where the caret goes. */
  text: string;
  caret: number;
}

/** One line for each word that the app is known to understand; a word that its manifest alone names has none. */
const wordHelp: Readonly<Record<string, string>> = {
  help: 'What you can say, and about one word in full',
  declare: 'Open an incident',
  status: 'How an incident stands, or all that are open',
  ack: 'Take the incident',
  severity: 'Change how severe the incident is',
  role: 'Give a role to a person',
  update: 'Post how it stands',
  resolve: 'Resolve the incident',
  rollback: 'Take back what was changed, or roll a service back',
  playbook: 'List, show or run playbooks',
};

const mostHints = 24;

/** The words that the manifest's usage hint names: `help | incidents | rollback [service]`. */
export function commandWords(usageHint: string): string[] {
  const words = usageHint.split(/[|·,]/).map((part) => /[a-z][a-z-]*/.exec(part.trim())?.[0] ?? '');
  return [...new Set(words.filter((word) => word !== ''))];
}

function slashHints(typed: string, { app }: Directory): Hint[] {
  const [, command, word] = /^(\/\S*)(?:\s+(\S*))?$/.exec(typed) ?? [];
  if (command === undefined) return [];
  const known = app.commands.find((each) => each.command === command);
  if (word === undefined && known === undefined) {
    return app.commands
      .filter((each) => each.command.startsWith(command))
      .map((each) => ({
        key: each.command,
        shown: `${each.command} ${each.usageHint}`.trim(),
        help: each.description,
        text: `${each.command} `,
        caret: each.command.length + 1,
      }));
  }
  if (known === undefined) return [];
  return commandWords(known.usageHint)
    .filter((each) => each.startsWith(word ?? '') && each !== word)
    .map((each) => {
      const text = `${command} ${each} `;
      return { key: each, shown: `${command} ${each}`, help: wordHelp[each] ?? '', text, caret: text.length };
    });
}

function nameHints(typed: string, caret: number, state: Directory): Hint[] {
  const [, mark, begun = ''] = /(?:^|[\s(])([@#])([a-z0-9._-]*)$/.exec(typed.slice(0, caret)) ?? [];
  if (mark === undefined) return [];
  const names =
    mark === '#'
      ? state.channels
          .filter(({ kind }) => kind === 'public' || kind === 'private')
          .map(({ name, purpose }) => ({ name, help: purpose }))
      : [
          ...state.users.map(({ name, realName }) => ({ name, help: realName })),
          ...state.usergroups.map(({ handle, name }) => ({ name: handle, help: `Group · ${name}` })),
          { name: 'here', help: 'Everybody in this channel' },
        ];
  const before = typed.slice(0, caret - begun.length);
  return names
    .filter(({ name }) => name.startsWith(begun) && name !== begun)
    .map(({ name, help }) => ({
      key: `${mark}${name}`,
      shown: `${mark}${name}`,
      help,
      text: `${before}${name} ${typed.slice(caret).trimStart()}`,
      caret: before.length + name.length + 1,
    }));
}

export function hintsFor(typed: string, caret: number, state: Directory): Hint[] {
  const hints = typed.startsWith('/') ? slashHints(typed, state) : [];
  return [...hints, ...nameHints(typed, caret, state)].slice(0, mostHints);
}

/** The command that a text is, or null for a message. */
export function slashOf(text: string): { command: string; text: string } | null {
  const [, command, rest] = /^(\/[a-z0-9_-]+)(?:\s+([\s\S]*))?$/.exec(text.trim()) ?? [];
  return command === undefined ? null : { command, text: rest ?? '' };
}
