import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { type Incident, isOpen } from '../../../core/incident/incident.ts';
import { acknowledgeBy } from '../../../core/incident/taking.ts';
import { phaseClock } from '../../../core/incident/timekeeping.ts';
import { time } from '../../../core/moment.ts';
import type { Definition } from '../../../core/playbook/definition.ts';
import type { PhaseLimits } from '../../../core/playbook/routing.ts';
import { planStep } from '../../../core/run/resolve.ts';
import type { StepRecord } from '../../../core/run/run.ts';
import { findStep } from '../../../core/run/walk.ts';
import type { View } from '../../../core/view.ts';
import { channelLink, foreign, link, outsideLink, who } from '../escape.ts';
import { alertCount, alertsKnown } from './alertsKnown.ts';
import {
  actions,
  button,
  type Card,
  card,
  context,
  type Frame,
  header,
  overflow,
  section,
} from './blocks.ts';
import { callLines } from './calls.ts';
import { endDrill } from './drill.ts';
import { messageLink } from './messageLink.ts';
import { silenceButtons, silenceLines } from './silenced.ts';
import { backlogText, stormText, troubleBlocks, urgentText } from './stormCard.ts';
import {
  ago,
  headline,
  holdText,
  indicatorOf,
  indicatorTitle,
  objectiveText,
  phaseWord,
  readingText,
  titleOf,
  troubleText,
  valueText,
} from './words.ts';

type Shown = Extract<View, { kind: 'card' }>;

/** The first message of an incident, pinned: whatever else was said, this is how it stands. */
export function incidentCard({ incident, current, phases }: Shown, frame: Frame): Card {
  const title = headline(incident);
  const { storm } = incident;
  const lines = [
    ...(storm
      ? [`*${stormText(incident, storm)}*`, ...urgentText(storm), ...backlogText(storm)]
      : [troubleText(incident, 1_000)]),
    standing(incident, current, frame.now),
    ...phaseLine(incident, phases, frame.now),
    ...watchLine(incident, frame.now),
    ...callLines(incident, frame),
    ...alertsKnown(incident),
    ...silenceLines(incident),
    ...trend(incident, current, frame.now),
    ...nowLine(current, frame),
  ];
  const links = current
    ? Object.entries(current.definition.service.links).map(([name, url]) => outsideLink(url, name))
    : [];
  const facts = [
    incident.id,
    `opened ${time(incident.openedAt)} by ${who(incident.openedBy)}`,
    ...(incident.source === undefined
      ? []
      : [`declared from ${messageLink(incident.source, 'a message', frame)}`]),
    ...(incident.movedFrom === undefined
      ? []
      : [`moved here from a thread in ${channelLink(incident.movedFrom)}`]),
    ...(current
      ? [
          current.definition.playbook.kind === 'undo'
            ? `undo made from the ${foreign(current.definition.playbook.source.file, 200)}`
            : `playbook ${foreign(`${current.definition.playbook.source.file}:${current.definition.playbook.source.line}`, 200)}`,
        ]
      : [`playbook ${foreign(incident.playbook, 100)}`]),
    ...links,
  ].join(' · ');
  return card(
    subjectKey({ kind: 'card', incident: incident.id }),
    `${incident.phase}-${incident.severity}-${incident.acknowledged ? 'taken' : 'free'}`,
    `${foreign(title, 300)} — ${incident.id} — ${phaseWord[incident.phase]}`,
    [
      header(title),
      section(lines.join('\n')),
      ...actions(buttons(incident, current, frame)),
      ...(storm ? troubleBlocks(incident, storm) : []),
      context(facts),
    ],
  );
}

