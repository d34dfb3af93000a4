import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { METRIC_NAME } from '../../src/sandbox/alerts/labels.ts';
import { startLocalServer } from '../../src/sandbox/alerts/localServer.ts';
import { paceQuery } from '../../src/sandbox/alerts/paceRules.ts';
import { freePort, type RunningProgram, startProgram } from '../../src/sandbox/alerts/program.ts';
import { answerPrometheus } from '../../src/sandbox/alerts/prometheusApi.ts';
import { parseRules } from '../../src/sandbox/alerts/rulesFile.ts';
import { createSamples } from '../../src/sandbox/alerts/samples.ts';
import { requireComponent } from '../fakes/components.ts';

const prometheus = requireComponent('prometheus');
const promtool = requireComponent('promtool');

const START = Date.parse('2026-01-05T10:00:00Z');
const SCRAPE_MS = 15_000;
const SCRAPES = 60;
/** The targets answer on for five minutes after everything else has fallen silent. */
const SCRAPES_OF_UP = 80;
const MOMENTS = [0, 40_000, 300_000, 345_000, 437_000, 600_000, 899_000, 1_300_000].map(
  (after) => START + after,
);

type Line = readonly [
  name: string,
  labels: Readonly<Record<string, string>>,
  value: (scrape: number) => number | undefined,
];

const job = { job: 'genesis-orchestration', instance: 'a' };
const other = { job: 'genesis-orchestration', instance: 'b' };
const node = { job: 'node', instance: 'c' };
const operations = 'genesis_operation_duration_seconds';

/** Fifteen minutes of one service on two instances: a restart of one, errors that begin late, gaps, odd values. */
const LINES: readonly Line[] = [
  ['up', job, (n) => (n > 20 && n < 25 ? 0 : 1)],
  ['up', other, () => 1],
  ['up', { job: 'node', instance: 'c' }, (n) => (n < 30 ? 1 : undefined)],
  [`${operations}_count`, job, (n) => (n < 25 ? n * 9_000 : (n - 25) * 9_000)],
  [`${operations}_count`, other, (n) => 1_000_000 + n * 8_500],
  [`${operations}_sum`, job, (n) => (n < 25 ? n * 1_190 : (n - 25) * 1_400)],
  [
    'genesis_errors_total',
    { ...job, category: 'llm', component: 'htdag' },
    (n) => (n < 10 ? undefined : (n - 10) * 81),
  ],
  [
    'genesis_errors_total',
    { ...other, category: 'network', component: 'halo' },
    (n) => (n % 7 === 3 ? undefined : n),
  ],
  ['genesis_tests_total_total', job, (n) => Math.floor(n / 12) * 1_044],
  ['genesis_tests_passed_total', job, (n) => Math.floor(n / 12) * 1_026],
  ['genesis_tests_failed_total', job, (n) => Math.floor(n / 12) * 30],
  ['genesis_tests_rerun_total', job, (n) => (n > 10 ? 1 : 0)],
  ['genesis_errors_total', { ...job, category: 'security', component: 'halo' }, (n) => n],
  ['node_cpu_seconds_total', { ...node, cpu: '0', mode: 'idle' }, (n) => n],
  ['node_memory_MemTotal_bytes', node, () => 1_000],
  ['node_memory_MemAvailable_bytes', node, (n) => (n > 5 ? 100 : 900)],
  ['node_filesystem_size_bytes', { ...node, fstype: 'ext4', device: 'sda1' }, () => 1_000],
  ['node_filesystem_avail_bytes', { ...node, fstype: 'ext4', device: 'sda1' }, (n) => 200 - n],
  ['node_filesystem_size_bytes', { ...node, fstype: 'tmpfs', device: 'run' }, () => 1_000],
  ['node_filesystem_avail_bytes', { ...node, fstype: 'tmpfs', device: 'run' }, () => 0],
  ['node_textfile_mtime_seconds', { ...node, file: '/textfile/genesis_containers.prom' }, () => START / 1000],
  ['genesis_container_running', { ...node, name: 'genesis-mongodb' }, (n) => (n % 20 < 10 ? 1 : 0)],
  ['genesis_a2a_tool_failures_total', { job: 'genesis-a2a-service', instance: 'd', tool: 'plan' }, (n) => n],
  ['genesis_queue_depth', job, (n) => Math.round(50 * Math.sin(n / 5))],
  ['genesis_queue_depth', other, (n) => (n === 12 ? Number.NaN : n % 3)],
  ['genesis_idle_total', job, () => 7],
  ...['0.05', '0.1', '0.2', '0.5', '+Inf'].map(
    (le, index): Line => [
      `${operations}_bucket`,
      { ...job, le },
      (n) => n * [900, 4_000, 8_300, 8_900, 9_000][index]!,
    ],
  ),
  ...['0.1', '0.5', '+Inf'].map(
    (le, index): Line => [`${operations}_bucket`, { ...other, le }, (n) => n * [5_000, 8_400, 8_500][index]!],
  ),
];

