import { forbidden } from '../access/forbidden.ts';
import type { Actor } from '../actor.ts';
import type { Refusal } from '../decision.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import { mentionsIn } from '../playbook/expression.ts';
import { childrenOf, namesOf, ownSteps, scopeOf } from '../playbook/scope.ts';
import type { Walking } from './effects.ts';
import type { Plan } from './plan.ts';
import { forbiddenToDo } from './rights.ts';
import type { Run, Settled } from './run.ts';
import type { Acting } from './stepValues.ts';

/**
 * Where what a person answers, fills in, skips or judges decides what is done to a service that is not the run's, it needs their
 * right there: a right on the run's own service is what the question needed, and would reach further than it says.
 */

/** Whether what somebody answers in a playbook can reach another service, so that who they were has to be kept. */
const reachesOthers = ({ service }: Definition): boolean =>
  Object.values(service.actions).some((action) => action.service !== undefined);

/** What is kept beside an answer. */
export const answeredAs = (
  definition: Definition,
  actor: Actor,
): Pick<Extract<Settled, { kind: 'chosen' }>, 'as'> => (reachesOthers(definition) ? { as: actor } : {});

/** What is kept of whoever filled in the form that started a run. */
export const startedAs = (definition: Definition, actor: Actor): Pick<Run, 'startedAs'> =>
  reachesOthers(definition) ? { startedAs: actor } : {};

/** Why the bot may not do something to another service after somebody's answer, as a sentence; null where nothing stands in the way. */
export function forbiddenByAnswer(
  { draft, definition, context }: Walking,
  step: Acting,
  plan: Plan,
): string | null {
  const own = draft.state.service;
  if (!actsElsewhere(plan, own)) return null;
  const around = new Set(decidedAround(definition.playbook.steps, step.id));
  const deciders = [...decidersOf(draft.state, around), ...decidersOfValues(draft.state, definition, step)];
  for (const { actor, did } of deciders) {
    const denied = forbiddenToDo(plan, { actor, own, situation: context });
    if (denied) return ofThem(denied, did);
  }
  return null;
}

/** The same for looking at another service with what somebody answered. */
export function forbiddenToLook(
  { draft, definition, context }: Walking,
  step: Acting,
  plan: Plan,
): string | null {
  for (const { actor, did } of decidersOfValues(draft.state, definition, step)) {
    for (const { service, environment } of plan.commands) {
      if (service === undefined || service === draft.state.service) continue;
      const denied = forbidden(actor, 'observe', service, context, environment);
      if (denied) return ofThem(denied, did);
    }
  }
  return null;
}

const ofThem = ({ message }: Refusal, did: Decider['did']): string =>
  message.startsWith('You ')
    ? message.replace(/^You /, `Whoever ${did} `)
    : `Whoever ${did} may not. ${message}`;

type Decider = {
  readonly actor: Actor;
  readonly did: 'answered' | 'skipped it' | 'said that it is to be done' | 'started this';
};

const actsElsewhere = ({ commands }: Plan, own: string): boolean =>
  commands.some(({ service }) => service !== undefined && service !== own);

/** Of whom it was not kept who they were, nothing is known but their name. */
const stranger = (user: string): Actor => ({ kind: 'person', user, groups: [], resolved: [] });

/** Those who answered or skipped these steps, or said that they are to be done where no condition could. */
function decidersOf({ steps }: Pick<Run, 'steps'>, decided: ReadonlySet<string>): readonly Decider[] {
  return [...decided].flatMap((id): Decider[] => {
    const { state, judgedBy } = steps[id] ?? {};
    const judge = judgedBy ? [{ actor: judgedBy, did: 'said that it is to be done' } as const] : [];
    if (state?.kind !== 'settled' || state.by === null) return judge;
    const { how, by } = state;
    switch (how.kind) {
      case 'chosen':
      case 'answered':
        return [...judge, { actor: how.as ?? stranger(by), did: 'answered' }];
      case 'skipped':
        return [...judge, { actor: how.as ?? stranger(by), did: 'skipped it' }];
      case 'passed':
        return [...judge, { actor: how.as ?? stranger(by), did: 'said that it is to be done' }];
      default:
        return judge;
    }
  });
}

/** Those who gave the values of the step's parameters, by an answer or in the form that started the run. */
function decidersOfValues(run: Run, { playbook }: Definition, step: Acting): readonly Decider[] {
  const given = Object.values(step.with ?? {});
  const names = given.flatMap((each) => (each.kind === 'answer' ? [each.name] : []));
  const answered = decidersOf(run, new Set(stepsNamed(playbook.steps, step.id, names)));
  const { startedAs: actor = stranger(run.startedBy) } = run;
  const isInput = given.some(({ kind }) => kind === 'input') && run.startedBy !== 'bot';
  return isInput ? [...answered, { actor, did: 'started this' }] : answered;
}

/**
 * Steps that people decided on the way to a step: all that it stands in, which are questions and what a person judged to
 * be done, and what conditions look at, which is an answer or whether something was skipped.
 */
function decidedAround(all: readonly Step[], id: string, steps = all): readonly string[] {
  for (const step of steps) {
    const inner = childrenOf(step).find((each) => each.some((one) => holds(one, id)));
    if (step.id !== id && !inner) continue;
    const looked = step.if === undefined ? [] : stepsNamed(all, step.id, namesIn(all, step.id, step.if));
    return [step.id, ...looked, ...(inner ? decidedAround(all, id, inner) : [])];
  }
  return [];
}

const holds = (step: Step, id: string): boolean =>
  step.id === id || childrenOf(step).some((each) => each.some((one) => holds(one, id)));

const namesIn = (all: readonly Step[], id: string, condition: string): readonly string[] =>
  mentionsIn(condition, namesOf(ownSteps(scopeOf(all, id)))).flatMap(({ of, name }) =>
    of === 'incident' ? [] : [name],
  );

/** The steps of these names in the playbook that a step is written in. */
const stepsNamed = (all: readonly Step[], id: string, names: readonly string[]): readonly string[] =>
  ownSteps(scopeOf(all, id)).flatMap((step) =>
    step.as !== undefined && names.includes(step.as) ? [step.id] : [],
  );
