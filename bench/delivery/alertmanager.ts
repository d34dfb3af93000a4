import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Server, startProgram } from '../measure/server.ts';

const programs = ['/usr/bin/prometheus-alertmanager', '/usr/bin/alertmanager', '/usr/local/bin/alertmanager'];

export const alertmanagerProgram = (): string | null => programs.find((each) => existsSync(each)) ?? null;

/** Alertmanager with its own receiver for Slack, which posts every alert by itself and at once. */
export async function startAlertmanager(
  program: string,
  options: { readonly directory: string; readonly hook: string },
): Promise<Server> {
  const port = await freePort();
  const config = join(options.directory, 'alertmanager.yml');
  await writeFile(
    config,
    `route:
  receiver: slack
  group_by: ['...']
  group_wait: 0s
  group_interval: 5m
  repeat_interval: 4h
receivers:
  - name: slack
    slack_configs:
      - api_url: ${options.hook}
        channel: '#genesis-monitoring'
        send_resolved: false
`,
  );
  return startProgram({
    command: [
      program,
      `--config.file=${config}`,
      `--storage.path=${join(options.directory, 'alertmanager')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      '--log.level=error',
    ],
    url: `http://127.0.0.1:${port}/-/ready`,
    withinMs: 15_000,
  });
}

/** Free at this moment: programs that cannot choose a port themselves are given one. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** What its API takes instead of a webhook. */
export function postedAlert(alertname: string, number: number): string {
  return JSON.stringify([
    {
      labels: {
        alertname,
        service: alertname,
        severity: 'critical',
        job: 'genesis',
        instance: `worker-${number % 100}`,
      },
      annotations: {
        summary: `Errors on worker-${number % 100}`,
        description: 'More operations fail than the objective allows. '.repeat(6),
      },
      generatorURL: 'http://prometheus.example:9090/graph?g0.expr=genesis_errors_total&g0.tab=1',
    },
  ]);
}
