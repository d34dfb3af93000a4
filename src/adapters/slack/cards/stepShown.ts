import type { KnownBlock } from '@slack/types';
import type { View } from '../../../core/view.ts';
import type { ButtonValue } from '../buttonValue.ts';

export type StepShown = Extract<View, { kind: 'step' }>;

/** What one state of a step says; the frame around it is the same for all. */
export type StepBody = { readonly text: string; readonly blocks: readonly KnownBlock[] };

export const stepValue = (shown: StepShown, more: Partial<ButtonValue> = {}): ButtonValue => ({
  run: shown.view.run.id,
  step: shown.step.id,
  attempt: shown.record.attempt,
  ...more,
});
