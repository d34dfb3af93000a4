import { parse } from 'yaml';
import { z } from 'zod';
import { parseDuration } from './durations.ts';
import { parseQuery } from './promql/parse.ts';
import type { Expression } from './promql/syntax.ts';

const words = z.record(z.string(), z.string()).default({});
const ruleSchema = z.strictObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.union([z.string(), z.number()]).transform(String),
  for: z.string().default('0s'),
  labels: words,
  annotations: words,
});
const fileSchema = z.strictObject({
  groups: z.array(
    z.strictObject({ name: z.string(), interval: z.string().optional(), rules: z.array(ruleSchema) }),
  ),
});

/** `holdFor` is milliseconds: how long the query must hold before the alert fires. */
export type AlertingRule = Readonly<{
  kind: 'alerting';
  name: string;
  query: string;
  expression: Expression;
  holdFor: number;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
}>;

export type RecordingRule = Readonly<{
  kind: 'recording';
  name: string;
  query: string;
  expression: Expression;
  labels: Readonly<Record<string, string>>;
}>;

export type Rule = AlertingRule | RecordingRule;
/** `interval` is milliseconds, undefined where the file leaves it to the configuration. */
export type RuleGroup = Readonly<{ name: string; interval: number | undefined; rules: readonly Rule[] }>;

/**
 * Reads a Prometheus rules file.
 * @throws ZodError when its shape is wrong, QueryError when a query cannot be read
 */
export function parseRules(text: string): RuleGroup[] {
  return fileSchema.parse(parse(text)).groups.map(({ name, interval, rules }) => ({
    name,
    interval: interval === undefined ? undefined : parseDuration(interval),
    rules: rules.map(toRule),
  }));
}

function toRule(rule: z.infer<typeof ruleSchema>): Rule {
  const query = rule.expr.trim();
  const common = { query, expression: parseQuery(query), labels: rule.labels };
  if (rule.alert !== undefined && rule.record === undefined) {
    const holdFor = parseDuration(rule.for);
    return { ...common, kind: 'alerting', name: rule.alert, holdFor, annotations: rule.annotations };
  }
  if (rule.record !== undefined && rule.alert === undefined) {
    return { ...common, kind: 'recording', name: rule.record };
  }
  throw new Error(`a rule needs either "alert" or "record": ${query}`);
}
