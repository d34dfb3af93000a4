import type { Severity } from '../severity.ts';

/** Where an incident of one severity lives, where it is announced, and who is invited. */
export type Route = {
  readonly place:
    | { readonly kind: 'own-channel' }
    /** `channel` as `#name` or as an id, `C…`. */
    | { readonly kind: 'thread'; readonly channel: string }
    | { readonly kind: 'log' };
  readonly announce: string | null;
  /** Handles of Slack user groups, without the at sign. */
  readonly invite: readonly string[];
  /** Where those are told who are affected and do not work on it: the opening, status updates, the end. */
  readonly stakeholders?: string;
  /** How long nobody has to have said how it stands before somebody is reminded to. */
  readonly updates?: { readonly everyMs: number };
  readonly phases?: PhaseLimits;
};

export const phases = ['detection', 'assessment', 'response'] as const;
export type Phase = (typeof phases)[number];

/** By when a phase should be over, in milliseconds since the incident was opened. */
export type PhaseLimits = Readonly<Partial<Record<Phase, number>>>;

export type Routing = Readonly<Record<Severity, Route>>;
