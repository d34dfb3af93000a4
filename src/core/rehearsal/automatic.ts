import type { Announced } from '../run/run.ts';
import type { AutomaticWish } from './scenario.ts';
import type { Stage, StepAt } from './stage.ts';

/**
 * Lets the moment come that the bot has announced for a step, and answers a sentence where what it does then is not what
 * the test expects; null where it is. `held` is for the caller: a person says so before that moment.
 */
export function awaitAutomatic(
  stage: Stage,
  { run, step }: StepAt,
  wish: Exclude<AutomaticWish, 'held'>,
): string | null {
  const announced = (): Announced | undefined => stage.run(run).steps[step]?.automatic;
  const before = announced();
  if (!before) return 'the bot does not announce to carry it out by itself.';
  if (wish !== 'left' && before.mode !== wish)
    return `the bot announces it as ${before.mode}, not as ${wish}.`;
  stage.moveTo(before.dueAt);
  const found = announced()?.state.kind ?? 'pending';
  const expected = { shadow: 'would-run', live: 'ran', left: 'left' } as const;
  return found === expected[wish] ? null : `when its moment has come, ${inWords(announced()?.state)}.`;
}

function inWords(state: Announced['state'] | undefined): string {
  switch (state?.kind) {
    case 'ran':
      return 'the bot carries it out by itself';
    case 'would-run':
      return 'the bot would carry it out by itself';
    case 'left': {
      const why = {
        'no-data': 'without data',
        met: 'with its objective met',
        busy: 'with its target taken',
        late: 'so late',
      }[state.why];
      return `the bot leaves it to people, ${why}`;
    }
    case 'withheld':
      return `the bot leaves it to people: ${state.why}`;
    case 'held':
      return 'it has been held';
    case 'pending':
    case undefined:
      return 'nothing is decided';
    default: {
      const never: never = state;
      return never;
    }
  }
}
