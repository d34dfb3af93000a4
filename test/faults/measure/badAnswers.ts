import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one answer; every one of these makes it worthless. `cap` is the most the gauge reads, in bytes. */
export type Fault = {
  readonly name: string;
  readonly spoil: (answer: Answer) => Answer;
};

export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Record<string, unknown>;
  /** Takes the place of the JSON. */
  readonly body?: string;
  /** What becomes of the connection. */
  readonly ending?: 'reset' | 'cut' | 'silence' | 'stall';
};

export const cap = 64 * 1024;

/** The one good answer: one fresh finite sample. */
export const goodAnswer = (value: string, atSeconds: number): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  json: {
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [atSeconds, value] }] },
  },
});

type Data = { resultType: unknown; result: unknown };
type Sample = { metric: unknown; value: [unknown, unknown] };
const dataOf = ({ json }: Answer) => json.data as Data;
const sampleOf = (answer: Answer): Sample => (dataOf(answer).result as Sample[])[0]!;

const withJson =
  (change: (json: Record<string, unknown>) => Record<string, unknown>) => (answer: Answer) => ({
    ...answer,
    json: change(answer.json),
  });
const withData = (change: (data: Data) => unknown) => (answer: Answer) => ({
  ...answer,
  json: { ...answer.json, data: change(dataOf(answer)) },
});
const withSample = (change: (sample: Sample) => unknown) => (answer: Answer) => ({
  ...answer,
  json: { ...answer.json, data: { ...dataOf(answer), result: [change(sampleOf(answer))] } },
});
const withValue = (value: unknown) =>
  withSample(({ metric, value: [at] }) => ({ metric, value: [at, value] }));
const withTime = (move: (at: number) => unknown) =>
  withSample(({ metric, value: [at, value] }) => ({ metric, value: [move(at as number), value] }));
const withBody =
  (body: string, type = 'text/html') =>
  (answer: Answer) => ({
    ...answer,
    headers: { 'content-type': type },
    body,
  });
const withStatus = (status: number) => (answer: Answer) => ({ ...answer, status });

const fault = (name: string, spoil: Fault['spoil']): Fault => ({ name, spoil });

/** Spoiled on the way: what proxies, full disks and dying servers do. */
export const transportFaults: readonly Fault[] = [
  ...[201, 204, 206, 302, 307, 400, 401, 403, 404, 422, 429, 500, 502, 503, 504].map((status) =>
    fault(`status ${status}`, withStatus(status)),
  ),
  fault('a page of HTML', withBody('<html><body>502 Bad Gateway</body></html>')),
  fault('a login page that says 200', withBody('<!doctype html><title>Sign in</title>')),
  fault('an empty body', withBody('', 'application/json')),
  fault('half of the JSON', (answer) => withBody(JSON.stringify(answer.json).slice(0, -7))(answer)),
  fault('two answers behind one another', (answer) =>
    withBody(JSON.stringify(answer.json) + JSON.stringify(answer.json))(answer),
  ),
  fault(
    'an answer longer than the cap',
    withJson((json) => ({ ...json, padding: 'x'.repeat(cap) })),
  ),
  fault('compression that is none', (answer) => ({
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
  })),
  fault('a connection that is reset', (answer) => ({ ...answer, ending: 'reset' })),
  fault('a connection that ends too early', (answer) => ({ ...answer, ending: 'cut' })),
];

/** These take as long as the gauge's patience, so they are drawn less often. */
export const slowFaults: readonly Fault[] = [
  fault('no answer at all', (answer) => ({ ...answer, ending: 'silence' })),
  fault('an answer that begins and stands still', (answer) => ({ ...answer, ending: 'stall' })),
];

