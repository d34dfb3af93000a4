import { approvedBy } from './asApproved.ts';
import type { Walking } from './effects.ts';
import { hasSlots, type Plan } from './plan.ts';
import { isLook } from './run.ts';
import { targetFor } from './targets.ts';

/** All evidence of an action together; people wait for what follows. */
export const evidenceMs = 30_000;

/** Less is too little for anything to be seen. */
const leastEvidenceMs = 500;

export const runningSince = ({ draft, context }: Walking, step: string): number => {
  const state = draft.state.steps[step]?.state;
  return state?.kind === 'running' ? state.since : context.now;
};

const evidenceLeft = (walking: Walking, step: string): number =>
  evidenceMs - Math.max(0, walking.context.now - runningSince(walking, step));

export const hasTimeLeft = (walking: Walking, step: string, plan: Plan, command: number): boolean =>
  !plan.commands[command]?.evidence || evidenceLeft(walking, step) >= leastEvidenceMs;

export function runCommand(walking: Walking, step: string, plan: Plan, command: number): void {
  const { draft } = walking;
  const written = plan.commands[command];
  if (!written) throw new Error(`the plan of ${step} has no command ${command}`);
  if (hasSlots([written])) throw new Error(`${written.action} at ${step} has no values for its parameters`);
  const planned = written.evidence
    ? { ...written, timeoutMs: Math.min(written.timeoutMs, evidenceLeft(walking, step)) }
    : written;
  const { id, service, drill } = draft.state;
  const record = draft.state.steps[step];
  const attempt = record?.attempt ?? 1;
  // What only looks does not queue behind what changes, nor behind what is looked at at the same time.
  const beside = record && isLook(record, command) && !planned.evidence;
  const looking = beside ? `observe/${id}/${step}/${command}` : `observe/${id}`;
  const lane = planned.observes
    ? looking
    : targetFor(draft.state, planned.host.name, planned.service ?? service);
  const approved = approvedBy(draft.state, step);
  const effect = {
    ...({ kind: 'run-command', run: id, step, attempt, command, planned } as const),
    ...(approved !== undefined && { approved }),
  };
  draft.effect(drill ? { ...effect, drill } : effect, { lane });
}

export function readBaseline({ draft }: Walking, step: string, indicator: string): void {
  const attempt = draft.state.steps[step]?.attempt ?? 1;
  draft.effect({ kind: 'read-indicator', run: draft.state.id, step, attempt, indicator, purpose: 'before' });
}
