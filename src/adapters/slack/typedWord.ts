import type { CommandBody } from '../../core/command.ts';
import { needsApproval } from '../../core/run/demands.ts';
import { notTyped } from '../../core/run/judgeApproval.ts';
import { hasSlots, type Plan } from '../../core/run/plan.ts';
import type { Approval, Run } from '../../core/run/run.ts';
import type { Desk } from '../../engine/ports.ts';

/**
 * Some things count only with a word typed. The click on their button opens a form that asks for it, and what is
 * submitted there is the command. Whether it was typed is decided with the command; this keeps the form open meanwhile.
 */

/** Buttons that lead to the form where their plan asks for a word. */
export const wordButtons = ['step.perform', 'step.try-again', 'approval.approve', 'plan.approve'] as const;

/** What has to be typed for a command, with the plan that it would let run; null where nothing has to be. */
export async function wordFor(
  desk: Desk,
  command: CommandBody,
): Promise<{ readonly word: string; readonly plan: Plan; readonly service: string } | null> {
  const asks =
    command.type === 'run.perform' ||
    command.type === 'run.try-again' ||
    ((command.type === 'run.plan-decide' || command.type === 'run.approval-decide') &&
      command.verdict === 'approve');
  if (!asks) return null;
  const found = await desk.run(command.run);
  const plan = found && planFor(command, found.run);
  return plan?.confirm === undefined || !found
    ? null
    : { word: plan.confirm, plan, service: found.run.service };
}

type Asks = Extract<
  CommandBody,
  { type: 'run.perform' | 'run.try-again' | 'run.plan-decide' | 'run.approval-decide' }
>;

function planFor(command: Asks, run: Run): Plan | null {
  if (command.type === 'run.plan-decide') return pendingPlan(run.whole);
  const state = run.steps[command.step]?.state;
  if (!state) return null;
  if (command.type === 'run.approval-decide')
    return state.kind === 'approving' ? pendingPlan(state.approval) : null;
  const plan = 'plan' in state ? state.plan : null;
  // Where somebody else says the last word, they type it; whoever asks does not.
  return plan && !needsApproval(plan) && !hasSlots(plan.commands) ? plan : null;
}

const pendingPlan = (approval: Approval | null): Plan | null =>
  approval?.state.kind === 'pending' ? approval.plan : null;

/** What is wrong with what was typed, below the field; null where it is right or nothing is asked for any more. */
export async function typedFault(desk: Desk, command: CommandBody): Promise<string | null> {
  const wanted = await wordFor(desk, command);
  if (!wanted) return null;
  const typed = 'typed' in command ? command.typed : undefined;
  return notTyped(wanted.plan, typed) ? `Type ${wanted.word}.` : null;
}