function standing(incident: Incident, current: Shown['current'], now: number): string {
  const budget = current?.definition.playbook.onUnresolved?.afterMs;
  const until = incident.openedAt + (budget ?? 0);
  const all = incident.alerts.byFingerprint.size;
  const people = [
    incident.roles.commander === undefined ? null : `commander ${who(incident.roles.commander)}`,
    incident.roles.communications === undefined
      ? null
      : `communications ${who(incident.roles.communications)}`,
    incident.roles.scribe === undefined ? null : `scribe ${who(incident.roles.scribe)}`,
  ].filter((each) => each !== null);
  return [
    `*${phaseWord[incident.phase]}*`,
    // Moments, not spans: nothing redraws the card while people think, and it has to stay true.
    incident.resolved
      ? `in ${spokenDuration(incident.resolved.at - incident.openedAt)} by ${who(incident.resolved.by)}`
      : `opened ${ago(incident.openedAt)}`,
    ...(budget === undefined || !isOpen(incident)
      ? []
      : [
          `response budget ${spokenDuration(budget)}, ${until > now ? 'until' : 'over since'} ${time(until)}`,
        ]),
    ...(people.length > 0
      ? people
      : incident.acknowledged
        ? [`${who(incident.acknowledged.by)} has it since ${time(incident.acknowledged.at)}`]
        : isOpen(incident)
          ? ['nobody has it yet']
          : []),
    ...(all === 0 || incident.storm ? [] : [alertCount(incident)]),
  ].join(' · ');
}

/** The phase that it is in and its clock, as a moment, since nothing redraws the card while people think. */
function phaseLine(incident: Incident, phases: PhaseLimits | undefined, now: number): string[] {
  const clock = phaseClock(incident, phases);
  if (!clock) return [];
  const { phase, until } = clock;
  return [`Phase: ${phase}, ${until > now ? 'until' : 'its time is over since'} ${time(until)}`];
}

/** In a watch the limit is another than the usual one, so it is said. */
function watchLine(incident: Incident, now: number): string[] {
  const watch = incident.acknowledgeWithin?.watch;
  if (!watch || incident.acknowledged || !isOpen(incident)) return [];
  // The pace of a watch is part of its limits.
  const by = acknowledgeBy(incident, 1);
  return [`${watch.id}: to be acknowledged by ${time(by)}${by < now ? ', which is over' : ''}`];
}

/** The indicator that the run watched last: how it was before anything was done, how it is, what it must be. */
function trend(incident: Incident, current: Shown['current'], now: number): string[] {
  if (!current) return [];
  const { run, definition } = current;
  const all = Object.entries(run.steps)
    .sort(([, a], [, b]) => a.enteredAt - b.enteredAt)
    .map(([id, record]) => watched(definition, id, record, now))
    .filter((each) => each !== null);
  const last = all.at(-1);
  // How it was before is no news once all is quiet, be it that another run has mended it.
  if (!last || (last.untouched && incident.allQuietSince !== null)) return [];
  const indicator = indicatorOf(definition, last.indicator);
  const first = all.find((each) => each.indicator === last.indicator && each.before !== null)?.before ?? null;
  const before = first === null ? '' : `${valueText(indicator, first)} → `;
  const same = before === `${last.value} → `;
  // Another run has been at the service since: what was read before it says nothing of now without its time.
  const isOld = !last.untouched && incident.runs.at(-1) !== run.id && last.settledAt !== null;
  const read = isOld ? ` · read ${time(last.settledAt ?? 0)}` : '';
  return [
    `${foreign(indicatorTitle(definition, last.indicator), 80)} ${same ? '' : before}*${last.value}* → objective ${objectiveText(indicator)}${last.hold}${read}`,
  ];
}

type Watched = {
  readonly indicator: string;
  readonly before: number | null;
  readonly value: string;
  readonly hold: string;
  /** When its check was over; null while it is watched, and where nothing was done. */
  readonly settledAt: number | null;
  /** Read before anything was done, and not since. */
  readonly untouched: boolean;
};

