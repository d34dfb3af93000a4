import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadRoom } from '../adapters/playbooks/loadRoom.ts';
import { type Runner, startRunner } from '../adapters/runner/runner.ts';
import { type Config, readConfig, secretsOf } from '../config.ts';
import { formatProblem } from '../core/playbook/problem.ts';
import type { Room } from '../core/playbook/room.ts';
import { createRedactor } from '../core/redact/redactor.ts';
import { alertmanagerFindings } from './doctor/alertmanager.ts';
import { databaseFindings } from './doctor/database.ts';
import { type Finding, findingsOf, inTime } from './doctor/finding.ts';
import { hostFindings, hostsOf } from './doctor/hosts.ts';
import { pagerdutyFindings } from './doctor/pagerduty.ts';
import { rosterFindings } from './doctor/people.ts';
import { prometheusFindings } from './doctor/prometheus.ts';
import { mailFindings, secretFindings, settingFindings } from './doctor/settings.ts';
import { slackFindings } from './doctor/slack.ts';

/** More than any single question takes with all its attempts; a hung one is told of rather than waited for. */
const checkTimeoutMs = 45_000;
const mostProblems = 20;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * `genesis doctor`: looks at everything that `genesis serve` will need with this environment, side by side, and says
 * what is wrong with the way to mend it. Nothing is changed, posted, paged or mailed. Answers 0 where nothing failed.
 */
export async function doctor(
  options: { readonly env: Env; readonly manifest: string; readonly json: boolean },
  print: (line: string) => void,
): Promise<number> {
  const { env } = options;
  const read = readConfig(env);
  const config = read.kind === 'ok' ? read.config : null;
  const redactor = createRedactor(config ? secretsOf(config) : []);
  const say = (finding: Finding): void => {
    const shown = { ...finding, says: redactor.redact(finding.says) };
    for (const line of options.json ? [JSON.stringify(shown)] : linesOf(shown)) print(line);
  };
  const count = { ok: 0, warning: 0, failed: 0 };
  // In one order, however long each takes.
  for (const part of await look(options, config, read.kind === 'bad' ? read.problems : [])) {
    for (const finding of await part) {
      count[finding.level] += 1;
      say(finding);
    }
  }
  if (!options.json) print(summary(count));
  return count.failed > 0 ? 1 : 0;
}

type Parts = readonly (readonly Finding[] | Promise<readonly Finding[]>)[];

async function look(
  { env, manifest }: { readonly env: Env; readonly manifest: string },
  config: Config | null,
  problems: readonly string[],
): Promise<Parts> {
  const { ok, failed } = findingsOf('configuration');
  const configuration = config
    ? [ok('Every variable is as it should be.')]
    : problems.map((problem) => failed(problem, 'Correct it in the environment or in .env.'));
  const { room, findings: playbooks } = await playbookFindings(env, config);
  // First and alone: it holds up this whole process for as long as it takes.
  const file = config?.database ?? (env.DATABASE_URL ?? 'sqlite:genesis.db').replace(/^sqlite:/, '');
  const database = await inTime('database', checkTimeoutMs, async () => databaseFindings(file));
  const known: Parts = [configuration, playbooks, database, room ? rosterFindings(room) : []];
  if (!config) return known;

  const check = (of: string, work: () => Promise<readonly Finding[]>) => inTime(of, checkTimeoutMs, work);
  return [
    configuration,
    check('slack', async () => slackFindings(config, { scopes: await scopesIn(manifest), room })),
    check('alertmanager', () => alertmanagerFindings(config)),
    check('prometheus', () => prometheusFindings(config, room)),
    check('pagerduty', () => pagerdutyFindings(config, room)),
    check('mail', () => mailFindings(config)),
    playbooks,
    room ? rosterFindings(room) : [],
    check('executor', () => executorFindings(config, room)),
    database,
    settingFindings(config),
  ];
}

async function playbookFindings(
  env: Env,
  config: Config | null,
): Promise<{ readonly room: Room | null; readonly findings: readonly Finding[] }> {
  const { ok, warning, failed } = findingsOf('playbooks');
  const directory = config?.playbooks ?? env.PLAYBOOKS ?? 'playbooks';
  try {
    const { room, problems } = await loadRoom({
      directory,
      pace: config?.pace ?? 1,
      ...(config?.hostsFile ? { hostsOverlay: { path: config.hostsFile } } : {}),
    });
    const errors = problems.filter(({ severity }) => severity === 'error');
    const warnings = problems.length - errors.length;
    const findings = errors
      .slice(0, mostProblems)
      .map((problem) => failed(formatProblem(problem), `Mend it and look again: genesis lint ${directory}`));
    if (room) findings.push(ok(`${directory} has ${Object.keys(room.definitions).length} playbooks.`));
    if (warnings > 0)
      findings.push(
        warning(
          `The playbooks have ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}.`,
          `genesis lint ${directory}`,
        ),
      );
    return { room, findings };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = 'Set PLAYBOOKS to the directory of the playbooks.';
    return { room: null, findings: [failed(`${directory} cannot be read: ${why}`, fix)] };
  }
}

/** Hosts are asked through the executor that will carry out the actions, in its surroundings. */
async function executorFindings(config: Config, room: Room | null): Promise<readonly Finding[]> {
  const { failed } = findingsOf('executor');
  let runner: Runner;
  try {
    runner = await startRunner(config.executorEnv === null ? {} : { environmentFile: config.executorEnv });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const fix = 'Set EXECUTOR_ENV to a file of NAME=value lines that its user can read.';
    return [failed(`The executor of commands cannot be started: ${why}`, fix)];
  }
  try {
    const hosts = await Promise.all(
      (room ? hostsOf(room) : []).map((used) =>
        inTime(`host ${used.host.name}`, checkTimeoutMs - 5_000, () => hostFindings(used, runner)),
      ),
    );
    return [...secretFindings(config, room, runner.secretNames), ...hosts.flat()];
  } finally {
    await runner.close();
  }
}

const manifestSchema = z.object({
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
});

const scopesIn = async (file: string): Promise<readonly string[]> =>
  manifestSchema.parse(parse(await readFile(file, 'utf8'))).oauth_config.scopes.bot;

const words = { ok: 'ok', warning: 'warning', failed: 'FAILED' } as const;

const linesOf = ({ level, of, says, fix }: Finding): readonly string[] => [
  `${words[level].padEnd(8)} ${of}: ${says}`,
  ...(fix === undefined ? [] : [`${' '.repeat(8)} -> ${fix}`]),
];

function summary({ warning, failed }: Readonly<Record<Finding['level'], number>>): string {
  const warnings = warning === 0 ? '' : `, ${warning} ${warning === 1 ? 'warning' : 'warnings'}`;
  return failed === 0
    ? `Genesis can start here${warnings}.`
    : `${failed} ${failed === 1 ? 'check' : 'checks'} failed${warnings}.`;
}
