import { parseDuration } from './durations.ts';
import type { ActiveAlert, RuleState } from './evaluateRules.ts';
import { labelKey } from './labels.ts';
import type { Reply, Request } from './localServer.ts';
import { evaluate } from './promql/evaluate.ts';
import { parseQuery } from './promql/parse.ts';
import { type Expression, typeOf } from './promql/syntax.ts';
import { QueryError } from './promql/tokens.ts';
import { EvaluationError, type Value } from './promql/values.ts';
import type { SampleReader, Series } from './samples.ts';
import type { Target, TargetHealth } from './scrape.ts';

/** What the API shows; functions, because each answer is of its own moment. */
export type PrometheusView = Readonly<{
  samples: SampleReader;
  now: () => number;
  rules: () => readonly Readonly<{ name: string; interval: number; rules: readonly RuleState[] }>[];
  targets: () => readonly Readonly<{ target: Target; health: TargetHealth | undefined }>[];
}>;

const MOST_POINTS = 11_000;

/** Prometheus's own version that these answers follow. */
const VERSION = '2.42.0';

class BadData extends Error {
  override readonly name = 'BadData';
}

/** Prometheus's HTTP API, as far as the bot and its tools read it. */
export function answerPrometheus({ method, url, body }: Request, view: PrometheusView): Reply {
  const parameters = method === 'POST' ? new URLSearchParams(body) : url.searchParams;
  switch (url.pathname) {
    case '/-/ready':
      return { status: 200, body: 'Prometheus Server is Ready.\n' };
    case '/-/healthy':
      return { status: 200, body: 'Prometheus Server is Healthy.\n' };
    case '/api/v1/query':
      return envelope(() => instant(parameters, view));
    case '/api/v1/query_range':
      return envelope(() => range(parameters, view));
    case '/api/v1/rules':
      return envelope(() => ({ groups: view.rules().map(showGroup) }));
    case '/api/v1/alerts':
      return envelope(() => ({
        alerts: view.rules().flatMap(({ rules }) => rules.flatMap((state) => showAlerts(state))),
      }));
    case '/api/v1/targets':
      return envelope(() => ({ activeTargets: view.targets().map(showTarget), droppedTargets: [] }));
    case '/api/v1/status/buildinfo':
      return envelope(() => ({ version: VERSION, revision: '', branch: '', goVersion: '' }));
    default:
      return { status: 404, body: '404 page not found\n' };
  }
}

function envelope(answer: () => unknown): Reply {
  try {
    return { status: 200, body: { status: 'success', data: answer() } };
  } catch (cause) {
    if (cause instanceof BadData || cause instanceof QueryError)
      return failure(400, 'bad_data', cause.message);
    if (cause instanceof EvaluationError) return failure(422, 'execution', cause.message);
    throw cause;
  }
}

const failure = (status: number, errorType: string, error: string): Reply => ({
  status,
  body: { status: 'error', errorType, error },
});

function readQuery(parameters: URLSearchParams): Expression {
  try {
    return parseQuery(parameters.get('query') ?? '');
  } catch (cause) {
    if (cause instanceof QueryError) throw new BadData(`invalid parameter "query": ${cause.message}`);
    throw cause;
  }
}

function readTime(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  const at = /^-?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(at))
    throw new BadData(`invalid parameter "${name}": cannot parse "${text}" to a valid timestamp`);
  return Math.round(at);
}

function readStep(parameters: URLSearchParams): number {
  const text = parameters.get('step') ?? '';
  const seconds = Number(text);
  if (text !== '' && !Number.isNaN(seconds)) return seconds * 1000;
  try {
    return parseDuration(text);
  } catch {
    throw new BadData(`invalid parameter "step": cannot parse "${text}" to a valid duration`);
  }
}

function instant(parameters: URLSearchParams, { samples, now }: PrometheusView): unknown {
  const expression = readQuery(parameters);
  const at = readTime(parameters, 'time') ?? now();
  return showValue(evaluate(expression, { samples, at }), at);
}

