import type { Step } from '../playbook/definition.ts';
import type { CommandOutcome, RunEvent } from '../run/events.ts';
import type { Plan } from '../run/plan.ts';
import type { Approval } from '../run/run.ts';
import { lookedAt } from '../run/stepValues.ts';
import { findStep } from '../run/walk.ts';
import type { RunId } from '../stream.ts';
import type { RunView } from '../view.ts';
import type { ApprovalWish, Exit, FollowUp, StepEnd } from './scenario.ts';
import type { Happened } from './stage.ts';

/**
 * What people and commands did at one attempt of a step, gathered from its events. Indexes are places in the log that it
 * was gathered from.
 */
export type Tried = {
  readonly run: RunId;
  readonly step: Step;
  readonly enteredIndex: number;
  /** Where somebody or something took it up; null for a step that was entered and left as it was. */
  handledIndex: number | null;
  readonly exits: Map<string, Exit>;
  /** The action of the step itself: what of the exits, the time and the output is its own. */
  own: string | null;
  plan: Plan | null;
  tookMs: number | null;
  output: string;
  gate: TriedGate | null;
  approval: ApprovalWish | null;
  /** The word that had to be typed for what was carried out. */
  confirm: string | null;
  /** How many people have said yes while more of them were needed, and how many of these did not count any more. */
  granted: number;
  lapsed: number;
  /** When the request was over, for one that nobody decided. */
  expiredAt: number | null;
  chosen: string | null;
  answer: string | null;
  skipped: boolean;
  /** Items of a checklist that are ticked, by their index. */
  readonly ticks: Set<number>;
  /** The run that was started from here, by a step that offers one. */
  started: RunId | null;
  /** Null while it goes on, and for what ended as it should. */
  ends: StepEnd | null;
  over: boolean;
  /** Where its gate was over; null while it is watched, and where there is none. */
  gateEndIndex: number | null;
  readonly followUps: FollowUp[];
  /** Kinds of events of this attempt that an export does not know. */
  readonly unknown: string[];
};

export type TriedGate = {
  readonly indicator: string;
  readonly holdMs: number;
  readonly openedAt: number;
  readonly before: number | null;
  readonly readings: { readonly at: number; readonly value: number | null }[];
};

/** Attempts in the order in which they were entered. */
export function recordOf(log: readonly Happened[], views: readonly RunView[]): readonly Tried[] {
  const all: Tried[] = [];
  for (const view of views) {
    const current = new Map<string, Tried>();
    let last: Tried | undefined;
    for (const [index, { stream, event }] of log.entries()) {
      if (stream !== view.run.id) continue;
      const run = event as RunEvent;
      if (run.type === 'StepEntered') {
        const step = findStep(view.definition.playbook.steps, run.data.step);
        if (!step) continue;
        last = triedAt(step, view.run.id, index);
        current.set(step.id, last);
        all.push(last);
      } else if (run.type === 'StepsReopened') {
        // Going back to a question is asked for at the step where the walk stands, and names the steps that it reopens.
        const again = run.data.why === 'another answer' ? last : current.get(run.data.steps[0] ?? '');
        if (again) reopened(again, run.data.why, index);
      } else if (run.type === 'ApprovalGranted' || run.type === 'ApprovalLapsed') {
        const asked = run.data.of === null ? undefined : current.get(run.data.of);
        if (asked) asked[run.type === 'ApprovalGranted' ? 'granted' : 'lapsed'] += 1;
      } else if ('step' in run.data) {
        const tried = current.get(run.data.step);
        if (tried) follow(tried, run, index);
      }
    }
  }
  return all.toSorted((a, b) => a.enteredIndex - b.enteredIndex);
}

function triedAt(step: Step, run: RunId, enteredIndex: number): Tried {
  const byItself = step.kind === 'observe' || step.kind === 'chart' || step.kind === 'verify';
  return {
    ...{ run, step, enteredIndex, handledIndex: byItself ? enteredIndex : null },
    ...{
      exits: new Map(),
      ticks: new Set<number>(),
      own: step.kind === 'do' || step.kind === 'observe' ? step.action : null,
    },
    ...{ plan: null, tookMs: null, output: '', gate: null, approval: null, expiredAt: null },
    ...{ confirm: null, granted: 0, lapsed: 0 },
    ...{
      chosen: null,
      answer: null,
      skipped: false,
      started: null,
      ends: null,
      over: step.kind === 'chart',
      gateEndIndex: null,
      followUps: [],
      unknown: [],
    },
  };
}