function watched(definition: Definition, id: string, record: StepRecord, now: number): Watched | null {
  const { state, baseline } = record;
  if (state.kind === 'verifying') {
    const { indicator, before, last } = state.gate;
    const value = readingText(indicatorOf(definition, indicator), last);
    const hold = ` · ${holdText(state.gate, now)}`;
    return { indicator, before, value, hold, settledAt: null, untouched: false };
  }
  if (state.kind === 'settled' && (state.how.kind === 'done' || state.how.kind === 'held')) {
    const { verified } = state.how;
    if (verified) {
      const { indicator, before, after, heldMs } = verified;
      const value = valueText(indicatorOf(definition, indicator), after);
      const hold = heldMs > 0 ? ` · held ${spokenDuration(heldMs)}` : '';
      return { indicator, before, value, hold, settledAt: state.at, untouched: false };
    }
  }
  const step = findStep(definition.playbook.steps, id);
  if (!baseline || step?.kind !== 'do') return null;
  const indicator = planStep(definition, step).verify?.indicator;
  if (indicator === undefined) return null;
  const value = readingText(indicatorOf(definition, indicator), baseline);
  const hold = ` · read ${time(baseline.at)}`;
  return { indicator, before: baseline.value, value, hold, settledAt: null, untouched: true };
}

/** What is going on at this moment, with the way to its message. */
function nowLine(current: Shown['current'], frame: Frame): string[] {
  if (!current) return [];
  const { run, definition } = current;
  if (run.at === null) {
    if (run.whole?.state.kind === 'pending') {
      return [`Now: *${foreign(run.title, 200)}* waits for approval until ${time(run.whole.expiresAt)}`];
    }
    return [];
  }
  const record = run.steps[run.at];
  if (!record) return [];
  const title = foreign(titleOf(definition, run.at), 200);
  const { state } = record;
  const doing = (() => {
    switch (state.kind) {
      case 'observing':
        return `being looked at since ${time(state.since)}`;
      case 'asking':
      case 'offering':
        return 'waits for an answer';
      case 'approving':
        return 'waits for approval';
      case 'running':
        return `running since ${time(state.since)}, started by ${who(state.by)}`;
      case 'verifying':
        return `being verified since ${time(state.since)}`;
      case 'waiting':
        return `waits until ${time(state.until)}`;
      case 'failed':
        return 'failed, needs a person';
      case 'inconclusive':
        return 'inconclusive, needs a person';
      case 'unknown':
        return 'outcome unknown, needs a person';
      case 'settled':
        return 'done';
      case 'reopened':
        return 'opened again';
      default: {
        const never: never = state;
        return never;
      }
    }
  })();
  const url = frame.linkTo(subjectKey({ kind: 'step', run: run.id, step: run.at, attempt: record.attempt }));
  return [`Now: *${title}* ${doing}${url === null ? '' : ` · ${link(url, 'go to the step')}`}`];
}

function buttons(incident: Incident, current: Shown['current'], frame: Frame) {
  const value = { incident: incident.id };
  if (!isOpen(incident))
    return incident.drill ? [] : [button({ id: 'incident.reopen', label: 'Reopen', value })];
  return [
    ...(incident.acknowledged
      ? []
      : [button({ id: 'incident.acknowledge', label: 'Acknowledge', value, style: 'primary' })]),
    button({ id: 'incident.update', label: 'Update Status', value }),
    ...(incident.roles.commander === undefined
      ? []
      : [button({ id: 'incident.hand-over', label: 'Hand Over', value })]),
    ...(incident.calling || (current?.definition.playbook.experts ?? []).length > 0
      ? [button({ id: 'incident.call', label: 'Call In…', value })]
      : []),
    ...(incident.service !== null && (frame.canRollBack(incident.service) || hasWayBack(current))
      ? [button({ id: 'incident.rollback', label: 'Roll Back', value })]
      : []),
    ...silenceButtons(incident, frame),
    ...(incident.drill ? [endDrill(incident)] : []),
    overflow('incident.more', [
      { label: 'Change Severity', value: { ...value, option: 'severity' } },
      { label: 'Assign Role', value: { ...value, option: 'role' } },
      { label: 'Add Note', value: { ...value, option: 'note' } },
      ...(incident.drill ? [] : [{ label: 'Resolve', value: { ...value, option: 'resolve' } }]),
    ]),
  ];
}

/** Whether the walk that people are at has changed something that the bot can take back. */
const hasWayBack = (current: Shown['current']): boolean =>
  current?.run.ledger.some(({ undo, undoes }) => undo !== 'none' && undoes === undefined) ?? false;
