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
};

export type Routing = Readonly<Record<Severity, Route>>;
