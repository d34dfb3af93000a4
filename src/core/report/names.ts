import { isSlackId } from '../actor.ts';
import type { LoggedEvent } from './postMortem.ts';

/** How people are called, by their ids in Slack: for what is read where no id becomes a name by itself. */
export type Names = ReadonlyMap<string, string>;

export const noNames: Names = new Map();

/** Slack itself takes 80; some directories give it more. */
const longest = 80;
/** A name ends a cell, a line or a row; longer work on it would be for whoever chose it and for nobody else. */
const lookedAt = 1_000;

/**
 * A name as it is kept and shown: one line without marks that cannot be seen, and without those that make a mention, a
 * token or an address of it, so that nobody is called like somebody else's id. Null where nothing of it is left.
 */
export function calledName(text: string): string | null {
  const shown = text
    .slice(0, lookedAt)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .replaceAll(/\p{Default_Ignorable_Code_Point}|[\p{Cf}\p{Co}\p{Cs}<>@＠﹫]/gu, '')
    .replaceAll(/ +/g, ' ')
    .trim();
  const marks = [...shown];
  const fitting = marks.length <= longest ? shown : `${marks.slice(0, longest - 1).join('')}…`;
  // Marks that only stand on others say nothing by themselves.
  return /[\p{L}\p{N}\p{S}\p{P}]/u.test(fitting) ? fitting : null;
}

/** `On-call engineer (@U0ONCALL)`: names repeat and change, the id is what the log has. */
export const namedPerson = (id: string, names: Names): string => {
  const name = names.get(id);
  return name === undefined ? `@${id}` : `${name} (@${id})`;
};

const mentionPattern = /<@([UW][A-Z0-9]{1,30})>/g;

/**
 * The ids of everybody whom a file about these events would name: who did something first, then who is spoken of. What
 * commands printed names nobody.
 */
export function peopleNamedIn(events: readonly Pick<LoggedEvent, 'event'>[]): readonly string[] {
  const acted = new Set<string>();
  const spokenOf = new Set<string>();
  for (const { event } of events) {
    acted.add(event.by);
    if (event.type === 'OutputAppended') continue;
    if ('user' in event.data && typeof event.data.user === 'string') acted.add(event.data.user);
    for (const [, id = ''] of JSON.stringify(event.data).matchAll(mentionPattern)) spokenOf.add(id);
    if (event.type === 'NoteAdded' && event.data.from?.user) spokenOf.add(event.data.from.user);
  }
  return [...new Set([...acted, ...spokenOf])].filter(isSlackId);
}
