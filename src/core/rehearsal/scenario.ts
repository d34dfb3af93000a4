import type { Position } from '../playbook/problem.ts';
import type { Severity } from '../severity.ts';

/**
 * A scenario says how one walk through a playbook goes: what sets it off, what the world answers, and which steps are
 * offered in which order. It is played against the decisions themselves, with a clock that is moved.
 */
export type Scenario = {
  readonly name: string;
  readonly file: string;
  readonly at: Position;
  readonly begins:
    | { readonly kind: 'alert'; readonly labels: Readonly<Record<string, string>> }
    | ({ readonly kind: 'procedure'; readonly playbook: string } & StartWish);
  /** Groups of the access rules that whoever clicks is in; null for somebody who may do the most. */
  readonly by: readonly string[] | null;
  readonly indicators: Readonly<Record<string, Course>>;
  readonly walk: readonly Entry[];
  readonly expects: Expectation;
};

/** Values of an indicator from a moment on, in milliseconds after it was set; null is no data. */
export type Course = readonly { readonly afterMs: number; readonly value: number | null }[];

export type Changes = Readonly<Record<string, Course>>;

export const approvalWishes = ['approve', 'refuse', 'expire', 'break-glass', 'none'] as const;
export type ApprovalWish = (typeof approvalWishes)[number];

export const sayings = ['approve', 'refuse', 'withdraw'] as const;
/** Whether what somebody says about a request counts, and why not. */
export const sayingEnds = ['counted', 'not-confirmed', 'not-allowed', 'own-request', 'already'] as const;

/** What one person says about a request. */
export type Saying = {
  /** What the test calls them: one name is one person, and `responder` is who asked. Null for somebody new. */
  readonly who: string | null;
  readonly by: readonly string[] | null;
  readonly says: (typeof sayings)[number];
  /** What they type; null for the word that is asked for. */
  readonly confirms: string | null;
  readonly ends: (typeof sayingEnds)[number];
};

/** What comes of a request: what the people say one after the other, or in a word how it is decided. */
export type Approving = {
  readonly approval: ApprovalWish | readonly Saying[];
  /** What is typed with a yes; absent for the word that is asked for, where one is. */
  readonly confirms?: string;
};

/** An exit code, or how else a command ended. */
export const commandEnds = ['timed-out', 'stopped', 'unknown', 'refused'] as const;
export type Exit = number | (typeof commandEnds)[number];

export const stepEnds = [
  'done',
  'held',
  'seen',
  'unseen',
  'skipped',
  'failed',
  'inconclusive',
  'unknown',
  'watching',
  'offered',
  'not-allowed',
  'not-confirmed',
] as const;
export type StepEnd = (typeof stepEnds)[number];

/** The bot would act, acts, is held by a person before it does, or leaves it to people when the moment has come. */
export const automaticWishes = ['shadow', 'live', 'held', 'left'] as const;
export type AutomaticWish = (typeof automaticWishes)[number];

export const followUps = ['try-again', 'choose-another', 'skip', 'worked', 'did-not'] as const;
export type FollowUp = (typeof followUps)[number];

type OfEveryEntry = { readonly at: Position; readonly by: readonly string[] | null; readonly set: Changes };

/** One line of a walk: a step that must be offered now, with what comes of it, or something that happens beside it. */
export type Entry = OfEveryEntry &
  (
    | { readonly kind: 'chart'; readonly indicator: string }
    | {
        readonly kind: 'observe';
        readonly action: string;
        readonly commands: Commands;
        readonly ends: StepEnd | null;
        readonly followUps: readonly FollowUp[];
      }
    | ({
        readonly kind: 'do';
        readonly action: string;
        /** What comes of the bot's announcement to carry it out by itself; nobody waits for it where it is absent. */
        readonly automatic?: AutomaticWish;
        readonly skip: boolean;
        readonly commands: Commands;
        readonly ends: StepEnd | null;
        readonly followUps: readonly FollowUp[];
      } & Approving)
    | {
        readonly kind: 'verify';
        readonly indicator: string;
        readonly ends: StepEnd | null;
        readonly followUps: readonly FollowUp[];
      }
    | {
        readonly kind: 'choose';
        readonly question: string;
        readonly answer: string;
        readonly skip: boolean;
        readonly ends: StepEnd | null;
      }
    | { readonly kind: 'ask'; readonly question: string; readonly answer: string; readonly skip: boolean }
    | { readonly kind: 'wait'; readonly ms: number; readonly skip: boolean }
    | {
        readonly kind: 'checklist';
        readonly title: string;
        readonly skip: boolean;
        /** Items that are ticked one by one, as they are written in the playbook. */
        readonly tick: readonly string[];
        /** The list is left open after that. */
        readonly open: boolean;
      }
    | ({ readonly kind: 'offer'; readonly procedure: string; readonly skip: boolean } & StartWish)
    /** All that is offered before this step goes well; a question on the way is named on its own. */
    | { readonly kind: 'until'; readonly words: string }
    | { readonly kind: 'pass'; readonly ms: number }
    | ({ readonly kind: 'start'; readonly playbook: string } & StartWish)
    /** Takes back what was changed, newest first, down to the newest change by this action; null is all of it. */
    | { readonly kind: 'undo'; readonly through: string | null }
    | { readonly kind: 'alert'; readonly labels: Readonly<Record<string, string>> }
    | { readonly kind: 'alert-resolved'; readonly labels: Readonly<Record<string, string>> }
    | { readonly kind: 'acknowledge' }
    | { readonly kind: 'resolve' }
  );

/** How a procedure is started: who decides about its plan, and what its form is filled in with. */
export type StartWish = Approving & {
  readonly inputs?: Readonly<Record<string, string>>;
};

/**
 * How the commands of a step end, by action; null stands for the step's own action. Several are for several tries, the
 * last one for all that follow.
 */
export type Commands = {
  readonly exits: ReadonlyMap<string | null, Exit | readonly Exit[]>;
  readonly prints: string;
  readonly takesMs: number;
};

export const runEnds = ['completed', 'stopped', 'refused', 'walking', 'none'] as const;
export type RunEnd = (typeof runEnds)[number];

/** What must be true in the end; what is null is not looked at. `run` is about the run that was started last. */
export type Expectation = {
  readonly at: Position;
  readonly run: RunEnd;
  readonly why: string | null;
  readonly playbook: string | null;
  readonly severity: Severity | null;
  readonly incident: 'open' | 'acknowledged' | 'mitigating' | 'resolved' | null;
  /** The procedure that is offered because the incident was unresolved for too long; `nothing` where none is. */
  readonly offers: string | null;
  /** Actions that changed something, in the order in which they were carried out; what takes back is no change of its own. */
  readonly changed: readonly string[] | null;
  /** Actions whose changes can be taken back and were not, in the same order. */
  readonly inEffect: readonly string[] | null;
};
