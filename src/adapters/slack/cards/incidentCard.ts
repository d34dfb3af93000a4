import { spokenDuration } from '../../../core/duration.ts';
import { subjectKey } from '../../../core/effect.ts';
import { firingAlerts, type Incident, isOpen } from '../../../core/incident/incident.ts';
import { time } from '../../../core/moment.ts';
import type { View } from '../../../core/view.ts';
import { foreign, foreignLines, link, who } from '../escape.ts';
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
import {
  gateText,
  headline,
  indicatorOf,
  objectiveText,
  phaseWord,
  readingText,
  titleOf,
  verifiedText,
} from './words.ts';

type Shown = Extract<View, { kind: 'card' }>;

/** The first message of an incident, pinned: whatever else was said, this is how it stands. */
export function incidentCard({ incident, current }: Shown, frame: Frame): Card {
  const title = headline(incident);
  const lines = [
    standing(incident, current, frame.now),
    ...trend(current, frame.now),
    ...nowLine(current, frame),
  ];
  const links = current
    ? Object.entries(current.definition.service.links).map(([name, url]) =>
        link(url, `${name} (${URL.parse(url)?.host ?? 'no address'})`),
      )
    : [];
  const facts = [
    incident.id,
    `opened ${time(incident.openedAt)} by ${who(incident.openedBy)}`,
    ...(current
      ? [
          `playbook ${foreign(`${current.definition.playbook.source.file}:${current.definition.playbook.source.line}`, 200)}`,
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
      ...(incident.summary.trim() === '' ? [] : [section(foreignLines(incident.summary, 1_000))]),
      ...actions(buttons(incident, frame)),
      context(facts),
    ],
  );
}

function standing(incident: Incident, current: Shown['current'], now: number): string {
  const end = incident.resolved?.at ?? now;
  const age = end - incident.openedAt;
  const budget = current?.definition.playbook.onUnresolved?.afterMs;
  const left = budget === undefined ? null : budget - age;
  const firing = firingAlerts(incident).length;
  const all = Object.keys(incident.alerts).length;
  const people = [
    incident.roles.commander === undefined ? null : `commander ${who(incident.roles.commander)}`,
    incident.roles.communications === undefined
      ? null
      : `communications ${who(incident.roles.communications)}`,
    incident.roles.scribe === undefined ? null : `scribe ${who(incident.roles.scribe)}`,
  ].filter((each) => each !== null);
  return [
    `*${phaseWord[incident.phase]}*`,
    isOpen(incident) ? spokenDuration(age) : `in ${spokenDuration(age)}`,
    ...(budget === undefined || left === null || !isOpen(incident)
      ? []
      : [
          `response budget ${spokenDuration(budget)} (${left > 0 ? `${spokenDuration(left)} left` : `over by ${spokenDuration(-left)}`})`,
        ]),
    ...(people.length > 0
      ? people
      : incident.acknowledged
        ? [`${who(incident.acknowledged.by)} has it`]
        : isOpen(incident)
          ? ['nobody has it yet']
          : []),
    ...(all === 0
      ? []
      : [firing === all ? `${all} ${all === 1 ? 'alert' : 'alerts'}` : `${firing} of ${all} alerts firing`]),
  ].join(' · ');
}

/** The latest indicator that a step of the run has watched. */
function trend(current: Shown['current'], now: number): string[] {
  if (!current) return [];
  const { run, definition } = current;
  const records = Object.values(run.steps).sort((a, b) => b.enteredAt - a.enteredAt);
  for (const { state } of records) {
    if (state.kind === 'verifying') return [gateText(definition, state.gate, now)];
    if (state.kind === 'settled' && (state.how.kind === 'done' || state.how.kind === 'held')) {
      const { verified } = state.how;
      if (verified) {
        const objective = objectiveText(indicatorOf(definition, verified.indicator));
        return [`${verifiedText(definition, verified)} → objective ${objective}`];
      }
    }
  }
  const [name] = Object.keys(definition.service.indicators);
  const seen = records.find((each) => each.baseline !== null)?.baseline ?? null;
  const indicator = name === undefined ? null : indicatorOf(definition, name);
  return seen && indicator && Object.keys(definition.service.indicators).length === 1
    ? [
        `${foreign(indicator.title, 80)} ${readingText(indicator, seen)} → objective ${objectiveText(indicator)}`,
      ]
    : [];
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

function buttons(incident: Incident, frame: Frame) {
  const value = { incident: incident.id };
  if (!isOpen(incident)) return [button({ id: 'incident.reopen', label: 'Reopen', value })];
  return [
    ...(incident.acknowledged
      ? []
      : [button({ id: 'incident.acknowledge', label: 'Acknowledge', value, style: 'primary' })]),
    button({ id: 'incident.update', label: 'Update Status', value }),
    ...(incident.service !== null && frame.canRollBack(incident.service)
      ? [button({ id: 'incident.rollback', label: 'Roll Back', value })]
      : []),
    overflow('incident.more', [
      { label: 'Change Severity', value: { ...value, option: 'severity' } },
      { label: 'Assign Role', value: { ...value, option: 'role' } },
      { label: 'Add Note', value: { ...value, option: 'note' } },
      { label: 'Resolve', value: { ...value, option: 'resolve' } },
    ]),
  ];
}
