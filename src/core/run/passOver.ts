import type { Step } from '../playbook/definition.ts';
import { showStep, type Walking } from './effects.ts';
import type { Next } from './walk.ts';

/** What is false is in the timeline; what could not be known is told at once, since somebody may have expected the step. */
export function passOver(walking: Walking, next: Extract<Next, { kind: 'pass-over' }>): void {
  const { draft, context, by } = walking;
  const { step, because, missing } = next;
  const attempt = (draft.state.steps[step.id]?.attempt ?? 0) + 1;
  const data = { step: step.id, attempt, because, missing };
  draft.emit({ type: 'StepPassedOver', data, at: context.now, by });
  if (missing) showStep(walking, step.id);
}

/** A step whose condition computes nothing is neither walked nor left out before a person says so. */
export function askAboutCondition(walking: Walking, step: Step, why: string): void {
  const { draft, context, by } = walking;
  const attempt = (draft.state.steps[step.id]?.attempt ?? 0) + 1;
  const message = `Whether this is to be done could not be judged (\`${step.if}\`): ${why}`;
  const state = { kind: 'inconclusive', at: context.now, by: null, message, of: 'condition' } as const;
  draft.emit({ type: 'StepEntered', data: { step: step.id, attempt, state }, at: context.now, by });
  showStep(walking, step.id);
}
