import type { Actor } from '../actor.ts';
import type { Risk } from '../playbook/definition.ts';
import type { Access, Right, Rule } from './access.ts';

export type Permission = { readonly allowed: boolean; readonly reason: string };

/** The right that carrying out an action of this risk needs. */
export const rightFor: Readonly<Record<Risk, Right>> = {
  observe: 'observe',
  change: 'change',
  disruptive: 'disrupt',
  destructive: 'destroy',
};

const verbFor: Readonly<Record<Right, string>> = {
  observe: 'look at',
  change: 'act on',
  disrupt: 'carry out disruptive actions on',
  destroy: 'carry out destructive actions on',
  approve: 'approve changes to',
  override: 'override the rules for',
};

/**
 * Whether the actor may use a right on a service. Any deny that matches wins; what no rule allows is not allowed.
 * `service` is null for what concerns no service in particular, which only rules for any service cover.
 */
export function may(access: Access, actor: Actor, right: Right, service: string | null): Permission {
  switch (actor.kind) {
    case 'bot':
    case 'alertmanager':
    case 'operator':
      // These never come from a click: the bot follows decisions already made, and an operator holds the host itself.
      return { allowed: true, reason: `The ${actor.kind} acts on its own behalf.` };
    case 'person':
      return personMay(access, actor.groups, right, service);
    default: {
      const never: never = actor;
      return never;
    }
  }
}

function personMay(
  access: Access,
  groups: readonly string[],
  right: Right,
  service: string | null,
): Permission {
  const on = service ?? 'incidents of no known service';
  const matching = access.rules.filter((rule) => covers(rule, right, service));
  const concerns = (rule: Rule) =>
    rule.to.includes('everyone') || rule.to.some((group) => groups.includes(group));
  const denied = matching.find((rule) => rule.effect === 'deny' && concerns(rule));
  if (denied)
    return { allowed: false, reason: `A rule denies ${right} on ${on} to ${denied.to.join(', ')}.` };
  if (matching.some((rule) => rule.effect === 'allow' && concerns(rule))) {
    return { allowed: true, reason: `A rule allows ${right} on ${on}.` };
  }
  const who = [...new Set(matching.filter((rule) => rule.effect === 'allow').flatMap((rule) => rule.to))];
  const others =
    who.length > 0 ? ` ${who.map((group) => `@${group}`).join(', ')} can.` : ' No group has this right.';
  return { allowed: false, reason: `You may not ${verbFor[right]} ${on}.${others}` };
}

const covers = (rule: Rule, right: Right, service: string | null): boolean =>
  rule.rights.includes(right) && (rule.on === 'any' || (service !== null && rule.on.includes(service)));

/** The groups of the access rules that a person is in, from their id and the handles of their user groups. */
export function groupsOf(access: Access, user: string, handles: readonly string[]): readonly string[] {
  return Object.entries(access.groups)
    .filter(
      ([, group]) =>
        group.users.includes(user) || (group.usergroup !== null && handles.includes(group.usergroup)),
    )
    .map(([name]) => name);
}
