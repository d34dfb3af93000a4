import type { Step } from './definition.ts';
import type { Names } from './expression.ts';

/**
 * The names that conditions know belong to one playbook: what is walked in the place of a `call` has its own, and
 * neither sees those of the other.
 */

/** The steps of one playbook in its order, without those of the playbooks that it calls. */
export function ownSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...(step.kind === 'call' ? [] : childrenOf(step).flatMap(ownSteps))]);
}

/** The lists of steps inside a step, in the order in which they may be walked. */
export function childrenOf(step: Step): readonly (readonly Step[])[] {
  switch (step.kind) {
    case 'choose':
      return step.options.map((option) => option.steps);
    case 'stage':
    case 'call':
      return [step.steps];
    case 'do':
    case 'verify':
      return step.onFail ? [step.onFail] : [];
    default:
      return [];
  }
}

/** The steps of the playbook that a step is written in: those of the innermost call around it, or all. */
export function scopeOf(steps: readonly Step[], id: string): readonly Step[] {
  for (const step of ownSteps(steps)) {
    if (step.kind !== 'call') continue;
    const inner = scopeOf(step.steps, id);
    if (ownSteps(inner).some((each) => each.id === id)) return inner;
  }
  return steps;
}

/** What the named steps of one playbook stand for. */
export function namesOf(own: readonly Step[]): Names {
  const steps: Record<string, 'string'> = {};
  const answers: Record<string, 'string' | 'number'> = {};
  for (const step of own) {
    if (step.as === undefined) continue;
    steps[step.as] = 'string';
    if (step.kind === 'choose') answers[step.as] = 'string';
    if (step.kind === 'ask') answers[step.as] = isNumber(step) ? 'number' : 'string';
  }
  return { steps, answers };
}

export const isNumber = ({ input }: Extract<Step, { kind: 'ask' }>): boolean =>
  input.kind === 'integer' || input.kind === 'number';

/** Every word that a step of this kind can come to. */
export function outcomesOf(step: Step): readonly string[] {
  switch (step.kind) {
    case 'chart':
    case 'wait':
    case 'checklist':
    case 'stage':
    case 'call':
      return ['done', 'skipped'];
    case 'offer':
      return ['started', 'skipped'];
    case 'observe':
      return ['done', 'unseen', 'skipped'];
    case 'do':
      return ['done', 'failed', 'skipped'];
    case 'verify':
      return ['held', 'failed', 'skipped'];
    case 'choose':
      return [...step.options.map(({ label }) => label), 'skipped'];
    case 'ask':
      return ['answered', 'skipped'];
    default: {
      const never: never = step;
      return never;
    }
  }
}
