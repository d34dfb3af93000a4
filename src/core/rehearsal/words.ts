import type { Definition, Step } from '../playbook/definition.ts';
import { lookedAt } from '../run/stepValues.ts';
import { allSteps } from '../run/walk.ts';
import type { Entry } from './scenario.ts';

/** A step as it is written in a playbook and in its tests: `do: restart`, `choose: Which kind?`. */
export function wordsOf(step: Step): string {
  switch (step.kind) {
    case 'chart':
      return `chart: ${step.indicator}`;
    case 'observe':
      return `observe: ${lookedAt(step).join(', ')}`;
    case 'do':
      return `do: ${step.action}`;
    case 'offer':
      return `offer: ${step.procedure}`;
    case 'verify':
      return `verify: ${step.target.indicator}`;
    case 'choose':
    case 'ask':
      return `${step.kind}: ${step.question}`;
    case 'wait':
      return `wait: ${durationText(step.ms)}`;
    case 'checklist':
      return `checklist: ${step.title}`;
    case 'stage':
      return `stage: ${step.title}`;
    case 'call':
      return `call: ${step.playbook}`;
    default: {
      const never: never = step;
      return never;
    }
  }
}

/** The same for what a test expects; null for what happens beside the steps. */
export function expectedWords(entry: Entry): string | null {
  switch (entry.kind) {
    case 'chart':
    case 'verify':
      return `${entry.kind}: ${entry.indicator}`;
    case 'observe':
    case 'do':
      return `${entry.kind}: ${entry.action}`;
    case 'choose':
    case 'ask':
      return `${entry.kind}: ${entry.question}`;
    case 'wait':
      return `wait: ${durationText(entry.ms)}`;
    case 'checklist':
      return `checklist: ${entry.title}`;
    case 'offer':
      return `offer: ${entry.procedure}`;
    case 'until':
    case 'pass':
    case 'start':
    case 'undo':
    case 'alert':
    case 'alert-resolved':
    case 'acknowledge':
    case 'resolve':
      return null;
    default: {
      const never: never = entry;
      return never;
    }
  }
}

/** The shortest way to write a duration in the language of playbooks: `90s`, `10m`, `24h`. */
export function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, size] = units.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}

/** Steps that can be entered, in the order of the playbook: all but those that are entered through theirs. */
export const walkable = (steps: Definition['playbook']['steps']): readonly Step[] =>
  allSteps(steps).filter(({ kind }) => kind !== 'stage' && kind !== 'call');
