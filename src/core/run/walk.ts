import type { Option, Step } from '../playbook/definition.ts';
import type { Verdict } from '../playbook/expression.ts';
import { childrenOf } from '../playbook/scope.ts';
import { entered, isSettled, type Run } from './run.ts';

/** Where the walk goes next: into a step, past one whose condition says so, or nowhere without a word of a person. */
export type Next =
  | { readonly kind: 'enter'; readonly step: Step }
  | { readonly kind: 'pass-over'; readonly step: Step; readonly because: string; readonly missing: boolean }
  | { readonly kind: 'ask'; readonly step: Step; readonly message: string };

type Judge = (step: Step) => Verdict;

/**
 * The first, in the order of the playbook, that has not settled. A condition counts at the moment when the walk gets to
 * its step and is not judged again: what was passed over stays behind, whatever changes afterwards.
 */
export function frontier(steps: readonly Step[], run: Pick<Run, 'steps'>, judge: Judge): Next | null {
  for (const step of steps) {
    const record = run.steps[step.id];
    if (isGroup(step)) {
      if (record && isSettled(record.state) && record.state.how.kind === 'skipped') continue;
      // A condition that could not be judged waits for a person.
      if (record && !isSettled(record.state) && record.state.kind !== 'reopened')
        return { kind: 'enter', step };
      const judged = record && isSettled(record.state);
      const next = judged || hasBegun(step, run) ? frontier(step.steps, run, judge) : into(step, run, judge);
      if (next) return next;
      continue;
    }
    if (!record || !isSettled(record.state))
      return entered(run, step.id) ? { kind: 'enter', step } : judgedStep(step, judge);
    const inner = frontier(wayOnFrom(step, run), run, judge);
    if (inner) return inner;
  }
  return null;
}

type Group = Extract<Step, { kind: 'stage' | 'call' }>;

const isGroup = (step: Step): step is Group => step.kind === 'stage' || step.kind === 'call';

const hasBegun = (group: Group, run: Pick<Run, 'steps'>): boolean =>
  allSteps(group.steps).some(({ id }) => entered(run, id) !== null);

function into(group: Group, run: Pick<Run, 'steps'>, judge: Judge): Next | null {
  const next = judgedStep(group, judge);
  return next.kind === 'enter' ? frontier(group.steps, run, judge) : next;
}

function judgedStep(step: Step, judge: Judge): Next {
  const verdict = judge(step);
  switch (verdict.kind) {
    case 'true':
      return { kind: 'enter', step };
    case 'false':
      return { kind: 'pass-over', step, because: `\`${step.if}\` is not so.`, missing: false };
    case 'missing':
      return {
        kind: 'pass-over',
        step,
        because: `\`${verdict.name}\` has come to nothing, so \`${step.if}\` is not so.`,
        missing: true,
      };
    case 'broken':
      return { kind: 'ask', step, message: verdict.message };
    default: {
      const never: never = verdict;
      return never;
    }
  }
}

/** The steps that a settled one leads into: those of the chosen answer, or those for a failure. */
function wayOnFrom(step: Step, run: Pick<Run, 'steps'>): readonly Step[] {
  const state = run.steps[step.id]?.state;
  if ((step.kind === 'do' || step.kind === 'verify') && state && isSettled(state))
    return state.how.kind === 'failed' ? (step.onFail ?? []) : [];
  return chosenOption(step, run)?.steps ?? [];
}

/** The option that was chosen at a step, or null where it is no question or nothing was chosen yet. */
export function chosenOption(step: Step, run: Pick<Run, 'steps'>): Option | null {
  if (step.kind !== 'choose') return null;
  const state = run.steps[step.id]?.state;
  if (!state || !isSettled(state) || state.how.kind !== 'chosen') return null;
  const chosen = state.how.option;
  return step.options.find((option) => option.id === chosen) ?? null;
}

/** Every step in the order of the playbook, with all that stands inside others. */
export function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...childrenOf(step).flatMap(allSteps)]);
}

export const findStep = (steps: readonly Step[], id: string): Step | null =>
  allSteps(steps).find((step) => step.id === id) ?? null;

/** The stage that a step belongs to, or null. */
export const stageOf = (steps: readonly Step[], id: string): Extract<Step, { kind: 'stage' }> | null =>
  (steps.find((step) => step.kind === 'stage' && findStep(step.steps, id) !== null) as
    | Extract<Step, { kind: 'stage' }>
    | undefined) ?? null;

/** The calls that a step is part of, the outermost first. */
export function callsAround(steps: readonly Step[], id: string): readonly Extract<Step, { kind: 'call' }>[] {
  for (const step of steps) {
    if (step.id === id) return [];
    for (const inner of childrenOf(step)) {
      if (findStep(inner, id) === null) continue;
      return [...(step.kind === 'call' ? [step] : []), ...callsAround(inner, id)];
    }
  }
  return [];
}

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
