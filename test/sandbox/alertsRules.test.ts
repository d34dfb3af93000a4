import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { evaluateRule, newRuleState, type RuleState } from '../../src/sandbox/alerts/evaluateRules.ts';
import { METRIC_NAME } from '../../src/sandbox/alerts/labels.ts';
import { paceQuery, paceRules, scrapeInterval } from '../../src/sandbox/alerts/paceRules.ts';
import { parseQuery } from '../../src/sandbox/alerts/promql/parse.ts';
import { parseRules } from '../../src/sandbox/alerts/rulesFile.ts';
import { createSamples, type Samples } from '../../src/sandbox/alerts/samples.ts';
import { requireComponent } from '../fakes/components.ts';

const folder = fileURLToPath(new URL('../../playbooks/prometheus', import.meta.url));
const shipped = await readFile(`${folder}/rules.yml`, 'utf8');
const promtool = requireComponent('promtool');
const START = Date.parse('2026-01-05T10:00:00Z');

describe.skipIf(promtool === null)('the shipped rules, by promtool', () => {
  const run = (...args: string[]) => promisify(execFile)(promtool ?? '', args, { cwd: folder });

  it.each(['rules', 'genesis-bot.rules', 'fly.rules', 'deployment.rules'])('are valid: %s', async (name) => {
    expect((await run('check', 'rules', `${name}.yml`)).stdout).toContain('SUCCESS');
  });

  it.each(['rules', 'rules.minutes', 'genesis-bot.rules'])(
    'do what their own tests say: %s',
    { timeout: 120_000 },
    async (name) => {
      expect((await run('test', 'rules', `${name}.test.yml`)).stdout).toContain('SUCCESS');
    },
  );

  it('ask of the bot only for metrics that it has', async () => {
    const asked = await readFile(`${folder}/genesis-bot.rules.yml`, 'utf8');
    const has = await readFile('src/adapters/metrics/metrics.ts', 'utf8');
    const names = new Set(asked.match(/genesis_bot_\w+/g));
    expect(names.size).toBeGreaterThan(4);
    expect([...names].filter((name) => !has.includes(`'${name}'`))).toEqual([]);
  });
});

