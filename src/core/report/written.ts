import { isSlackId, nameInPager } from '../actor.ts';
import { spokenDuration } from '../duration.ts';
import { type Names, namedPerson, noNames } from './names.ts';
import { withoutTokens } from './plainText.ts';

/** `2026-11-21 14:02:09`, always UTC. */
export const writtenTime = (at: number): string =>
  Number.isFinite(at) ? new Date(at).toISOString().slice(0, 19).replace('T', ' ') : 'unknown';

/** The same, shorter where the day is known from before: `14:02:09`. */
export const writtenClock = (at: number): string => writtenTime(at).slice(11);

/** Foreign text on one line, without what turns the reading direction or takes no room. */
export function oneLine(text: string, names: Names = noNames): string {
  return (
    withoutTokens(text, names)
      .replaceAll(/\s+/g, ' ')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this takes out.
      .replaceAll(/[\u0000-\u001f\u007f-\u009f]|[\ud800-\udfff]/gu, '')
      .replaceAll(/\p{Default_Ignorable_Code_Point}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
      .trim()
  );
}

/** Who an id of the log is, in words. A file cannot look anybody up: who is not in `names` is `@` and the id in Slack. */
export function whoInWords(id: string, names: Names = noNames): string {
  if (id === 'alertmanager') return 'Alertmanager';
  if (id === 'bot') return 'the bot';
  if (isSlackId(id)) return namedPerson(id, names);
  const inPager = nameInPager(id);
  if (inPager !== null) return `${inPager} in PagerDuty`;
  return id.startsWith('operator:') ? `operator ${id.slice('operator:'.length)}` : id;
}

/** `once`, `3 times`. */
export const timesInWords = (times: number): string => (times === 1 ? 'once' : `${times} times`);

/** `20 min`, and for what came back `26 min in 2 openings`. */
export const lastedInWords = (ms: number, openings: number): string =>
  openings === 1 ? spokenDuration(ms) : `${spokenDuration(ms)} in ${openings} openings`;

/** A reason after what it is the reason of; nothing where none is given. */
export const because = (why: string | null): string => (why ? `: ${why}` : '');
