/**
 * What a person may do to a service. `observe` to `destroy` follow the risk classes of actions; `approve` is the second
 * signature on a destructive action; `override` goes past windows and freezes, and breaks the glass.
 */
export const rights = ['observe', 'change', 'disrupt', 'destroy', 'approve', 'override'] as const;
export type Right = (typeof rights)[number];

/** A Slack user group by its handle, people by their user ids, or both: who is in either is in the group. */
export type Group = { readonly usergroup: string | null; readonly users: readonly string[] };

/** `to` names groups or `everyone`; `on` names services. Any deny that matches wins. */
export type Rule = {
  readonly effect: 'allow' | 'deny';
  readonly rights: readonly Right[];
  readonly to: readonly string[];
  readonly on: readonly string[] | 'any';
};

/** Nothing that no rule allows is allowed. */
export type Access = {
  readonly groups: Readonly<Record<string, Group>>;
  readonly rules: readonly Rule[];
};
