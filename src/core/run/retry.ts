import type { CommandOutcome } from './events.ts';
import type { Plan } from './plan.ts';
import type { StepState } from './run.ts';

/**
 * When a command is tried again by itself. Only what its action calls idempotent is, after a failure that is known: an
 * exit code, the time limit, a host that was not reached. An outcome that nobody knows is no failure: there the probe is
 * read first, and only where it says that nothing was done is there one more try.
 */
type Running = Extract<StepState, { kind: 'running' }>;

export type NextTry =
  | { readonly kind: 'again'; readonly at: number; readonly try: number }
  /** `why` is a sentence to go behind that of the failure; empty where there was nothing to try again. */
  | { readonly kind: 'over'; readonly why: string };

/** Number of all tries that a command has, the first one included. */
export const triesOf = (plan: Plan, command: number): number =>
  1 + (plan.commands[command]?.retries?.times ?? 0);

const isTransient = (outcome: CommandOutcome): boolean =>
  outcome.kind === 'exited' ||
  outcome.kind === 'timed-out' ||
  (outcome.kind === 'refused' && outcome.code === 'unreachable');

export function nextTry(state: Running, outcome: CommandOutcome, now: number): NextTry {
  const { plan, command } = state;
  const planned = plan.commands[command];
  const { retries } = planned ?? {};
  if (!retries || !planned?.idempotent) return { kind: 'over', why: '' };
  const all = triesOf(plan, command);
  const current = state.try ?? 1;
  const said = current === 1 ? '' : ` That was try ${current} of ${all}.`;
  if (!isTransient(outcome) || state.stopping) return { kind: 'over', why: said };
  if (current >= all) return { kind: 'over', why: said };
  const at = now + retries.afterMs;
  if (plan.budgetMs !== null && at > state.since + plan.budgetMs)
    return { kind: 'over', why: `${said} Its budget leaves no time for another try.` };
  return { kind: 'again', at, try: current + 1 };
}

/** The number of the try that the probe decides about; undefined where nothing is tried again after this. */
export function tryAfterUnknown(state: Running): number | undefined {
  const { plan, command } = state;
  const { probe, idempotent, retries } = plan.commands[command] ?? {};
  const next = (state.try ?? 1) + 1;
  const may = probe && idempotent && retries && !state.afterUnknown && !state.stopping;
  return may && next <= triesOf(plan, command) ? next : undefined;
}
