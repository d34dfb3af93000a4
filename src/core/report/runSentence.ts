import { spokenActor } from '../actor.ts';
import { spokenDuration } from '../duration.ts';
import { formatObjective, formatValue } from '../indicator/format.ts';
import type { Step } from '../playbook/definition.ts';
import type { RunEvent } from '../run/events.ts';
import type { Plan, PlannedCommand } from '../run/plan.ts';
import type { Approval, StepState } from '../run/run.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { automaticSentence } from './automaticSentence.ts';
import { indicatorOf, stepTitle } from './titles.ts';
import { because } from './written.ts';

/** What happened in a run, as the timeline says it; null for what another line says already. */
export function runSentence(
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
      return `Asked for approval of ${event.data.approval.plan.title}${overrideText(event.data.approval.plan)}`;
    case 'PlanDecided':
      return approvalSentence(event.data.state, 'the plan');
    case 'StepEntered':
    case 'CommandEnded':
    case 'OutputAppended':
    case 'UpdateSaid':
    case 'BaselineTaken':
      return null;
    case 'ApprovalRequested':
      return `Asked for approval of ${event.data.approval.plan.title}`;
    case 'ApprovalDecided':
      return approvalSentence(event.data.state, name);
    case 'ApprovalGranted':
    case 'ApprovalLapsed': {
      const { of } = event.data;
      const what =
        of === null
          ? 'the plan'
          : stepTitle(view ? findStep(view.definition.playbook.steps, of) : null, view);
      return event.type === 'ApprovalGranted'
        ? `Approved ${what}, as one of several who are needed`
        : `The approval of ${what} by ${spokenActor(event.data.user)} does not count any more: ${event.data.why}`;
    }
    case 'CommandStarted': {
      const planned = event.data.plan.commands[event.data.command];
      if (!planned) return null;
      if (planned.evidence) return `Kept before "${event.data.plan.title}": ${planned.title}`;
      return planned.observes
        ? `Looked: ${planned.title}`
        : `Started${tryText(event.data)}: ${planned.title}${valuesText(planned)} on ${planned.host.name}`;
    }
    case 'RetryPlanned':
      return `${name} is tried again by itself, try ${event.data.try}: ${event.data.why}`;
    case 'TriggerRead':
    case 'OfferTaken':
      return null;
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
    case 'AutomaticAnnounced':
    case 'AutomaticWithheld':
    case 'AutomaticHeld':
    case 'AutomaticDecided':
      return automaticSentence(event, name, view);
    case 'ItemTicked': {
      const item = step?.kind === 'checklist' ? step.items[event.data.item] : undefined;
      return `${event.data.done ? 'Done' : 'Not done after all'}, in "${name}": ${item ?? 'an item'}`;
    }
    case 'ProbeAnswered':
      return event.data.reading.verdict === 'inconclusive'
        ? `The check after "${name}" gave no answer: ${event.data.reading.why}`
        : `The check after "${name}" ${event.data.reading.verdict === 'pass' ? 'passed' : 'failed'}`;
    case 'StepMoved':
      return movedSentence(event.data.state, name);
    case 'StepSettled':
      return settledSentence(event, step, name, view);
    case 'StepPassedOver':
      return `Passed over ${name}: ${event.data.because}`;
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
      if (step?.kind === 'wait') return `Ended the wait early: ${step.why}`;
      if (step?.kind === 'offer') return `Did not start: ${step.title}`;
      return `Skipped: ${name}`;
    case 'failed':
      return `Went on with what the playbook has for the failure of "${name}"`;
    case 'accepted':
      return `Said that "${name}" ${how.claim === 'worked' ? 'worked' : 'did not work'}`;
    case 'passed':
      return null;
    case 'started':
      return `Started from the walk: ${step?.kind === 'offer' ? step.title : how.playbook}`;
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
    case 'withdrawn':
      return `Withdrew the request for ${name}${because(state.why ?? null)}`;
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

const overrideText = ({ override }: Plan): string =>
  override === undefined
    ? ''
    : `, past what stands against it (${override.against.map(({ text }) => text).join(' ')}), because: ${override.reason}`;

/** From the second try on. */
const tryText = ({ try: number }: Extract<RunEvent, { type: 'CommandStarted' }>['data']): string =>
  number === undefined ? '' : ` (try ${number})`;

const valuesText = ({ values = {} }: PlannedCommand): string => {
  const given = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return given.length === 0 ? '' : ` (${given.join(', ')})`;
};

/** Nothing for a hold of no time. */
const held = (words: string, ms: number): string => (ms < 500 ? '' : `${words}${spokenDuration(ms)}`);
