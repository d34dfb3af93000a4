import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Action, Definition, Risk, Service, Step } from '../playbook/definition.ts';
import { risks } from '../playbook/definition.ts';
import type { Plan, PlannedCommand } from './plan.ts';

/** All that one action does, in order: itself, then what follows it by definition. */
export function planAction(definition: Definition, name: string, budgetMs: number | null): Plan {
  const { service } = definition;
  const chain = chainOf(service, name);
  const [first] = chain;
  if (!first) throw new Error(`${service.name} has no action ${name}`);
  return {
    title: first.title,
    risk: chain.map((action) => action.risk).reduce(riskier),
    says: first.says ?? null,
    commands: chain.map((action) => planned(service, action)),
    verify: first.verify ?? chain.map((action) => action.verify).find((each) => each !== undefined) ?? null,
    budgetMs,
    undo: undoInWords(service, first),
  };
}

/** The plan of a procedure that is approved as a whole: every action of every step, in the order of the walk. */
export function planWhole(definition: Definition): Plan {
  const { playbook, service } = definition;
  const actions = doneBy(playbook.steps).flatMap((name) => chainOf(service, name));
  return {
    title: playbook.title,
    risk: actions.map((action) => action.risk).reduce(riskier, 'observe'),
    says: playbook.summary ?? null,
    commands: actions.map((action) => planned(service, action)),
    verify: null,
    budgetMs: playbook.budgetMs ?? null,
    undo: 'Each step says how it is taken back.',
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

function doneBy(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case 'do':
      case 'observe':
        return [step.action];
      case 'stage':
        return doneBy(step.steps);
      default:
        return [];
    }
  });
}

function planned(service: Service, action: Action): PlannedCommand {
  const host = Object.hasOwn(service.hosts, action.host) ? service.hosts[action.host] : undefined;
  if (!host) throw new Error(`${service.name} has no host ${action.host}`);
  return {
    action: action.name,
    title: action.title,
    host,
    does: action.does,
    timeoutMs: action.timeoutMs,
    succeeds: action.succeeds,
    secrets: action.secrets,
    undo: action.undo.kind,
    probe: action.probe ?? null,
    observes: action.risk === 'observe',
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
