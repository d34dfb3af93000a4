import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notice } from '../../src/core/alert/alert.ts';

/** An Alertmanager as far as it is asked for its alerts: a test says which it has, and whether it answers at all. */
export async function startAlertmanagerApi(): Promise<{
  url: string;
  asked(): number;
  has(...alerts: readonly Notice[]): void;
  /** `status` 200 answers. */
  answers(status: number): void;
  stop(): Promise<void>;
}> {
  let alerts: readonly Notice[] = [];
  let status = 200;
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    asked += 1;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        alerts.map(({ fingerprint, labels, annotations, startsAt }) => ({
          fingerprint,
          labels,
          annotations,
          startsAt: new Date(startsAt).toISOString(),
          receivers: [{ name: 'genesis' }],
          status: { state: 'active' },
        })),
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    has(...next) {
      alerts = next;
    },
    answers(next) {
      status = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
