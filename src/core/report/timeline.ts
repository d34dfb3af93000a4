import type { Event } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import type { Indicator, Step } from '../playbook/definition.ts';
import type { RunEvent } from '../run/events.ts';
import type { Plan } from '../run/plan.ts';
import type { Approval, StepState } from '../run/run.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { outcomeInWords } from './attempts.ts';
import type { LoggedEvent } from './postMortem.ts';

export type TimelineEntry = { readonly at: number; readonly who: string; readonly what: string };

/** What happened, in the order of the log. What only says that a step began is left out where its end says more. */
export function timelineOf(
  events: readonly LoggedEvent[],
  runs: readonly RunView[],
): readonly TimelineEntry[] {
  const verdicts = new Map<string, string>();
  const alerts = new Map<string, string>();
  const collected = new Set<string>();
  const plans = new Map<string, Plan>();
  const said = new Set<string>();
  return events.flatMap(({ stream, event }) => {
    const view = runs.find((each) => each.run.id === stream);
    // What a storm collected is in the list of alerts; a line for each of thousands would hide everything else.
    if (event.type === 'AlertFired' && event.data.collected) {
      collected.add(event.data.episode);
      return [];
    }
    if (event.type === 'AlertFired') alerts.set(event.data.episode, event.data.alert.name);
    if (event.type === 'AlertResolved') {
      if (collected.has(event.data.episode)) return [];
      const name = alerts.get(event.data.episode) ?? 'An alert';
      return [{ at: event.at, who: event.by, what: `${name} resolved` }];
    }
    if (event.type === 'CommandStarted') plans.set(`${stream}/${event.data.step}`, event.data.plan);
    if (event.type === 'CommandEnded') {
      const plan = plans.get(`${stream}/${event.data.step}`);
      const title = plan?.commands[event.data.command]?.title ?? lookTitle(event.data.step, view);
      return [{ at: event.at, who: event.by, what: `${title}: ${outcomeInWords(event.data.outcome)}` }];
    }
    // The bot tells the channel what its own event says already.
    for (const remark of remarksOf(event)) said.add(remark);
    if (event.type === 'NoteAdded' && event.data.kind === 'bot' && said.delete(event.data.text)) return [];
    const what = sentence(event, view, (verdict) => {
      const before = verdicts.get(stream);
      verdicts.set(stream, verdict);
      return before !== verdict;
    });
    return what === null ? [] : [{ at: event.at, who: event.by, what }];
  });
}

/** The notes that come with an event and repeat it. */
function remarksOf(event: Event): readonly string[] {
  switch (event.type) {
    case 'UnresolvedForLong':
      return [`Unresolved for ${spokenDuration(event.data.afterMs)}.`];
    case 'IncidentReopened':
      return [`Reopened: ${event.data.why}.`, `Reopened by <@${event.by}>: ${event.data.why}`];
    default:
      return [];
  }
}

/** A look starts without an event of its own, so its title comes from the playbook. */
const lookTitle = (id: string, view: RunView | undefined): string =>
  stepTitle(view ? findStep(view.definition.playbook.steps, id) : null, view);

