import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Action, Definition, Demand, Risk, Service, Step } from '../playbook/definition.ts';
import { risks } from '../playbook/definition.ts';
import type { Plan, PlannedCommand } from './plan.ts';
import type { Run } from './run.ts';
import { type Acting, type Source, valuesOf } from './stepValues.ts';

/** All that one action does, in order: itself, then what follows it by definition. */
export function planAction(
  definition: Definition,
  name: string,
  budgetMs: number | null,
  values: Values = {},
): Plan {
  const { service } = definition;
  const chain = chainOf(service, name);
  const [first] = chain;
  if (!first) throw new Error(`${service.name} has no action ${name}`);
  return {
    title: first.title,
    risk: chain.map((action) => action.risk).reduce(riskier),
    says: first.says ?? null,
    commands: [...evidenceOf(service, chain), ...chain.map((action) => planned(service, action, values))],
    verify: first.verify ?? chain.map((action) => action.verify).find((each) => each !== undefined) ?? null,
    budgetMs,
    undo: undoInWords(service, first),
    ...silencesOf(chain),
    ...demandedBy(chain.flatMap((each) => [each, ...furtherOf(each)])),
  };
}

/**
 * What one step does, verified as the step says where it says so itself. `source` has the values of its parameters, so
 * it is the run wherever there is one; what is not known or cannot be used stays a slot.
 */
export function planStep(definition: Definition, step: Acting, source: Source = null): Plan {
  const { values } = valuesOf(definition, step, source);
  if (step.kind === 'do') {
    const plan = planAction(definition, step.action, step.budgetMs ?? null, values);
    return step.verify ? { ...plan, verify: step.verify } : plan;
  }
  const plan = planAction(definition, step.action, null, values);
  if (!step.actions) return plan;
  const { service } = definition;
  return {
    ...plan,
    title: step.actions.map((name) => actionOf(service, name).title).join(', '),
    commands: step.actions.map((name) => planned(service, actionOf(service, name), values)),
  };
}

/** All of the chain together: what one of them makes noise about, and the longest time that any of them asks for. */
function silencesOf(chain: readonly Action[]): Pick<Plan, 'silences'> {
  const all = chain.flatMap(({ silences, service }) => (silences ? [{ silences, service }] : []));
  const [first] = all;
  if (!first) return {};
  const named = all.map(({ silences }) => silences.alerts);
  const alerts = named.flatMap((each) => each ?? []);
  return {
    silences: {
      forMs: Math.max(...all.map(({ silences }) => silences.forMs)),
      // Where one of them names none, its whole service is meant.
      ...(named.every((each) => each) && { alerts: [...new Set(alerts)] }),
      ...(first.service !== undefined && { service: first.service }),
    },
  };
}

/** What observes for the sake of what follows, each once, before the first thing is changed. */
const evidenceOf = (service: Service, chain: readonly Action[]): readonly PlannedCommand[] =>
  [...new Set(chain.flatMap(({ evidence = [] }) => evidence))].map((name) => ({
    ...planned(service, actionOf(service, name), {}),
    evidence: true,
  }));

/** By the name of the parameter. */
type Values = Readonly<Record<string, string>>;

/**
 * The plan of a procedure that is approved as a whole: every action of every step, in the order of the walk. `inputs` is
 * what it was started with; without them it is only to be read.
 */
export function planWhole(definition: Definition, inputs: Run['inputs'] = undefined): Plan {
  const { playbook } = definition;
  const source = inputs ? { steps: {}, inputs } : null;
  const plans = doneBy(playbook.steps).map((step) => planStep(definition, step, source));
  return {
    title: playbook.title,
    risk: plans.map(({ risk }) => risk).reduce(riskier, 'observe'),
    says: playbook.summary ?? null,
    commands: plans.flatMap(({ commands }) => commands),
    verify: null,
    budgetMs: playbook.budgetMs ?? null,
    undo: 'Each step says how it is taken back.',
    ...demandedBy([
      playbook,
      ...plans.flatMap(({ approvals = [], confirm }) => [
        ...approvals.map((demand) => ({ approvals: demand })),
        ...(confirm === undefined ? [] : [{ confirm }]),
      ]),
    ]),
  };
}

