import { join } from 'node:path';
import { type Figure, median, ratio, rounded } from '../figure.ts';
import { startBotProcess, webhookHeaders } from '../measure/bot.ts';
import { startScript } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { startFakeSlack } from '../slack/fakeSlack.ts';
import { type Load, load } from './load.ts';

const rounds = 3;
const seconds = 2;

/**
 * Webhooks accepted durably a second, between a plain server that commits each request (what a user would write) and
 * one without a database (what is possible at all); interleaved, medians.
 */
export async function* ingestFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  const ceiling = await startScript({ args: ['bench/ingest/ceiling.ts'] });
  const reference = await startScript({
    args: ['bench/ingest/reference.ts', join(directory.path, 'reference.db')],
  });
  const bot = await startBotProcess({ slack, database: join(directory.path, 'genesis.db') });
  try {
    for (const alertsPerWebhook of [1, 20]) {
      const possible: Load[] = [];
      const plain: Load[] = [];
      const own: Load[] = [];
      for (let round = 0; round < rounds; round++) {
        const usual = { seconds, alertsPerWebhook };
        possible.push(await load({ url: ceiling.url, pid: ceiling.pid, ...usual }));
        plain.push(await load({ url: reference.url, pid: reference.pid, ...usual }));
        const url = `${bot.url}/alertmanager`;
        own.push(await load({ url, pid: bot.pid, headers: webhookHeaders, ...usual }));
      }
      yield* compare(alertsPerWebhook, { possible, plain, own });
    }
  } finally {
    await bot.stop();
    await reference.stop();
    await ceiling.stop();
    await slack.stop();
    await directory.remove();
  }
}

function* compare(
  alertsPerWebhook: number,
  { possible, plain, own }: Readonly<Record<'possible' | 'plain' | 'own', readonly Load[]>>,
): Generator<Figure> {
  const what = alertsPerWebhook === 1 ? 'webhooks' : `webhooks of ${alertsPerWebhook} alerts`;
  const middle = (loads: readonly Load[], pick: (load: Load) => number) => rounded(median(loads.map(pick)));
  const [best, each, mine] = [possible, plain, own].map((loads) => middle(loads, (load) => load.perSecond));
  const [bestCpu, eachCpu, mineCpu] = [possible, plain, own].map((loads) =>
    middle(loads, (load) => load.cpuMicros),
  );
  if (!best || !each || !mine || !mineCpu) throw new Error('nothing was accepted');
  const failed = own.reduce((sum, load) => sum + load.failed, 0);
  const late = `p99 ${middle(own, (load) => load.p99Ms)} ms`;
  const against = `${each}/s by a plain server that commits each request, ${best}/s by node:http without a database; ours ${late}, ${failed} failed`;
  yield { name: `${what} accepted durably`, value: mine, unit: '1/s', against };
  yield {
    name: `${what} accepted durably, over a commit each`,
    value: ratio(mine, each),
    unit: '×',
    against,
  };
  yield {
    name: `${what} accepted durably, share of what is possible`,
    value: ratio(mine, best),
    unit: '×',
    against,
  };
  yield {
    name: `${what} accepted durably, CPU`,
    value: mineCpu,
    unit: 'µs',
    against: `${eachCpu} µs of the plain server, ${bestCpu} µs without a database`,
  };
  if (alertsPerWebhook === 1) return;
  const alerts = [mine, each, best].map((perSecond) => rounded(perSecond * alertsPerWebhook));
  yield {
    name: `alerts accepted durably, ${alertsPerWebhook} to a webhook`,
    value: alerts[0] ?? 0,
    unit: '1/s',
    against: `${alerts[1]}/s by the plain server, ${alerts[2]}/s without a database; each alert of ours is decided on and logged as an event`,
  };
}
