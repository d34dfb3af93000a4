import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { formatDuration } from './durations.ts';
import { freePort, type RunningProgram, startProgram } from './program.ts';
import type { Target } from './scrape.ts';
import type { StandIn } from './standIn.ts';

const vectorSchema = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

export type RealPairOptions = Readonly<{
  programs: Readonly<{ prometheus: string; alertmanager: string }>;
  /** Where configuration and data go; made if missing. */
  directory: string;
  targets: readonly Target[];
  rules: string;
  interval: number;
  receiver: string;
  webhook: Readonly<{ url: string; token: string }>;
  groupBy: readonly string[];
  groupWait: number;
  groupInterval: number;
  repeatInterval: number;
}>;

/** Prometheus takes five seconds to find its targets. */
const DISCOVERY_MS = 5_000;
const POLL_MS = 200;

/**
 * The real Prometheus and Alertmanager as children of this process, on free ports of 127.0.0.1. The rules are loaded in
 * the background once every target was scraped, or is long overdue: until its first scrape a target looks as if nobody
 * watched it, and at a quick pace that would be an alert.
 * @throws Error when one of them does not start; the other is then stopped
 */
export async function startRealPair(options: RealPairOptions): Promise<StandIn> {
  const { directory, programs } = options;
  await mkdir(directory, { recursive: true });
  const file = (name: string): string => join(directory, name);
  // What an earlier sandbox left would be taken for the state of this one.
  for (const left of ['rules.yml', 'prometheus-data', 'alertmanager-data']) {
    await rm(file(left), { recursive: true, force: true });
  }
  const alertmanagerUrl = `http://127.0.0.1:${await freePort()}`;
  const prometheusUrl = `http://127.0.0.1:${await freePort()}`;
  await writeFile(file('webhook-token'), options.webhook.token, { mode: 0o600 });
  await writeFile(file('alertmanager.yml'), stringify(alertmanagerConfig(options, file('webhook-token'))));
  await writeFile(file('prometheus.yml'), stringify(prometheusConfig(options, alertmanagerUrl)));

  const running: RunningProgram[] = [];
  const stopping = new AbortController();
  let loaded: Promise<void> = Promise.resolve();
  const stop = async (): Promise<void> => {
    stopping.abort();
    await loaded;
    for (const program of running.splice(0).reverse()) await program.stop();
  };
  try {
    running.push(
      await startProgram(
        programs.alertmanager,
        [
          `--config.file=${file('alertmanager.yml')}`,
          `--storage.path=${file('alertmanager-data')}`,
          `--web.listen-address=${new URL(alertmanagerUrl).host}`,
          `--web.external-url=${alertmanagerUrl}`,
          '--cluster.listen-address=',
          '--log.level=warn',
        ],
        `${alertmanagerUrl}/-/ready`,
      ),
    );
    const prometheus = await startProgram(
      programs.prometheus,
      [
        `--config.file=${file('prometheus.yml')}`,
        `--storage.tsdb.path=${file('prometheus-data')}`,
        '--storage.tsdb.retention.time=7d',
        `--web.listen-address=${new URL(prometheusUrl).host}`,
        `--web.external-url=${prometheusUrl}`,
        `--rules.alert.resend-delay=${formatDuration(resendDelay(options.interval))}`,
        '--log.level=warn',
      ],
      `${prometheusUrl}/-/ready`,
    );
    running.push(prometheus);
    const overdue = Date.now() + 2 * (DISCOVERY_MS + options.interval);
    const scraped = untilScraped(prometheusUrl, {
      count: options.targets.length,
      overdue,
      stopping: stopping.signal,
    });
    loaded = scraped
      .then(async () => {
        if (stopping.signal.aborted) return;
        await writeFile(file('rules.yml'), options.rules);
        prometheus.reload();
      })
      .catch((cause: unknown) => process.emitWarning(`the rules could not be loaded: ${String(cause)}`));
  } catch (cause) {
    await stop();
    throw cause;
  }
  return { prometheusUrl, alertmanagerUrl, stop };
}

/**
 * Alerts of the first seconds after a start or a reload are lost, as Prometheus has not found Alertmanager yet; they
 * come when it sends them again. Four evaluations (one minute, its own default, at pace 1), at least 5 s: an alert
 * that is not heard of for four times this long counts as resolved, which a busy machine must not bring about.
 */
const resendDelay = (interval: number): number => Math.max(DISCOVERY_MS, 4 * interval);

async function untilScraped(
  prometheusUrl: string,
  { count, overdue, stopping }: { count: number; overdue: number; stopping: AbortSignal },
): Promise<void> {
  while (!stopping.aborted && Date.now() < overdue) {
    const response = await fetch(`${prometheusUrl}/api/v1/query?query=up`);
    if (vectorSchema.parse(await response.json()).data.result.length >= count) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function prometheusConfig({ interval, targets }: RealPairOptions, alertmanagerUrl: string): unknown {
  const every = formatDuration(interval);
  return {
    global: {
      scrape_interval: every,
      scrape_timeout: formatDuration(Math.min(10_000, interval)),
      evaluation_interval: every,
    },
    rule_files: ['rules.yml'],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    scrape_configs: targets.map(({ job, url }) => ({
      job_name: job,
      metrics_path: new URL(url).pathname,
      static_configs: [{ targets: [new URL(url).host] }],
    })),
  };
}

function alertmanagerConfig(options: RealPairOptions, tokenFile: string): unknown {
  return {
    route: {
      receiver: options.receiver,
      group_by: options.groupBy,
      group_wait: formatDuration(options.groupWait),
      group_interval: formatDuration(options.groupInterval),
      repeat_interval: formatDuration(options.repeatInterval),
    },
    receivers: [
      {
        name: options.receiver,
        webhook_configs: [
          {
            url: options.webhook.url,
            send_resolved: true,
            http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } },
          },
        ],
      },
    ],
  };
}