const QUERIES = [
  'up',
  'up{job="genesis-orchestration"} == 0',
  'absent(up{job="genesis-orchestration"})',
  'absent(up{job="nobody", instance=~"x.*", zone="a"})',
  'up{instance!="a"} or absent(up)',
  'up unless up{job="node"}',
  'up and on (instance) genesis_queue_depth',
  'rate(genesis_errors_total[5m])',
  'increase(genesis_errors_total{category=~"llm|network"}[2m])',
  'sum by (category) (increase(genesis_errors_total[10m]))',
  'sum without (instance, component) (rate(genesis_errors_total{category!~"net.*"}[90s]))',
  `sum(rate(${operations}_count[5m]))`,
  `(sum(rate(genesis_errors_total[5m])) or 0 * sum(rate(${operations}_count[5m]))) / sum(rate(${operations}_count[5m]))`,
  `(sum(rate(nothing_total[5m])) or 0 * sum(rate(${operations}_count[5m]))) / (sum(rate(${operations}_count[5m])) > 0)`,
  `histogram_quantile(0.95, sum by (le) (rate(${operations}_bucket[5m])))`,
  `histogram_quantile(0.99, rate(${operations}_bucket[2m]))`,
  `histogram_quantile(1.5, ${operations}_bucket)`,
  `rate(${operations}_sum[5m]) / rate(${operations}_count[5m])`,
  `sum(increase(${operations}_count[5m])) > bool 1000`,
  '1 - sum(increase(genesis_tests_passed_total[10m])) / sum(increase(genesis_tests_total_total[10m]))',
  'avg_over_time(up{job="genesis-orchestration"}[10m]) * 100',
  'sum_over_time(up[5m]) / count_over_time(up[5m])',
  'max_over_time(genesis_queue_depth[3m]) - min_over_time(genesis_queue_depth[3m])',
  'changes(genesis_queue_depth[5m]) + resets(genesis_queue_depth[5m])',
  'avg by (job) (genesis_queue_depth)',
  'max(genesis_queue_depth) - min(genesis_queue_depth)',
  'count(up) by (job)',
  'clamp_min(genesis_queue_depth, 0) ^ 2 % 7',
  'scalar(genesis_queue_depth{instance="a"}) + 1',
  'scalar(genesis_queue_depth)',
  'vector(time() - 1767607200) / 60',
  '-2 ^ 2 + 3 * 4 - 10 / 4 % 2',
  '1 / 0 > bool 0',
  '-genesis_queue_depth',
  'genesis_queue_depth * on (instance) group_left (job) up{job="genesis-orchestration"}',
  'genesis_queue_depth > ignoring (job) up',
  'delta(genesis_queue_depth[4m]) offset 1m',
  'delta(genesis_queue_depth[4m] offset 1m)',
  'last_over_time(genesis_queue_depth[2m])',
  'rate(genesis_idle_total[5m]) == 0',
  'genesis_queue_depth >= 10 or genesis_queue_depth <= -10',
  'up[40s]',
  'time() - timestamp(up)',
  'abs(floor(genesis_queue_depth / 7)) + ceil(genesis_queue_depth / 7)',
  'genesis_idle_total * 1e20 + 0.0000001 * genesis_idle_total',
  '{__name__=~"genesis_tests_.*", job="genesis-orchestration"}',
  'absent(nothing) unless on () (up == 0 or absent(up))',
  'absent(genesis_idle_total) unless on () (up{instance="a"} == 0 or absent(up{instance="a"}))',
  'min(genesis_container_running) and on () (time() - max(node_textfile_mtime_seconds) < 300)',
  'count(count by (job) (up{job=~"node|genesis-orchestration"} == 1))',
  'max(1 - node_filesystem_avail_bytes{fstype!~"tmpfs|overlay"} / node_filesystem_size_bytes{fstype!~"tmpfs|overlay"})',
  // Refused, by both in the same way.
  'rate(up)',
  'sum(up[5m])',
  'up[5m] + 1',
  '1 > 2',
  'up and 1',
  'nosuch(up)',
  '{job=~".*"}',
  'rate(up[5m]',
  'up == on (job) up{job="genesis-orchestration"}',
];

