import type { Severity } from '../severity.ts';
import type { LedgerRef } from '../stream.ts';

/**
 * A playbook compiled together with everything it can reach, so that a run in progress never changes under the hands
 * of those who walk it. Canonical JSON of this value, stored under its SHA-256, is what a run is pinned to and what an
 * approval is bound to. Durations are milliseconds, already divided by the pace.
 */
export type Definition = {
  readonly playbook: Playbook;
  readonly service: Service;
};

/** A service with the hosts its actions run on; `host` of an action names a key of `hosts`. */
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
  | { readonly kind: 'equals'; readonly value: number };

/** Read from Prometheus. A value without an answer is never healthy: it is no data. */
export type Indicator = {
  readonly name: string;
  readonly title: string;
  readonly query: string;
  readonly unit: 'ratio' | 'seconds' | 'count' | 'bytes' | 'state';
  readonly objective: Objective;
  /** Below this many operations a ratio says nothing, and the verdict is inconclusive. */
  readonly enough?: { readonly query: string; readonly above: number };
};

/**
 * What an action may do to the world. `observe` runs by itself; `change` needs a click; `disruptive` a click and a
 * confirmation; `destructive` a second person.
 */
export const risks = ['observe', 'change', 'disruptive', 'destructive'] as const;
export type Risk = (typeof risks)[number];

export type Doing =
  | { readonly kind: 'run'; readonly argv: readonly string[] }
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
};

/** A gate: the indicator must meet its objective for `holdMs` without a break, and have begun to by `withinMs`. */
export type VerifyTarget = { readonly indicator: string; readonly holdMs: number; readonly withinMs: number };

export type Playbook = {
  readonly name: string;
  readonly title: string;
  /** `undo` is written by no operator: it is generated from the ledgers of runs, see run/undo.ts. */
  readonly kind: 'alert' | 'procedure' | 'undo';
  /** Labels an alert must carry, all of them, to be answered by this playbook. */
  readonly answers: Readonly<Record<string, string>>;
  readonly service: string;
  readonly severity: Severity;
  readonly summary?: string;
  readonly symptoms: readonly string[];
  readonly steps: readonly Step[];
  /**
   * `each`: every action is clicked on its own. `whole`: the ordered plan of the entire playbook is shown and approved
   * once, then walks by itself and stops at the first thing that does not go as planned.
   */
  readonly authority: 'each' | 'whole';
  /** The most a whole procedure may take, for the clock that is shown. */
  readonly budgetMs?: number;
  readonly onUnresolved?: { readonly afterMs: number; readonly offer: string };
  /** Page a commander when the incident opens, without waiting for anybody to ask. */
  readonly commanderAtOnce: boolean;
  /** File and line of the playbook, for the link on the card. */
  readonly source: { readonly file: string; readonly line: number };
};

/** `id` is unique within the playbook and stays the same as long as the step stays in its place. */
export type Step = { readonly id: string } & (
  | { readonly kind: 'chart'; readonly indicator: string }
  | { readonly kind: 'observe'; readonly action: string; readonly look?: string }
  | { readonly kind: 'choose'; readonly question: string; readonly options: readonly Option[] }
  | {
      readonly kind: 'do';
      readonly action: string;
      readonly budgetMs?: number;
      readonly when?: string;
      readonly always?: boolean;
      /** The change that this step takes back. */
      readonly undoes?: LedgerRef;
    }
  | { readonly kind: 'verify'; readonly target: VerifyTarget }
  | {
      readonly kind: 'ask';
      readonly question: string;
      readonly input:
        | { readonly kind: 'text'; readonly maxLength: number }
        | { readonly kind: 'options'; readonly options: readonly string[] };
    }
  | { readonly kind: 'wait'; readonly ms: number; readonly why: string }
  | { readonly kind: 'checklist'; readonly title: string; readonly items: readonly string[] }
  | {
      readonly kind: 'stage';
      readonly title: string;
      readonly budgetMs: number;
      readonly steps: readonly Step[];
    }
);

export type Option = {
  readonly id: string;
  readonly label: string;
  /** How to tell that this is the case. */
  readonly hint?: string;
  readonly steps: readonly Step[];
};
