import type { Indicator } from '../playbook/definition.ts';
import type { CommandOutcome, RunEvent } from '../run/events.ts';
import { isUndo } from '../run/undo.ts';
import type { RunId } from '../stream.ts';
import type { RunView } from '../view.ts';
import type { LoggedEvent } from './postMortem.ts';
import { procedureAttempt } from './procedureAttempt.ts';

/** One thing that was done to make it better, and whether the indicator moved. */
export type Attempt = {
  readonly run: RunId;
  /** Null for a procedure that was approved as a whole: all its steps are one attempt. */
  readonly step: string | null;
  readonly at: number;
  readonly endedAt: number | null;
  readonly by: string;
  readonly what: string;
  readonly host: string;
  /** In words: how the commands ended, what the gate said, what a person said. */
  readonly result: string;
  readonly indicator:
    | (Pick<Indicator, 'title' | 'unit' | 'objective'> & {
        readonly before: number | null;
        readonly after: number | null;
      })
    | null;
  readonly helped: 'yes' | 'no' | 'unknown';
  /** It took something back: what is measured afterwards is not its doing. */
  readonly undo?: true;
};

type Open = { -readonly [K in keyof Attempt]: Attempt[K] };

/** Readings count only while the gate of the attempt is open; without a gate nobody knows whether it helped. */
export function attemptsOf(events: readonly LoggedEvent[], runs: readonly RunView[]): readonly Attempt[] {
  const procedures = runs
    .filter(({ run }) => run.authority === 'whole')
    .map((view) => procedureAttempt(events, view, runs))
    .filter((attempt) => attempt !== null);
  const single = stepAttempts(
    events,
    runs.filter(({ run }) => run.authority === 'each'),
  );
  return [...single, ...procedures].toSorted((a, b) => a.at - b.at);
}

function stepAttempts(events: readonly LoggedEvent[], runs: readonly RunView[]): readonly Attempt[] {
  const attempts: Open[] = [];
  const current = new Map<string, Open>();
  const baselines = new Map<string, number | null>();
  for (const { stream, event } of events) {
    const view = runs.find((each) => each.run.id === stream);
    if (!view || !('step' in event.data) || !isRunEvent(event)) continue;
    const key = `${stream}/${event.data.step}`;
    if (event.type === 'BaselineTaken') baselines.set(key, event.data.reading.value);
    // What comes from here on belongs to another try, or to no attempt at all.
    if (event.type === 'StepEntered' || (event.type === 'CommandStarted' && isFirst(event.data)))
      current.delete(key);
    if (event.type === 'CommandStarted' && !current.has(key)) {
      const planned = event.data.plan.commands[event.data.command];
      if (!planned || planned.observes) continue;
      const started: Open = {
        run: view.run.id,
        step: event.data.step,
        at: event.at,
        endedAt: null,
        by: event.by,
        what: event.data.plan.title,
        host: planned.host.name,
        result: 'Still running.',
        indicator: null,
        helped: 'unknown',
        ...(isUndo(view.definition) && { undo: true as const }),
      };
      attempts.push(started);
      current.set(key, started);
    }
    const attempt = current.get(key);
    if (attempt) follow(attempt, event, view, baselines.get(key) ?? null);
  }
  return attempts;
}

/** Another try of the same command by itself is still the same attempt to make it better. */
const isFirst = ({ command, try: number }: Extract<RunEvent, { type: 'CommandStarted' }>['data']): boolean =>
  command === 0 && number === undefined;

const isRunEvent = (event: LoggedEvent['event']): event is RunEvent => 'step' in event.data;

function follow(attempt: Open, event: RunEvent, view: RunView, baseline: number | null): void {
  switch (event.type) {
    case 'CommandEnded':
      attempt.result = outcomeInWords(event.data.outcome);
      attempt.endedAt = event.at;
      return;
    case 'GateOpened': {
      const indicator = view.definition.service.indicators[event.data.gate.indicator];
      if (!indicator) return;
      const { title, unit, objective } = indicator;
      const before = event.data.gate.before ?? baseline;
      attempt.indicator = { title, unit, objective, before, after: null };
      return;
    }
    case 'ReadingTaken':
      if (attempt.indicator) attempt.indicator = { ...attempt.indicator, after: event.data.reading.value };
      return;
    case 'StepMoved': {
      const { state } = event.data;
      if (state.kind !== 'failed' && state.kind !== 'inconclusive' && state.kind !== 'unknown') return;
      attempt.result = state.message;
      attempt.helped = state.kind === 'failed' && !attempt.undo ? 'no' : 'unknown';
      attempt.endedAt = event.at;
      return;
    }
    case 'StepSettled': {
      const { how } = event.data;
      attempt.endedAt = event.at;
      if (how.kind === 'accepted') {
        attempt.result = `${attempt.result} A person said that it ${how.claim === 'worked' ? 'worked' : 'did not work'}.`;
        if (attempt.helped === 'unknown' && how.claim === 'did-not') attempt.helped = 'no';
      }
      if ((how.kind === 'done' || how.kind === 'held') && how.verified) {
        const { before, after } = how.verified;
        if (!attempt.undo) attempt.helped = 'yes';
        if (attempt.indicator)
          attempt.indicator = { ...attempt.indicator, before: before ?? attempt.indicator.before, after };
      }
      return;
    }
    default:
      return;
  }
}

export function outcomeInWords(outcome: CommandOutcome): string {
  switch (outcome.kind) {
    case 'exited':
      return outcome.code === 0
        ? `Done after ${seconds(outcome.tookMs)}.`
        : `Exit ${outcome.code} after ${seconds(outcome.tookMs)}.`;
    case 'timed-out':
      return `Stopped at its time limit after ${seconds(outcome.tookMs)}.`;
    case 'stopped':
      return `Stopped by a person after ${seconds(outcome.tookMs)}.`;
    case 'refused':
      return `Not started: ${outcome.message}`;
    case 'unknown':
      return `Outcome unknown: ${outcome.message}`;
    default: {
      const never: never = outcome;
      return never;
    }
  }
}

const seconds = (ms: number): string => `${Math.max(0, Math.round(ms / 100) / 10)} s`;
