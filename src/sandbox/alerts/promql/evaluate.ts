import { type Labels, labelKey, METRIC_NAME, makeLabels, onlyLabels, withoutLabels } from '../labels.ts';
import type { SampleReader } from '../samples.ts';
import { arithmetic, evaluateBinary } from './binary.ts';
import { histogramQuantile } from './histogramQuantile.ts';
import { OVER_TIME, type OverTime } from './overTime.ts';
import type { Aggregate, Call, Expression, Selector } from './syntax.ts';
import { EvaluationError, type Value, type Vector, type VectorSample } from './values.ts';

/** `at` is milliseconds since the epoch. */
export type Moment = Readonly<{ samples: SampleReader; at: number }>;

/**
 * The answer to a query at one moment, as Prometheus 2.42 gives it.
 * @throws EvaluationError when series do not match one to one
 */
export function evaluate(expression: Expression, moment: Moment): Value {
  switch (expression.kind) {
    case 'number':
      return { kind: 'scalar', value: expression.value };
    case 'negate': {
      const value = evaluate(expression.of, moment);
      return value.kind === 'scalar'
        ? { kind: 'scalar', value: -value.value }
        : vector(
            samplesOf(value).map(({ labels, value: number }) => ({
              labels: nameless(labels),
              value: -number,
            })),
          );
    }
    case 'selector':
      return select(expression, moment);
    case 'binary': {
      const [left, right] = [evaluate(expression.left, moment), evaluate(expression.right, moment)];
      if (left.kind === 'scalar' && right.kind === 'scalar') {
        return { kind: 'scalar', value: arithmetic(expression.operator, left.value, right.value) };
      }
      return vector(evaluateBinary(expression, left, right));
    }
    case 'aggregate':
      return vector(aggregate(expression, samplesOf(evaluate(expression.of, moment))));
    case 'call':
      return call(expression, moment);
    default: {
      const never: never = expression;
      return never;
    }
  }
}

const vector = (samples: Vector): Value => ({ kind: 'vector', samples });

const nameless = (labels: Labels): Labels => withoutLabels(labels, [METRIC_NAME]);

function samplesOf(value: Value): Vector {
  if (value.kind !== 'vector') throw new EvaluationError(`expected an instant vector, got a ${value.kind}`);
  return value.samples;
}

function scalarOf(value: Value): number {
  if (value.kind !== 'scalar') throw new EvaluationError(`expected a scalar, got a ${value.kind}`);
  return value.value;
}

function select(selector: Selector, { samples, at }: Moment): Value {
  const end = at - selector.offset;
  if (selector.range !== undefined) {
    return { kind: 'matrix', series: samples.between(selector.matchers, end - selector.range, end) };
  }
  return vector(
    samples
      .newest(selector.matchers, end)
      .map(({ labels, samples: found }) => ({ labels, value: found[0]?.value ?? Number.NaN })),
  );
}

function aggregate({ name, without, labels }: Aggregate, input: Vector): Vector {
  const groups = new Map<string, { labels: Labels; values: number[] }>();
  for (const sample of input) {
    const kept = without
      ? withoutLabels(sample.labels, [...labels, METRIC_NAME])
      : onlyLabels(sample.labels, labels);
    const key = labelKey(kept);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: kept, values: [sample.value] });
    else group.values.push(sample.value);
  }
  return [...groups.values()].map((group) => ({ labels: group.labels, value: reduce(name, group.values) }));
}

function reduce(name: Aggregate['name'], values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  switch (name) {
    case 'sum':
      return sum;
    case 'avg':
      return sum / values.length;
    case 'count':
      return values.length;
    case 'min':
      return extreme(values, (value, best) => value < best);
    case 'max':
      return extreme(values, (value, best) => value > best);
    default: {
      const never: never = name;
      return never;
    }
  }
}

/** NaN is the answer only where there is nothing else. */
function extreme(values: readonly number[], better: (value: number, best: number) => boolean): number {
  return values.reduce(
    (best, value) => (better(value, best) || Number.isNaN(best) ? value : best),
    Number.NaN,
  );
}

function call({ name, args }: Call, moment: Moment): Value {
  const [first, second] = args;
  if (first === undefined) return { kind: 'scalar', value: moment.at / 1000 };
  const overTime = OVER_TIME[name];
  if (overTime !== undefined) return rangeCall(first, overTime, moment);
  const value = evaluate(first, moment);
  const each = (change: (value: number) => number): Value =>
    vector(
      samplesOf(value).map((sample) => ({ labels: nameless(sample.labels), value: change(sample.value) })),
    );
  const limit = (): number => (second === undefined ? Number.NaN : scalarOf(evaluate(second, moment)));
  switch (name) {
    case 'absent':
      return absent(first, samplesOf(value).length);
    case 'absent_over_time':
      return absent(first, value.kind === 'matrix' ? value.series.length : 0);
    case 'histogram_quantile': {
      const buckets = second === undefined ? [] : samplesOf(evaluate(second, moment));
      return vector(histogramQuantile(scalarOf(value), buckets));
    }
    case 'clamp_min': {
      const least = limit();
      return each((number) => Math.max(least, number));
    }
    case 'clamp_max': {
      const most = limit();
      return each((number) => Math.min(most, number));
    }
    case 'abs':
      return each(Math.abs);
    case 'ceil':
      return each(Math.ceil);
    case 'floor':
      return each(Math.floor);
    case 'timestamp':
      return timestamps(first, value, moment);
    case 'scalar': {
      const samples = samplesOf(value);
      return { kind: 'scalar', value: samples.length === 1 ? (samples[0]?.value ?? Number.NaN) : Number.NaN };
    }
    case 'vector':
      return vector([{ labels: {}, value: scalarOf(value) }]);
    default:
      throw new EvaluationError(`the function ${name} is outside the supported subset`);
  }
}

function rangeCall(of: Expression, overTime: OverTime, moment: Moment): Value {
  const value = evaluate(of, moment);
  if (of.kind !== 'selector' || of.range === undefined || value.kind !== 'matrix') {
    throw new EvaluationError('expected a range vector');
  }
  const end = moment.at - of.offset;
  const window = { start: end - of.range, end };
  const samples: VectorSample[] = [];
  for (const series of value.series) {
    const result = overTime.of(series.samples, window);
    if (result === undefined) continue;
    samples.push({ labels: overTime.keepsName ? series.labels : nameless(series.labels), value: result });
  }
  return vector(samples);
}

/** Labels that the selector fixes by `=` alone; one named twice is not fixed. */
function absent(of: Expression, found: number): Value {
  if (found > 0) return vector([]);
  const fixed: [string, string][] = [];
  if (of.kind === 'selector') {
    for (const matcher of of.matchers) {
      const once = of.matchers.filter((other) => other.name === matcher.name).length === 1;
      if (once && matcher.operator === '=' && matcher.name !== METRIC_NAME)
        fixed.push([matcher.name, matcher.value]);
    }
  }
  return vector([{ labels: makeLabels(fixed), value: 1 }]);
}

function timestamps(of: Expression, value: Value, { samples, at }: Moment): Value {
  if (of.kind !== 'selector') {
    return vector(samplesOf(value).map(({ labels }) => ({ labels: nameless(labels), value: at / 1000 })));
  }
  const found = samples.newest(of.matchers, at - of.offset);
  return vector(
    found.map((series) => ({ labels: nameless(series.labels), value: (series.samples[0]?.at ?? at) / 1000 })),
  );
}
