import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { freePort } from '../../../src/sandbox/alerts/program.ts';
import type { Stops } from '../../scenarios/rehearsal.ts';
import { webhookToken, workingDirectory } from '../../scenarios/servedProcess.ts';

export type RealAlertmanager = {
  /** Tells it of alerts, as Prometheus would. */
  post(alerts: readonly object[]): Promise<void>;
  /** Its own count of webhooks that were not taken. */
  failures(): Promise<number>;
};

/** The real Alertmanager, which sends to the bot at `url`. */
export async function startAlertmanager(
  stops: Stops,
  { program, url }: { program: string; url: string },
): Promise<RealAlertmanager> {
  const directory = await workingDirectory(stops);
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const config = join(directory, 'alertmanager.yml');
  await writeFile(
    config,
    `route: { receiver: genesis, group_by: [service], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: genesis
    webhook_configs:
      - url: ${url}/alertmanager
        http_config: { authorization: { credentials: ${webhookToken} } }
`,
  );
  const child = spawn(
    program,
    [
      `--config.file=${config}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  stops.push(async () => {
    if (child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  await vi.waitFor(async () => fetch(`${base}/-/ready`), { timeout: 30_000, interval: 50 });
  return {
    async post(alerts) {
      const response = await fetch(`${base}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alerts),
      });
      if (response.status !== 200) throw new Error(`Alertmanager answered ${response.status}`);
    },
    async failures() {
      const metrics = await (await fetch(`${base}/metrics`)).text();
      return [
        ...metrics.matchAll(
          /^alertmanager_notification_requests_failed_total\{integration="webhook"[^}]*\} (\d+)/gm,
        ),
      ].reduce((sum, [, count]) => sum + Number(count), 0);
    },
  };
}
