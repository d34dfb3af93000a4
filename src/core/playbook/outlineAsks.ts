import { type Access, environmentOf, production } from '../access/access.ts';
import { isHeldToWindows } from '../calendar/gate.ts';
import { approversOf } from '../run/approvers.ts';
import { demandsOf, missingInWords, needsApproval } from '../run/demands.ts';
import type { Plan } from '../run/plan.ts';
import { planStep, planWhole, riskier } from '../run/resolve.ts';
import { changesOf } from '../run/rights.ts';
import { allSteps } from '../run/walk.ts';
import type { Definition, Demand, Risk } from './definition.ts';

/** Who must say yes, in which words, and where what is acted on stands. */

/** What stands between a click and the first command. */
export type OutlineAsks = {
  /** Every demand, each of which has to be met by people who did not ask; empty where nobody else is needed. */
  readonly approvals: readonly Demand[];
  /** The same in words; null where nobody else is needed. */
  readonly people: string | null;
  /** Groups that may approve all of it, as access.yml has them; empty where nobody else is needed, or none may. */
  readonly approvers: readonly string[];
  /** The word to be typed. */
  readonly confirm: string | null;
};

export type OutlineService = {
  readonly service: string;
  readonly environment: string;
  /** Whether something is changed there, or only looked at. */
  readonly changed: boolean;
};

/** All of a playbook together, whatever way is walked. */
export type OutlineDemands = {
  readonly services: readonly OutlineService[];
  /** The highest of all its steps. */
  readonly risk: Risk;
  /** Held to the windows of calendar.yml and to freezes. */
  readonly window: 'required' | null;
  /** Of the steps that wait for somebody else or for a word on their own. */
  readonly asks: readonly ({ readonly step: string; readonly action: string } & OutlineAsks)[];
};

type Of = { readonly definition: Definition; readonly access?: Access | undefined };

export function asksOf(plan: Plan, { definition, access }: Of): OutlineAsks {
  const asksOthers = needsApproval(plan);
  return {
    approvals: asksOthers ? demandsOf(plan) : [],
    people: asksOthers ? missingInWords(plan, []) : null,
    approvers: asksOthers && access ? approversOf(plan, definition.playbook.service, { access }) : [],
    confirm: plan.confirm ?? null,
  };
}

const isAsked = ({ people, confirm }: OutlineAsks): boolean => people !== null || confirm !== null;

export function demandsOfAll(of: Of): OutlineDemands {
  const { definition, access } = of;
  const { playbook } = definition;
  const plans = allSteps(playbook.steps).flatMap((step) =>
    step.kind === 'do' || step.kind === 'observe' ? [{ step, plan: planStep(definition, step) }] : [],
  );
  return {
    services: servicesIn(
      plans.map(({ plan }) => plan),
      of,
    ),
    risk: plans.map(({ plan }) => plan.risk).reduce(riskier, planWhole(definition).risk),
    window: isHeldToWindows(playbook) ? 'required' : null,
    asks: plans.flatMap(({ step, plan }) => {
      const asks = asksOf(plan, { definition, access });
      const alone = playbook.authority === 'each' && isAsked(asks);
      return alone ? [{ step: step.id, action: step.action, ...asks }] : [];
    }),
  };
}

function servicesIn(plans: readonly Plan[], { definition, access }: Of): readonly OutlineService[] {
  const own = definition.playbook.service;
  const found = new Map<string, OutlineService>();
  const add = (service: string, environment: string, changed: boolean) => {
    const key = `${service} ${environment}`;
    found.set(key, { service, environment, changed: changed || found.get(key)?.changed === true });
  };
  if (own !== '' && plans.every((plan) => plan.commands.every(({ service }) => service !== undefined)))
    add(own, access ? environmentOf(access, own) : production, false);
  for (const plan of plans)
    for (const { service, environment = production } of changesOf(plan, own))
      add(
        service,
        environment,
        plan.commands.some(({ observes }) => !observes),
      );
  return [...found.values()];
}
