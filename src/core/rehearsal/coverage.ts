import type { Room } from '../playbook/room.ts';
import type { Played } from './play.ts';
import { walkable, wordsOf } from './words.ts';

/** How many steps of a playbook the tests entered, and which they did not, as `4.network-errors.2 observe: ping`. */
export type Coverage = {
  readonly playbook: string;
  readonly entered: number;
  readonly steps: number;
  /** 100 where every step was entered; rounded down, so that 100 means all. */
  readonly percent: number;
  readonly missing: readonly string[];
};

/** By playbook, in the order of their names; playbooks without a test stand there with nothing entered. */
export function coverageOf(
  played: readonly Played[],
  { definitions }: Pick<Room, 'definitions'>,
): Coverage[] {
  const met = new Map<string, Set<string>>();
  for (const { entered } of played)
    for (const { playbook, step } of entered) {
      const steps = met.get(playbook) ?? new Set<string>();
      met.set(playbook, steps.add(step));
    }
  return Object.values(definitions)
    .map(({ playbook: { name, steps: all } }): Coverage => {
      const steps = walkable(all);
      const missing = steps.filter(({ id }) => !met.get(name)?.has(id));
      const entered = steps.length - missing.length;
      return {
        playbook: name,
        entered,
        steps: steps.length,
        percent: steps.length === 0 ? 100 : Math.floor((entered / steps.length) * 100),
        missing: missing.map((step) => `${step.id} ${wordsOf(step)}`),
      };
    })
    .sort((a, b) => (a.playbook < b.playbook ? -1 : 1));
}
