import type { Incident } from '../incident/incident.ts';
import type { Access, Group } from './access.ts';

/**
 * Who is in which group of the access rules. What Slack has to be asked for is known before a decision; the roles of
 * the incident come from its state within the decision, so that they are never older than what is decided.
 */

export type Roles = Pick<Incident, 'roles' | 'responders'>;

/**
 * What is known of a person when it is decided: `unknown` are groups that nobody could say whether they are in. Where
 * `resolved` says which groups they were looked up in, any other is as unknown as those.
 */
export type Known = {
  readonly user: string;
  readonly groups: readonly string[];
  readonly unknown?: readonly string[];
  readonly resolved?: readonly string[];
};

export type Membership = 'in' | 'out' | 'unknown';

export function membershipOf(
  access: Access,
  name: string,
  { user, groups, unknown = [], resolved }: Known,
  roles: Roles | null,
): Membership {
  if (name === 'everyone' || groups.includes(name)) return 'in';
  const group = Object.hasOwn(access.groups, name) ? access.groups[name] : undefined;
  if (group && hasRole(group, user, roles)) return 'in';
  return unknown.includes(name) || resolved?.includes(name) === false ? 'unknown' : 'out';
}

/** Outside an incident nobody has any role, which is known. */
function hasRole({ role }: Group, user: string, roles: Roles | null): boolean {
  if (role === undefined || roles === null) return false;
  return role === 'responder' ? roles.responders.includes(user) : roles.roles[role] === user;
}

/** What Slack says of a person: their user groups by handle, and their channels as access.yml writes them. */
export type Told = {
  readonly handles: readonly string[];
  /** Every user group that there is; null where that was not said, and then all of them count as there. */
  readonly existing?: readonly string[] | null;
  readonly channels?: Readonly<Record<string, 'in' | 'out'>>;
};

/** The groups that a person is in, and those of which that cannot be known. */
export function resolveGroups(
  access: Access,
  user: string,
  { handles, existing = null, channels = {} }: Told,
): { readonly groups: readonly string[]; readonly unknown: readonly string[] } {
  const groups: string[] = [];
  const unknown: string[] = [];
  for (const [name, group] of Object.entries(access.groups)) {
    const { usergroup, users, channel } = group;
    const there =
      channel === undefined ? 'out' : Object.hasOwn(channels, channel) ? channels[channel] : undefined;
    if (users.includes(user) || (usergroup !== null && handles.includes(usergroup)) || there === 'in')
      groups.push(name);
    else if (
      there === undefined ||
      (usergroup !== null && existing !== null && !existing.includes(usergroup))
    )
      unknown.push(name);
  }
  return { groups, unknown };
}

/** Channels whose members have to be known for this person: named by a group that a rule names and that they are not in already. */
export function channelsToAsk(access: Access, user: string, handles: readonly string[]): readonly string[] {
  const named = new Set(access.rules.flatMap(({ to }) => to));
  const channels = Object.entries(access.groups).flatMap(([name, { usergroup, users, channel }]) => {
    if (channel === undefined || !named.has(name) || users.includes(user)) return [];
    return usergroup !== null && handles.includes(usergroup) ? [] : [channel];
  });
  return [...new Set(channels)];
}
