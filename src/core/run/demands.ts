import type { Right } from '../access/access.ts';
import type { Situation } from '../access/forbidden.ts';
import { membershipOf } from '../access/membership.ts';
import type { Actor } from '../actor.ts';
import { type Refusal, refuse } from '../decision.ts';
import type { Demand } from '../playbook/definition.ts';
import type { Earlier } from './commands.ts';
import type { Plan } from './plan.ts';
import { forbiddenOn } from './rights.ts';
import type { Approval, Granted } from './run.ts';

/**
 * How many people have to say yes, and whose yes counts. Everybody counts once, whoever asked never; all demands of a
 * plan have to be met, and one yes may count for several of them.
 */

const onePerson: readonly Demand[] = [{ count: 1 }];

/** Whether somebody has to say yes besides whoever asks. */
export const needsApproval = (plan: Pick<Plan, 'risk' | 'approvals' | 'override'>): boolean =>
  demandsApproval(plan) || plan.override !== undefined;

const demandsApproval = ({ risk, approvals }: Pick<Plan, 'risk' | 'approvals'>): boolean =>
  risk === 'destructive' || approvals !== undefined;

/** What each of them has to be allowed: who lets something past its window answers for that as well. */
export const rightsToApprove = (plan: Pick<Plan, 'risk' | 'approvals' | 'override'>): readonly Right[] =>
  plan.override === undefined ? ['approve'] : demandsApproval(plan) ? ['approve', 'override'] : ['override'];

/** The refusal where somebody lacks one of these rights on what the plan acts on; null where their word may count. */
export function forbiddenToApprove(
  plan: Plan,
  asked: { readonly actor: Actor; readonly own: string; readonly situation: Situation },
): Refusal | null {
  for (const right of rightsToApprove(plan)) {
    const denied = forbiddenOn(plan, { ...asked, right });
    if (denied) return denied;
  }
  return null;
}

export const demandsOf = ({ approvals }: Pick<Plan, 'approvals'>): readonly Demand[] =>
  approvals ?? onePerson;

/** How many people it takes at least. */
export const neededFor = (plan: Pick<Plan, 'approvals'>): number =>
  Math.max(...demandsOf(plan).map(({ count }) => count));

/** The groups whose word one of the demands asks for. */
export const groupsAsked = (plan: Pick<Plan, 'approvals'>): readonly string[] => [
  ...new Set(demandsOf(plan).flatMap(({ from = [] }) => from)),
];

/** How many are missing for a demand, after those who have said yes. */
export const missing = ({ count, from }: Demand, granted: readonly Pick<Granted, 'groups'>[]): number =>
  Math.max(
    0,
    count -
      granted.filter(({ groups }) => from === undefined || from.some((name) => groups.includes(name))).length,
  );

/** Those of the groups that a plan's demands name that somebody is in now. */
export function countingGroups(
  plan: Plan,
  actor: Extract<Actor, { kind: 'person' }>,
  { room, incident }: Situation,
): readonly string[] {
  return groupsAsked(plan).filter((name) => membershipOf(room.access, name, actor, incident) === 'in');
}

/** A yes younger than this was said on what Slack told at most that long ago; a look-up would tell the same. */
const freshMs = 60_000;

export type Counted = {
  readonly granted: readonly Granted[];
  readonly lapsed: readonly { readonly user: string; readonly why: string }[];
};

/**
 * Which of those who said yes before still count. Whoever cannot be looked up now stands in the way of this yes, and
 * nothing is lost: it can be said again in a moment.
 */
export function stillCounting(
  { plan, granted = [] }: Approval,
  earlier: readonly Earlier[],
  given: { readonly own: string; readonly situation: Situation; readonly now: number },
): Counted | Refusal {
  const counting: Granted[] = [];
  const lapsed: { user: string; why: string }[] = [];
  for (const each of granted) {
    const found = earlier.find(({ user }) => user === each.by);
    if (!found && given.now - each.at < freshMs) counting.push(each);
    else if (!found || found.kind === 'unreachable') return unreachable(each.by);
    else if (found.kind === 'outsider') lapsed.push({ user: each.by, why: found.why });
    else {
      const actor = { ...found, kind: 'person' } as const;
      const denied = forbiddenToApprove(plan, { actor, own: given.own, situation: given.situation });
      if (denied) lapsed.push({ user: each.by, why: 'They may not approve this any more.' });
      else counting.push({ ...each, groups: countingGroups(plan, actor, given.situation) });
    }
  }
  return { granted: counting, lapsed };
}

const unreachable = (user: string): Refusal =>
  refuse(
    'busy',
    `Slack did not say whether <@${user}>, who approved before, still may. Nothing was done; approve again in a moment.`,
  );

/** The refusal of a yes that adds nothing to what is still missing; null where it counts. */
export function countsForNothing(
  plan: Plan,
  granted: readonly Granted[],
  groups: readonly string[],
): Refusal | null {
  const open = demandsOf(plan).filter((demand) => missing(demand, granted) > 0);
  const counts = open.some(({ from }) => from === undefined || from.some((name) => groups.includes(name)));
  if (counts) return null;
  const from = [...new Set(open.flatMap((demand) => demand.from ?? []))];
  return refuse('not-allowed', `Here the approval of ${either(from)} is needed, so yours does not count.`);
}

/** What is still missing, in words: `2 people`, `one of @leads`. */
export const missingInWords = (plan: Plan, granted: readonly Pick<Granted, 'groups'>[]): string =>
  demandsOf(plan)
    .flatMap((demand) => {
      const count = missing(demand, granted);
      if (count === 0) return [];
      const people = count === 1 ? 'one other person' : `${count} other people`;
      return [demand.from ? `${people} of ${either(demand.from)}` : people];
    })
    .join(' and ');

const either = (groups: readonly string[]): string => groups.map((name) => `@${name}`).join(' or ');
