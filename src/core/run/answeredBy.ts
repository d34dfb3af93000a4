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
 * Where what a person answers decides what is done to a service that is not the run's, it needs their right there: a
 * right on the run's own service is what the question needed, and would reach further than it says.
 */

/** Whether what somebody answers in a playbook can reach another service, so that who they were has to be kept. */
const reachesOthers = ({ service }: Definition): boolean =>
  Object.values(service.actions).some((action) => action.service !== undefined);

/** What is kept beside an answer. */
export const answeredAs = (
  definition: Definition,
  actor: Actor,
): Pick<Extract<Settled, { kind: 'chosen' }>, 'as'> => (reachesOthers(definition) ? { as: actor } : {});

/** Why the bot may not do something to another service after somebody's answer, as a sentence; null where nothing stands in the way. */
export function forbiddenByAnswer(
  { draft, definition, context }: Walking,
  step: Acting,
  plan: Plan,
): string | null {
  const own = draft.state.service;
  if (!actsElsewhere(plan, own)) return null;
  const questions = new Set([
    ...questionsAround(definition.playbook.steps, step.id),
    ...questionsOfValues(definition, step),
  ]);
  for (const actor of answerers(draft.state, questions)) {
    const denied = forbiddenToDo(plan, { actor, own, situation: context });
    if (denied) return ofThem(denied);
  }
  return null;
}

/** The same for looking at another service with what somebody answered. */
export function forbiddenToLook(
  { draft, definition, context }: Walking,
  step: Acting,
  plan: Plan,
): string | null {
  for (const actor of answerers(draft.state, new Set(questionsOfValues(definition, step)))) {
    for (const { service, environment } of plan.commands) {
      if (service === undefined || service === draft.state.service) continue;
      const denied = forbidden(actor, 'observe', service, context, environment);
      if (denied) return ofThem(denied);
    }
  }
  return null;
}

const ofThem = ({ message }: Refusal): string =>
  message.startsWith('You ')
    ? message.replace(/^You /, 'Whoever answered ')
    : `Whoever answered may not. ${message}`;

const actsElsewhere = ({ commands }: Plan, own: string): boolean =>
  commands.some(({ service }) => service !== undefined && service !== own);

/** Those who answered. Of whom it was not kept who they were, nothing is known but their name. */
function answerers({ steps }: Pick<Run, 'steps'>, questions: ReadonlySet<string>): readonly Actor[] {
  return [...questions].flatMap((id): Actor[] => {
    const state = steps[id]?.state;
    if (state?.kind !== 'settled' || state.by === null) return [];
    if (state.how.kind !== 'chosen' && state.how.kind !== 'answered') return [];
    return [state.how.as ?? { kind: 'person', user: state.by, groups: [], resolved: [] }];
  });
}

/** Questions whose answers are values of the step's parameters. */
function questionsOfValues({ playbook }: Definition, step: Acting): readonly string[] {
  const names = Object.values(step.with ?? {}).flatMap((given) =>
    given.kind === 'answer' ? [given.name] : [],
  );
  return questionsNamed(playbook.steps, step.id, names);
}

/** Questions that led to a step: those it stands under an answer of, and those that conditions on the way look at. */
function questionsAround(all: readonly Step[], id: string, steps = all): readonly string[] {
  for (const step of steps) {
    const inner = childrenOf(step).find((each) => each.some((one) => holds(one, id)));
    if (step.id !== id && !inner) continue;
    const looked = step.if === undefined ? [] : questionsNamed(all, step.id, namesIn(all, step.id, step.if));
    if (!inner) return looked;
    return [...(step.kind === 'choose' ? [step.id] : []), ...looked, ...questionsAround(all, id, inner)];
  }
  return [];
}

const holds = (step: Step, id: string): boolean =>
  step.id === id || childrenOf(step).some((each) => each.some((one) => holds(one, id)));

const namesIn = (all: readonly Step[], id: string, condition: string): readonly string[] =>
  mentionsIn(condition, namesOf(ownSteps(scopeOf(all, id)))).flatMap(({ of, name }) =>
    of === 'incident' ? [] : [name],
  );

/** The questions of these names in the playbook that a step is written in. */
const questionsNamed = (all: readonly Step[], id: string, names: readonly string[]): readonly string[] =>
  ownSteps(scopeOf(all, id)).flatMap((step) =>
    (step.kind === 'ask' || step.kind === 'choose') && step.as !== undefined && names.includes(step.as)
      ? [step.id]
      : [],
  );