/** What `eval_time` asks of an alert: whether it fires then. */
const testsSchema = z.object({
  tests: z.array(
    z.object({
      input_series: z.array(z.object({ series: z.string() })),
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

describe('every shipped alert', async () => {
  const rules = parseRules(shipped).flatMap(({ rules }) => rules);
  const alerts = [...new Set(rules.map(({ name }) => name))];
  const files = ['rules.test.yml', 'rules.minutes.test.yml'];
  const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, 'utf8')));
  const tests = texts.flatMap((text) => testsSchema.parse(parse(text)).tests);
  const asked = tests.flatMap(({ alert_rule_test }) => alert_rule_test);

  it.each(alerts)('%s has a case in which it fires and one in which it does not', (alert) => {
    const fires = asked
      .filter(({ alertname }) => alertname === alert)
      .map((each) => each.exp_alerts.length > 0);
    expect(new Set(fires)).toEqual(new Set([true, false]));
  });

  it.each(alerts)('%s has a case in which nothing that it asks for is there', (alert) => {
    const query = rules.find(({ name }) => name === alert)?.query ?? '';
    const metrics = query.match(/\b(?:(?:genesis|node)_\w+|up)\{job="[^"]*"/g) ?? [];
    const without = tests.filter(
      ({ input_series, alert_rule_test }) =>
        alert_rule_test.some(({ alertname }) => alertname === alert) &&
        metrics.some((metric) => !input_series.some(({ series }) => series.startsWith(metric))),
    );
    expect(without.length).toBeGreaterThan(0);
  });

  it('is answered by a playbook', async () => {
    const { room } = await loadRoom({
      directory: fileURLToPath(new URL('../../playbooks', import.meta.url)),
      pace: 1,
    });
    const answered = Object.values(room?.definitions ?? {}).map(({ playbook }) => playbook.answers.alertname);
    expect(alerts.filter((alert) => !answered.includes(alert))).toEqual([]);
  });
});

describe('rules at a pace', () => {
  it('stay as they are, to the letter, at pace 1', () => {
    expect(paceRules(shipped, 1)).toBe(shipped);
  });

  it('hold and look back a tenth as long at pace 10', () => {
    const paced = paceRules(
      'groups: [{ name: g, interval: 30s, rules: [{ alert: A, expr: "x[5m] > 5", for: 2m }] }]',
      10,
    );
    expect(paced).toContain('interval: 3s');
    expect(paced).toContain('for: 12s');
    expect(paced).toContain('x[30s] > 5');
  });

  it('never hold under a second nor look back under four scrapes', () => {
    expect(scrapeInterval(60)).toBe(1_000);
    expect(scrapeInterval(5)).toBe(3_000);
    expect(paceQuery('rate(x[90s]) / rate(y[5m])', 60)).toBe('rate(x[4s]) / rate(y[5s])');
    expect(paceQuery('rate(x[90s])', 5)).toBe('rate(x[18s])');
    expect(paceQuery('rate(x[30s])', 5)).toBe('rate(x[12s])');
    expect(paceRules('groups: [{ name: g, rules: [{ alert: A, expr: x, for: 10s }] }]', 60)).toContain(
      'for: 1s',
    );
    expect(paceRules('groups: [{ name: g, rules: [{ alert: A, expr: x, for: 0s }] }]', 60)).toContain(
      'for: 0s',
    );
  });

  it('leave what only looks like a duration alone', () => {
    const query = 'p95_5m{window="5m", text=~`[5m]`} # [5m]\n > 5';
    expect(paceQuery(query, 10)).toBe(query);
  });

  it('keep names, labels, annotations and comments', () => {
    const paced = paceRules(shipped, 60);
    expect(paced).toContain('# Errors divided by operations.');
    const [before, after] = [parseRules(shipped), parseRules(paced)];
    const words = (groups: typeof before) =>
      groups.map(({ rules }) => rules.map(({ kind, name, labels }) => ({ kind, name, labels })));
    expect(words(after)).toEqual(words(before));
    const holds = after.flatMap(({ rules }) =>
      rules.map((rule) => (rule.kind === 'alerting' ? rule.holdFor : 0)),
    );
    // Two minutes, one minute, five, fifteen, and none at all.
    expect(holds.slice(0, 2)).toEqual([2_000, 1_000]);
    expect([...new Set(holds)].sort((a, b) => a - b)).toEqual([0, 1_000, 2_000, 5_000, 15_000]);
  });
});

describe('an alert of a rule', () => {
  const rules = `groups: [{ name: g, rules: [{ alert: TooMany, expr: "errors > 5", for: 30s,
    labels: { severity: P1 }, annotations: { summary: "{{ $value }} errors on {{ $labels.host }}" } }] }]`;

  const begin = () => {
    const rule = parseRules(rules)[0]?.rules[0];
    if (rule === undefined) throw new Error('no rule');
    const samples = createSamples({ keepFor: 3_600_000, mostSeries: 100 });
    return { samples, state: newRuleState(rule) };
  };
  const measure = (samples: Samples, seconds: number, value: number) =>
    samples.append({ [METRIC_NAME]: 'errors', host: 'a' }, { at: START + seconds * 1000, value });
  const kinds = (state: RuleState) => [...state.alerts.values()].map((alert) => alert.state.kind);
  const after = (state: RuleState, samples: Samples, seconds: number) =>
    evaluateRule(state, samples, START + seconds * 1000);

  it('is pending first, fires once it has held, and is then resolved', () => {
    const { samples, state } = begin();
    measure(samples, 0, 9);
    const pending = after(state, samples, 0);
    expect(kinds(pending)).toEqual(['pending']);
    const firing = after(pending, samples, 30);
    const [alert] = firing.alerts.values();
    expect(alert).toMatchObject({
      labels: { alertname: 'TooMany', severity: 'P1', host: 'a' },
      annotations: { summary: '9 errors on a' },
      activeAt: START,
      state: { kind: 'firing', since: START + 30_000 },
    });
    measure(samples, 40, 2);
    const over = after(firing, samples, 45);
    expect([...over.alerts.values()][0]?.state).toEqual({
      kind: 'resolved',
      since: START + 30_000,
      at: START + 45_000,
    });
    expect(kinds(after(over, samples, 45 + 901))).toEqual([]);
  });

  it('is forgotten when it did not hold long enough', () => {
    const { samples, state } = begin();
    measure(samples, 0, 9);
    const pending = after(state, samples, 0);
    measure(samples, 15, 2);
    expect(kinds(after(pending, samples, 15))).toEqual([]);
  });

  it('can be queried as ALERTS, and is gone from there when it is over', () => {
    const { samples, state } = begin();
    const ask = (seconds: number) => {
      const selector = parseQuery('ALERTS');
      return selector.kind === 'selector' ? samples.newest(selector.matchers, START + seconds * 1000) : [];
    };
    measure(samples, 0, 9);
    const pending = after(state, samples, 0);
    expect(ask(0).map(({ labels }) => labels.alertstate)).toEqual(['pending']);
    const firing = after(pending, samples, 30);
    expect(ask(30).map(({ labels }) => labels.alertstate)).toEqual(['firing']);
    measure(samples, 45, 0);
    after(firing, samples, 45);
    expect(ask(45)).toEqual([]);
  });

  it('still comes when its text cannot be filled', () => {
    const { samples } = begin();
    const rule = parseRules(rules.replace('$value', '$query'))[0]?.rules[0];
    if (rule === undefined) throw new Error('no rule');
    measure(samples, 0, 9);
    const [alert] = after(newRuleState(rule), samples, 0).alerts.values();
    expect(alert?.annotations.summary).toContain('error expanding template');
  });
});
