import type { IncidentId, LedgerRef, RunId } from '../stream.ts';
import type { RunEvent } from './events.ts';
import type { Plan } from './plan.ts';

/**
 * A run is one walk through a playbook, pinned to the definition it started with.
 *
 * It stands at one step at a time. A step enters, moves through the states below, and settles; then the walk finds the
 * next one (see walk.ts). What a person decided is part of the state, so a second click finds the decision already
 * there and is told so.
 *
 *   observing ─▶ settled                       offering ─▶ running ─▶ verifying ─▶ settled
 *   asking ────▶ settled (chosen, answered)       │  └▶ approving ─┘ └▶ failed, unknown, inconclusive
 *   waiting ───▶ settled                          └▶ settled (skipped)      └▶ settled by a person, or tried again
 *
 * Every time a step is entered it gets a new attempt number; buttons carry it, which is how a stale one is known.
 */
export type Run = {
  readonly id: RunId;
  readonly incident: IncidentId | null;
  readonly playbook: string;
  readonly title: string;
  readonly service: string;
  /** SHA-256 of the canonical definition, hex. */
  readonly definition: string;
  readonly authority: 'each' | 'whole';
  /** The channel it was asked for in, for a run outside any incident. */
  readonly channel: string | null;
  readonly startedAt: number;
  readonly startedBy: string;
  readonly reason: string | null;
  readonly steps: Readonly<Record<string, StepRecord>>;
  /** Where the walk stands; null before the plan of a whole procedure is approved and after the end. */
  readonly at: string | null;
  /** Approval of the entire plan, for a procedure that is approved as a whole. */
  readonly whole: Approval | null;
  readonly ledger: readonly LedgerEntry[];
  readonly result: RunResult | null;
};

export type RunResult = {
  readonly kind: 'completed' | 'stopped' | 'refused';
  readonly at: number;
  readonly by: string;
  readonly why: string | null;
};

export type StepRecord = {
  readonly attempt: number;
  readonly enteredAt: number;
  readonly state: StepState;
  /** What commands of this attempt have printed so far, redacted and capped. */
  readonly output: string;
  readonly outputCut: boolean;
  /** The indicator before anything was done, to compare with afterwards. */
  readonly baseline: Reading | null;
};

export type StepState =
  | { readonly kind: 'observing'; readonly since: number }
  | { readonly kind: 'asking'; readonly since: number }
  | { readonly kind: 'offering'; readonly since: number; readonly plan: Plan }
  | { readonly kind: 'approving'; readonly approval: Approval }
  | {
      readonly kind: 'running';
      readonly by: string;
      readonly since: number;
      readonly plan: Plan;
      /** Index of the plan's command that runs now, and when it started. */
      readonly command: number;
      readonly commandSince: number;
      readonly stopping: boolean;
    }
  | { readonly kind: 'verifying'; readonly by: string | null; readonly since: number; readonly gate: Gate }
  | { readonly kind: 'waiting'; readonly since: number; readonly until: number }
  /** Needs a person: what went wrong, and what is known. */
  | {
      readonly kind: 'failed';
      readonly at: number;
      readonly by: string | null;
      readonly code: string;
      readonly message: string;
      /** What was being carried out, where something was; null for a gate that did not hold. */
      readonly plan: Plan | null;
    }
  | {
      readonly kind: 'inconclusive';
      readonly at: number;
      readonly by: string | null;
      readonly message: string;
    }
  | {
      readonly kind: 'unknown';
      readonly at: number;
      readonly by: string;
      readonly message: string;
      readonly plan: Plan;
      /** Index of the command whose outcome nobody knows. */
      readonly command: number;
      /** What the action's probe said afterwards, where it has one. */
      readonly probe: Reading | null;
    }
  /** Left behind: the walk went back, and the step will be entered again under a new attempt number. */
  | { readonly kind: 'reopened'; readonly at: number; readonly why: string }
  /** Final. */
  | { readonly kind: 'settled'; readonly at: number; readonly by: string | null; readonly how: Settled };

export type Settled =
  | {
      readonly kind: 'done';
      readonly tookMs: number;
      readonly code: number | null;
      readonly verified: Verified | null;
    }
  | { readonly kind: 'chosen'; readonly option: string }
  | { readonly kind: 'answered'; readonly answer: string }
  | { readonly kind: 'held'; readonly verified: Verified }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'accepted'; readonly claim: 'worked' | 'did-not' }
  | { readonly kind: 'passed' }
  /** An observation that failed settles too: what could not be seen is said, and never blocks the walk. */
  | { readonly kind: 'unseen'; readonly message: string };

export type Verified = {
  readonly indicator: string;
  readonly before: number | null;
  readonly after: number;
  readonly heldMs: number;
};

export type Approval = {
  readonly hash: string;
  readonly plan: Plan;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly state:
    | { readonly kind: 'pending' }
    | { readonly kind: 'approved'; readonly by: string; readonly at: number }
    | { readonly kind: 'glass-broken'; readonly by: string; readonly at: number; readonly reason: string }
    | { readonly kind: 'refused'; readonly by: string; readonly at: number }
    | { readonly kind: 'expired'; readonly at: number };
};

