/**
 * Who is called for what. A name of the roster is a duty or a field of knowledge, never a person: people change, and
 * what escalation chains and playbooks name stays.
 */
export type Roster = Readonly<Record<string, Duty>>;

export type Duty = {
  readonly name: string;
  readonly title: string;
  /** Slack: the handle of a user group, user ids, or both. Both empty where nobody was entered yet. */
  readonly usergroup: string | null;
  readonly users: readonly string[];
  readonly pagerduty: {
    /** Name of the environment variable that holds the routing key. */
    readonly routingKey: string;
    /** Id of the escalation policy that says who is on call, where it is known. */
    readonly escalationPolicy: string | null;
  } | null;
  /** Written out in the fallback call list, when nobody can be paged. */
  readonly phone: string | null;
};

/** A duty that nobody was entered for cannot be called. */
export const isVacant = ({ usergroup, users, pagerduty }: Duty): boolean =>
  usergroup === null && users.length === 0 && pagerduty === null;

/** Whether a call reaches anybody; `pages` says that there is a paging service at all. */
export const isReachable = (duty: Duty, { pages }: { readonly pages?: true }): boolean =>
  !isVacant(pages ? duty : { ...duty, pagerduty: null });
