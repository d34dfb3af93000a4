import type { Rota } from '../../engine/pagerPort.ts';
import type { Clock, Desk } from '../../engine/ports.ts';
import { type Asked, privately, type Reply } from './asked.ts';
import { help } from './slash/overview.ts';
import { slash } from './slash/slash.ts';
import { isWord } from './slash/words.ts';
import type { Reach } from './startRun.ts';

/**
 * The app's name in a message: the words that follow mean what they mean after `/genesis`, which Slack does not take in
 * threads. Who may do what is decided in the same place; the answer stands in the thread.
 */
export async function mention(
  parts: {
    readonly desk: Desk;
    readonly clock: Clock;
    readonly reach: Reach;
    readonly rota?: Rota | null;
  },
  asked: Asked,
  { text, botUserId }: { readonly text: string; readonly botUserId: string },
): Promise<Reply> {
  const words = wordsAfter(text, botUserId);
  if (words === '') return privately(help(null));
  const reply = await slash(parts, asked, words);
  // A form opens with a click or a command and never with a message.
  return reply.kind === 'modal' ? privately(inFull(words)) : reply;
}

/**
 * What follows the name where the message begins with it. A name in the middle of a sentence calls for nothing: the
 * words around it are for people.
 */
function wordsAfter(text: string, botUserId: string): string {
  const [, user, rest = ''] = /^\s*<@([A-Z0-9]+)(?:\|[^>]*)?>[\s:,]*([\s\S]*)$/.exec(text) ?? [];
  if (user !== botUserId) return '';
  // As people write it: `@Genesis update: it gets better`.
  return rest.trim().replace(/^(\w+):(?=\s|$)/, '$1');
}

function inFull(words: string): string {
  const [first = ''] = words.split(/\s+/);
  const word = first.toLowerCase();
  const usage = isWord(word) ? ` ${help(word)}` : '';
  return `A form cannot be opened from a message. Say all of it here, or use the button on the card or \`/genesis\` in the channel.${usage}`;
}
