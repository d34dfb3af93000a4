import type { Actor } from '../actor.ts';
import type { Risk } from '../playbook/definition.ts';
import type { Access, Right } from './access.ts';
import { type Explanation, explain, spokenPlace, unknowable } from './explain.ts';
import type { Roles } from './membership.ts';

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

/** What a decision knows beside the rules: the incident in question, and where it would act. */
export type About = { readonly roles?: Roles | null; readonly environment?: string };

/**
 * Whether the actor may use a right on a service. Any deny that matches wins; what no rule allows is not allowed.
 * `service` is null for what concerns no service in particular, which only rules for any service cover.
 */
export function may(
  access: Access,
  actor: Actor,
  right: Right,
  service: string | null,
  about: About = {},
): Permission {
  switch (actor.kind) {
    case 'bot':
    case 'alertmanager':
    case 'operator':
      // These never come from a click: the bot follows decisions already made, and an operator holds the host itself.
      return { allowed: true, reason: `The ${actor.kind} acts on its own behalf.` };
    case 'pagerduty':
      // Whoever acknowledges a page was called for it; nothing else can be done from there.
      return { allowed: true, reason: 'PagerDuty let them answer its page.' };
    case 'person': {
      const explanation = explain(access, actor, { right, service, ...about });
      return { allowed: explanation.allowed, reason: reasonOf(explanation, access) };
    }
    default: {
      const never: never = actor;
      return never;
    }
  }
}

/** The sentence for whoever asked: which rule decided, or who could. */
export function reasonOf(explanation: Explanation, access: Access): string {
  const { right, decidedBy, others, looked } = explanation;
  const on = spokenPlace(explanation);
  if (decidedBy?.applies && decidedBy.unknown)
    return `A rule denies ${right} on ${on} to ${decidedBy.by}, and Slack did not say who that is, so nobody can be let past it. Try again in a moment.`;
  if (decidedBy?.rule.effect === 'deny')
    return `A rule denies ${right} on ${on} to ${decidedBy.rule.to.join(', ')}.`;
  if (decidedBy) return `A rule allows ${right} on ${on}.`;
  const doubtful = looked.some((each) => !each.applies && each.why.startsWith(unknowable));
  return `You may not ${verbFor[right]} ${explanation.service === null ? 'what belongs to no one service' : on}.${doubtful ? ' Slack did not say who is in one of the groups that can.' : ''}${othersIn(others, access)}`;
}

function othersIn(others: readonly string[], access: Access): string {
  return others.length > 0
    ? ` ${others.map((group) => spokenGroup(group, access)).join(', ')} can.`
    : ' No group has this right.';
}

/** A group as people know it: by its handle, its role or its channel. */
export function spokenGroup(name: string, { groups }: Access): string {
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (!group || group.usergroup !== null || group.users.length > 0)
    return name === 'everyone' ? name : `@${name}`;
  if (group.role !== undefined)
    return group.role === 'responder' ? 'responders of the incident' : `the incident's ${group.role}`;
  if (group.channel !== undefined)
    return group.channel === 'incident' ? "members of the incident's channel" : `members of ${group.channel}`;
  return `@${name}`;
}
