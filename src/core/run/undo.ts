import { type Refusal, refuse } from '../decision.ts';
import { canonicalJson, sha256Hex } from '../playbook/canonical.ts';
import type { Definition, Step } from '../playbook/definition.ts';
import type { LedgerRef, RunId } from '../stream.ts';
import type { RunView } from '../view.ts';
import type { UndoWish } from './commands.ts';
import type { Plan } from './plan.ts';
import { actionOf, planAction } from './resolve.ts';
import type { LedgerEntry } from './run.ts';
import { undoSteps } from './undoSteps.ts';

/**
 * What was changed, what of it is still in effect, and how it is taken back: by a run of its own kind, whose steps are
 * generated from the ledgers in reverse order. So each undo has the risk, the gate, the approval, the crash safety and
 * the messages of any other action. What it runs comes from the definitions that the changes were made with.
 */

/** A change that is still in effect, by what one command did. */
export type Change = {
  readonly ref: LedgerRef;
  readonly at: number;
  readonly by: string;
  readonly title: string;
  readonly host: string;
  readonly entry: LedgerEntry;
  readonly undo:
    | { readonly kind: 'possible'; readonly plan: Plan }
    /** Not by the bot; `why` is a sentence or the operator's own words. */
    | { readonly kind: 'never'; readonly why: string };
  /** The run that is taking it back now. */
  readonly takenBackBy: RunId | null;
};

export const isUndo = ({ playbook }: Pick<Definition, 'playbook'>): boolean => playbook.kind === 'undo';

/** The claim of whoever takes a change back, so that no two runs do. */
export const undoClaim = ({ run, entry }: LedgerRef): string => `undo:${run}/${entry}`;

const takesBack = (step: Step): readonly LedgerRef[] =>
  step.kind === 'do' && step.undoes ? [step.undoes] : [];

/** What a step takes back; undefined for a step of any other run. */
export function undoneBy({ playbook }: Definition, step: string): LedgerRef | undefined {
  const found = playbook.steps.find((each) => each.id === step);
  return found && takesBack(found)[0];
}

/** What all steps of a run take back. */
export const undoneByAll = ({ playbook }: Definition): readonly LedgerRef[] =>
  playbook.steps.flatMap(takesBack);

export type Standing = { readonly view: RunView; readonly entry: LedgerEntry; readonly index: number };

/** What was changed and not taken back, newest first. `views` are in the order of their runs. */
export function standingEntries(views: readonly RunView[]): readonly Standing[] {
  const undos = views.filter(({ definition }) => isUndo(definition));
  const undone = new Set(
    undos.flatMap(({ run }) => run.ledger.flatMap(({ undoes }) => (undoes ? [undoClaim(undoes)] : []))),
  );
  return views
    .filter(({ definition }) => !isUndo(definition))
    .flatMap((view) => view.run.ledger.map((entry, index) => ({ view, entry, index })))
    .filter(({ view, entry }) => !leftAsItWas(view, entry))
    .filter(({ view, index }) => !undone.has(undoClaim({ run: view.run.id, entry: index })))
    .toReversed()
    .toSorted((a, b) => b.entry.at - a.entry.at);
}

/** Changes made to a service that are still in effect, newest first. `views` are in the order of their runs. */
export function changesInEffect(views: readonly RunView[], service: string): readonly Change[] {
  const undos = views.filter(({ definition }) => isUndo(definition));
  const taking = new Map(
    undos
      .filter(({ run }) => !run.result)
      .flatMap(({ run, definition }) => undoneByAll(definition).map((ref) => [undoClaim(ref), run.id])),
  );
  return standingEntries(views)
    .filter(({ view, entry }) => (entry.service ?? view.run.service) === service)
    .map(changeOf)
    .map((change): Change => ({ ...change, takenBackBy: taking.get(undoClaim(change.ref)) ?? null }));
}

/** A file that held already what was written into it; the write before has what it held first. */
function leftAsItWas({ definition }: RunView, { action, file }: LedgerEntry): boolean {
  const does = definition.service.actions[action]?.does;
  return does?.kind === 'write' && file !== null && file.previous === does.content;
}

function changeOf({ view, entry, index }: Standing): Omit<Change, 'takenBackBy'> {
  const { run, definition } = view;
  const ref = { run: run.id, entry: index };
  const { title, undo } = actionOf(definition.service, entry.action);
  const change = { ref, at: entry.at, by: entry.by, title, host: entry.host, entry };
  if (undo.kind === 'none')
    return { ...change, undo: { kind: 'never', why: undo.why ?? 'There is nothing to take back.' } };
  if (undo.kind === 'previous' && !entry.file) {
    const why = 'What the file held before is not known, since nobody saw how the write ended.';
    return { ...change, undo: { kind: 'never', why } };
  }
  const generated = definitionOf([{ ...change, view }]);
  const [step] = generated.playbook.steps;
  if (step?.kind !== 'do') throw new Error(`no step takes back entry ${index} of ${run.id}`);
  return { ...change, undo: { kind: 'possible', plan: planAction(generated, step.action, null) } };
}

/** What taking back everything down to `through` (null: all) would be; null where there is nothing of it to be done. */
export function undoOf(
  views: readonly RunView[],
  { service, through }: Pick<UndoWish, 'service' | 'through'>,
): { readonly definition: Definition; readonly hash: string; readonly changes: readonly Change[] } | null {
  const possible = changesInEffect(views, service).filter(({ undo }) => undo.kind === 'possible');
  const last = through
    ? possible.findIndex(({ ref }) => undoClaim(ref) === undoClaim(through))
    : possible.length - 1;
  const changes = possible.slice(0, last + 1);
  const chosen = changes.flatMap((change) => {
    const view = views.find(({ run }) => run.id === change.ref.run);
    return view ? [{ ...change, view }] : [];
  });
  if (chosen.length === 0) return null;
  const definition = definitionOf(chosen);
  return { definition, hash: sha256Hex(canonicalJson(definition)), changes };
}

/** The run that somebody asked for, provided that it is still what they were shown and that nobody is at it. */
export function undoWanted(
  wish: UndoWish,
  views: readonly RunView[],
): { readonly kind: 'wanted'; readonly definition: Definition } | Refusal {
  const undo = undoOf(views, wish);
  const busy = undo?.changes.find(({ takenBackBy }) => takenBackBy !== null)?.takenBackBy;
  if (busy) return refuse('busy', `${busy} is taking that back already. Go on there.`);
  if (!undo) return refuse('already', 'That is not in effect any more: it was taken back meanwhile.');
  if (undo.hash !== wish.hash) {
    const message = 'What would be taken back has changed since it was shown. Look at it again.';
    return refuse('plan-changed', message);
  }
  return { kind: 'wanted', definition: undo.definition };
}

type Made = Pick<Change, 'ref' | 'entry'> & { readonly view: RunView };

function definitionOf(made: readonly Made[]): Definition {
  const { steps, service } = undoSteps(made);
  const [newest] = made;
  if (!newest) throw new Error('nothing to take back');
  const { incident, id } = newest.view.run;
  const scope = incident ?? id;
  return {
    service,
    playbook: {
      name: `undo-${scope.toLowerCase()}`,
      title: `Undo what ${scope} changed`,
      kind: 'undo',
      answers: {},
      service: newest.entry.service ?? newest.view.run.service,
      severity: newest.view.definition.playbook.severity,
      summary: 'Takes back what was changed, newest first. Each step waits for its own click.',
      symptoms: [],
      steps,
      authority: 'each',
      commanderAtOnce: false,
      source: { file: `ledger of ${scope}`, line: newest.ref.entry + 1 },
    },
  };
}
