import { type Entry, entry, type ListItem, type Node } from '../playbook/import/yamlText.ts';
import type { RunView } from '../view.ts';
import { wishOf } from './record.ts';
import type { ApprovalWish } from './scenario.ts';

/** Pieces of a scenario test as it is written. */

export const plain = (value: string): Node => ({ kind: 'plain', value });
export const yes = plain('true');
export const item = (...entries: readonly Entry[]): ListItem => ({
  value: { kind: 'map', entries },
  comments: [],
});
export const labelsNode = (labels: Readonly<Record<string, string>>): Node => ({
  kind: 'map',
  entries: Object.entries(labels).map(([key, value]) => entry(key, value)),
});

/** What came of the plan of a run, as whoever starts it in a test says it. */
export function approvalOf({ run }: RunView): readonly Entry[] {
  const { whole } = run;
  if (!whole) return [];
  const yes = { count: whole.granted?.length ?? 0, confirm: whole.plan.confirm ?? null };
  return approvalNodes(wishOf(whole.state.kind), yes);
}

/**
 * What came of a request: a word for one person, and for several what each of them said. Who they were is no part of a
 * test. `count` is how many have said yes before whoever decided.
 */
export function approvalNodes(
  wish: ApprovalWish,
  { count, confirm }: { readonly count: number; readonly confirm: string | null },
): readonly Entry[] {
  const typed = confirm === null ? [] : [entry('confirms', confirm)];
  const yes = [entry('says', 'approve'), ...typed];
  switch (wish) {
    case 'approve':
      return count === 0 ? typed : [entry('approval', listOf([...repeated(yes, count), yes]))];
    case 'refuse':
      return count === 0
        ? [entry('approval', wish)]
        : [entry('approval', listOf([...repeated(yes, count), [entry('says', wish)]]))];
    case 'none':
      return count === 0 ? [entry('approval', wish)] : [entry('approval', listOf(repeated(yes, count)))];
    default:
      return [entry('approval', wish)];
  }
}

const repeated = (entries: readonly Entry[], count: number): readonly (readonly Entry[])[] =>
  Array.from({ length: count }, () => entries);

const listOf = (items: readonly (readonly Entry[])[]): Node => ({
  kind: 'list',
  items: items.map((entries) => item(...entries)),
  after: [],
});

/** What the form of a procedure was filled in with. */
export function inputsOf({ run }: RunView): readonly Entry[] {
  const given = Object.entries(run.inputs ?? {});
  return given.length === 0
    ? []
    : [entry('inputs', { kind: 'map', entries: given.map(([name, text]) => entry(name, text)) })];
}
