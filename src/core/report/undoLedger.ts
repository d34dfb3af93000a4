import type { LedgerEntry } from '../run/run.ts';
import { standingEntries } from '../run/undo.ts';
import type { RunId } from '../stream.ts';
import type { RunView } from '../view.ts';

/** A change that is still in effect, and how it is taken back. */
export type Standing = {
  readonly run: RunId;
  readonly at: number;
  readonly by: string;
  readonly what: string;
  readonly host: string;
  readonly undo: LedgerEntry['undo'];
  readonly how: string;
};

export function undoLedger(runs: readonly RunView[]): readonly Standing[] {
  return standingEntries(runs).map(({ view, entry }): Standing => {
    const action = view.definition.service.actions[entry.action];
    return {
      run: view.run.id,
      at: entry.at,
      by: entry.by,
      what: action?.title ?? entry.action,
      host: entry.service === undefined ? entry.host : `${entry.host}, service ${entry.service}`,
      undo: entry.undo,
      how: howUndone(entry, view),
    };
  });
}

function howUndone(entry: LedgerEntry, { definition }: RunView): string {
  const { actions } = definition.service;
  const undo = actions[entry.action]?.undo;
  switch (entry.undo) {
    case 'none':
      return undo?.kind === 'none' && undo.why ? undo.why : 'nothing to take back';
    case 'previous':
      if (!entry.file) return 'put back what was there before';
      return entry.file.previous === null
        ? `remove ${entry.file.path}, which was not there before`
        : `put back the previous content of ${entry.file.path}`;
    case 'action':
      return undo?.kind === 'action' ? (actions[undo.action]?.title ?? undo.action) : 'its counterpart';
    default: {
      const never: never = entry.undo;
      return never;
    }
  }
}
