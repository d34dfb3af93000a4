import { type Labels, labelKey, METRIC_NAME } from './labels.ts';
import type { Matcher } from './promql/syntax.ts';

/** `at` is milliseconds since the epoch. */
export type Sample = Readonly<{ at: number; value: number }>;
export type Series = Readonly<{ labels: Labels; samples: readonly Sample[] }>;

/** What a query reads. */
export type SampleReader = {
  /** Newest sample of each series at or before `at`, unless older than five minutes or the series had ended. */
  newest(matchers: readonly Matcher[], at: number): Series[];
  /** Samples from `from` to `to`, both ends included; series without any are left out. */
  between(matchers: readonly Matcher[], from: number, to: number): Series[];
};

export type Samples = SampleReader & {
  append(labels: Labels, sample: Sample): void;
  /** Says that a series has ended: it is gone at once rather than after five minutes. */
  end(labels: Labels, at: number): void;
};

const LOOKBACK_MS = 5 * 60_000;

type Stored = { labels: Labels; points: { at: number; value: number | undefined }[] };

/**
 * Keeps what was scraped, in memory and bounded: `keepFor` milliseconds a series, at most `mostSeries` series
 * (further ones are refused, so that a service with runaway labels cannot fill the memory).
 * @throws Error from `append` when a new series would be one too many
 */
export function createSamples(limits: { keepFor: number; mostSeries: number }): Samples {
  const series = new Map<string, Stored>();

  const write = (labels: Labels, at: number, value: number | undefined): void => {
    const key = labelKey(labels);
    let stored = series.get(key);
    if (stored === undefined) {
      if (series.size >= limits.mostSeries) forgetOld(series, at - limits.keepFor);
      if (series.size >= limits.mostSeries) {
        throw new Error(
          `more than ${limits.mostSeries} series: ${labels[METRIC_NAME] ?? 'a series'} not stored`,
        );
      }
      stored = { labels, points: [] };
      series.set(key, stored);
    }
    const last = stored.points.at(-1);
    if (last !== undefined && last.at >= at) return;
    stored.points.push({ at, value });
    // Dropping the old ones in batches keeps an append cheap.
    const oldest = stored.points[0];
    if (oldest !== undefined && oldest.at < at - limits.keepFor * 1.25) {
      stored.points = stored.points.filter((point) => point.at >= at - limits.keepFor);
    }
  };

  const matching = (matchers: readonly Matcher[]): Stored[] =>
    [...series.values()].filter(({ labels }) =>
      matchers.every((matcher) => matcher.accepts(labels[matcher.name] ?? '')),
    );

  return {
    append: (labels, sample) => write(labels, sample.at, sample.value),
    end: (labels, at) => write(labels, at, undefined),
    newest(matchers, at) {
      const found: Series[] = [];
      for (const { labels, points } of matching(matchers)) {
        const point = points.findLast((candidate) => candidate.at <= at);
        if (point?.value === undefined || point.at <= at - LOOKBACK_MS) continue;
        found.push({ labels, samples: [{ at: point.at, value: point.value }] });
      }
      return found;
    },
    between(matchers, from, to) {
      const found: Series[] = [];
      for (const { labels, points } of matching(matchers)) {
        const samples: Sample[] = [];
        for (const { at, value } of points) {
          if (at >= from && at <= to && value !== undefined) samples.push({ at, value });
        }
        if (samples.length > 0) found.push({ labels, samples });
      }
      return found;
    },
  };
}

function forgetOld(series: Map<string, Stored>, before: number): void {
  for (const [key, stored] of series) {
    const last = stored.points.at(-1);
    if (last === undefined || last.at < before) series.delete(key);
  }
}
