import { quantile, rounded } from '../figure.ts';
import { openConnection } from '../measure/connection.ts';
import { cpuMicros } from '../measure/server.ts';
import { webhookBody } from './webhookBody.ts';

export type Load = {
  readonly requests: number;
  /** Answers other than 2xx, and requests without an answer. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Processor time of the server for each webhook; 0 where its process was not named. */
  readonly cpuMicros: number;
};

/** Never repeated within a process, so that no server gets by with knowing a notice already. */
let sent = 0;

const warmMs = 500;

/**
 * Sends webhooks for a number of seconds over a fixed number of connections that stay open, each with one request at a
 * time; the first half second warms up and does not count.
 */
export async function load(options: {
  readonly url: string;
  readonly seconds: number;
  readonly connections?: number;
  readonly alertsPerWebhook?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The process whose time is counted. */
  readonly pid?: number;
}): Promise<Load> {
  const { connections = 32, alertsPerWebhook = 1, pid } = options;
  const used = () => (pid === undefined ? 0 : cpuMicros(pid));
  const { pathname } = new URL(options.url);
  const headers = { 'content-type': 'application/json', ...options.headers };
  const warm = performance.now() + warmMs;
  const end = warm + options.seconds * 1_000;
  const times: number[] = [];
  const usedBefore = used();
  const sentBefore = sent;
  let failed = 0;

  const worker = async (): Promise<void> => {
    let connection = await openConnection(options.url);
    while (performance.now() < end) {
      sent += 1;
      const body = webhookBody(sent, { alerts: alertsPerWebhook });
      const begun = performance.now();
      let ok = false;
      try {
        const status = await connection.post(pathname, body, headers);
        ok = status >= 200 && status < 300;
      } catch {
        // Counted below like a refusal: whoever sent the webhook got no promise.
        connection = await openConnection(options.url);
      }
      const ended = performance.now();
      if (begun < warm || ended > end) continue;
      if (ok) times.push(ended - begun);
      else failed += 1;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return {
    requests: times.length,
    failed,
    perSecond: rounded(times.length / options.seconds),
    p50Ms: rounded(quantile(times, 0.5)),
    p99Ms: rounded(quantile(times, 0.99)),
    cpuMicros: rounded((used() - usedBefore) / (sent - sentBefore)),
  };
}

if (import.meta.main) {
  const [url, seconds = '5', connections = '32', token] = process.argv.slice(2);
  if (!url) throw new Error('usage: node bench/ingest/load.ts <url> [seconds] [connections] [token]');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  console.log(
    JSON.stringify(await load({ url, seconds: Number(seconds), connections: Number(connections), headers })),
  );
}