const furtherOf = ({ furtherApprovals = [] }: Action): readonly Pick<Action, 'approvals'>[] =>
  furtherApprovals.map((approvals) => ({ approvals }));

/** Every demand once, and the first word that has to be typed: one yes answers for the whole plan. */
function demandedBy(
  parts: readonly { readonly approvals?: Demand; readonly confirm?: string }[],
): Pick<Plan, 'approvals' | 'confirm'> {
  const demands = parts.flatMap(({ approvals }) => approvals ?? []);
  const different = [...new Map(demands.map((each) => [canonicalJson(each), each])).values()];
  const confirm = parts.find((part) => part.confirm !== undefined)?.confirm;
  return {
    ...(different.length > 0 && { approvals: different }),
    ...(confirm !== undefined && { confirm }),
  };
}

/** What an approval is bound to: exactly what will run, where, and the definition that it comes from. */
export const planHash = (plan: Plan, definition: string): string =>
  sha256Hex(canonicalJson({ definition, plan }));

export const actionOf = (service: Service, name: string): Action => {
  const action = Object.hasOwn(service.actions, name) ? service.actions[name] : undefined;
  if (!action) throw new Error(`${service.name} has no action ${name}`);
  return action;
};

function chainOf(service: Service, name: string): readonly Action[] {
  const action = actionOf(service, name);
  return [action, ...action.then.flatMap((next) => chainOf(service, next))];
}

function doneBy(steps: readonly Step[]): readonly Acting[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case 'do':
      case 'observe':
        return [step];
      case 'stage':
      case 'call':
        return doneBy(step.steps);
      default:
        return [];
    }
  });
}

function planned(service: Service, action: Action, values: Values): PlannedCommand {
  const host = Object.hasOwn(service.hosts, action.host) ? service.hosts[action.host] : undefined;
  if (!host) throw new Error(`${service.name} has no host ${action.host}`);
  return {
    action: action.name,
    title: action.title,
    host,
    ...filledIn(action, values),
    timeoutMs: action.timeoutMs,
    succeeds: action.succeeds,
    secrets: action.secrets,
    undo: action.undo.kind,
    probe: action.probe ?? null,
    observes: action.risk === 'observe',
    ...(action.idempotent && { idempotent: action.idempotent }),
    ...(action.retries && { retries: action.retries }),
    ...(action.service !== undefined && { service: action.service }),
    ...(action.environment !== undefined && { environment: action.environment }),
  };
}

/** What the action does with the values that are known in their places; the others stay slots. */
function filledIn(
  { does, parameters = {} }: Action,
  values: Values,
): Pick<PlannedCommand, 'does' | 'values'> {
  if (does.kind !== 'run' || !does.slots) return { does };
  const known = new Map(Object.entries(values).filter(([name]) => Object.hasOwn(parameters, name)));
  const argv = [...does.argv];
  for (const { at, parameter } of does.slots) argv[at] = known.get(parameter) ?? argv[at] ?? '';
  const slots = does.slots.filter(({ parameter }) => !known.has(parameter));
  return {
    does: { kind: 'run', argv, ...(slots.length > 0 && { slots }) },
    ...(known.size > 0 && { values: Object.fromEntries(known) }),
  };
}

export const riskier = (a: Risk, b: Risk): Risk => (risks.indexOf(a) >= risks.indexOf(b) ? a : b);

function undoInWords(service: Service, action: Action): string {
  switch (action.undo.kind) {
    case 'none':
      return action.undo.why ?? 'none needed';
    case 'previous':
      return action.does.kind === 'write'
        ? `puts back the previous ${action.does.file}`
        : 'puts back what was there';
    case 'action':
      return actionOf(service, action.undo.action).title;
    default: {
      const never: never = action.undo;
      return never;
    }
  }
}
