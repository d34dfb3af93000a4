import type { EffectBody } from '../effect.ts';
import { canonicalJson } from '../playbook/canonical.ts';
import type { Definition } from '../playbook/definition.ts';
import type { Plan, PlannedCommand } from './plan.ts';
import { planHash, planStep } from './resolve.ts';
import type { Run } from './run.ts';
import { findStep } from './walk.ts';

/**
 * The last look before a command is handed to a host: it has to be the one that the run carries out now, and where people
 * had to say yes, one of those that they said yes to. Every way there carries the approved plan along as it was shown;
 * should one of them not, nothing is run.
 */

/** The hash of the approval that a command of a step runs by; undefined where none was needed. */
export function approvedBy({ authority, whole, steps }: Run, step: string): string | undefined {
  if (authority === 'whole') return whole?.hash;
  const state = steps[step]?.state;
  return state?.kind === 'running' ? state.approved : undefined;
}

/**
 * Why a command is not what was approved, or is none that is due now, as a sentence; null where nothing stands in its
 * way. `definition` is the run's own: what only looks is not in any state of the run, and has to be as that says.
 */
export function notAsApproved(
  effect: Extract<EffectBody, { kind: 'run-command' }>,
  run: Run,
  definition: Definition,
): string | null {
  const { step, attempt, command, planned, approved } = effect;
  const record = run.steps[step];
  const state = record?.attempt === attempt ? record.state : undefined;
  const isNow = state?.kind === 'running' && state.command === command;
  if (run.authority === 'whole') {
    const { whole } = run;
    if (whole?.state.kind !== 'approved' && whole?.state.kind !== 'glass-broken') return nobody;
    const shown = whole.plan.commands.find((each) => isSame(each, planned));
    // Decided by a version that did not carry it yet, it has no hash and has to be in the plan all the same.
    if (!shown || (approved !== undefined && !isBoundTo(approved, whole.plan, run))) return another;
    return isNow || shown.observes ? null : notDue;
  }
  if (state?.kind !== 'running') {
    if (approved !== undefined) return nobody;
    const looking = findStep(definition.playbook.steps, step);
    const looks = looking?.kind === 'observe' ? planStep(definition, looking, run).commands : [];
    return isSame(looks[command], planned) ? null : notDue;
  }
  if (approved !== state.approved) return nobody;
  if (approved !== undefined && !isBoundTo(approved, state.plan, run)) return another;
  if (isNow && isSame(state.plan.commands[command], planned)) return null;
  return approved === undefined || !isNow ? notDue : another;
}

const nobody = 'Nobody has approved this command as it stands now, so it was not run.';
const another = 'This command is not part of the plan that was approved, so it was not run.';
const notDue = 'This command is not what the run carries out at this step now, so it was not run.';

const isBoundTo = (hash: string, plan: Plan, { definition }: Run): boolean =>
  planHash(plan, definition) === hash;

function isSame(shown: PlannedCommand | undefined, planned: PlannedCommand): boolean {
  if (!shown) return false;
  // Evidence may have less time than was planned for it, so that people do not wait.
  const sooner = planned.evidence && planned.timeoutMs <= shown.timeoutMs;
  const { timeoutMs } = sooner ? shown : planned;
  return canonicalJson({ ...planned, timeoutMs }) === canonicalJson(shown);
}
