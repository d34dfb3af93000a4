import type { Actor } from '../actor.ts';
import type { RunId } from '../stream.ts';
import type { Plan } from './plan.ts';
import type {
  Approval,
  AutomaticEnd,
  Gate,
  LedgerEntry,
  Reading,
  Run,
  RunResult,
  RunUpdate,
  Settled,
  StepState,
} from './run.ts';

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
        | 'inputs'
        | 'startedAs'
        | 'drill'
      >;
    }
  | { readonly type: 'PlanProposed'; readonly data: { readonly approval: Approval } }
  | { readonly type: 'PlanDecided'; readonly data: { readonly state: Approval['state'] } }
  | {
      readonly type: 'StepEntered';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly state: StepState;
        /** Titles of what is looked at at the same time, in the order of the commands; absent for a single one. */
        readonly looks?: readonly string[];
      };
    }
  | {
      readonly type: 'ApprovalRequested';
      readonly data: { readonly step: string; readonly approval: Approval };
    }
  | {
      readonly type: 'ApprovalDecided';
      readonly data: { readonly step: string; readonly state: Approval['state'] };
    }
  /** A yes of several that are needed; `of` is the step, null for the plan of a whole procedure. */
  | {
      readonly type: 'ApprovalGranted';
      readonly data: { readonly of: string | null; readonly groups: readonly string[] };
    }
  /** The yes of somebody who may not approve any more, found out when another one was said. */
  | {
      readonly type: 'ApprovalLapsed';
      readonly data: { readonly of: string | null; readonly user: string; readonly why: string };
    }
  /** The intent: committed before anything is spawned, and the reason why nothing ever runs twice. */
  | {
      readonly type: 'CommandStarted';
      readonly data: {
        readonly step: string;
        readonly plan: Plan;
        readonly command: number;
        /** From the second try on. */
        readonly try?: number;
        readonly afterUnknown?: true;
        /** The hash of the step's approval that it runs by. */
        readonly approved?: string;
      };
    }
  /** A command has failed and is tried again by itself at `at`. */
  | {
      readonly type: 'RetryPlanned';
      readonly data: {
        readonly step: string;
        readonly command: number;
        readonly try: number;
        readonly at: number;
        readonly why: string;
      };
    }
  | { readonly type: 'StopRequested'; readonly data: { readonly step: string } }
  | {
      readonly type: 'OutputAppended';
      readonly data: {
        readonly step: string;
        readonly text: string;
        readonly cut: boolean;
        /** Where the step has several outputs: whose this is. */
        readonly command?: number;
      };
    }
  | {
      readonly type: 'CommandEnded';
      readonly data: {
        readonly step: string;
        readonly command: number;
        readonly outcome: CommandOutcome;
        readonly ledger: LedgerEntry | null;
        /** For one of several observations: why it could not be seen, or null. */
        readonly look?: { readonly unseen: string | null };
      };
    }
  /** The run that was started from a step that offered it. */
  /** What an indicator with a trigger was and is, oldest first, while a request waits; the last such look counts. */
  | {
      readonly type: 'TriggerRead';
      readonly data: { readonly indicator: string; readonly readings: readonly Reading[] };
    }
  | { readonly type: 'OfferTaken'; readonly data: { readonly step: string; readonly run: RunId } }
  | {
      readonly type: 'GateOpened';
      readonly data: { readonly step: string; readonly by: string | null; readonly gate: Gate };
    }
  | {
      readonly type: 'ReadingTaken';
      readonly data: { readonly step: string; readonly reading: Reading; readonly gate: Gate };
    }
  | { readonly type: 'BaselineTaken'; readonly data: { readonly step: string; readonly reading: Reading } }
  /** The bot says that it carries the step out by itself at `dueAt`, or, as a shadow, that it would. */
  | {
      readonly type: 'AutomaticAnnounced';
      readonly data: { readonly step: string; readonly mode: 'shadow' | 'live'; readonly dueAt: number };
    }
  /** A live step that the bot leaves to people from the beginning; `why` is a sentence. */
  | {
      readonly type: 'AutomaticWithheld';
      readonly data: { readonly step: string; readonly why: string };
    }
  | { readonly type: 'AutomaticHeld'; readonly data: { readonly step: string } }
  /** Somebody has done an item of a checklist, by its index, or says that it is not done after all. */
  | {
      readonly type: 'ItemTicked';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly item: number;
        readonly done: boolean;
      };
    }
  | {
      readonly type: 'AutomaticDecided';
      readonly data: { readonly step: string; readonly end: AutomaticEnd };
    }
  | { readonly type: 'ProbeAnswered'; readonly data: { readonly step: string; readonly reading: Reading } }
  | { readonly type: 'StepMoved'; readonly data: { readonly step: string; readonly state: StepState } }
  | {
      readonly type: 'StepSettled';
      readonly data: { readonly step: string; readonly by: string | null; readonly how: Settled };
    }
  /** Its condition was false, or could not be true: it was never entered. `because` is a sentence. */
  | {
      readonly type: 'StepPassedOver';
      readonly data: {
        readonly step: string;
        readonly attempt: number;
        readonly because: string;
        /** Whether something that the condition needs has no word yet. */
        readonly missing: boolean;
      };
    }
  | {
      readonly type: 'StepsReopened';
      readonly data: {
        readonly steps: readonly string[];
        readonly why: string;
        /** Who said that it is to be done where its condition could not be judged, kept where that can reach another service. */
        readonly as?: Actor;
      };
    }
  | { readonly type: 'UpdateSaid'; readonly data: Omit<RunUpdate, 'at'> }
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
