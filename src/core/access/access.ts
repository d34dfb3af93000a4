import type { Role } from '../incident/incident.ts';

/**
 * What a person may do to a service. `observe` to `destroy` follow the risk classes of actions; `approve` is the second
 * signature on a destructive action; `override` goes past windows and freezes, and breaks the glass.
 */
export const rights = ['observe', 'change', 'disrupt', 'destroy', 'approve', 'override'] as const;
export type Right = (typeof rights)[number];

/** What somebody may be in the incident in question; a responder is whoever has done something in it. */
export const incidentRoles = ['commander', 'communications', 'scribe', 'responder'] as const;
export type IncidentRole = Role | 'responder';

/** Where nothing else is written, a service is the one that users see. */
export const production = 'production';

/**
 * A Slack user group by its handle, people by their user ids, whoever has a role in the incident in question, or the
 * members of a channel: who is any of these is in the group.
 */
export type Group = {
  readonly usergroup: string | null;
  readonly users: readonly string[];
  readonly role?: IncidentRole;
  /** `#name`, a channel id, or `incident` for the channel of the incident in question. */
  readonly channel?: string;
};

/** Where something was written, relative to the room; lines and columns count from 1. */
export type Written = { readonly file: string; readonly line: number; readonly column: number };

/** `to` names groups or `everyone`; `on` names services; `in` environments, all of them where it is absent. Any deny that matches wins. */
export type Rule = {
  readonly effect: 'allow' | 'deny';
  readonly rights: readonly Right[];
  readonly to: readonly string[];
  readonly on: readonly string[] | 'any';
  readonly in?: readonly string[];
  readonly source?: Written;
};

/** Nothing that no rule allows is allowed. */
export type Access = {
  readonly groups: Readonly<Record<string, Group>>;
  readonly rules: readonly Rule[];
  /** By the name of the service, those that are not production. */
  readonly environments?: Readonly<Record<string, string>>;
};

export const environmentOf = ({ environments = {} }: Access, service: string | null): string =>
  (service !== null && Object.hasOwn(environments, service) ? environments[service] : undefined) ??
  production;
