import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { dayAndTime } from '../../../core/moment.ts';
import type { AlertClass, WatchPeriod } from '../../../core/people/targets.ts';
import type { View } from '../../../core/view.ts';
import {
  type ClassFigures,
  figuresOf,
  type PeriodFigures,
  type Taking,
  tookMs,
  type WatchReport,
} from '../../../core/watch/report.ts';
import { type Blind, endOf, type Watch } from '../../../core/watch/watch.ts';
import { blindWords, counted, figureWords } from '../../../core/watch/words.ts';
import { channelLink, foreign, foreignLines, link, who } from '../escape.ts';
import { actions, button, type Card, card, context, type Frame, section } from './blocks.ts';

/** Who looks after a service after a deployment, within what they answer, and what came of it. */

const classWords: Readonly<Record<AlertClass, string>> = {
  critical: 'Critical (P0, P1)',
  warning: 'Warning (P2 to P4)',
};

/** More than that take no turns by name, and would leave no room for why. */
const mostPeople = 20;

const peopleOf = ({ people }: Watch): string => {
  const more = people.length > mostPeople ? ` and ${people.length - mostPeople} more` : '';
  return `${people.slice(0, mostPeople).map(who).join(', ')}${more}`;
};

/** `WCH-1 · checkout, until …: why`, for lists. */
export const watchLine = (watch: Watch): string =>
  `*${watch.id}* · ${foreign(watch.service, 100)}, until ${dayAndTime(watch.until)}: ${foreign(watch.why, 300)} (${peopleOf(watch)})`;

/** The message of a watch: as long as it is on, with the way to end it. */
export function watchCard(watch: Watch): Card {
  const { id, service, over, startedBy } = watch;
  const key = subjectKey({ kind: 'watch', watch: id });
  const first = `*Watch over ${foreign(service, 100)}* · ${id}`;
  const why = foreignLines(watch.why, 1_000);
  if (over)
    return card(key, over.kind, `${id} is over.`, [
      section(`${first}\n${why}`),
      context(`${overText(watch)} Its report stands below.`),
    ]);
  return card(key, 'on', `Watch over ${foreign(service, 100)} until ${dayAndTime(watch.until)}`, [
    section(
      [
        first,
        `Until ${dayAndTime(watch.until)}, ${peopleOf(watch)} look after it in shifts. By ${who(startedBy)}:`,
        why,
      ].join('\n'),
    ),
    section(['*To be acknowledged*', ...limitLines(watch)].join('\n')),
    ...actions([button({ id: 'watch.stop', label: 'Stop the Watch', value: { option: id } })]),
    context(`How it stands: \`/genesis watch ${id}\``),
  ]);
}

/** Of the periods that it lasts for. */
const limitLines = ({ periods, startedAt, until }: Watch): readonly string[] =>
  periods.map(limitLine).filter((_, index) => startedAt + (periods[index - 1]?.untilMs ?? 0) < until);

const limitLine = ({ critical, warning }: WatchPeriod, index: number, all: readonly WatchPeriod[]): string =>
  `• ${spanWords(all, index)}: critical within ${spokenDuration(critical)}, warnings within ${spokenDuration(warning)}`;

/** `first 24 h`, `24 h to 48 h`. */
function spanWords(periods: readonly WatchPeriod[], index: number): string {
  const from = periods[index - 1]?.untilMs;
  const until = spokenDuration(periods[index]?.untilMs ?? 0);
  if (from === undefined) return `first ${until}`;
  return index === periods.length - 1
    ? `from ${spokenDuration(from)} on`
    : `${spokenDuration(from)} to ${until}`;
}

function overText(watch: Watch): string {
  const { over } = watch;
  if (!over) return '';
  // However late the bot was there to notice.
  if (over.kind === 'ended') return `Its time was over ${dayAndTime(endOf(watch))}.`;
  return `Stopped by ${who(over.by)} ${dayAndTime(over.at)}: ${foreign(over.why, 500)}.`;
}

type Messages = Extract<View, { kind: 'watch-report' }>['messages'];

/** What came of it, for everybody; one message, whose figures become final when the last limit has passed. */
export function watchReportCard(
  { report, messages }: Extract<View, { kind: 'watch-report' }>,
  frame: Frame,
): Card {
  const { watch } = report;
  const key = subjectKey({ kind: 'watch-report', watch: watch.id });
  const title = `Report of the watch over ${foreign(watch.service, 100)}`;
  return card(key, watch.over?.kind ?? 'on', `${title} · ${watch.id}`, [
    section(
      `*${title}* · ${watch.id}\nFrom ${dayAndTime(watch.startedAt)} to ${dayAndTime(endOf(watch))}, ${peopleOf(watch)}. ${overText(watch)}`,
    ),
    ...figuresOf(report, frame.now).flatMap((period, index) =>
      periodTexts(period, {
        ...{ report, index },
        now: frame.now,
        linked: linkedBy(messages, frame),
      }).map(section),
    ),
    ...notes(report, frame.now).map((note) => context(note)),
  ]);
}

