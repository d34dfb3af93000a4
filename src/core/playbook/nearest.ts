import { distance } from 'fastest-levenshtein';

/**
 * The known word closest to a mistyped one, or `undefined` where none is close: a third of the letters may differ, at
 * least two, and a word that is the beginning or the end of another counts as close.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(word);
  if (wanted === '') return undefined;
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const other = plain(candidate);
    const apart = distance(wanted, other);
    const contained =
      Math.min(wanted.length, other.length) >= 3 &&
      (other.startsWith(wanted) ||
        other.endsWith(wanted) ||
        wanted.startsWith(other) ||
        wanted.endsWith(other));
    const allowed = Math.max(2, Math.floor(Math.max(wanted.length, other.length) / 3));
    const close = apart <= allowed && apart < Math.min(wanted.length, other.length);
    if ((close || contained) && apart < least) {
      best = candidate;
      least = apart;
    }
  }
  return best;
}

/** `a`, `b` or `c`, each in backticks. */
export function eitherOf(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  const last = quoted.pop();
  if (last === undefined) return 'nothing';
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

/** The sentence for a name that does not exist: what kind of thing, and the nearest one that does. */
export function unknownName(kind: string, name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `There is no ${kind} \`${name}\`; did you mean \`${meant}\`?`;
  if (known.length === 0) return `There is no ${kind} \`${name}\`, and no other one is defined.`;
  if (known.length > 8) {
    const some = known.slice(0, 5).map((each) => `\`${each}\``);
    return `There is no ${kind} \`${name}\`; there are ${some.join(', ')} and ${known.length - some.length} more.`;
  }
  return `There is no ${kind} \`${name}\`; there is ${eitherOf(known).replace(/ or (?=[^,]*$)/, ' and ')}.`;
}
