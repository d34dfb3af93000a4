import type { Command } from '../core/command.ts';
import type { Effect } from '../core/effect.ts';
import { judge } from '../core/indicator/judge.ts';
import type { Reading } from '../core/run/run.ts';
import { runView } from './messages.ts';
import { type Clock, type Gauge, type Store, WorkFailed } from './ports.ts';

/** Enough to see a good reading in between, few enough to be kept in the log. */
const pointsOfTrigger = 20;
/** Readings further apart than that count as a time in which nobody looked. */
const farthestApartMs = 60_000;
const mostPoints = 500;

/**
 * What an indicator is, and what it was for the time of its trigger. What was before can only be judged where every value
 * counts: an indicator that asks for enough traffic is known from now on alone.
 */
export async function readTrigger(
  { run, indicator: name, forMs }: Extract<Effect, { kind: 'read-trigger' }>,
  { store, gauge, clock }: { readonly store: Store; readonly gauge: Gauge; readonly clock: Clock },
): Promise<readonly Command[]> {
  const { definition } = await runView(store, run);
  const indicator = definition.service.indicators[name];
  if (!indicator)
    throw new WorkFailed('no-indicator', `${definition.service.name} has no indicator ${name}.`);
  const now = clock.now();
  const steps = Math.min(mostPoints, Math.max(pointsOfTrigger, Math.ceil(forMs / farthestApartMs)));
  const range = { from: now - forMs - forMs / steps, to: now, points: steps + 1 };
  const [newest, past] = await Promise.all([
    gauge.read(indicator, now),
    indicator.enough ? null : gauge.range(indicator, range),
  ]);
  const before =
    past?.kind === 'series'
      ? past.points
          .filter(({ at }) => at < now)
          .map(({ at, value }): Reading => {
            const verdict = judge(indicator.objective, value);
            return verdict === 'inconclusive'
              ? { at, verdict, why: 'The value is not a number.', value }
              : { at, verdict, value };
          })
      : [];
  const readings = [...before, newest];
  return [{ actor: { kind: 'bot' }, type: 'run.trigger-read', run, indicator: name, readings }];
}
