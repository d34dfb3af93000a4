import type { Objective } from '../playbook/definition.ts';

export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** A value that is no finite number says nothing, whichever way the objective points. */
export function judge(objective: Objective, value: number | null): Verdict {
  if (value === null || !Number.isFinite(value)) return 'inconclusive';
  return meets(objective, value) ? 'pass' : 'fail';
}

function meets(objective: Objective, value: number): boolean {
  switch (objective.kind) {
    case 'below':
      return value < objective.value;
    case 'above':
      return value > objective.value;
    case 'at-least':
      return value >= objective.value;
    case 'at-most':
      return value <= objective.value;
    case 'equals':
      return value === objective.value;
    default: {
      const never: never = objective;
      return never;
    }
  }
}
