import { production, type Right } from '../access/access.ts';
import { forbidden, type Situation } from '../access/forbidden.ts';
import { rightFor } from '../access/may.ts';
import type { Actor } from '../actor.ts';
import type { Refusal } from '../decision.ts';
import type { ChangedService, Plan, PlannedCommand } from './plan.ts';

/** The commands that decide which rights a plan needs: those that change something; of a plan that only looks, all. */
function counted({ commands }: Pick<Plan, 'commands'>): readonly PlannedCommand[] {
  const changing = commands.filter(({ observes }) => !observes);
  return changing.length > 0 ? changing : commands;
}

/** The services that a plan changes, each once; `own` is that of the run. Of a plan that only looks, those it looks at. */
export const servicesOf = (plan: Pick<Plan, 'commands'>, own: string): readonly string[] => [
  ...new Set(counted(plan).map(({ service }) => service ?? own)),
];

/** The same with where each of them stood; one that stood in several environments comes once for each. */
export function changesOf(plan: Pick<Plan, 'commands'>, own: string): readonly ChangedService[] {
  const all = counted(plan).map(({ service = own, environment }) => ({
    service,
    ...(environment !== undefined && { environment }),
  }));
  const key = ({ service, environment = production }: ChangedService) => `${environment}/${service}`;
  return [...new Map(all.map((each) => [key(each), each])).values()];
}

/**
 * The refusal where the actor lacks the right on one of the services that the plan acts on, or, for the right to
 * override, on one that it lets past its window; null where nothing stands in the way.
 */
export function forbiddenOn(
  plan: Plan,
  asked: {
    readonly actor: Actor;
    readonly right: Right;
    readonly own: string;
    readonly situation: Situation;
  },
): Refusal | null {
  const { actor, right, own, situation } = asked;
  const overridden = right === 'override' ? (plan.override?.services ?? []) : [];
  if (counted(plan).length === 0) {
    const denied = forbidden(actor, right, own, situation);
    if (denied) return denied;
  }
  for (const { service, environment } of [...counted(plan), ...overridden]) {
    const denied = forbidden(actor, right, service ?? own, situation, environment ?? production);
    if (denied) return denied;
  }
  return null;
}

/** The same for carrying it out, which needs the right that belongs to its risk. */
export const forbiddenToDo = (
  plan: Plan,
  asked: { readonly actor: Actor; readonly own: string; readonly situation: Situation },
): Refusal | null => forbiddenOn(plan, { ...asked, right: rightFor[plan.risk] });