/** A verify gate in progress. `heldSince` is null while the objective is not met. */
export type Gate = {
  readonly indicator: string;
  readonly holdMs: number;
  /** By when the hold must have begun, else the gate fails. */
  readonly beginBy: number;
  readonly before: number | null;
  readonly last: Reading | null;
  readonly heldSince: number | null;
  /** Readings without data in a row; the gate turns inconclusive when there are too many. */
  readonly blind: number;
};

/** One reading of an indicator: never a bare number, since a missing one is a fact of its own. */
export type Reading = { readonly at: number } & (
  | { readonly verdict: 'pass' | 'fail'; readonly value: number }
  | { readonly verdict: 'inconclusive'; readonly why: string; readonly value: number | null }
);

/** What a changing action did and how it is taken back; undone last in, first out. */
export type LedgerEntry = {
  readonly step: string;
  readonly action: string;
  readonly host: string;
  readonly by: string;
  readonly at: number;
  readonly undo: 'none' | 'previous' | 'action';
  /** For a written file: its content before, null where there was no file. */
  readonly file: { readonly path: string; readonly previous: string | null } | null;
  /** The change that was taken back when this had been done; a change without such an entry is still in effect. */
  readonly undoes?: LedgerRef;
};

export const isSettled = (state: StepState): state is Extract<StepState, { kind: 'settled' }> =>
  state.kind === 'settled';

/** Whether a command that changes something is running. */
export const isBusy = (run: Pick<Run, 'steps'>): boolean =>
  Object.values(run.steps).some(({ state }) => state.kind === 'running');

/** The record of a step that the walk has entered and not left behind. */
export function entered(run: Pick<Run, 'steps'>, step: string): StepRecord | null {
  const record = run.steps[step];
  return record && record.state.kind !== 'reopened' ? record : null;
}

export function evolveRun(run: Run | null, event: RunEvent): Run {
  const { type, data, at, by } = event;
  if (type === 'RunStarted') {
    return {
      ...data,
      startedAt: at,
      startedBy: by,
      steps: {},
      at: null,
      whole: null,
      ledger: [],
      result: null,
    };
  }
  if (!run) throw new Error(`${type} before RunStarted`);
  const step = (id: string, change: (record: StepRecord) => StepRecord): Run => {
    const record = run.steps[id];
    if (!record) throw new Error(`${type} for step ${id}, which was never entered`);
    return { ...run, steps: { ...run.steps, [id]: change(record) } };
  };
  const into = (id: string, state: StepState): Run => step(id, (record) => ({ ...record, state }));
  switch (type) {
    case 'PlanProposed':
      return { ...run, whole: data.approval };
    case 'PlanDecided':
      return run.whole ? { ...run, whole: { ...run.whole, state: data.state } } : run;
    case 'StepEntered':
      return {
        ...run,
        at: data.step,
        steps: {
          ...run.steps,
          [data.step]: {
            attempt: data.attempt,
            enteredAt: at,
            state: data.state,
            output: '',
            outputCut: false,
            // What it was like before anything was done stays true of a second try.
            baseline: run.steps[data.step]?.baseline ?? null,
          },
        },
      };
    case 'ApprovalRequested':
      return into(data.step, { kind: 'approving', approval: data.approval });
    case 'ApprovalDecided':
      return step(data.step, (record) =>
        record.state.kind === 'approving'
          ? {
              ...record,
              state: { kind: 'approving', approval: { ...record.state.approval, state: data.state } },
            }
          : record,
      );
    case 'CommandStarted':
      return step(data.step, (record) => ({
        ...record,
        state: {
          kind: 'running',
          by,
          since: record.state.kind === 'running' ? record.state.since : at,
          plan: data.plan,
          command: data.command,
          commandSince: at,
          stopping: false,
        },
      }));
    case 'StopRequested':
      return step(data.step, (record) =>
        record.state.kind === 'running' ? { ...record, state: { ...record.state, stopping: true } } : record,
      );
    case 'OutputAppended':
      return step(data.step, (record) => ({
        ...record,
        output: record.output + data.text,
        outputCut: record.outputCut || data.cut,
      }));
    case 'CommandEnded':
      return data.ledger ? { ...run, ledger: [...run.ledger, data.ledger] } : run;
    case 'GateOpened':
      return into(data.step, { kind: 'verifying', by: data.by, since: at, gate: data.gate });
    case 'ReadingTaken':
      return step(data.step, (record) =>
        record.state.kind === 'verifying'
          ? { ...record, state: { ...record.state, gate: data.gate } }
          : record,
      );
    case 'BaselineTaken':
      return step(data.step, (record) => ({ ...record, baseline: data.reading }));
    case 'ProbeAnswered':
      return step(data.step, (record) =>
        record.state.kind === 'unknown'
          ? { ...record, state: { ...record.state, probe: data.reading } }
          : record,
      );
    case 'StepMoved':
      return into(data.step, data.state);
    case 'StepSettled':
      return into(data.step, { kind: 'settled', at, by: data.by, how: data.how });
    case 'StepsReopened': {
      const steps = { ...run.steps };
      for (const id of data.steps) {
        const record = steps[id];
        if (record) steps[id] = { ...record, state: { kind: 'reopened', at, why: data.why } };
      }
      return { ...run, steps, at: null };
    }
    case 'RunEnded':
      return { ...run, at: null, result: { kind: data.kind, at, by, why: data.why } };
    default: {
      const never: never = type;
      return never;
    }
  }
}
