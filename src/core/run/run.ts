import type { Actor } from '../actor.ts';
import type { IncidentId, LedgerRef, RunId } from '../stream.ts';
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
  /** Approval of the entire plan, for a procedure that is approved as a whole; for any other, that it goes past its window. */
  readonly whole: Approval | null;
  readonly ledger: readonly LedgerEntry[];
  /** What was asked of whoever started it, by the names of the playbook's inputs. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly result: RunResult | null;
  /** Who filled these in as they stood then, kept where that can reach another service. */
  readonly startedAs?: Actor;
  /** What was read last of indicators whose triggers may open the glass, by indicator, oldest first. */
  readonly triggers?: Readonly<Record<string, readonly Reading[]>>;
  /** Part of a drill: stand-ins do what it would do. */
  readonly drill?: true;
  /** What the bot said by itself of how it stands, oldest first; absent where it said nothing. */
  readonly updates?: readonly RunUpdate[];
};

/** A status update without a person behind it, with the words that it had at its moment. */
export type RunUpdate = {
  readonly at: number;
  readonly moment: 'begun' | 'progress' | 'ended';
  /** Counts those on the way, from 1; 0 for the beginning and the end. */
  readonly number: number;
  readonly text: string;
  /** Ids of those whom the text addresses. */
  readonly people: readonly string[];
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
  /** What is looked at beside or before the step's own command, each with an output of its own, by command. */
  readonly looks?: readonly Look[];
  /** The indicator before anything was done, to compare with afterwards. */
  readonly baseline: Reading | null;
  /** What its gate has read, from the last good reading on. */
  readonly watched?: { readonly indicator: string; readonly readings: readonly Reading[] };
  /** What the bot has announced to carry out by itself, and what came of that; absent where it announced nothing. */
  readonly automatic?: Announced;
  /** Who said that it is to be done where its condition could not be judged, as they stood then. */
  readonly judgedBy?: Actor;
  /** What has been done of a checklist, by the index of the item. */
  readonly ticks?: Readonly<Record<number, Tick>>;
  /** Attempts that a later one has taken the place of, by number, each as it stood when it was left. */
  readonly past?: Readonly<Record<number, PastAttempt>>;
};

export type Tick = { readonly by: string; readonly at: number };

export type PastAttempt = Omit<StepRecord, 'past'>;

/** Pending until somebody holds it or its moment has come, and decided once. */
export type Announced = {
  readonly mode: 'shadow' | 'live';
  readonly dueAt: number;
  readonly state:
    | { readonly kind: 'pending' }
    | { readonly kind: 'held'; readonly by: string; readonly at: number }
    /** Never announced; `why` is a sentence. */
    | { readonly kind: 'withheld'; readonly at: number; readonly why: string }
    | ({ readonly at: number } & AutomaticEnd);
};

/** `would-run` is the end of a shadow; `left` says why nothing was done, or would have been. */
export type AutomaticEnd =
  | { readonly kind: 'ran' | 'would-run'; readonly indicator: string; readonly reading: Reading }
  | {
      readonly kind: 'left';
      readonly mode: 'shadow' | 'live';
      readonly why: 'no-data' | 'met' | 'busy' | 'late';
      readonly indicator: string;
      readonly reading: Reading;
      /** Who has the target, where that is why. */
      readonly holder?: string;
    };

/** One of several observations of a step. */
export type Look = {
  /** Index of the command in the step's plan. */
  readonly command: number;
  readonly title: string;
  readonly output: string;
  readonly cut: boolean;
  /** Null while it runs; `unseen` says why it could not be seen. */
  readonly end: { readonly at: number; readonly unseen: string | null } | null;
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
      /** Which try of the command this is, from the second one on. */
      readonly try?: number;
      /** Nothing runs: the command has failed, and is tried again then. */
      readonly retry?: { readonly at: number; readonly try: number; readonly why: string };
      /** The one more try after an unknown outcome. */
      readonly afterUnknown?: true;
      /** The hash of the approval that it runs by; absent where none was needed. */
      readonly approved?: string;
    }
  | {
      readonly kind: 'verifying';
      readonly by: string | null;
      readonly since: number;
      /** When the first command of the step was started, where one was. */
      readonly startedAt?: number;
      readonly gate: Gate;
    }
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
      /** It was not carried out: whether it should be could not be judged. */
      readonly of?: 'condition';
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
      /** When that command was started, and when the first one of the step was. */
      readonly startedAt?: number;
      readonly since?: number;
      /** The number of the try that the probe decides about. */
      readonly retry?: number;
      /** The hash of the approval that it ran by. */
      readonly approved?: string;
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
      /** How many of several observations there were, and the titles of those that could not be seen. */
      readonly looks?: { readonly all: number; readonly unseen: readonly string[] };
    }
  /** `as` is who answered as they stood then, kept where the answer can reach another service. */
  | { readonly kind: 'chosen'; readonly option: string; readonly as?: Actor }
  | { readonly kind: 'answered'; readonly answer: string; readonly as?: Actor }
  | { readonly kind: 'held'; readonly verified: Verified }
  /** By a person, kept as they stood where conditions can reach another service, or by its own condition, with the sentence why. */
  | { readonly kind: 'skipped'; readonly because?: string; readonly as?: Actor }
  /** It failed, and the walk went on with what the playbook has for that. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'accepted'; readonly claim: 'worked' | 'did-not' }
  /** By a person where it has a condition that could not be judged; `as` is kept as for answers. */
  | { readonly kind: 'passed'; readonly as?: Actor }
  /** A procedure was started from here; its run is known a moment later. */
  | { readonly kind: 'started'; readonly playbook: string; readonly run: RunId | null }
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
  /** Those who have said yes while more of them are needed; who says the last one stands in the state. */
  readonly granted?: readonly Granted[];
  /** No second person is needed; it waits for the word to be typed, by whoever may carry it out. */
  readonly alone?: true;
  /** What the playbooks in use said of it, where that was another thing already when it was asked for; see edited.ts. */
  readonly under?: string;
  readonly state:
    | { readonly kind: 'pending' }
    | {
        readonly kind: 'approved';
        readonly by: string;
        readonly at: number;
        /** In a drill: said for a second person who was not there. */
        readonly standIn?: true;
      }
    | { readonly kind: 'glass-broken'; readonly by: string; readonly at: number; readonly reason: string }
    | { readonly kind: 'refused'; readonly by: string; readonly at: number }
    /** By whoever asked, or because something else would run now: then `why` says what. */
    | { readonly kind: 'withdrawn'; readonly by: string; readonly at: number; readonly why?: string }
    | { readonly kind: 'expired'; readonly at: number };
};

/** `groups` are those of the groups whose word counts that they were in when they said yes. */
export type Granted = { readonly by: string; readonly at: number; readonly groups: readonly string[] };

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
  /** The service that was changed, where it is not the run's. */
  readonly service?: string;
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

/** Whether a command of the step is one of its looks, whose output stands by itself. */
export const isLook = ({ looks = [] }: StepRecord, command: number | undefined): boolean =>
  command !== undefined && looks.some((look) => look.command === command);

/** Whether there is any output to show. */
export const hasPrinted = ({ output, looks = [] }: StepRecord): boolean =>
  output.trim() !== '' || looks.some((look) => look.output.trim() !== '');

/** Whether the bot looked and did not see, or not all of it, so that somebody may have it look again. */
export const wasUnseen = ({ state, looks = [] }: StepRecord): boolean =>
  state.kind === 'settled' &&
  (state.how.kind === 'unseen' ||
    (state.how.kind === 'done' && state.by === null && looks.some(({ end: over }) => over?.unseen != null)));

/** How many observations there were, and which of them came to nothing; nothing where there were none. */
export function looksOf(record: StepRecord | undefined): Pick<Extract<Settled, { kind: 'done' }>, 'looks'> {
  const { looks } = record ?? {};
  if (!looks) return {};
  const unseen = looks.flatMap(({ title, end: over }) => (over?.unseen == null ? [] : [title]));
  return { looks: { all: looks.length, unseen } };
}
