import type { Freeze } from '../../../core/calendar/freeze.ts';
import { subjectKey } from '../../../core/effect.ts';
import { dayAndTime } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, who } from '../escape.ts';
import { actions, button, type Card, card, context, section } from './blocks.ts';
import { titleOn } from './words.ts';

/** What holds up planned changes, and what goes past it. */

const scope = ({ service }: Freeze): string => (service === null ? 'all services' : foreign(service, 100));

const until = ({ until: at }: Freeze): string =>
  at === null ? 'until somebody lifts it' : `until ${dayAndTime(at)}`;

const unheld = 'Mitigations and rollbacks are not held up.';

/** `FRZ-1 · all services until …: why`, for lists. */
export const freezeLine = (freeze: Freeze): string =>
  `*${freeze.id}* · ${scope(freeze)}, ${until(freeze)}: ${foreign(freeze.why, 300)} (${who(freeze.begunBy)})`;

/** The message of a freeze: as long as it stands, with the way to end it. */
export function freezeCard({ freeze }: Extract<View, { kind: 'freeze' | 'freeze-over' }>): Card {
  const { id, over } = freeze;
  const key = subjectKey({ kind: 'freeze', freeze: id });
  const first = `*Freeze of ${scope(freeze)}* · ${id}`;
  const why = foreignLines(freeze.why, 1_000);
  if (over)
    return card(key, over.kind, `${id} is over.`, [section(`${first}\n${why}`), context(overText(freeze))]);
  const said = `Freeze of ${scope(freeze)}, ${until(freeze)}: ${foreign(freeze.why, 300)}`;
  return card(key, 'stands', said, [
    section(`${first}\nNo planned change starts ${until(freeze)}. By ${who(freeze.begunBy)}:\n${why}`),
    ...actions([
      button({
        id: 'freeze.lift',
        label: 'Lift the Freeze',
        value: { option: id },
        confirm: {
          title: 'Lift the freeze?',
          text: 'Planned changes may start again as their windows say.',
          yes: 'Lift the Freeze',
        },
      }),
    ]),
    context(unheld),
  ]);
}

/** Tells those who wait for it. */
export function freezeOverCard({ freeze }: Extract<View, { kind: 'freeze' | 'freeze-over' }>): Card {
  const key = subjectKey({ kind: 'freeze-over', freeze: freeze.id });
  const said = `The freeze of ${scope(freeze)} is over · ${freeze.id}`;
  return card(key, freeze.over?.kind ?? 'over', said, [
    section(`*The freeze of ${scope(freeze)} is over* · ${freeze.id}\n${overText(freeze)}`),
    context('Planned changes may start again as their windows say.'),
  ]);
}

function overText({ over }: Freeze): string {
  if (!over) return '';
  if (over.kind === 'ended') return `Its time was over ${dayAndTime(over.at)}.`;
  return `Lifted by ${who(over.by)} ${dayAndTime(over.at)}${over.why === null ? '' : `: ${foreign(over.why, 500)}`}.`;
}

/** A planned change was started past its window: by whom, against what, and why. */
export function overrideCard({ view: { run } }: Extract<View, { kind: 'override' }>): Card {
  const key = subjectKey({ kind: 'override', run: run.id });
  const { whole } = run;
  const title = titleOn(run.title, run.service);
  const override = whole?.plan.override;
  if (!whole || !override) return card(key, 'none', title, [section(title)]);
  const yes = whole.state.kind === 'approved' ? ` and ${who(whole.state.by)}` : '';
  const said = `${title} starts past its window`;
  return card(key, 'override', said, [
    section(
      [
        `${said} · ${run.id}`,
        `${who(whole.requestedBy)}${yes}: ${foreign(override.reason, 1_000)}`,
        ...againstLines(override.against),
      ].join('\n'),
    ),
  ]);
}

/** A line for each reason that stands against it. */
export const againstLines = (against: readonly { readonly text: string }[]): readonly string[] =>
  against.map(({ text }) => `• ${foreign(text, 500)}`);
