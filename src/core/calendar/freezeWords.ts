import { parseDuration } from '../duration.ts';
import { readUntil } from './until.ts';

/** How long a freeze is to stand, as somebody typed it. `rest` is what follows, which says why. */
export type Typed =
  | { readonly kind: 'read'; readonly until: number | null; readonly rest: string }
  | { readonly kind: 'unclear'; readonly word: string };

const day = /^\d{4}-\d{2}-\d{2}$/;
const clock = /^\d{1,2}:\d{2}$/;

/** `for 4h why`, `until 18:00 why`, `until 2026-12-24 18:00 why`, or only why. */
export function readTyped(words: readonly string[], zone: string, now: number): Typed {
  const [first = '', second = '', third = ''] = words;
  const rest = (from: number) => words.slice(from).join(' ');
  if (first.toLowerCase() === 'for') {
    const ms = parseDuration(second.toLowerCase());
    // "For the launch" says why and not how long; a digit first says that a time was meant.
    if (ms === undefined)
      return /^\d/.test(second)
        ? { kind: 'unclear', word: second }
        : { kind: 'read', until: null, rest: rest(0) };
    return { kind: 'read', until: now + ms, rest: rest(2) };
  }
  if (first.toLowerCase() !== 'until') return { kind: 'read', until: null, rest: rest(0) };
  const two = day.test(second) && clock.test(third);
  const text = two ? `${second} ${third}` : second;
  const until = readUntil(text, zone, now);
  return until === undefined
    ? { kind: 'unclear', word: text }
    : { kind: 'read', until, rest: rest(two ? 3 : 2) };
}

/** The same for a field of its own, where `4h` needs no word before it; undefined where it is no time. */
export function readField(text: string, zone: string, now: number): number | null | undefined {
  const typed = text.trim().replace(/^(?:for|until) /i, '');
  if (typed === '') return null;
  const ms = parseDuration(typed.toLowerCase());
  return ms === undefined ? readUntil(typed, zone, now) : now + ms;
}

export const timesThatFit = '`for 4h`, `until 18:00`, `until 2026-12-24` or `until 2026-12-24 18:00`';
