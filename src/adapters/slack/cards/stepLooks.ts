import type { KnownBlock } from '@slack/types';
import type { Look } from '../../../core/run/run.ts';
import { foreign, foreignLines } from '../escape.ts';
import { context, preformatted, section } from './blocks.ts';
import { excerpt } from './words.ts';

/** Several observations of one step: those that are made at the same time, and the evidence before an action. */

/** `2 of 3 seen`. */
export function seenText(looks: readonly Look[]): string {
  const seen = looks.filter(({ end }) => end !== null && end.unseen === null).length;
  return `${seen} of ${looks.length} seen`;
}

/** Each under its own heading, shortened; all of it is in the thread. `max`: code points for all together. */
export function excerpts(looks: readonly Look[], max: number): KnownBlock[] {
  const each = Math.max(150, Math.floor(max / looks.length));
  return looks.flatMap((look): KnownBlock[] => {
    const title = `*${foreign(look.title, 150)}*`;
    if (look.end?.unseen != null)
      return [section(`? Could not be seen: ${title}. ${foreignLines(look.end.unseen, 300)}`)];
    const text = excerpt(look.output);
    if (text === '') return [context(`${title} printed nothing`)];
    return [context(title), preformatted(text, each)];
  });
}

/** What is still looked at, one line each. */
export const progress = (looks: readonly Look[]): KnownBlock[] => [
  context(
    ...looks.map(({ title, end }) => {
      const mark = end === null ? '…' : end.unseen === null ? '✓' : '? could not be seen:';
      return `${mark} ${foreign(title, 100)}`;
    }),
  ),
];

/** How it went with what was to be kept before the action; nothing where there was nothing to keep. */
export function evidenceText(looks: readonly Look[] | undefined): string | null {
  if (!looks || looks.length === 0) return null;
  const missed = looks.flatMap(({ title, end }) =>
    end?.unseen != null
      ? [`${foreign(title, 80)} (${foreignLines(end.unseen, 150).replace(/\.$/, '')})`]
      : [],
  );
  const kept = looks.filter(({ end }) => end?.unseen === null).map(({ title }) => foreign(title, 80));
  return [
    ...(kept.length > 0 ? [`Evidence in the thread: ${kept.join(', ')}`] : []),
    ...(missed.length > 0 ? [`Evidence that could not be kept: ${missed.join(', ')}`] : []),
  ].join('. ');
}
