import type { Incident } from '../incident/incident.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import { judgeExpression, type Values, type Verdict } from '../playbook/expression.ts';
import { childrenOf, isNumber, namesOf, ownSteps, scopeOf } from '../playbook/scope.ts';
import { isSettled, type Run, type Settled } from './run.ts';

/** What a condition is judged on besides the run itself. */
export type Surroundings = {
  readonly definition: Pick<Definition, 'playbook'>;
  readonly incident: Pick<Incident, 'severity' | 'service'> | null;
};

/** Whether a step with a condition is walked now. What has no word yet counts as not so. */
export function judgeCondition(
  step: Step,
  run: Pick<Run, 'steps' | 'service'>,
  around: Surroundings,
): Verdict {
  if (step.if === undefined) return { kind: 'true' };
  const own = ownSteps(scopeOf(around.definition.playbook.steps, step.id));
  return judgeExpression(step.if, namesOf(own), valuesOf(own, run, around));
}

function valuesOf(
  own: readonly Step[],
  run: Pick<Run, 'steps' | 'service'>,
  { incident }: Surroundings,
): Values {
  const steps: Record<string, string> = {};
  const answers: Record<string, string | number> = {};
  for (const step of own) {
    if (step.as === undefined) continue;
    const outcome = outcomeOf(step, run);
    if (outcome !== null) steps[step.as] = outcome;
    const answer = answerOf(step, run);
    if (answer !== null) answers[step.as] = answer;
  }
  const service = incident?.service ?? run.service;
  return {
    steps,
    answers,
    incident: {
      ...(incident && { severity: incident.severity }),
      ...(service !== '' && { service }),
    },
  };
}

/** The word for what a step has come to; null while it is not over. */
export function outcomeOf(step: Step, run: Pick<Run, 'steps'>): string | null {
  const state = run.steps[step.id]?.state;
  if (step.kind === 'stage' || step.kind === 'call') {
    if (state && isSettled(state) && state.how.kind === 'skipped') return 'skipped';
    const inner = childrenOf(step).flat();
    return inner.length > 0 && inner.every((each) => outcomeOf(each, run) !== null) ? 'done' : null;
  }
  return state && isSettled(state) ? wordFor(step, state.how) : null;
}

function wordFor(step: Step, how: Settled): string {
  switch (how.kind) {
    case 'done':
    case 'held':
      return step.kind === 'verify' ? 'held' : 'done';
    case 'chosen': {
      const option = step.kind === 'choose' ? step.options.find(({ id }) => id === how.option) : undefined;
      return option?.label ?? how.option;
    }
    case 'answered':
      return step.kind === 'checklist' ? 'done' : 'answered';
    case 'skipped':
    case 'unseen':
    case 'failed':
      return how.kind;
    case 'accepted':
      return how.claim === 'worked' ? 'done' : 'failed';
    case 'passed':
      return 'done';
    case 'started':
      return how.kind;
    default: {
      const never: never = how;
      return never;
    }
  }
}

function answerOf(step: Step, run: Pick<Run, 'steps'>): string | number | null {
  const state = run.steps[step.id]?.state;
  if (!state || !isSettled(state)) return null;
  if (state.how.kind === 'chosen') return wordFor(step, state.how);
  if (state.how.kind !== 'answered' || step.kind !== 'ask') return null;
  const { answer } = state.how;
  if (!isNumber(step)) return answer;
  const number = Number(answer);
  return answer.trim() !== '' && Number.isFinite(number) ? number : null;
}
