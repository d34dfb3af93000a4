import type { Option, Step } from '../playbook/definition.ts';
import { entered, isSettled, type Run } from './run.ts';

/** The step where the walk stands next: the first, in the order of the playbook, that has not settled. */
export function frontier(steps: readonly Step[], run: Pick<Run, 'steps'>): Step | null {
  for (const step of steps) {
    const record = run.steps[step.id];
    if (step.kind === 'stage') {
      const inner = frontier(step.steps, run);
      if (inner) return inner;
      continue;
    }
    if (!record || !isSettled(record.state)) return step;
    const chosen = chosenOption(step, run);
    const inner = chosen ? frontier(chosen.steps, run) : null;
    if (inner) return inner;
  }
  return null;
}

/** The option that was chosen at a step, or null where it is no question or nothing was chosen yet. */
export function chosenOption(step: Step, run: Pick<Run, 'steps'>): Option | null {
  if (step.kind !== 'choose') return null;
  const state = run.steps[step.id]?.state;
  if (!state || !isSettled(state) || state.how.kind !== 'chosen') return null;
  const chosen = state.how.option;
  return step.options.find((option) => option.id === chosen) ?? null;
}

/** Every step in the order of the playbook, those inside options and stages included. */
export function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => {
    switch (step.kind) {
      case 'choose':
        return [step, ...step.options.flatMap((option) => allSteps(option.steps))];
      case 'stage':
        return [step, ...allSteps(step.steps)];
      default:
        return [step];
    }
  });
}

export const findStep = (steps: readonly Step[], id: string): Step | null =>
  allSteps(steps).find((step) => step.id === id) ?? null;

/** The stage that a step belongs to, or null. */
export const stageOf = (steps: readonly Step[], id: string): Extract<Step, { kind: 'stage' }> | null =>
  (steps.find((step) => step.kind === 'stage' && findStep(step.steps, id) !== null) as
    | Extract<Step, { kind: 'stage' }>
    | undefined) ?? null;

/** Steps that were entered, from the given one to the end of the playbook: those that a new choice makes open again. */
export function enteredFrom(steps: readonly Step[], id: string, run: Pick<Run, 'steps'>): readonly string[] {
  const all = allSteps(steps);
  const start = all.findIndex((step) => step.id === id);
  if (start < 0) return [];
  return all
    .slice(start)
    .filter((step) => entered(run, step.id) !== null)
    .map((step) => step.id);
}

/** The last question that was answered before the given step: where *Choose Another* goes back to. */
export function lastChoice(steps: readonly Step[], before: string, run: Pick<Run, 'steps'>): Step | null {
  const all = allSteps(steps);
  const end = all.findIndex((step) => step.id === before);
  return (
    all.slice(0, end < 0 ? all.length : end + 1).findLast((step) => chosenOption(step, run) !== null) ?? null
  );
}
