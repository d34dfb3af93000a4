import type { Fault } from './faults.ts';
import type { News } from './messages.ts';
import type { UnitState } from './supervisor.ts';

/**
 * One second of the patient: `at` in milliseconds since the epoch, `errorRatio` between 0 and 1 over the last five
 * seconds, `p95` in seconds; null where nothing was measured.
 */
export type SeriesPoint = Readonly<{
  at: number;
  up: boolean;
  errorRatio: number | null;
  p95: number | null;
}>;

type Sample = Extract<News, { kind: 'sample' }>;

const MOST_POINTS = 1_800;
const SMOOTHED_OVER = 5;

export type SeriesKeeper = Readonly<{
  sample: (sample: Sample) => void;
  /** Closes a second; called once each. */
  mark: (at: number, unit: UnitState['kind'], faults: readonly Fault[]) => void;
  points: (since: number) => SeriesPoint[];
}>;

export function createSeries(): SeriesKeeper {
  const points: SeriesPoint[] = [];
  let recent: Sample[] = [];
  return {
    sample(sample) {
      recent = [...recent, sample].slice(-SMOOTHED_OVER);
    },
    mark(at, unit, faults) {
      const up = unit === 'active';
      if (!up) recent = [];
      const operations = recent.reduce((sum, sample) => sum + sample.operations, 0);
      const errors = recent.reduce((sum, sample) => sum + sample.errors, 0);
      const measured = operations > 0 && !faults.includes('no-metrics');
      points.push({
        at,
        up,
        errorRatio: measured ? errors / operations : null,
        p95: measured ? (recent.at(-1)?.p95 ?? null) : null,
      });
      points.splice(0, Math.max(0, points.length - MOST_POINTS));
    },
    points: (since) => points.filter(({ at }) => at >= since),
  };
}
