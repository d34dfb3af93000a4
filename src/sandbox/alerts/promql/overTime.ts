import type { Sample } from '../samples.ts';

/** Both ends in milliseconds. */
export type Window = Readonly<{ start: number; end: number }>;

/** Reduces the samples of one series in a window; undefined where there are too few for an answer. */
export type OverTime = Readonly<{
  of: (samples: readonly Sample[], window: Window) => number | undefined;
  keepsName?: true;
}>;

const values = (samples: readonly Sample[]): number[] => samples.map(({ value }) => value);

/** The functions of a range vector; the series given to them have at least one sample. */
export const OVER_TIME: Readonly<Record<string, OverTime>> = {
  rate: { of: (samples, window) => extrapolate(samples, window, { counter: true, perSecond: true }) },
  increase: { of: (samples, window) => extrapolate(samples, window, { counter: true, perSecond: false }) },
  delta: { of: (samples, window) => extrapolate(samples, window, { counter: false, perSecond: false }) },
  changes: { of: (samples) => countSteps(samples, (now, before) => now !== before && !bothNaN(now, before)) },
  resets: { of: (samples) => countSteps(samples, (now, before) => now < before) },
  sum_over_time: { of: (samples) => sum(values(samples)) },
  avg_over_time: { of: (samples) => sum(values(samples)) / samples.length },
  max_over_time: { of: (samples) => fold(samples, (value, best) => value > best) },
  min_over_time: { of: (samples) => fold(samples, (value, best) => value < best) },
  count_over_time: { of: (samples) => samples.length },
  last_over_time: { of: (samples) => samples.at(-1)?.value, keepsName: true },
};

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const bothNaN = (a: number, b: number): boolean => Number.isNaN(a) && Number.isNaN(b);

function countSteps(samples: readonly Sample[], counts: (now: number, before: number) => boolean): number {
  return samples.filter((sample, index) => {
    const before = samples[index - 1];
    return before !== undefined && counts(sample.value, before.value);
  }).length;
}

function fold(samples: readonly Sample[], better: (value: number, best: number) => boolean): number {
  return values(samples).reduce((best, value) => (better(value, best) || Number.isNaN(best) ? value : best));
}

/**
 * How much a series rose in the window. Samples seldom fall on the window's ends, so the rise between the first and the
 * last is stretched to the ends where these are near (within 1.1 times the mean distance of samples), else by half that
 * distance; and a counter is never stretched to before its zero. A fall of a counter is a restart from zero.
 */
function extrapolate(
  samples: readonly Sample[],
  window: Window,
  how: { counter: boolean; perSecond: boolean },
): number | undefined {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || samples.length < 2) return undefined;
  let rise = last.value - first.value;
  if (how.counter) {
    for (const [index, sample] of samples.entries()) {
      const before = samples[index - 1];
      if (before !== undefined && sample.value < before.value) rise += before.value;
    }
  }
  const sampled = (last.at - first.at) / 1000;
  const distance = sampled / (samples.length - 1);
  let toStart = (first.at - window.start) / 1000;
  const toEnd = (window.end - last.at) / 1000;
  if (how.counter && rise > 0 && first.value >= 0) {
    toStart = Math.min(toStart, sampled * (first.value / rise));
  }
  const near = distance * 1.1;
  const covered = sampled + (toStart < near ? toStart : distance / 2) + (toEnd < near ? toEnd : distance / 2);
  const factor = covered / sampled / (how.perSecond ? (window.end - window.start) / 1000 : 1);
  return rise * factor;
}
