import { clockDuration, spokenDuration } from '../../../core/duration.ts';
import type { Definition, Step } from '../../../core/playbook/definition.ts';
import { isSettled, type Run } from '../../../core/run/run.ts';
import { allSteps } from '../../../core/run/walk.ts';
import type { RunView } from '../../../core/view.ts';
import { foreign } from '../escape.ts';
import { stepTitle } from './words.ts';

type Stage = Extract<Step, { kind: 'stage' }>;

const stagesOf = ({ definition }: RunView): readonly Stage[] =>
  definition.playbook.steps.filter((step) => step.kind === 'stage');

/** When a stage began and ended, from the steps inside it; null where that has not happened. */
function span(stage: Stage, run: Run): { began: number | null; ended: number | null } {
  const steps = allSteps(stage.steps);
  const records = steps.flatMap((step) => run.steps[step.id] ?? []);
  if (records.length === 0) return { began: null, ended: null };
  const began = Math.min(...records.map((record) => record.enteredAt));
  const standsHere = steps.some((step) => step.id === run.at);
  const states = records.map((record) => record.state);
  const over = !standsHere && states.every(isSettled);
  const ends = states.flatMap((state) => (isSettled(state) ? [state.at] : []));
  return { began, ended: over ? Math.max(...ends) : null };
}

/** `1 Stop traffic ✓ 0:41 of 1:00 · 2 Verify ▶ 0:20 of 2:00 · 3 Restore`; null where there are no stages. */
export function stageProgress(view: RunView, now: number): string | null {
  const stages = stagesOf(view);
  if (stages.length === 0) return null;
  const { run } = view;
  return stages
    .map((stage, index) => {
      const { began, ended } = span(stage, run);
      const name = `${index + 1} ${foreign(stage.title, 60)}`;
      const budget = clockDuration(stage.budgetMs);
      if (began === null) return name;
      if (ended !== null) return `${name} ✓ ${clockDuration(ended - began)} of ${budget}`;
      const until = run.result?.at ?? now;
      return `${name} ${run.result ? '■' : '▶'} ${clockDuration(until - began)} of ${budget}`;
    })
    .join(' · ');
}

/** What a procedure will do in order, each stage with its time. */
export function procedureLines(definition: Definition): string[] {
  return lines(definition.playbook.steps, '');

  function lines(steps: readonly Step[], indent: string): string[] {
    return steps.flatMap((step, index) => {
      const title = foreign(stepTitle(definition, step), 150);
      const number = `${indent}${index + 1}.`;
      if (step.kind === 'stage') {
        return [
          `${number} *${title}* · ${spokenDuration(step.budgetMs)}`,
          ...lines(step.steps, `${indent}   ${index + 1}.`),
        ];
      }
      if (step.kind === 'call')
        return [`${number} *${title}*`, ...lines(step.steps, `${indent}   ${index + 1}.`)];
      return [`${number} ${title}`];
    });
  }
}
