import { Pool } from 'undici';
import { webhookBody } from './webhookBody.ts';

export type Load = {
  readonly requests: number;
  /** Answers other than 2xx, and requests without an answer. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
};

/**
 * Sends webhooks for a number of seconds over a fixed number of connections that stay open, each with one request at a
 * time; the first second warms up and does not count. Every body is new, so that no server gets by with knowing it
 * already.
 */
export async function load(options: {
  readonly url: string;
  readonly seconds: number;
  readonly connections?: number;
  readonly alertsPerWebhook?: number;
  readonly headers?: Readonly<Record<string, string>>;
}): Promise<Load> {
  const { connections = 32, alertsPerWebhook = 1 } = options;
  const { origin, pathname } = new URL(options.url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const headers = { 'content-type': 'application/json', ...options.headers };
  const warm = performance.now() + 1_000;
  const end = warm + options.seconds * 1_000;
  const times: number[] = [];
  let failed = 0;
  let sent = 0;

  const worker = async (): Promise<void> => {
    while (performance.now() < end) {
      sent += 1;
      const body = webhookBody(sent, alertsPerWebhook);
      const begun = performance.now();
      let ok = false;
      try {
        const reply = await pool.request({ path: pathname, method: 'POST', headers, body });
        await reply.body.dump();
        ok = reply.statusCode >= 200 && reply.statusCode < 300;
      } catch {
        // Counted below like a refusal: whoever sent the webhook got no promise.
        ok = false;
      }
      const ended = performance.now();
      if (begun < warm || ended > end) continue;
      if (ok) times.push(ended - begun);
      else failed += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  await pool.close();

  times.sort((a, b) => a - b);
  const quantile = (share: number) =>
    round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  return {
    requests: times.length,
    failed,
    perSecond: round(times.length / options.seconds),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

if (import.meta.main) {
  const [url, seconds = '5', connections = '32', token] = process.argv.slice(2);
  if (!url) throw new Error('usage: node bench/ingest/load.ts <url> [seconds] [connections] [token]');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  console.log(
    JSON.stringify(await load({ url, seconds: Number(seconds), connections: Number(connections), headers })),
  );
}