/** `changed` tells whether a verdict differs from the one before: a hundred equal readings are one fact. */
function sentence(
  event: Event,
  view: RunView | undefined,
  changed: (verdict: string) => boolean,
): string | null {
  switch (event.type) {
    case 'IncidentOpened':
      return `Opened as ${event.data.severity}: ${event.data.title}`;
    case 'AlertFired':
      return `Alert ${event.data.alert.name} fired: ${event.data.alert.summary}`;
    case 'AlertResolved':
      return null;
    case 'AlertsMoved':
      return `${event.data.name} got an incident of its own, ${event.data.to}`;
    case 'BacklogSeen':
      return null;
    case 'BacklogDrained':
      return `Slack took messages as they came again; the longest wait was ${spokenDuration(event.data.waitedMs)}`;
    case 'IncidentAcknowledged':
      return 'Took the incident';
    case 'SeverityChanged':
      return `Severity ${event.data.from} → ${event.data.severity}${because(event.data.why)}`;
    case 'RoleAssigned':
      return `${event.data.role} is ${event.data.user}`;
    case 'MitigationStarted':
      return null;
    case 'ResponderJoined':
      return `${event.data.user} joined`;
    case 'RunAttached':
      return `Playbook ${event.data.playbook} (${event.data.run})`;
    case 'RunFinished':
      return null;
    case 'NoteAdded':
      return `${event.data.kind === 'update' ? 'Status update' : 'Note'}: ${event.data.text}`;
    case 'UnresolvedForLong':
      return `Unresolved for ${spokenDuration(event.data.afterMs)}${event.data.offer ? `; ${event.data.offer} was offered` : ''}`;
    case 'LeftUnattended':
      return `Nobody had taken it ${spokenDuration(event.at - event.data.since)} after it was opened`;
    case 'AlertsCompared':
      return comparedSentence(event.data);
    case 'ChannelOpened':
      return `Channel #${event.data.name} opened`;
    case 'IncidentResolved':
      return `Resolved${because(event.data.note)}`;
    case 'IncidentReopened':
      return `Reopened: ${event.data.why}`;
    default:
      return runSentence(event, view, changed);
  }
}

function comparedSentence({ gone, staleSince }: Extract<Event, { type: 'AlertsCompared' }>['data']): string {
  if (staleSince !== null) {
    const since = new Date(staleSince).toISOString().slice(0, 16).replace('T', ' ');
    return `Alertmanager had told nothing since ${since} UTC: whether the alerts still fired was not known`;
  }
  const count = Object.keys(gone).length;
  if (count === 0) return 'Alertmanager has the firing alerts';
  return `Alertmanager did not have ${count === 1 ? '1 alert' : `${count} alerts`} any more, without a resolve`;
}

function runSentence(
  event: RunEvent,
  view: RunView | undefined,
  changed: (verdict: string) => boolean,
): string | null {
  const step =
    view && 'step' in event.data ? findStep(view.definition.playbook.steps, event.data.step) : null;
  const name = stepTitle(step, view);
  switch (event.type) {
    case 'RunStarted':
      return event.data.reason ? `Started ${event.data.title}: ${event.data.reason}` : null;
    case 'PlanProposed':
      return `Asked for approval of ${event.data.approval.plan.title}`;
    case 'PlanDecided':
      return approvalSentence(event.data.state, 'the plan');
    case 'StepEntered':
    case 'CommandEnded':
    case 'OutputAppended':
    case 'BaselineTaken':
      return null;
    case 'ApprovalRequested':
      return `Asked for approval of ${event.data.approval.plan.title}`;
    case 'ApprovalDecided':
      return approvalSentence(event.data.state, name);
    case 'CommandStarted': {
      const planned = event.data.plan.commands[event.data.command];
      if (!planned) return null;
      return planned.observes
        ? `Looked: ${planned.title}`
        : `Started: ${planned.title} on ${planned.host.name}`;
    }
    case 'StopRequested':
      return `Asked to stop: ${name}`;
    case 'GateOpened': {
      const indicator = indicatorOf(event.data.gate.indicator, view);
      if (!indicator) return null;
      const hold = held(' for ', event.data.gate.holdMs);
      return `Watching: ${indicator.title} must be ${formatObjective(indicator.unit, indicator.objective)}${hold}`;
    }
    case 'ReadingTaken': {
      const { reading, gate } = event.data;
      const indicator = indicatorOf(gate.indicator, view);
      if (!indicator || !changed(reading.verdict)) return null;
      return reading.verdict === 'inconclusive'
        ? `${indicator.title} is not known: ${reading.why}`
        : `${indicator.title} is ${formatValue(indicator.unit, reading.value)}, objective ${formatObjective(indicator.unit, indicator.objective)}`;
    }
    case 'ProbeAnswered':
      return event.data.reading.verdict === 'inconclusive'
        ? `The check after "${name}" gave no answer: ${event.data.reading.why}`
        : `The check after "${name}" ${event.data.reading.verdict === 'pass' ? 'passed' : 'failed'}`;
    case 'StepMoved':
      return movedSentence(event.data.state, name);
    case 'StepSettled':
      return settledSentence(event, step, name, view);
    case 'StepsReopened':
      return `Went back in the playbook${because(event.data.why)}`;
    case 'RunEnded':
      return endedSentence(event.data, view);
    default: {
      const never: never = event;
      return never;
    }
  }
}

