import { formatValue } from '../../core/indicator/format.ts';
import { judge } from '../../core/indicator/judge.ts';
import type { Indicator } from '../../core/playbook/definition.ts';
import type { Reading } from '../../core/run/run.ts';
import type { Gauge } from '../../engine/ports.ts';
import { createPrometheusApi, type QueryAnswer } from './api.ts';

/** One usable number, or why there is none. */
type Single =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'none'; readonly why: string };

const notConfigured = 'No Prometheus is configured (PROMETHEUS_URL), so nothing is known.';

/**
 * Reads indicators from Prometheus. A verdict of pass or fail takes exactly one fresh, finite sample; everything else,
 * from an empty answer to a partial one, is inconclusive and says why.
 */
export function createGauge(options: {
  /** Null where there is no Prometheus; every reading then says so. */
  readonly baseUrl: string | null;
  readonly timeoutMs: number;
  /** What `$window` stands for in queries, in milliseconds. */
  readonly windowMs: number;
  /** A sample older than this, or as far ahead, is not a reading of now: 5 min, divided by the pace. */
  readonly staleMs: number;
  readonly maxBytes?: number;
}): Gauge {
  const { baseUrl, timeoutMs, maxBytes, staleMs } = options;
  if (baseUrl === null) {
    return {
      read: async (_indicator, now) => ({
        at: now,
        verdict: 'inconclusive',
        value: null,
        why: notConfigured,
      }),
      range: async () => ({ kind: 'none', why: notConfigured }),
    };
  }
  const api = createPrometheusApi({ baseUrl, timeoutMs, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const withWindow = (query: string) => query.replaceAll('$window', `${Math.round(options.windowMs)}ms`);
  const single = async (query: string, now: number): Promise<Single> =>
    onlyValue(await api.instant(withWindow(query), now), now, staleMs);

  return {
    async read(indicator, now) {
      const { enough } = indicator;
      const [found, operations] = await Promise.all([
        single(indicator.query, now),
        enough ? single(enough.query, now) : null,
      ]);
      const unsure = (why: string, value: number | null): Reading => ({
        at: now,
        verdict: 'inconclusive',
        why,
        value,
      });
      if (found.kind === 'none') return unsure(found.why, null);
      if (enough && operations) {
        if (operations.kind === 'none')
          return unsure(`It is not known whether there is enough traffic: ${operations.why}`, found.value);
        if (!(operations.value > enough.above))
          return unsure(tooLittle(operations.value, enough), found.value);
      }
      const verdict = judge(indicator.objective, found.value);
      if (verdict === 'inconclusive') return unsure('The value is not a number.', null);
      return { at: now, verdict, value: found.value };
    },

    async range(indicator, { from, to, points }) {
      // Prometheus refuses more than 11,000 points, and a picture shows no more than its width.
      const stepMs = Math.max(1_000, Math.ceil((to - from) / Math.min(Math.max(points, 2), 2_000)));
      const answer = await api.range(withWindow(indicator.query), { from, to, stepMs });
      if (answer.kind === 'failed') return { kind: 'none', why: answer.why };
      if (answer.kind !== 'matrix') return { kind: 'none', why: wrongType };
      const [series, ...others] = answer.series;
      if (others.length > 0) return { kind: 'none', why: several(answer.series.length) };
      const samples = (series?.samples ?? []).filter(({ value }) => Number.isFinite(value));
      return samples.length === 0 ? { kind: 'none', why: noData } : { kind: 'series', points: samples };
    },
  };
}

const noData = 'Prometheus has no data for this indicator.';
const wrongType = 'The query answers with another type than one value per moment.';
const several = (count: number) =>
  `The query answers with ${count} series where one is needed, so none of them is taken.`;

function tooLittle(operations: number, enough: NonNullable<Indicator['enough']>): string {
  const [have, need] = [formatValue('count', operations), formatValue('count', enough.above)];
  return `Too little data to judge: ${have} operations, more than ${need} are needed.`;
}

function onlyValue(answer: QueryAnswer, now: number, staleMs: number): Single {
  const none = (why: string): Single => ({ kind: 'none', why });
  if (answer.kind === 'failed') return none(answer.why);
  if (answer.kind !== 'vector') return none(wrongType);
  if (answer.warnings.length > 0)
    return none(`Prometheus answered with a warning: ${answer.warnings[0]?.slice(0, 200)}`);
  if (answer.series.length > 1) return none(several(answer.series.length));
  const sample = answer.series[0]?.samples[0];
  if (!sample) return none(noData);
  if (!Number.isFinite(sample.value)) return none(`Prometheus answered ${sample.value}, which is no number.`);
  if (Math.abs(now - sample.at) > staleMs)
    return none(`The newest value is ${Math.round(Math.abs(now - sample.at) / 1_000)} s away from now.`);
  return { kind: 'value', value: sample.value };
}
