import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paceRules, scrapeInterval } from './paceRules.ts';
import { findProgram } from './program.ts';
import { startRealPair } from './realPair.ts';
import type { Target } from './scrape.ts';
import { createStandIn, type StandIn } from './standIn.ts';

export type AlertSourceOptions = Readonly<{
  /** The patient's `/metrics`; scraped as the job `genesis-orchestration`. */
  patientMetricsUrl: string;
  /** A `/metrics` of the host it runs on; scraped as the job `node`. */
  hostMetricsUrl?: string;
  /** What else is scraped. */
  otherTargets?: readonly Target[];
  rulesFile: string;
  webhookUrl: string;
  webhookToken: string;
  /** How many times as fast as the rules say; 1 or more. */
  pace: number;
  /** For configuration and data of the real programs. */
  directory: string;
  /** `stand-in` leaves installed programs alone; `real` fails without them. Default: real where installed. */
  use?: 'real' | 'stand-in';
  now?: () => number;
}>;

export type AlertSource = StandIn &
  Readonly<{
    kind: 'real' | 'stand-in';
    /** Why this kind, in one sentence for people. */
    reason: string;
    receiver: string;
  }>;

const RECEIVER = 'genesis';
const GROUP_BY = ['alertname', 'service'];
const GROUP_INTERVAL_MS = 5_000;
const REPEAT_INTERVAL_MS = 4 * 60 * 60_000;
const SHORTEST_REPEAT_MS = 60_000;

/**
 * Starts what watches the patient and sends alerts: the real Prometheus and Alertmanager where they are installed, else
 * the stand-in, also when the real ones do not start (the reason then says so).
 * @throws Error when the rules cannot be read or `use: 'real'` cannot be had
 */
export async function startAlertSource(options: AlertSourceOptions): Promise<AlertSource> {
  const targets: Target[] = [{ job: 'genesis-orchestration', url: options.patientMetricsUrl }];
  if (options.hostMetricsUrl !== undefined) targets.push({ job: 'node', url: options.hostMetricsUrl });
  targets.push(...(options.otherTargets ?? []));
  const interval = scrapeInterval(options.pace);
  const rules = paceRules(await readFile(options.rulesFile, 'utf8'), options.pace);
  const notifying = {
    receiver: RECEIVER,
    webhook: { url: options.webhookUrl, token: options.webhookToken },
    groupBy: GROUP_BY,
    groupWait: 0,
    groupInterval: Math.max(1_000, Math.round(GROUP_INTERVAL_MS / options.pace)),
    repeatInterval: Math.max(SHORTEST_REPEAT_MS, Math.round(REPEAT_INTERVAL_MS / options.pace)),
  };
  const standIn = async (reason: string): Promise<AlertSource> => {
    const now = options.now ?? Date.now;
    const source = await createStandIn({ targets, rules, interval, alertmanager: { ...notifying, now } });
    return { ...source, kind: 'stand-in', reason, receiver: RECEIVER };
  };

  if (options.use === 'stand-in') return standIn('The stand-in was asked for.');
  const prometheus = findProgram('prometheus');
  const alertmanager = findProgram('prometheus-alertmanager', 'alertmanager');
  if (prometheus === undefined || alertmanager === undefined) {
    const missing = prometheus === undefined ? 'Prometheus' : 'Alertmanager';
    if (options.use === 'real') throw new Error(`${missing} is not installed`);
    return standIn(`${missing} is not installed.`);
  }
  try {
    const directory = join(options.directory, 'alert-source');
    const pair = await startRealPair({
      ...notifying,
      directory,
      targets,
      rules,
      interval,
      programs: { prometheus, alertmanager },
    });
    return {
      ...pair,
      kind: 'real',
      reason: 'Prometheus and Alertmanager are installed.',
      receiver: RECEIVER,
    };
  } catch (cause) {
    if (options.use === 'real') throw cause;
    return standIn(
      `The installed programs did not start: ${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}
