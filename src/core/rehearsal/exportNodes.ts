import { type Entry, entry, type ListItem, type Node } from '../playbook/import/yamlText.ts';
import type { RunView } from '../view.ts';
import { wishOf } from './record.ts';

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

export function approvalOf({ run }: RunView): readonly Entry[] {
  const wish = run.whole ? wishOf(run.whole.state.kind) : 'approve';
  return wish === 'approve' ? [] : [entry('approval', wish)];
}

/** What the form of a procedure was filled in with. */
export function inputsOf({ run }: RunView): readonly Entry[] {
  const given = Object.entries(run.inputs ?? {});
  return given.length === 0
    ? []
    : [entry('inputs', { kind: 'map', entries: given.map(([name, text]) => entry(name, text)) })];
}
