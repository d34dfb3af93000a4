import { spokenDuration } from '../duration.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import { paced } from '../playbook/pace.ts';
import { list, table, md as written } from '../report/markdown.ts';
import { type Names, noNames } from '../report/names.ts';
import type { LoggedEvent } from '../report/postMortem.ts';
import { type TimelineEntry, timelineOf } from '../report/timeline.ts';
import { stepTitle } from '../report/titles.ts';
import { whoInWords, writtenClock, writtenTime } from '../report/written.ts';
import type { Settled, StepState } from '../run/run.ts';
import { isUndo } from '../run/undo.ts';
import { findStep } from '../run/walk.ts';
import type { IncidentId, RunId } from '../stream.ts';
import type { RunView } from '../view.ts';
import { drillWord, wouldBegin } from './standIn.ts';

/** What a drill came to, read from its log. Moments are milliseconds since the epoch. */
export type DrillReport = {
  readonly incident: IncidentId;
  readonly title: string;
  readonly playbook: string;
  readonly startedAt: number;
  readonly startedBy: string;
  /** Null while it goes on. */
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly note: string | null;
  readonly firstFails: boolean;
  readonly times: readonly DrillTime[];
  readonly steps: readonly DrillStep[];
  /** What would have been done in reality, in the order in which it was started. */
  readonly wouldRun: readonly { readonly at: number; readonly step: string; readonly line: string }[];
  readonly timeline: readonly TimelineEntry[];
};

/** How long it took from the beginning of the drill, against the phase that it belongs to. */
export type DrillTime = {
  readonly name: 'acknowledge' | 'mitigate' | 'verify' | 'resolve';
  readonly title: string;
  /** Null for what did not happen. */
  readonly tookMs: number | null;
  readonly phase: { readonly fromMs: number; readonly toMs: number };
  readonly isLate: boolean;
};

export type DrillStep = {
  readonly run: RunId;
  readonly attempt: number;
  readonly title: string;
  readonly from: number;
  /** Null for a step that the drill ended at. */
  readonly tookMs: number | null;
  /** Who decided it; null for what went by itself. */
  readonly by: string | null;
  readonly result: string;
  readonly isSkipped: boolean;
};

const minute = 60_000;
/** Counted from the first sign of trouble: 2 minutes to have it, 5 to act on it, 30 to have it under control. */
const phases = {
  acknowledge: { fromMs: 0, toMs: 2 * minute },
  mitigate: { fromMs: 2 * minute, toMs: 5 * minute },
  control: { fromMs: 5 * minute, toMs: 30 * minute },
} as const;

export function drillReport(
  events: readonly LoggedEvent[],
  {
    incident,
    runs,
    pace = 1,
    names = noNames,
  }: {
    readonly incident: Incident;
    readonly runs: readonly RunView[];
    /** What durations were divided by, and the phases with them. */
    readonly pace?: number;
    /** For people who are spoken of in the timeline. */
    readonly names?: Names;
  },
): DrillReport {
  const ordered = events.toSorted((a, b) => a.position - b.position);
  const first = (is: (each: LoggedEvent['event']) => boolean): number | null =>
    ordered.find(({ event }) => is(event))?.event.at ?? null;
  const mitigated = first(({ type }) => type === 'MitigationStarted');
  const time = (
    name: DrillTime['name'],
    title: string,
    at: number | null,
    unscaled: DrillTime['phase'],
  ): DrillTime => {
    const phase = { fromMs: paced(unscaled.fromMs, pace), toMs: paced(unscaled.toMs, pace) };
    const tookMs = at === null ? null : Math.max(0, at - incident.openedAt);
    return { name, title, tookMs, phase, isLate: tookMs !== null && tookMs > phase.toMs };
  };
  return {
    incident: incident.id,
    title: incident.title,
    playbook: incident.playbook,
    startedAt: incident.openedAt,
    startedBy: incident.openedBy,
    endedAt: incident.resolved?.at ?? null,
    endedBy: incident.resolved?.by ?? null,
    note: incident.resolved?.note ?? null,
    firstFails: incident.firstFails ?? false,
    times: [
      time('acknowledge', 'Acknowledged', incident.acknowledged?.at ?? null, phases.acknowledge),
      time('mitigate', 'First mitigation started', mitigated, phases.mitigate),
      time('verify', 'Verified', verifiedAt(ordered, runs), phases.control),
      time('resolve', 'Over', isOpen(incident) ? null : (incident.resolved?.at ?? null), phases.control),
    ],
    steps: stepsOf(ordered, runs),
    wouldRun: wouldRunIn(ordered, runs),
    timeline: timelineOf(ordered, runs, names),
  };
}

/** A check that was met before anything was changed says nothing about what was done. */
function verifiedAt(ordered: readonly LoggedEvent[], runs: readonly RunView[]): number | null {
  const undoes = (id: LoggedEvent['stream']) =>
    runs.some(({ run, definition }) => run.id === id && isUndo(definition));
  const changed = ordered.findIndex(
    ({ stream, event }) => event.type === 'CommandEnded' && event.data.ledger !== null && !undoes(stream),
  );
  if (changed < 0) return null;
  return ordered.slice(changed).find(({ event }) => isVerified(event))?.event.at ?? null;
}

const isVerified = (event: LoggedEvent['event']): boolean =>
  event.type === 'StepSettled' &&
  (event.data.how.kind === 'done' || event.data.how.kind === 'held') &&
  event.data.how.verified !== null;

type Open = { -readonly [K in keyof DrillStep]: DrillStep[K] };

