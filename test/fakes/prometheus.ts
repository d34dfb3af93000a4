import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A Prometheus that answers every query with one number, which the test sets; null answers with no data, and `down`
 * cuts every connection.
 */
export async function startFakePrometheus({ now = Date.now }: { now?: () => number } = {}): Promise<{
  url: string;
  set(value: number | null | 'down'): void;
  stop(): Promise<void>;
}> {
  let value: number | null | 'down' = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (value === 'down') {
      request.socket.destroy();
      return;
    }
    const at = now() / 1_000;
    const isRange = request.url?.includes('query_range') ?? false;
    const samples = Array.from({ length: 10 }, (_, index) => [at - 60 + index * 6, String(value)]);
    const result =
      value === null
        ? []
        : isRange
          ? [{ metric: {}, values: samples }]
          : [{ metric: {}, value: [at, String(value)] }];
    const data = { resultType: isRange ? 'matrix' : 'vector', result };
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: 'success', data }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set(next) {
      value = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
