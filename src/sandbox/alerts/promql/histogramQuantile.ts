import { type Labels, labelKey, METRIC_NAME, withoutLabels } from '../labels.ts';
import type { Vector } from './values.ts';

type Bucket = Readonly<{ upperBound: number; count: number }>;

/** The q-quantile of each histogram among `input`, whose `le` labels say the buckets. */
export function histogramQuantile(q: number, input: Vector): Vector {
  const histograms = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const { labels, value } of input) {
    const upperBound = parseBound(labels.le);
    if (upperBound === undefined) continue;
    const rest = withoutLabels(labels, ['le', METRIC_NAME]);
    const key = labelKey(rest);
    const histogram = histograms.get(key) ?? { labels: rest, buckets: [] };
    histogram.buckets.push({ upperBound, count: value });
    histograms.set(key, histogram);
  }
  return [...histograms.values()].map(({ labels, buckets }) => ({ labels, value: quantile(q, buckets) }));
}

function parseBound(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\+?inf$/i.test(text)) return Number.POSITIVE_INFINITY;
  const bound = Number(text);
  return text.trim() === '' || Number.isNaN(bound) ? undefined : bound;
}

/** Linear within a bucket; in the last, unbounded one the answer is that bucket's lower bound. */
function quantile(q: number, unsorted: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const buckets = cumulative(unsorted);
  const last = buckets.at(-1);
  if (last === undefined || last.upperBound !== Number.POSITIVE_INFINITY || buckets.length < 2)
    return Number.NaN;
  if (last.count === 0 || Number.isNaN(last.count)) return Number.NaN;
  let rank = q * last.count;
  const found = buckets.findIndex((bucket, index) => index === buckets.length - 1 || bucket.count >= rank);
  const bucket = buckets[found];
  const below = buckets[found - 1];
  if (bucket === undefined) return Number.NaN;
  if (found === buckets.length - 1) return below?.upperBound ?? Number.NaN;
  if (below === undefined && bucket.upperBound <= 0) return bucket.upperBound;
  const start = below?.upperBound ?? 0;
  const count = bucket.count - (below?.count ?? 0);
  rank -= below?.count ?? 0;
  return start + (bucket.upperBound - start) * (rank / count);
}

/** Sorted, equal bounds added up, and never falling: buckets scraped at slightly different moments may fall. */
function cumulative(unsorted: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const bucket of unsorted.toSorted((a, b) => a.upperBound - b.upperBound)) {
    const last = buckets.at(-1);
    if (last?.upperBound === bucket.upperBound) {
      buckets[buckets.length - 1] = { ...last, count: last.count + bucket.count };
    } else {
      buckets.push(bucket);
    }
  }
  let most = Number.NEGATIVE_INFINITY;
  return buckets.map((bucket) => {
    most = bucket.count > most ? bucket.count : most;
    return { ...bucket, count: bucket.count < most ? most : bucket.count };
  });
}
