import { time } from '../../../core/moment.ts';
import { changeInWords } from '../../../core/playbook/roomChange.ts';
import type { View } from '../../../core/view.ts';
import { foreign } from '../escape.ts';
import { type Card, card, context, preformatted, section } from './blocks.ts';

/** What became of an edit of the playbooks: in use, or left aside with the reason. */
export function roomNotice({ notice }: Extract<View, { kind: 'room' }>): Card {
  const key = `room/${notice.at}`;
  if (notice.kind === 'reloaded') {
    const change = foreign(changeInWords(notice.change), 1_500);
    const said = notice.mended
      ? `The playbooks lint again and are in use: ${change}.`
      : `Playbooks reloaded: ${change}.`;
    return card(key, 'reloaded', said, [
      section(said),
      context('Runs in progress keep the playbook that they began with.'),
    ]);
  }
  const said = `The playbooks were edited at ${time(notice.at)} and do not lint. Those of ${time(notice.since)} stay in use.`;
  const more =
    notice.more > 0 ? [context(`and ${notice.more} more; \`genesis lint\` shows all of them`)] : [];
  return card(key, 'broken', said, [section(said), preformatted(notice.problems.join('\n')), ...more]);
}
