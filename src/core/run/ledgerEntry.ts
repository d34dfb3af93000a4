import type { Walking } from './effects.ts';
import type { Plan } from './plan.ts';
import type { LedgerEntry } from './run.ts';
import { undoneBy } from './undo.ts';

/** The ledger entry of a command that changed something; null for one that did not, or only looked. */
export function ledgerEntry(
  walking: Walking,
  step: string,
  plan: Plan,
  command: number,
  previous: string | null | undefined,
): LedgerEntry | null {
  const planned = plan.commands[command];
  if (!planned || planned.observes) return null;
  const { action, host, does, undo, service } = planned;
  // Without a report of what the file held before, there is nothing that could be put back.
  const file = does.kind === 'write' && previous !== undefined ? { path: does.file, previous } : null;
  // Taken back is a change only once all that belongs to it was done: old content has no effect before the restart.
  const last = plan.commands.findLastIndex((each) => !each.observes) === command;
  const undoes = last ? undoneBy(walking.definition, step) : undefined;
  return {
    ...{ step, action, host: host.name, by: walking.by, at: walking.context.now, undo, file },
    ...(service !== undefined && { service }),
    ...(undoes && { undoes }),
  };
}
