import type { Event } from '../decision.ts';
import { marked } from '../drill/standIn.ts';
import { attachedAlerts, type Incident, isOpen } from '../incident/incident.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import type { Severity } from '../severity.ts';
import type { IncidentId, StreamId } from '../stream.ts';
import type { RunView } from '../view.ts';
import { type Attempt, attemptsOf } from './attempts.ts';
import { type BrokenGlass, brokenGlass, reviewPrompt } from './glass.ts';
import { type Names, noNames } from './names.ts';
import { type Opening, openingsOf, together } from './openings.ts';
import { type Participant, peopleOf } from './people.ts';
import { type Phase, phasesOf } from './phases.ts';
import { openQuestions } from './questions.ts';
import { type TimelineEntry, timelineOf } from './timeline.ts';
import { type Standing, undoLedger } from './undoLedger.ts';
import { lastedInWords } from './written.ts';

export type LoggedEvent = { readonly stream: StreamId; readonly event: Event; readonly position: number };

/** What the log does not say in itself: the incident as it stands, its runs with what they were pinned to, and now. */
export type Subject = {
  readonly incident: Incident;
  readonly runs: readonly RunView[];
  /** Milliseconds since the epoch, for what has not ended. */
  readonly now: number;
  /** What durations were divided by; 1 where it is left out. */
  readonly pace?: number;
  /** For people who are spoken of in the timeline. */
  readonly names?: Names;
};

/** The draft of a post-mortem: what the log knows, and the questions that only people can answer. Times are milliseconds since the epoch. */
export type PostMortem = {
  readonly incident: IncidentId;
  readonly title: string;
  readonly service: string | null;
  readonly severity: Severity;
  readonly status: 'open' | 'resolved';
  readonly writtenAt: number;
  readonly summary: string;
  readonly impact: Impact;
  readonly phases: readonly Phase[];
  readonly people: readonly Participant[];
  readonly alerts: readonly {
    readonly name: string;
    readonly summary: string;
    readonly from: number;
    readonly to: number | null;
  }[];
  readonly timeline: readonly TimelineEntry[];
  readonly tried: readonly Attempt[];
  /** What is changed still, last in first out: the order in which it would be taken back. */
  readonly undo: readonly Standing[];
  /** Only where something ran without its second person. */
  readonly glass?: readonly BrokenGlass[];
  readonly questions: readonly string[];
  /** Empty on purpose; the prompts say what to look for. */
  readonly actionItems: { readonly items: readonly string[]; readonly prompts: readonly string[] };
};

export type Impact = {
  readonly from: number;
  /** When it was over: the last alert resolved, else the objective held again, at the latest when it was resolved; null while nobody knows. */
  readonly to: number | null;
  /** All openings together; the quiet between a resolution and the next opening does not count. */
  readonly lastedMs: number | null;
  readonly openings: readonly Opening[];
  readonly alerts: number;
  readonly reopened: number;
};

/** Pure: the same log gives the same draft. Events may be of the incident and of its runs, in any order. */
export function postMortem(events: readonly LoggedEvent[], subject: Subject): PostMortem {
  const { incident, now } = subject;
  const ordered = events.toSorted((a, b) => a.position - b.position);
  const tried = attemptsOf(ordered, subject.runs);
  const alerts = attachedAlerts(incident).toSorted((a, b) => a.startsAt - b.startsAt);
  const openings = openingsOf(ordered, { incident, tried });
  const impact: Impact = {
    from: openings[0].from,
    to: openings.at(-1)?.to ?? null,
    lastedMs: together(openings, ({ to }) => to),
    openings,
    alerts: alerts.length,
    reopened: incident.reopened,
  };
  const phases = phasesOf(ordered, { incident, openings, pace: subject.pace ?? 1 });
  const undo = undoLedger(subject.runs);
  const glass = brokenGlass(ordered, subject.runs);
  return {
    incident: incident.id,
    title: incident.drill ? marked(incident.title) : incident.title,
    service: incident.service,
    severity: incident.severity,
    status: isOpen(incident) ? 'open' : 'resolved',
    writtenAt: now,
    summary: summaryOf(incident, impact, tried),
    impact,
    phases,
    people: peopleOf(ordered, incident),
    alerts: alerts.map((alert) => ({
      name: alert.name,
      summary: alert.summary,
      from: alert.startsAt,
      to: alert.endsAt,
    })),
    timeline: timelineOf(ordered, subject.runs, subject.names ?? noNames),
    tried,
    undo,
    ...(glass.length > 0 && { glass }),
    questions: openQuestions(ordered, { incident, openings, phases, tried, undo, runs: subject.runs }),
    actionItems: {
      items: [],
      prompts: [
        ...(glass.length > 0 ? [reviewPrompt] : []),
        'What would have shown this sooner, or made the alert say more?',
        'What would have made it shorter: a step of the playbook, a right, a missing action?',
        'What keeps this cause from coming back, and who does it by when?',
        'Which of the changes made during the incident stay, and where are they written down?',
      ],
    },
  };
}

function summaryOf(incident: Incident, impact: Impact, tried: readonly Attempt[]): string {
  const where = incident.service === null ? '' : ` on ${incident.service}`;
  const lasted =
    impact.lastedMs === null
      ? 'It is not over yet.'
      : `It lasted ${lastedInWords(impact.lastedMs, impact.openings.length)}.`;
  const helped = tried.filter((attempt) => attempt.helped === 'yes');
  const last = helped.at(-1);
  const made = tried.filter((attempt) => !attempt.undo).length;
  const count = made === 1 ? 'One thing was tried' : `${made} things were tried`;
  const doing =
    made === 0
      ? 'Nothing was done through the bot.'
      : last
        ? `${count}; after "${last.what}" ${movement(last)}.`
        : `${count}; none of it is known to have helped.`;
  const note = incident.resolved?.note ? ` Resolved with the note: ${incident.resolved.note}` : '';
  return `${incident.severity}: ${incident.title}${where}. ${lasted} ${doing}${note}`;
}

function movement({ indicator }: Attempt): string {
  if (!indicator) return 'its check passed';
  const { title, unit, before, after, objective } = indicator;
  if (before === null)
    return `${title} was ${formatValue(unit, after)} (objective ${formatObjective(unit, objective)})`;
  return `${title} went from ${formatValue(unit, before)} to ${formatValue(unit, after)} (objective ${formatObjective(unit, objective)})`;
}
