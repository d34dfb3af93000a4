import { fillTemplate, type TemplateData } from './annotationTemplate.ts';
import { type Labels, labelKey, METRIC_NAME, makeLabels, withoutLabels } from './labels.ts';
import { evaluate } from './promql/evaluate.ts';
import type { Vector } from './promql/values.ts';
import type { AlertingRule, RecordingRule, Rule } from './rulesFile.ts';
import type { Samples } from './samples.ts';

/**
 * One alert of a rule. It is pending while its query has held for less than the rule's `for`, then firing; when the
 * query stops holding, a pending one is forgotten and a firing one is resolved and remembered for fifteen minutes, so
 * that its resolution reaches Alertmanager even after an outage. Times are milliseconds since the epoch.
 */
export type ActiveAlert = Readonly<{
  labels: Labels;
  annotations: Labels;
  value: number;
  activeAt: number;
  state:
    | Readonly<{ kind: 'pending' }>
    | Readonly<{ kind: 'firing'; since: number }>
    | Readonly<{ kind: 'resolved'; since: number; at: number }>;
}>;

export type RuleState = Readonly<{
  rule: Rule;
  alerts: ReadonlyMap<string, ActiveAlert>;
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  lastEvaluation: number;
}>;

const REMEMBER_RESOLVED_MS = 15 * 60_000;

export const newRuleState = (rule: Rule): RuleState => ({
  rule,
  alerts: new Map(),
  health: 'unknown',
  lastError: '',
  lastEvaluation: 0,
});

/** One evaluation; what it found is also written to `samples`, as `ALERTS` or under the recording rule's name. */
export function evaluateRule(state: RuleState, samples: Samples, now: number): RuleState {
  const { rule } = state;
  try {
    const answer = evaluate(rule.expression, { samples, at: now });
    const found =
      answer.kind === 'scalar'
        ? [{ labels: {}, value: answer.value }]
        : answer.kind === 'vector'
          ? answer.samples
          : [];
    const done = { ...state, health: 'ok', lastError: '', lastEvaluation: now } as const;
    if (rule.kind === 'recording') {
      record(rule, found, { samples, now });
      return done;
    }
    const alerts = advance(rule, state.alerts, { found, now });
    writeAlerts(state.alerts, alerts, { samples, now });
    return { ...done, alerts };
  } catch (cause) {
    const lastError = cause instanceof Error ? cause.message : String(cause);
    return { ...state, health: 'err', lastError, lastEvaluation: now };
  }
}

function record(
  rule: RecordingRule,
  found: Vector,
  { samples, now }: { samples: Samples; now: number },
): void {
  for (const { labels, value } of found) {
    const own = makeLabels(Object.entries({ ...labels, ...rule.labels, [METRIC_NAME]: rule.name }));
    samples.append(own, { at: now, value });
  }
}

/** A template that cannot be filled must not cost the alert: its text says so instead. */
function expand(template: string, data: TemplateData): string {
  try {
    return fillTemplate(template, data);
  } catch (cause) {
    return `<error expanding template: ${cause instanceof Error ? cause.message : String(cause)}>`;
  }
}

function advance(
  rule: AlertingRule,
  before: ReadonlyMap<string, ActiveAlert>,
  { found, now }: { found: Vector; now: number },
): Map<string, ActiveAlert> {
  const alerts = new Map<string, ActiveAlert>();
  for (const { labels: measured, value } of found) {
    const data = { labels: measured, value };
    const filled = Object.entries(rule.labels).map(([name, text]) => [name, expand(text, data)] as const);
    const labels = makeLabels([
      ...Object.entries({ ...withoutLabels(measured, [METRIC_NAME]), ...Object.fromEntries(filled) }),
      ['alertname', rule.name],
    ]);
    const annotations = makeLabels(
      Object.entries(rule.annotations).map(([name, text]) => [name, expand(text, data)] as const),
    );
    const key = labelKey(labels);
    const known = before.get(key);
    const activeAt = known === undefined || known.state.kind === 'resolved' ? now : known.activeAt;
    const held = now - activeAt >= rule.holdFor;
    const state: ActiveAlert['state'] =
      known?.state.kind === 'firing'
        ? known.state
        : held
          ? { kind: 'firing', since: now }
          : { kind: 'pending' };
    alerts.set(key, { labels, annotations, value, activeAt, state });
  }
  for (const [key, alert] of before) {
    if (alerts.has(key) || alert.state.kind === 'pending') continue;
    if (alert.state.kind === 'firing') {
      alerts.set(key, { ...alert, state: { kind: 'resolved', since: alert.state.since, at: now } });
    } else if (now - alert.state.at <= REMEMBER_RESOLVED_MS) {
      alerts.set(key, alert);
    }
  }
  return alerts;
}

function writeAlerts(
  before: ReadonlyMap<string, ActiveAlert>,
  after: ReadonlyMap<string, ActiveAlert>,
  { samples, now }: { samples: Samples; now: number },
): void {
  const written = new Set<string>();
  for (const alert of after.values()) {
    const series = alertSeries(alert);
    for (const { labels, value } of series) {
      written.add(labelKey(labels));
      samples.append(labels, { at: now, value });
    }
  }
  for (const alert of before.values()) {
    for (const { labels } of alertSeries(alert)) {
      if (!written.has(labelKey(labels))) samples.end(labels, now);
    }
  }
}

/** The series by which an alert can be queried; a resolved one has none. */
function alertSeries({ labels, activeAt, state }: ActiveAlert): Vector {
  if (state.kind === 'resolved') return [];
  return [
    { labels: { ...labels, [METRIC_NAME]: 'ALERTS', alertstate: state.kind }, value: 1 },
    { labels: { ...labels, [METRIC_NAME]: 'ALERTS_FOR_STATE' }, value: Math.floor(activeAt / 1000) },
  ];
}