describe.skipIf(prometheus === null || promtool === null)('the stand-in beside real Prometheus', () => {
  let directory: string;
  let program: RunningProgram;
  let real: string;
  let standIn: Awaited<ReturnType<typeof startLocalServer>>;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'genesis-parity-'));
    const samples = createSamples({ keepFor: 3_600_000, mostSeries: 1_000 });
    const exposition: string[] = [];
    for (const [name, labels, value] of LINES) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      for (let scrape = 0; scrape < (name === 'up' ? SCRAPES_OF_UP : SCRAPES); scrape += 1) {
        const number = value(scrape);
        if (number === undefined) continue;
        const at = START + scrape * SCRAPE_MS;
        samples.append({ ...labels, [METRIC_NAME]: name }, { at, value: number });
        exposition.push(`${name}{${pairs.join(',')}} ${number} ${at / 1000}`);
      }
    }
    await writeFile(join(directory, 'samples'), `${exposition.join('\n')}\n# EOF\n`);
    const blocks = [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(directory, 'samples'),
      join(directory, 'data'),
    ];
    await promisify(execFile)(promtool ?? '', blocks);
    await writeFile(join(directory, 'prometheus.yml'), '{}\n');
    const address = `127.0.0.1:${await freePort()}`;
    real = `http://${address}`;
    program = await startProgram(
      prometheus ?? '',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        '--storage.tsdb.retention.time=100y',
        `--web.listen-address=${address}`,
        '--log.level=warn',
      ],
      `${real}/-/ready`,
    );
    const view = { samples, now: () => START, rules: () => [], targets: () => [] };
    standIn = await startLocalServer((request) => answerPrometheus(request, view));
  });

  afterAll(async () => {
    await program?.stop();
    await standIn?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const ask = async (base: string, path: string, parameters: Record<string, string>) => {
    const response = await fetch(`${base}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  const compare = async (path: string, parameters: Record<string, string>) => {
    const [theirs, ours] = await Promise.all([
      ask(real, path, parameters),
      ask(standIn.url, path, parameters),
    ]);
    const where = `${parameters.query} at ${parameters.time ?? 'a range'}`;
    expect(ours.status, where).toBe(theirs.status);
    expect(ours.body.errorType, where).toBe(theirs.body.errorType);
    expectSame(comparable(ours.body), comparable(theirs.body), where);
    return comparable(theirs.body).length;
  };

  it.each(QUERIES)('answers %s alike at every moment', async (query) => {
    for (const at of MOMENTS) await compare('query', { query, time: String(at / 1000) });
  });

  it('answers the queries of the shipped rules alike, at every pace, and they see something', async () => {
    const groups = parseRules(
      await readFile(new URL('../../playbooks/prometheus/rules.yml', import.meta.url), 'utf8'),
    );
    const queries = groups.flatMap(({ rules }) => rules.map((rule) => rule.query));
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      let seen = 0;
      for (const pace of [1, 5]) {
        for (const at of MOMENTS)
          seen += await compare('query', { query: paceQuery(query, pace), time: String(at / 1000) });
      }
      expect(seen, query).toBeGreaterThan(0);
    }
  });

  it.each(['up', 'sum(rate(genesis_errors_total[2m]))', '1 + 1', 'up[5m]', 'nosuch(up)'])(
    'answers %s alike over a range',
    async (query) => {
      const [start, end] = [START / 1000 + 3, START / 1000 + 1_000];
      await compare('query_range', { query, start: String(start), end: String(end), step: '30' });
      await compare('query_range', { query, start: String(start), end: String(end), step: '1m' });
      await compare('query_range', { query, start: String(end), end: String(start), step: '30' });
      await compare('query_range', { query, start: String(start), end: String(end), step: '0.01' });
      await compare('query_range', { query, start: String(start), end: String(end), step: 'soon' });
    },
  );
});

type Answer = {
  errorType?: string;
  data?: { resultType: string; result: unknown };
};
type Point = readonly [number, string];
type Row = { metric: Record<string, string>; points: readonly Point[] };

function comparable({ data }: Answer): Row[] {
  if (data === undefined) return [];
  if (data.resultType === 'scalar') return [{ metric: {}, points: [data.result as Point] }];
  const rows = data.result as { metric: Record<string, string>; value?: Point; values?: Point[] }[];
  const named = rows.map(({ metric, value, values }) => ({
    metric,
    points: values ?? (value ? [value] : []),
  }));
  const key = ({ metric }: Row): string => JSON.stringify(Object.entries(metric).sort());
  return named.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Sums are added up in another order, so the last digits may differ; nothing else may. */
function expectSame(ours: readonly Row[], theirs: readonly Row[], where: string): void {
  expect(
    ours.map(({ metric }) => metric),
    where,
  ).toEqual(theirs.map(({ metric }) => metric));
  for (const [index, row] of theirs.entries()) {
    const mine = ours[index]?.points ?? [];
    expect(
      mine.map(([at]) => at),
      where,
    ).toEqual(row.points.map(([at]) => at));
    for (const [place, [, text]] of row.points.entries()) {
      const [wanted, found] = [Number(text.replace('Inf', 'Infinity')), mine[place]?.[1] ?? 'missing'];
      if (!Number.isFinite(wanted)) expect(found, where).toBe(text);
      else
        expect(Math.abs(Number(found) - wanted), `${where}: ${found} for ${text}`).toBeLessThanOrEqual(
          Math.abs(wanted) * 1e-9,
        );
    }
  }
}
