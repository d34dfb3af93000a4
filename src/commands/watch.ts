import { openSqliteReader, type Reader } from '../adapters/sqlite/reader.ts';
import { isSlackId } from '../core/actor.ts';
import { spokenDuration } from '../core/duration.ts';
import { type Names, namedPerson } from '../core/report/names.ts';
import { isWatchId, type WatchId } from '../core/stream.ts';
import {
  type ClassFigures,
  figuresOf,
  type PeriodFigures,
  type Taking,
  tookMs,
  verdictOf,
  type WatchReport,
} from '../core/watch/report.ts';
import { endOf, isWatching } from '../core/watch/watch.ts';
import { blindWords, counted, figureWords } from '../core/watch/words.ts';
import { readWatchReport } from '../engine/watches.ts';

export type WatchOptions = {
  readonly database: string;
  /** Null is every watch that is on, and where none is the last one. */
  readonly id: string | null;
  readonly json: boolean;
  readonly now: number;
  /** What durations are divided by. */
  readonly pace: number;
};

/** `genesis watch [id]`: what came of the watches that are on, or of one, read from the database. */
export async function watch(options: WatchOptions, print: (line: string) => void): Promise<number> {
  const reader = openSqliteReader(options.database);
  try {
    const reports = await reportsFor(reader, options);
    if (reports.length === 0) {
      if (options.json && options.id === null) print('[]');
      else print(options.id === null ? 'There was no watch yet.' : `There is no watch ${options.id}.`);
      return options.id === null ? 0 : 1;
    }
    if (options.json) {
      const all = reports.map((report) => asData(report, options.now));
      print(JSON.stringify(options.id === null ? all : all[0], null, 2));
    } else {
      const names = await reader.names([...new Set(reports.flatMap(idsIn))].filter(isSlackId));
      for (const report of reports) for (const line of linesOf(report, options.now, names)) print(line);
    }
    return 0;
  } finally {
    reader.close();
  }
}

async function reportsFor(
  reader: Reader,
  { id, pace }: Pick<WatchOptions, 'id' | 'pace'>,
): Promise<readonly WatchReport[]> {
  const wanted = id === null ? await onOrLast(reader) : [named(id)].filter((each) => each !== null);
  const reports = await Promise.all(wanted.map((each) => readWatchReport(reader, each, pace)));
  return reports.filter((report) => report !== null);
}

async function onOrLast(reader: Reader): Promise<readonly WatchId[]> {
  const all = await reader.watchIds();
  const on: WatchId[] = [];
  for (const id of all) {
    const state = await reader.state(id);
    if (state?.kind === 'watch' && isWatching(state.watch)) on.push(id);
  }
  return on.length > 0 ? on : all.slice(-1);
}

/** `wch-1` and `1` mean it as well. */
function named(text: string): WatchId | null {
  const id = /^\d+$/.test(text) ? `WCH-${text}` : text.toUpperCase();
  return isWatchId(id) ? id : null;
}

const moment = (at: number): string => new Date(at).toISOString();

/** The report as data: moments as ISO 8601, durations in milliseconds. */
function asData(report: WatchReport, now: number) {
  const { watch, logged, besides } = report;
  const { id, service, why, people, startedBy, over } = watch;
  return {
    ...{ id, service, why, people, startedBy },
    startedAt: moment(watch.startedAt),
    until: moment(watch.until),
    over: over && { ...over, at: moment(over.kind === 'ended' ? endOf(watch) : over.at) },
    periods: figuresOf(report, now).map(({ from, to, state, isBlind, classes }) => ({
      ...{ from: moment(from), to: moment(to), state, allKnown: !isBlind },
      classes: classes.map(({ takings, over: late, ...figures }) => ({
        ...figures,
        incidents: takings.map((taking) => takingData(taking, now)),
        over: late.length,
      })),
    })),
    onlyLogged: logged,
    notMeasured: besides.map(({ incident, isStorm, alerts }) => ({ incident, isStorm, alerts })),
    notKnown: watch.blind.map(({ what, from, to }) => ({
      what,
      from: moment(from),
      to: to === null ? null : moment(to),
    })),
  };
}

function takingData(taking: Taking, now: number) {
  const { incident, title, alerts, openedAt, dueAt, taken } = taking;
  return {
    ...{ incident, title, alerts },
    openedAt: moment(openedAt),
    dueAt: moment(dueAt),
    takenAt: taken && moment(taken.at),
    takenBy: taken?.by ?? null,
    verdict: verdictOf(taking, now),
  };
}

/** Everybody whom the lines of a report name. */
const idsIn = (report: WatchReport): readonly string[] => {
  const { people, over } = report.watch;
  return [
    ...people,
    ...(over?.kind === 'stopped' ? [over.by] : []),
    ...figuresOf(report, 0).flatMap(({ classes }) =>
      classes.flatMap(({ takings }) => takings.flatMap(({ taken }) => taken?.by ?? [])),
    ),
  ];
};

const by = (id: string, names: Names): string => (names.has(id) ? namedPerson(id, names) : id);

function linesOf(report: WatchReport, now: number, names: Names): readonly string[] {
  const { watch, logged, besides } = report;
  const { id, service, why, people, startedAt, over } = watch;
  const end =
    over === null
      ? `${spokenDuration(endOf(watch) - now)} left, until ${moment(watch.until)}`
      : over.kind === 'ended'
        ? `ended ${moment(endOf(watch))}`
        : `stopped ${moment(over.at)} by ${by(over.by, names)}: ${over.why}`;
  return [
    `${id}  ${service}  from ${moment(startedAt)}, ${end}`,
    `    ${why} (${people.map((id) => by(id, names)).join(', ')})`,
    ...figuresOf(report, now).flatMap((period) => periodLines(period, now, names)),
    ...(logged === 0 ? [] : [`    ${logged} only in the log, which calls for nobody`]),
    ...besides.map(
      ({ incident, isStorm, alerts }) =>
        `    not measured: ${counted(alerts, 'alert')} in ${isStorm ? 'the storm ' : ''}${incident}, which was not opened in this watch`,
    ),
    ...watch.blind.map(
      ({ what, from, to }) =>
        `    not known ${moment(from)} to ${to === null ? (over ? moment(endOf(watch)) : 'now') : moment(to)}: ${blindWords[what]}`,
    ),
  ];
}

function periodLines(period: PeriodFigures, now: number, names: Names): readonly string[] {
  const { from, to, state, classes } = period;
  const how = state === 'over' ? '' : state === 'on' ? ', so far' : ', not begun';
  return [
    `    ${moment(from)} to ${moment(to)}${how}`,
    ...(state === 'ahead' ? [] : classes.flatMap((figures) => classLines(figures, { period, now, names }))),
  ];
}

function classLines(
  figures: ClassFigures,
  { period, now, names }: { period: PeriodFigures; now: number; names: Names },
): readonly string[] {
  const { class: name, limitMs, over } = figures;
  return [
    `        ${name} within ${spokenDuration(limitMs)}: ${figureWords(figures, period)}`,
    ...over.map((taking) => {
      const { incident, title, taken } = taking;
      const took = spokenDuration(tookMs(taking, now));
      const how = taken?.resolved ? 'resolved' : 'taken';
      return `            ${incident}  ${title}  ${taken ? `${how} by ${by(taken.by, names)} after ${took}` : `nobody has it, for ${took}`}`;
    }),
  ];
}