function stepsOf(events: readonly LoggedEvent[], runs: readonly RunView[]): readonly DrillStep[] {
  const steps: Open[] = [];
  const current = new Map<string, Open>();
  for (const { stream, event } of events) {
    const view = runs.find(({ run }) => run.id === stream);
    if (!view) continue;
    if (event.type === 'StepEntered') {
      const { step, attempt } = event.data;
      const title = titleOf(step, view);
      const opened: Open = {
        ...{ run: view.run.id, attempt, title, from: event.at, tookMs: null },
        ...{ by: null, result: 'not finished', isSkipped: false },
      };
      steps.push(opened);
      current.set(`${stream}/${step}`, opened);
    }
    if (event.type !== 'StepSettled' && event.type !== 'StepMoved') continue;
    const open = current.get(`${stream}/${event.data.step}`);
    if (!open) continue;
    open.tookMs = Math.max(0, event.at - open.from);
    if (event.type === 'StepMoved') {
      const { state } = event.data;
      open.result = movedTo(state);
      if ('by' in state) open.by = state.by;
    } else {
      open.by = event.data.by;
      open.result = settledAs(event.data.how, event.data.step, view);
      open.isSkipped = event.data.how.kind === 'skipped';
    }
  }
  return steps;
}

const titleOf = (id: string, view: RunView): string =>
  stepTitle(findStep(view.definition.playbook.steps, id), view);

const movedTo = (state: StepState): string =>
  'message' in state ? `${state.kind}: ${state.message}` : state.kind;

function settledAs(how: Settled, id: string, { definition }: RunView): string {
  switch (how.kind) {
    case 'chosen': {
      const step = findStep(definition.playbook.steps, id);
      const label =
        step?.kind === 'choose' ? step.options.find((each) => each.id === how.option)?.label : null;
      return `chose ${label ?? how.option}`;
    }
    case 'answered':
      return `answered ${how.answer}`;
    case 'accepted':
      return how.claim === 'worked' ? 'said that it worked' : 'said that it did not work';
    case 'unseen':
      return `could not be seen: ${how.message}`;
    default:
      return how.kind;
  }
}

/** What the stand-ins printed is the record of it, word for word. */
function wouldRunIn(events: readonly LoggedEvent[], runs: readonly RunView[]): DrillReport['wouldRun'] {
  return events.flatMap(({ stream, event }) => {
    if (event.type !== 'OutputAppended') return [];
    const view = runs.find(({ run }) => run.id === stream);
    const step = view ? titleOf(event.data.step, view) : event.data.step;
    return event.data.text
      .split('\n')
      .filter((line) => line.startsWith(wouldBegin))
      .map((line) => ({ at: event.at, step, line: line.slice(wouldBegin.length) }));
  });
}

/** `Acknowledged after 1 min 10 s (phase 0–2 min): in time`. */
export function timeInWords({ title, tookMs, phase, isLate }: DrillTime): string {
  const within = `phase ${phaseInWords(phase)}`;
  return tookMs === null
    ? `${title}: not reached (${within})`
    : `${title} after ${spokenDuration(tookMs)} (${within}): ${isLate ? 'over it' : 'in time'}`;
}

/** `2–5 min`; in seconds where the pace makes parts of minutes of it. */
function phaseInWords({ fromMs, toMs }: DrillTime['phase']): string {
  const inMinutes = fromMs % minute === 0 && toMs % minute === 0;
  const count = (ms: number) => (inMinutes ? ms / minute : Math.round(ms / 100) / 10);
  return `${count(fromMs)}–${count(toMs)} ${inMinutes ? 'min' : 's'}`;
}

export const skippedIn = ({ steps }: DrillReport): readonly string[] =>
  steps.filter(({ isSkipped }) => isSkipped).map(({ title }) => title);

/** The report as CommonMark with tables. */
export function drillMarkdown(report: DrillReport, names: Names = noNames): string {
  const { startedAt, endedAt } = report;
  const md = (text: string) => written(text, names);
  const by = (id: string) => md(whoInWords(id, names));
  return [
    `# ${drillWord} · ${md(`${report.incident} · ${report.title}`)}`,
    `A drill of ${md(report.playbook)}, started by ${by(report.startedBy)} at ${writtenTime(startedAt)}${
      endedAt === null
        ? ', still going on'
        : `, ended by ${by(report.endedBy ?? 'bot')} after ${spokenDuration(endedAt - startedAt)}`
    }. Nothing of it was carried out. All times are UTC.${
      report.firstFails ? ' The first mitigation was to fail.' : ''
    }${report.note === null ? '' : ` ${md(report.note)}`}`,
    '## Times',
    table(
      ['What', 'After', 'Phase', ''],
      report.times.map(({ title, tookMs, phase, isLate }) => [
        title,
        tookMs === null ? 'not reached' : spokenDuration(tookMs),
        phaseInWords(phase),
        tookMs === null ? '' : isLate ? 'over it' : 'in time',
      ]),
    ),
    '## Steps',
    table(
      ['Began', 'Step', 'Took', 'By', 'Result'],
      report.steps.map((step) => [
        writtenClock(step.from),
        md(`${step.title}${step.attempt > 1 ? `, attempt ${step.attempt}` : ''}`),
        step.tookMs === null ? '' : spokenDuration(step.tookMs),
        step.by === null ? 'the bot' : by(step.by),
        md(step.result),
      ]),
    ),
    '## Skipped',
    list(skippedIn(report).map(md)),
    '## What would have been done',
    list(report.wouldRun.map(({ at, step, line }) => `${writtenClock(at)} ${md(step)}: ${md(line)}`)),
    '## Who did what',
    table(
      ['When', 'Who', 'What'],
      report.timeline.map(({ at, who, what }) => [writtenClock(at), by(who), md(what)]),
    ),
  ]
    .join('\n\n')
    .concat('\n');
}