/** What ends is the walk: the name of the playbook is often that of the trouble, which may go on. */
function endedSentence(
  { kind, why }: Extract<RunEvent, { type: 'RunEnded' }>['data'],
  view: RunView | undefined,
): string {
  const walk = view ? `The walk of ${view.run.title}` : 'The walk';
  switch (kind) {
    case 'completed':
      return `${walk} was completed${because(why)}`;
    case 'stopped':
      return `${walk} ended${because(why)}`;
    case 'refused':
      return view ? `${view.run.title} was refused${because(why)}` : `The run was refused${because(why)}`;
    default: {
      const never: never = kind;
      return never;
    }
  }
}

function settledSentence(
  { data: { how } }: Extract<RunEvent, { type: 'StepSettled' }>,
  step: Step | null,
  name: string,
  view: RunView | undefined,
): string | null {
  switch (how.kind) {
    case 'done':
    case 'held': {
      if (!how.verified) return null;
      const { indicator, before, after, heldMs } = how.verified;
      const { title, unit } = indicatorOf(indicator, view) ?? { title: indicator, unit: 'count' as const };
      const from = before === null ? '' : `${formatValue(unit, before)} → `;
      return `Verified: ${title} ${from}${formatValue(unit, after)}${held(', held for ', heldMs)}`;
    }
    case 'chosen': {
      const option =
        step?.kind === 'choose' ? step.options.find((each) => each.id === how.option) : undefined;
      return `${name} ${option?.label ?? how.option}`;
    }
    case 'answered':
      return `${name} ${how.answer}`;
    case 'skipped':
      return `Skipped: ${name}`;
    case 'accepted':
      return `Said that "${name}" ${how.claim === 'worked' ? 'worked' : 'did not work'}`;
    case 'passed':
      return null;
    case 'unseen':
      return `Could not look (${name}): ${how.message}`;
    default: {
      const never: never = how;
      return never;
    }
  }
}

function movedSentence(state: StepState, name: string): string | null {
  switch (state.kind) {
    case 'failed':
      return `${name} failed: ${state.message}`;
    case 'inconclusive':
      return `${name} is inconclusive: ${state.message}`;
    case 'unknown':
      return `Outcome of "${name}" unknown: ${state.message}`;
    default:
      return null;
  }
}

function approvalSentence(state: Approval['state'], name: string): string | null {
  switch (state.kind) {
    case 'pending':
      return null;
    case 'approved':
      return `Approved ${name}`;
    case 'refused':
      return `Refused ${name}`;
    case 'expired':
      return `The request for ${name} expired`;
    case 'glass-broken':
      return `Broke the glass for ${name}: ${state.reason}`;
    default: {
      const never: never = state;
      return never;
    }
  }
}

function stepTitle(step: Step | null, view: RunView | undefined): string {
  const action = (name: string) => view?.definition.service.actions[name]?.title ?? name;
  const indicator = (name: string) => indicatorOf(name, view)?.title ?? name;
  if (!step) return 'A step';
  switch (step.kind) {
    case 'chart':
      return `Chart of ${indicator(step.indicator)}`;
    case 'observe':
    case 'do':
      return action(step.action);
    case 'choose':
    case 'ask':
      return step.question;
    case 'verify':
      return `Check of ${indicator(step.target.indicator)}`;
    case 'wait':
      return `Wait: ${step.why}`;
    case 'checklist':
    case 'stage':
      return step.title;
    default: {
      const never: never = step;
      return never;
    }
  }
}

const indicatorOf = (name: string, view: RunView | undefined): Indicator | undefined =>
  view?.definition.service.indicators[name];

/** Nothing for a hold of no time. */
const held = (words: string, ms: number): string => (ms < 500 ? '' : `${words}${spokenDuration(ms)}`);

const because = (why: string | null): string => (why ? `: ${why}` : '');