function range(parameters: URLSearchParams, { samples }: PrometheusView): unknown {
  const start = readTime(parameters, 'start');
  const end = readTime(parameters, 'end');
  if (start === undefined)
    throw new BadData('invalid parameter "start": cannot parse "" to a valid timestamp');
  if (end === undefined) throw new BadData('invalid parameter "end": cannot parse "" to a valid timestamp');
  if (end < start) throw new BadData('invalid parameter "end": end timestamp must not be before start time');
  const step = readStep(parameters);
  if (step <= 0) {
    throw new BadData(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  }
  if ((end - start) / step > MOST_POINTS) {
    throw new BadData(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const expression = readQuery(parameters);
  if (typeOf(expression) === 'matrix') {
    throw new BadData(
      'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    );
  }
  const series = new Map<string, { labels: Series['labels']; samples: { at: number; value: number }[] }>();
  for (let at = start; at <= end; at += step) {
    const value = evaluate(expression, { samples, at });
    const found =
      value.kind === 'scalar'
        ? [{ labels: {}, value: value.value }]
        : value.kind === 'vector'
          ? value.samples
          : [];
    for (const sample of found) {
      const key = labelKey(sample.labels);
      const known = series.get(key) ?? { labels: sample.labels, samples: [] };
      known.samples.push({ at, value: sample.value });
      series.set(key, known);
    }
  }
  return showValue({ kind: 'matrix', series: [...series.values()] }, end);
}

function showValue(value: Value, at: number): unknown {
  switch (value.kind) {
    case 'scalar':
      return { resultType: 'scalar', result: [at / 1000, formatNumber(value.value)] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map(({ labels, value: number }) => ({
          metric: labels,
          value: [at / 1000, formatNumber(number)],
        })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: value.series.map(({ labels, samples }) => ({
          metric: labels,
          values: samples.map((sample) => [sample.at / 1000, formatNumber(sample.value)]),
        })),
      };
    default: {
      const never: never = value;
      return never;
    }
  }
}

/** As Go writes numbers: no exponent between 1e-6 and 1e21, at least two digits in one, and its names for the rest. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

function showGroup(group: ReturnType<PrometheusView['rules']>[number]): unknown {
  const newest = Math.max(0, ...group.rules.map(({ lastEvaluation }) => lastEvaluation));
  return {
    name: group.name,
    file: 'rules.yml',
    interval: group.interval / 1000,
    limit: 0,
    evaluationTime: 0,
    lastEvaluation: new Date(newest).toISOString(),
    rules: group.rules.map(showRule),
  };
}

function showRule(state: RuleState): unknown {
  const { rule, health, lastError, lastEvaluation } = state;
  const common = {
    name: rule.name,
    query: rule.query,
    labels: rule.labels,
    health,
    ...(lastError === '' ? {} : { lastError }),
    evaluationTime: 0,
    lastEvaluation: new Date(lastEvaluation).toISOString(),
    type: rule.kind,
  };
  if (rule.kind === 'recording') return common;
  const kinds = [...state.alerts.values()].map((alert) => alert.state.kind);
  return {
    ...common,
    state: kinds.includes('firing') ? 'firing' : kinds.includes('pending') ? 'pending' : 'inactive',
    duration: rule.holdFor / 1000,
    keepFiringFor: 0,
    annotations: rule.annotations,
    alerts: showAlerts(state),
  };
}

function showAlerts(state: RuleState): unknown[] {
  const active = [...state.alerts.values()].filter((alert: ActiveAlert) => alert.state.kind !== 'resolved');
  return active.map(({ labels, annotations, state: { kind }, activeAt, value }) => ({
    labels,
    annotations,
    state: kind,
    activeAt: new Date(activeAt).toISOString(),
    value: exponential(value),
  }));
}

/** Alerts alone show their value the way `%e` does: 9.1e-03. */
function exponential(value: number): string {
  return Number.isFinite(value)
    ? value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')
    : formatNumber(value);
}

function showTarget({ target, health }: ReturnType<PrometheusView['targets']>[number]): unknown {
  const instance = new URL(target.url).host;
  return {
    discoveredLabels: { __address__: instance, job: target.job },
    labels: { instance, job: target.job },
    scrapePool: target.job,
    scrapeUrl: target.url,
    globalUrl: target.url,
    lastError: health?.lastError ?? '',
    lastScrape: new Date(health?.lastScrape ?? 0).toISOString(),
    lastScrapeDuration: 0,
    health: health?.health ?? 'unknown',
  };
}
