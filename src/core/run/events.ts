import type { Plan } from './plan.ts';
import type { Approval, Gate, LedgerEntry, Reading, Run, RunResult, Settled, StepState } from './run.ts';

/** Facts about a run. `at` is milliseconds since the epoch, `by` an actor's id, `step` a step's id. */
export type RunEvent = { readonly at: number; readonly by: string } & (
  | {
      readonly type: 'RunStarted';
      readonly data: Pick<
        Run,
        | 'id'
        | 'incident'
        | 'playbook'
        | 'title'
        | 'service'
        | 'definition'
        | 'authority'
        | 'channel'
        | 'reason'
      >;
    }
  | { readonly type: 'PlanProposed'; readonly data: { readonly approval: Approval } }
  | { readonly type: 'PlanDecided'; readonly data: { readonly state: Approval['state'] } }
  | {
      readonly type: 'StepEntered';
      readonly data: { readonly step: string; readonly attempt: number; readonly state: StepState };
    }
  | {
      readonly type: 'ApprovalRequested';
      readonly data: { readonly step: string; readonly approval: Approval };
    }
  | {
      readonly type: 'ApprovalDecided';
      readonly data: { readonly step: string; readonly state: Approval['state'] };
    }
  /** The intent: committed before anything is spawned, and the reason why nothing ever runs twice. */
  | {
      readonly type: 'CommandStarted';
      readonly data: { readonly step: string; readonly plan: Plan; readonly command: number };
    }
  | { readonly type: 'StopRequested'; readonly data: { readonly step: string } }
  | {
      readonly type: 'OutputAppended';
      readonly data: { readonly step: string; readonly text: string; readonly cut: boolean };
    }
  | {
      readonly type: 'CommandEnded';
      readonly data: {
        readonly step: string;
        readonly command: number;
        readonly outcome: CommandOutcome;
        readonly ledger: LedgerEntry | null;
      };
    }
  | {
      readonly type: 'GateOpened';
      readonly data: { readonly step: string; readonly by: string | null; readonly gate: Gate };
    }
  | {
      readonly type: 'ReadingTaken';
      readonly data: { readonly step: string; readonly reading: Reading; readonly gate: Gate };
    }
  | { readonly type: 'BaselineTaken'; readonly data: { readonly step: string; readonly reading: Reading } }
  | { readonly type: 'ProbeAnswered'; readonly data: { readonly step: string; readonly reading: Reading } }
  | { readonly type: 'StepMoved'; readonly data: { readonly step: string; readonly state: StepState } }
  | {
      readonly type: 'StepSettled';
      readonly data: { readonly step: string; readonly by: string | null; readonly how: Settled };
    }
  | {
      readonly type: 'StepsReopened';
      readonly data: { readonly steps: readonly string[]; readonly why: string };
    }
  | {
      readonly type: 'RunEnded';
      readonly data: { readonly kind: RunResult['kind']; readonly why: string | null };
    }
);

/** How a command ended, as the log keeps it. The output is in OutputAppended. */
export type CommandOutcome =
  | {
      readonly kind: 'exited';
      readonly code: number;
      readonly tookMs: number;
      readonly truncatedBytes: number;
    }
  | { readonly kind: 'timed-out'; readonly tookMs: number }
  | { readonly kind: 'stopped'; readonly tookMs: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };
