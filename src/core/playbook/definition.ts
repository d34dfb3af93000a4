import type { Severity } from '../severity.ts';
import type { LedgerRef } from '../stream.ts';
import type { Input, Parameter, ValueType } from './valueType.ts';

/**
 * A playbook compiled together with everything it can reach, so that a run in progress never changes under the hands
 * of those who walk it. Canonical JSON of this value, stored under its SHA-256, is what a run is pinned to and what an
 * approval is bound to. Durations are milliseconds, already divided by the pace.
 */
export type Definition = {
  readonly playbook: Playbook;
  readonly service: Service;
};

/**
 * A service with the hosts its actions run on; `host` of an action names a key of `hosts`. What belongs to another
 * service stands under its qualified name, `genesis-mongodb/restart`, and says so in its `service`.
 */
export type Service = {
  readonly name: string;
  readonly indicators: Readonly<Record<string, Indicator>>;
  readonly actions: Readonly<Record<string, Action>>;
  readonly hosts: Readonly<Record<string, Host>>;
  readonly links: Readonly<Record<string, string>>;
};

export type Host =
  | {
      readonly kind: 'local';
      readonly name: string;
      readonly directory: string;
      readonly path: readonly string[];
    }
  | {
      readonly kind: 'ssh';
      readonly name: string;
      readonly address: string;
      readonly port: number;
      readonly user: string;
      /** The pinned public key, `ssh-ed25519 AAAA…`. */
      readonly hostKey: string;
      readonly identityFile: string;
      readonly directory: string;
      readonly path: readonly string[];
    };

/** What a value must be; `unit` says how it is written for people. */
export type Objective =
  | { readonly kind: 'below'; readonly value: number }
  | { readonly kind: 'above'; readonly value: number }
  | { readonly kind: 'equals'; readonly value: number }
  | { readonly kind: 'at-least'; readonly value: number }
  | { readonly kind: 'at-most'; readonly value: number };

/** Read from Prometheus. A value without an answer is never healthy: it is no data. */
export type Indicator = {
  readonly name: string;
  readonly title: string;
  readonly query: string;
  readonly unit: 'ratio' | 'seconds' | 'count' | 'bytes' | 'state';
  readonly objective: Objective;
  /** Below this many operations a ratio says nothing, and the verdict is inconclusive. */
  readonly enough?: { readonly query: string; readonly above: number };
  /** The service it belongs to, where that is not the playbook's. */
  readonly service?: string;
  /** When a value is so bad for so long that what was put in place is taken back. */
  readonly rollback?: readonly RollbackTrigger[];
};

/** What goes on while a trigger counts. */
export const occasions = ['rollout', 'incident', 'watch', 'deployment'] as const;

export type RollbackTrigger = {
  readonly kind: 'above' | 'below';
  readonly value: number;
  readonly forMs: number;
  readonly during: (typeof occasions)[number];
};

/**
 * What an action may do to the world. `observe` runs by itself; `change` needs a click; `disruptive` a click and a
 * confirmation; `destructive` a second person.
 */
export const risks = ['observe', 'change', 'disruptive', 'destructive'] as const;
export type Risk = (typeof risks)[number];

export type Doing =
  | {
      readonly kind: 'run';
      readonly argv: readonly string[];
      /** Arguments whose values are not known yet; what stands there is `‹name›`, and nothing with a slot ever runs. */
      readonly slots?: readonly { readonly at: number; readonly parameter: string }[];
    }
  | { readonly kind: 'write'; readonly file: string; readonly content: string }
  /**
   * No operator writes this one: it takes a write back, and only while the file still holds what was written, as the
   * SHA-256 in `expects` (hex) tells. Content null removes the file, which was not there before.
   */
  | {
      readonly kind: 'put-back';
      readonly file: string;
      readonly content: string | null;
      readonly expects: string;
    };

export type Action = {
  readonly name: string;
  readonly title: string;
  /** One line for the person who decides: what it does to users meanwhile. */
  readonly says?: string;
  readonly risk: Risk;
  readonly host: string;
  readonly does: Doing;
  /** Actions of the same service that follow at once, part of the same plan and of the same approval. */
  readonly then: readonly string[];
  readonly timeoutMs: number;
  /** Exit codes that count as success; `systemctl status` answers 3 for a stopped unit and is no failure to observe. */
  readonly succeeds: readonly number[];
  readonly verify?: VerifyTarget;
  /** Read after a crash in the middle, to learn whether the action happened. */
  readonly probe?: string;
  readonly undo:
    | { readonly kind: 'none'; readonly why?: string }
    | { readonly kind: 'previous' }
    | { readonly kind: 'action'; readonly action: string };
  /** Names of variables that the executor adds to the command's environment from its own file. */
  readonly secrets: readonly string[];
  /** The service it acts on, where that is not the playbook's. */
  readonly service?: string;
  /** Observations of the same service that are made first, so that what the action wipes is kept. */
  readonly evidence?: readonly string[];
  /** Why something destructive needs none. */
  readonly withoutEvidence?: string;
  /** Doing it twice is as good as doing it once. */
  readonly idempotent?: true;
  readonly retries?: Retries;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** Known to make noise: what is silenced while it is carried out, and for how long at most. */
  readonly silences?: ActionSilence;
  /** Where its service stands; absent in production. */
  readonly environment?: string;
  /** Who has to say yes before it runs; absent means one other person where it is destructive, nobody else otherwise. */
  readonly approvals?: Demand;
  /** Demands of other people that have to be met as well; only in what is generated, see run/undoSteps.ts. */
  readonly furtherApprovals?: readonly Demand[];
  /** A word to be typed before the yes counts. */
  readonly confirm?: string;
};

/** So many different people with the right to approve, none of them the one who asked; of these access groups where it names some. */
export type Demand = { readonly count: number; readonly from?: readonly string[] };

/** Without `alerts`, whatever fires in the incident and all that is about the service. */
export type ActionSilence = { readonly forMs: number; readonly alerts?: readonly string[] };

/** How often a failed command is tried again, and how long after it has failed. */
export type Retries = { readonly times: number; readonly afterMs: number };

/** A gate: the indicator must meet its objective for `holdMs` without a break, and have begun to by `withinMs`. */
export type VerifyTarget = { readonly indicator: string; readonly holdMs: number; readonly withinMs: number };

export type Playbook = {
  readonly name: string;
  readonly title: string;
  /** `undo` is written by no operator: it is generated from the ledgers of runs, see run/undo.ts. */
  readonly kind: 'alert' | 'procedure' | 'undo';
  /** Labels an alert must carry, all of them, to be answered by this playbook. */
  readonly answers: Readonly<Record<string, string>>;
  /** Further sets of labels, each of which is answered as well. */
  readonly alsoAnswers?: readonly Readonly<Record<string, string>>[];
  readonly service: string;
  readonly severity: Severity;
  readonly summary?: string;
  readonly symptoms: readonly string[];
  /** Duties of the roster that may have to be called in, by their names. */
  readonly experts?: readonly string[];
  readonly steps: readonly Step[];
  /**
   * `each`: every action is clicked on its own. `whole`: the ordered plan of the entire playbook is shown and approved
   * once, then walks by itself and stops at the first thing that does not go as planned.
   */
  readonly authority: 'each' | 'whole';
  /** The most a whole procedure may take, for the clock that is shown. */
  readonly budgetMs?: number;
  /** How often the bot says by itself how a walk through it stands; absent where it does not. */
  readonly updatesMs?: number;
  readonly onUnresolved?: { readonly afterMs: number; readonly offer: string };
  /** What is asked of whoever starts it. */
  readonly inputs?: Readonly<Record<string, Input>>;
  /** Who has to say yes to the plan of a procedure that is approved as a whole, and the word to be typed with it. */
  readonly approvals?: Demand;
  readonly confirm?: string;
  /** Started only while its services may be changed, or as an override; see calendar/gate.ts. */
  readonly window?: 'required';
  /** Page a commander when the incident opens, without waiting for anybody to ask. */
  readonly commanderAtOnce: boolean;
  /** File and line of the playbook, for the link on the card. */
  readonly source: { readonly file: string; readonly line: number };
};

/** `id` is unique within the playbook and stays the same as long as the step stays in its place. */
export type Step = {
  readonly id: string;
  /** What conditions call it: unique among the steps of its own playbook. */
  readonly as?: string;
  /** An expression in CEL; where it is false, the walk passes the step over. See condition.ts. */
  readonly if?: string;
} & (
  | { readonly kind: 'chart'; readonly indicator: string }
  | {
      readonly kind: 'observe';
      readonly action: string;
      readonly look?: string;
      /** All that is looked at at the same time, `action` first; absent for a single one. */
      readonly actions?: readonly string[];
      readonly with?: Readonly<Record<string, Given>>;
    }
  | { readonly kind: 'choose'; readonly question: string; readonly options: readonly Option[] }
  | {
      readonly kind: 'do';
      readonly action: string;
      readonly budgetMs?: number;
      readonly when?: string;
      readonly always?: boolean;
      /** The change that this step takes back. */
      readonly undoes?: LedgerRef;
      readonly with?: Readonly<Record<string, Given>>;
      /** Takes the place of what the action itself is verified by. */
      readonly verify?: VerifyTarget;
      /** Where the walk goes on when it has failed, before it goes on behind. */
      readonly onFail?: readonly Step[];
      readonly automatic?: Automatic;
    }
  | { readonly kind: 'verify'; readonly target: VerifyTarget; readonly onFail?: readonly Step[] }
  | {
      readonly kind: 'ask';
      readonly question: string;
      readonly input: ValueType;
      readonly example?: string;
    }
  | { readonly kind: 'offer'; readonly procedure: string; readonly title: string; readonly why: string }
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | {
      readonly kind: 'checklist';
      readonly title: string;
      readonly items: readonly string[];
      /** By the index of the item: whose it is, and how long after the list was shown it is due. */
      readonly duties?: readonly Duty[];
    }
  | {
      readonly kind: 'stage';
      readonly title: string;
      readonly budgetMs: number;
      readonly steps: readonly Step[];
    }
  /** The steps of another playbook, as they were when the run started. */
  | {
      readonly kind: 'call';
      readonly playbook: string;
      readonly title: string;
      readonly steps: readonly Step[];
    }
);

/**
 * That the bot carries a step out without a click, how long after it has announced that; `shadow` only says what it would
 * have done, and when.
 */
export type Automatic = { readonly mode: 'shadow' | 'live'; readonly afterMs: number };

export type Duty = { readonly owner?: string; readonly withinMs?: number };

/** Where a parameter's value comes from: an earlier answer by its `as`, an input of the run, or the playbook itself. */
export type Given =
  | { readonly kind: 'answer'; readonly name: string }
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'literal'; readonly text: string };

export type Option = {
  readonly id: string;
  readonly label: string;
  /** How to tell that this is the case. */
  readonly hint?: string;
  readonly steps: readonly Step[];
};