type Linked = (taking: Taking) => string;

/** The incident's own channel, else its card, else its number alone. */
const linkedBy =
  (messages: Messages, { channelUrl }: Pick<Frame, 'channelUrl'>): Linked =>
  ({ incident, channel }) => {
    const at = messages[incident];
    const url = at ? channelUrl(at.channel) : null;
    if (channel !== null) return `${incident} in ${channelLink(channel)}`;
    return at && url !== null ? link(`${url}/p${at.ts.replace('.', '')}`, incident) : incident;
  };

const inChannel: Linked = ({ incident, channel }) =>
  channel === null ? incident : `${incident} in ${channelLink(channel)}`;

/** How a watch stands so far, for whoever asks: a text for each block. */
export function watchStanding(report: WatchReport, now: number): readonly string[] {
  const { watch } = report;
  const left = watch.over ? overText(watch) : `${spokenDuration(endOf(watch) - now)} left.`;
  return [
    `${watchLine(watch)} · ${left}`,
    ...figuresOf(report, now).flatMap((period, index) =>
      period.state === 'ahead'
        ? [`${spanTitle(watch, index)}: from ${dayAndTime(period.from)} on`]
        : periodTexts(period, { report, index, now, linked: inChannel }),
    ),
    ...notes(report, now),
  ];
}

const spanTitle = ({ periods }: Watch, index: number): string => {
  const words = spanWords(periods, index);
  return `*${words.charAt(0).toUpperCase()}${words.slice(1)}*`;
};

/** A text for each class, since all of them may be longer than a block holds. */
function periodTexts(
  period: PeriodFigures,
  {
    report,
    index,
    now,
    linked,
  }: {
    readonly report: WatchReport;
    readonly index: number;
    readonly now: number;
    readonly linked: Linked;
  },
): readonly string[] {
  const title = `${spanTitle(report.watch, index)}${period.state === 'on' ? ', so far' : ''}`;
  return period.classes.map((figures, at) =>
    [...(at === 0 ? [title] : []), ...classLines(figures, { period, now, linked })].join('\n'),
  );
}

/** As many as a block holds, whatever they are called; whoever missed more has them in the log. */
const mostNamed = 5;

function classLines(
  figures: ClassFigures,
  { period, now, linked }: { readonly period: PeriodFigures; readonly now: number; readonly linked: Linked },
): readonly string[] {
  const { limitMs, over } = figures;
  return [
    `• ${classWords[figures.class]}, within ${spokenDuration(limitMs)}: ${figureWords(figures, period)}`,
    ...over.slice(0, mostNamed).map((taking) => `    ◦ ${missed(taking, now, linked)}`),
    ...(over.length > mostNamed ? [`    ◦ and ${over.length - mostNamed} more`] : []),
  ];
}

function missed(taking: Taking, now: number, linked: Linked): string {
  const took = spokenDuration(tookMs(taking, now));
  // Who that was is in the log: the report is about the limits, and no place for blame.
  const said = taking.taken?.resolved ? 'resolved' : 'acknowledged';
  const how = taking.taken ? `${said} after ${took}` : `not acknowledged for ${took}`;
  return `${linked(taking)}: ${foreign(taking.title, 80)}, due ${dayAndTime(taking.dueAt)}, ${how}`;
}

/** What the figures do not say: that nothing can be concluded from what nobody could have heard. */
function notes({ watch, logged, besides }: WatchReport, now: number): readonly string[] {
  return [
    ...(besides.length === 0 ? [] : [besidesText(besides)]),
    ...(logged === 0 ? [] : [`${counted(logged, 'incident')} stood in the log alone and called for nobody.`]),
    ...watch.blind.slice(0, mostNamed).map((each) => blindText(each, watch, now)),
    ...(watch.blind.length > mostNamed ? [`and ${watch.blind.length - mostNamed} more such stretches`] : []),
  ];
}

/** What came where it is not measured how soon somebody acknowledged it. */
function besidesText(besides: WatchReport['besides']): string {
  const named = besides
    .slice(0, mostNamed)
    .map(
      ({ incident, isStorm, alerts }) =>
        `${counted(alerts, 'alert')} in ${isStorm ? 'the storm ' : ''}${incident}`,
    );
  const more = besides.length > mostNamed ? ` and in ${besides.length - mostNamed} more` : '';
  return `Not measured, since not opened in this watch: ${named.join(', ')}${more}.`;
}

function blindText({ what, from, to }: Blind, watch: Watch, now: number): string {
  const until = to ?? (watch.over ? endOf(watch) : null);
  const span = `from ${dayAndTime(from)} ${until === null ? `until now (${spokenDuration(now - from)})` : `to ${dayAndTime(until)}`}`;
  return `Not known is what came ${span}: ${blindWords[what]}.`;
}
