import { z } from 'zod';
import { createPrometheusApi } from '../../adapters/prometheus/api.ts';
import type { Config } from '../../config.ts';
import type { Indicator } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';
import { ask } from './ask.ts';
import { type Finding, findingsOf, some, unique } from './finding.ts';

const { ok, warning, failed } = findingsOf('prometheus');
const timeoutMs = 10_000;
/** A sample that is this far away begins to look like one of another time. */
const skewMs = 5_000;
const atOnce = 8;
/** What rates are taken over, as the bot itself asks. */
const windowMs = 5 * 60_000;

const build = z.object({ data: z.object({ version: z.string() }) });
const rulesSchema = z.object({
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ type: z.string().optional(), name: z.string() })) }),
    ),
  }),
});
const instant = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })).min(1) }),
});

export async function prometheusFindings(
  { prometheusUrl, pace }: Config,
  room: Room | null,
): Promise<readonly Finding[]> {
  if (prometheusUrl === null) return [];
  const asked = await ask(prometheusUrl, '/api/v1/query?query=vector(1)', { timeoutMs });
  const fix = 'Start it, or set PROMETHEUS_URL to where it is.';
  if (asked.kind === 'silent') return [failed(`Prometheus does not answer: ${asked.why}`, fix)];
  if (asked.status !== 200)
    return [failed(`What answers at PROMETHEUS_URL (${asked.status}) is no Prometheus.`, fix)];
  const answer = instant.safeParse(asked.body);
  const theirs = answer.success
    ? (answer.data.data.result[0]?.value[0] ?? Number.NaN) * 1_000
    : Date.parse(asked.headers.get('date') ?? '');
  const [version, rules, indicators] = await Promise.all([
    versionFinding(prometheusUrl),
    room ? ruleFindings(prometheusUrl, room) : [],
    room ? indicatorFindings({ url: prometheusUrl, pace }, room) : [],
  ]);
  return [version, clock(theirs - asked.at), ...rules, ...indicators];
}

async function versionFinding(url: string): Promise<Finding> {
  const asked = await ask(url, '/api/v1/status/buildinfo', { timeoutMs });
  const answer = asked.kind === 'answered' ? build.safeParse(asked.body) : null;
  return ok(`Prometheus ${answer?.success ? `${answer.data.data.version} ` : ''}answers.`);
}

function clock(away: number): Finding {
  if (!Number.isFinite(away)) return warning('Prometheus did not say what time it is.');
  const seconds = Math.round(Math.abs(away) / 100) / 10;
  return Math.abs(away) > skewMs
    ? warning(
        `The clock of Prometheus is ${seconds} s ${away > 0 ? 'ahead of' : 'behind'} this machine's.`,
        'Let NTP set the clocks of both.',
      )
    : ok(`Its clock is ${seconds} s away from this machine's.`);
}

/** Every set of labels that a playbook answers names an alert, or it answers a whole class of them. */
const alertsOf = ({ definitions }: Room): readonly string[] =>
  unique(
    Object.values(definitions).flatMap(({ playbook }) =>
      [playbook.answers, ...(playbook.alsoAnswers ?? [])].flatMap(({ alertname }) =>
        alertname === undefined ? [] : [alertname],
      ),
    ),
  );

async function ruleFindings(url: string, room: Room): Promise<readonly Finding[]> {
  const asked = await ask(url, '/api/v1/rules?type=alert', { timeoutMs });
  const answer = asked.kind === 'answered' ? rulesSchema.safeParse(asked.body) : null;
  if (!answer?.success) return [warning('The rules of Prometheus cannot be read.')];
  const known = new Set(answer.data.data.groups.flatMap(({ rules }) => rules.map(({ name }) => name)));
  const wanted = alertsOf(room);
  const missing = wanted.filter((name) => !known.has(name));
  if (missing.length === 0)
    return [ok(`It has rules for all ${wanted.length} alerts that playbooks answer.`)];
  return [
    warning(
      `It has no rule for ${missing.length} of the ${wanted.length} alerts that playbooks answer: ${some(missing)}.`,
      'Load the files of playbooks/prometheus with rule_files, or remove playbooks that you do not need.',
    ),
  ];
}

async function indicatorFindings(
  { url, pace }: { readonly url: string; readonly pace: number },
  { definitions }: Room,
): Promise<readonly Finding[]> {
  const api = createPrometheusApi({ baseUrl: url, timeoutMs });
  const waiting = [...indicatorsOf(definitions)];
  const count = waiting.length;
  const without: string[] = [];
  const broken: Finding[] = [];
  const lookOn = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [name, { query }] = next;
      const window = `${Math.round(windowMs / pace)}ms`;
      const answer = await api.instant(query.replaceAll('$window', window), Date.now());
      if (answer.kind === 'failed')
        broken.push(
          failed(
            `The indicator ${name} cannot be read: ${answer.why}`,
            'Mend its query, and try it in Prometheus.',
          ),
        );
      else if (!answer.series.some(({ samples }) => samples.some(({ value }) => Number.isFinite(value))))
        without.push(name);
    }
  };
  // A few at a time: Prometheus has others to answer too.
  await Promise.all(Array.from({ length: atOnce }, lookOn));
  const missing =
    without.length === 0
      ? []
      : [
          warning(
            `${without.length} of ${count} indicators have no data, so their gates are inconclusive: ${some(without.sort(), 20)}.`,
            'Look whether what they measure is scraped; what has no traffic has no error rate either.',
          ),
        ];
  const fine = count - without.length - broken.length;
  return [...(fine > 0 ? [ok(`${fine} of ${count} indicators have data.`)] : []), ...missing, ...broken];
}

/** By service and name, each query once. */
function indicatorsOf(definitions: Room['definitions']): ReadonlyMap<string, Indicator> {
  const byQuery = new Map<string, readonly [string, Indicator]>();
  for (const { service } of Object.values(definitions))
    for (const [key, indicator] of Object.entries(service.indicators)) {
      const name = key.includes('/') ? key : `${service.name}/${key}`;
      if (!byQuery.has(indicator.query)) byQuery.set(indicator.query, [name, indicator]);
    }
  return new Map(byQuery.values());
}