/** Well-formed or not, but not one fresh number. */
export const contentFaults: readonly Fault[] = [
  ...['NaN', '+Inf', '-Inf', 'Inf', '', ' ', '0x0', '1_0', '0,1', '١', '1e999', 'null', 'undefined'].map(
    (text) => fault(`the value ${JSON.stringify(text)}`, withValue(text)),
  ),
  ...[0, null, true, [], {}, ['0']].map((value) =>
    fault(`the value ${JSON.stringify(value)} that is no text`, withValue(value)),
  ),
  fault(
    'a sample of six minutes ago',
    withTime((at) => at - 360),
  ),
  fault(
    'a sample of last year',
    withTime((at) => at - 31_536_000),
  ),
  fault(
    'a sample from the future',
    withTime((at) => at + 360),
  ),
  fault(
    'a time in milliseconds',
    withTime((at) => at * 1_000),
  ),
  fault(
    'the time zero',
    withTime(() => 0),
  ),
  fault('a time as text', withTime(String)),
  fault(
    'no time',
    withTime(() => null),
  ),
  fault(
    'no data',
    withData((data) => ({ ...data, result: [] })),
  ),
  fault(
    'two series',
    withData(({ result, ...data }) => ({
      ...data,
      result: [...(result as Sample[]), ...(result as Sample[])],
    })),
  ),
  fault(
    'a matrix',
    withData(({ result }) => ({
      resultType: 'matrix',
      result: (result as Sample[]).map(({ metric, value }) => ({ metric, values: [value] })),
    })),
  ),
  fault(
    'a scalar',
    withData(({ result }) => ({ resultType: 'scalar', result: (result as Sample[])[0]?.value })),
  ),
  fault(
    'text',
    withData(() => ({ resultType: 'string', result: [0, '0'] })),
  ),
  fault(
    'a type nobody knows',
    withData((data) => ({ ...data, resultType: 'vectors' })),
  ),
  fault(
    'no type',
    withData(({ result }) => ({ result })),
  ),
  fault(
    'a result that is no list',
    withData(({ result, ...data }) => ({ ...data, result: (result as Sample[])[0] })),
  ),
  fault(
    'data that is null',
    withData(() => null),
  ),
  fault(
    'a histogram in the place of a value',
    withSample(({ metric, value }) => ({ metric, histogram: value })),
  ),
  fault(
    'a metric that is null',
    withSample(({ value }) => ({ metric: null, value })),
  ),
  fault(
    'an error with status 200',
    withJson((json) => ({ ...json, status: 'error', error: 'boom' })),
  ),
  fault(
    'no status',
    withJson(({ data }) => ({ data })),
  ),
  fault(
    'a warning',
    withJson((json) => ({ ...json, warnings: ['one store is down'] })),
  ),
  fault(
    'a partial answer',
    withJson((json) => ({ ...json, isPartial: true })),
  ),
  fault('an answer in a list', (answer) => withBody(JSON.stringify([answer.json]))(answer)),
];

function send(response: ServerResponse, { status, headers, json, body, ending }: Answer): void {
  const text = body ?? JSON.stringify(json);
  switch (ending) {
    case undefined:
      response.writeHead(status, { ...headers, ...(status >= 300 && status < 400 ? { location: '/' } : {}) });
      response.end(status === 204 ? undefined : text);
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut':
      response.writeHead(status, { ...headers, 'content-length': String(text.length + 10) });
      response.write(text, () => response.socket?.destroy());
      return;
    case 'stall':
      response.writeHead(status, headers);
      response.write(text.slice(0, 20));
      return;
    case 'silence':
      return;
    default: {
      const never: never = ending;
      throw new Error(`there is no ending ${never}`);
    }
  }
}

/** A Prometheus that answers each query as it is told, for the moment that it is asked about. */
export async function startSpoiledPrometheus(answer: (query: string, atSeconds: number) => Answer): Promise<{
  url: string;
  asks(): number;
  stop(): Promise<void>;
}> {
  let asks = 0;
  const server = createServer((request, response) => {
    let form = '';
    request.on('data', (chunk: Buffer) => {
      form += chunk;
    });
    request.on('end', () => {
      asks += 1;
      const given = new URLSearchParams(form);
      send(response, answer(given.get('query') ?? '', Number(given.get('time'))));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asks: () => asks,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
