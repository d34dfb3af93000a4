import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { freePort } from '../../src/sandbox/alerts/program.ts';

type Labels = Readonly<Record<string, string>>;

/** The real Alertmanager, which notifies without waiting; alerts are given to it as Prometheus gives them. */
export async function startRealAlertmanager(
  program: string,
  webhook: { readonly url: string; readonly token: string } | null,
): Promise<{
  url: string;
  fire(labels: Labels, more?: { startsAt?: number; endsAt?: number }): Promise<void>;
  /** Not yet forgotten, with the silences over each. */
  alerts(): Promise<readonly { labels: Labels; status: { state: string; silencedBy: string[] } }[]>;
  stop(): Promise<void>;
}> {
  const directory = mkdtempSync(join(tmpdir(), 'genesis-alertmanager-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const receiver = webhook
    ? `
    webhook_configs:
      - url: ${webhook.url}
        http_config: { authorization: { credentials: ${webhook.token} } }`
    : '';
  writeFileSync(
    join(directory, 'alertmanager.yml'),
    `route: { receiver: genesis, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
receivers:
  - name: genesis${receiver}
`,
  );
  const running = spawn(
    program,
    [
      `--config.file=${join(directory, 'alertmanager.yml')}`,
      `--storage.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  await vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).status).toBe(200), 20_000);
  return {
    url,
    async fire(labels, { startsAt = Date.now(), endsAt } = {}) {
      const alert = {
        labels,
        annotations: { summary: `${labels.alertname} fires` },
        startsAt: new Date(startsAt).toISOString(),
        ...(endsAt === undefined ? {} : { endsAt: new Date(endsAt).toISOString() }),
      };
      const response = await fetch(`${url}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify([alert]),
      });
      expect(response.status).toBe(200);
    },
    alerts: async () => (await (await fetch(`${url}/api/v2/alerts`)).json()) as never,
    async stop() {
      if (running.exitCode === null && running.signalCode === null) {
        running.kill('SIGKILL');
        await once(running, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