function reopened(tried: Tried, why: string, index: number): void {
  tried.handledIndex ??= index;
  if (!tried.over) {
    tried.ends = 'offered';
    tried.over = true;
  }
  tried.followUps.push(why === 'another answer' ? 'choose-another' : 'try-again');
}

function follow(tried: Tried, event: RunEvent, index: number): void {
  switch (event.type) {
    case 'ApprovalRequested':
      tried.handledIndex ??= index;
      tried.approval = 'none';
      tried.confirm = event.data.approval.plan.confirm ?? null;
      return;
    case 'ApprovalDecided':
      tried.approval = wishOf(event.data.state.kind);
      if (event.data.state.kind === 'expired') tried.expiredAt = event.at;
      if (tried.approval === 'refuse' || tried.approval === 'expire') {
        tried.ends = 'offered';
        tried.over = true;
      }
      return;
    case 'CommandStarted':
      tried.handledIndex ??= index;
      tried.plan = event.data.plan;
      tried.confirm = event.data.plan.confirm ?? null;
      return;
    case 'OutputAppended':
      // What follows an action prints too; only its own output can be played.
      if (tried.tookMs === null) tried.output += event.data.text;
      return;
    case 'CommandEnded': {
      const looked = tried.step.kind === 'observe' ? lookedAt(tried.step)[event.data.command] : undefined;
      const action = tried.plan?.commands[event.data.command]?.action ?? looked ?? tried.own ?? '';
      if (tried.ends === 'unknown') {
        // A person says that it happened; what follows goes well unless the log says that it did not.
        if (!tried.followUps.includes('worked')) tried.followUps.push('worked');
        return;
      }
      const { outcome } = event.data;
      tried.exits.set(action, exitOf(outcome));
      if (action === tried.own && 'tookMs' in outcome) tried.tookMs = outcome.tookMs;
      return;
    }
    case 'GateOpened': {
      const { indicator, holdMs, before } = event.data.gate;
      tried.gate = { indicator, holdMs, openedAt: event.at, before, readings: [] };
      return;
    }
    case 'ReadingTaken':
      tried.gate?.readings.push({ at: event.at, value: event.data.reading.value });
      return;
    case 'StepMoved': {
      const { state } = event.data;
      if (state.kind !== 'failed' && state.kind !== 'inconclusive' && state.kind !== 'unknown') return;
      if (state.kind === 'failed' && state.code === 'run-ended') return;
      tried.over = true;
      if (tried.gate) tried.gateEndIndex ??= index;
      if (tried.ends === 'unknown' && state.kind === 'failed' && state.code === 'did-not')
        tried.followUps.push('did-not');
      else if (tried.ends === null) tried.ends = state.kind;
      return;
    }
    case 'ItemTicked':
      tried.handledIndex ??= index;
      if (event.data.done) tried.ticks.add(event.data.item);
      else tried.ticks.delete(event.data.item);
      return;
    case 'OfferTaken':
      tried.started = event.data.run;
      return;
    case 'StepSettled': {
      const { how } = event.data;
      tried.handledIndex ??= index;
      if (tried.gate) tried.gateEndIndex ??= index;
      if (how.kind === 'skipped') {
        if (tried.over) tried.followUps.push('skip');
        else tried.skipped = true;
      }
      if (how.kind === 'unseen') tried.ends = 'unseen';
      if (how.kind === 'chosen') tried.chosen = how.option;
      if (how.kind === 'answered') tried.answer = how.answer;
      tried.over = true;
      return;
    }
    default:
      if (!silent.includes(event.type)) tried.unknown.push(event.type);
      return;
  }
}

/** What says nothing that a test could say, or is said by what follows it. */
const silent: readonly RunEvent['type'][] = [
  'StopRequested',
  'BaselineTaken',
  'ProbeAnswered',
  'StepPassedOver',
];

export function wishOf(state: Approval['state']['kind']): ApprovalWish {
  switch (state) {
    case 'pending':
      return 'none';
    case 'approved':
      return 'approve';
    case 'glass-broken':
      return 'break-glass';
    case 'refused':
    case 'withdrawn':
      return 'refuse';
    case 'expired':
      return 'expire';
    default: {
      const never: never = state;
      return never;
    }
  }
}

function exitOf(outcome: CommandOutcome): Exit {
  return outcome.kind === 'exited' ? outcome.code : outcome.kind;
}
