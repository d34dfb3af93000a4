import type { Walking } from './effects.ts';
import type { Plan } from './plan.ts';
import { planStep } from './resolve.ts';
import type { Run } from './run.ts';
import { hearAgain } from './silence.ts';
import { findStep } from './walk.ts';

/** Hosts of a service are locked one by one, so that two runs never act on the same thing at the same time. */
const targetClaim = (host: string, service: string): string => `target:${host}/${service}`;

/** A drill acts on nothing, so it neither waits for real runs nor holds them up. */
export const targetFor = (
  { drill, incident, id }: Pick<Run, 'drill' | 'incident' | 'id'>,
  host: string,
  service: string,
): string => (drill ? `drill-target:${incident ?? id}/${host}/${service}` : targetClaim(host, service));

export function targetsOf({ draft }: Pick<Walking, 'draft'>, plan: Plan): readonly string[] {
  const changing = plan.commands.filter((command) => !command.observes);
  return [
    ...new Set(
      changing.map((command) =>
        targetFor(draft.state, command.host.name, command.service ?? draft.state.service),
      ),
    ),
  ];
}

/** A whole procedure keeps its targets until it ends; a single action gives them back when it is over. */
export function release(walking: Walking, plan: Plan): void {
  hearAgain(walking, plan);
  if (walking.draft.state.authority === 'each')
    for (const claim of targetsOf(walking, plan)) walking.draft.free(claim);
}

/** Gives back the targets of a step that is left in the middle of its action; any other step holds none. */
export function letGo(walking: Walking, id: string): void {
  const { draft, definition } = walking;
  const step = findStep(definition.playbook.steps, id);
  const state = draft.state.steps[id]?.state;
  const keeps =
    state?.kind === 'running' ||
    state?.kind === 'verifying' ||
    (state?.kind === 'unknown' && state.retry !== undefined);
  if (step?.kind === 'do' && keeps) release(walking, planStep(definition, step, draft.state));
}
