import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createGauge } from '../../../src/adapters/prometheus/gauge.ts';
import type { Indicator } from '../../../src/core/playbook/definition.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

const now = Date.parse('2026-11-21T14:02:00Z');
const errorRatio: Indicator = {
  name: 'error_ratio',
  title: 'Error rate',
  query: 'sum(rate(errors_total[$window]))',
  unit: 'ratio',
  objective: { kind: 'below', value: 0.001 },
};

type Ask = { path: string; form: URLSearchParams; headers: IncomingMessage['headers'] };

/** A Prometheus that answers as told. */
async function prometheus(answer: (ask: Ask, response: ServerResponse) => unknown) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const body = answer({ path: request.url ?? '', form, headers: request.headers }, response);
      if (!response.headersSent && body !== undefined)
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const vector = (...samples: [unknown, unknown][]) => ({
  status: 'success',
  data: { resultType: 'vector', result: samples.map((value) => ({ metric: {}, value })) },
});
const gauge = (baseUrl: string | null, more: { timeoutMs?: number; maxBytes?: number } = {}) =>
  createGauge({ baseUrl, timeoutMs: 5_000, windowMs: 300_000, staleMs: 300_000, ...more });

async function readingOf(answer: unknown, indicator = errorRatio) {
  return gauge(await prometheus(() => answer)).read(indicator, now);
}

describe('one fresh finite sample is judged', () => {
  it('passes or fails against the objective', async () => {
    expect(await readingOf(vector([now / 1_000, '0.0008']))).toEqual({
      at: now,
      verdict: 'pass',
      value: 0.0008,
    });
    expect(await readingOf(vector([now / 1_000, '0.009']))).toEqual({
      at: now,
      verdict: 'fail',
      value: 0.009,
    });
    expect(await readingOf(vector([now / 1_000, '1e-05']))).toMatchObject({ verdict: 'pass', value: 1e-5 });
  });

  it('asks by POST with the window filled in, at the moment it is asked for, with the credentials of the address', async () => {
    const asked: Ask[] = [];
    const url = await prometheus((ask) => {
      asked.push(ask);
      return vector([now / 1_000, '0']);
    });
    await gauge(`${url.replace('http://', 'http://reader:s%20t@')}/prom/`).read(errorRatio, now);
    expect(asked).toHaveLength(1);
    expect(asked[0]!.path).toBe('/prom/api/v1/query');
    expect(asked[0]!.form.get('query')).toBe('sum(rate(errors_total[300000ms]))');
    expect(Number(asked[0]!.form.get('time'))).toBe(now / 1_000);
    expect(asked[0]!.headers.authorization).toBe(`Basic ${btoa('reader:s t')}`);
  });
});

describe('everything else is inconclusive and says why', { tags: ['trust-18'] }, () => {
  const at = now / 1_000;
  it.each<[string, unknown, string]>([
    ['no data', vector(), 'no data'],
    ['NaN', vector([at, 'NaN']), 'no number'],
    ['infinity', vector([at, '+Inf']), 'no number'],
    ['several series', vector([at, '0'], [at, '0']), '2 series'],
    ['an old sample', vector([at - 301, '0']), '301 s away'],
    ['a sample from the future', vector([at + 301, '0']), '301 s away'],
    ['a number that is no text', vector([at, 0]), 'not understood'],
    ['an empty value', vector([at, '']), 'not understood'],
    ['a time that is text', vector(['now', '0']), 'not understood'],
    ['a matrix', { status: 'success', data: { resultType: 'matrix', result: [] } }, 'another type'],
    ['a scalar', { status: 'success', data: { resultType: 'scalar', result: [at, '0'] } }, 'not understood'],
    ['an error with 200', { status: 'error', error: 'boom' }, 'not understood'],
    ['a partial answer', { ...vector([at, '0']), warnings: ['one store is down'] }, 'one store is down'],
    ['no JSON', '<html>', 'not JSON'],
    ['an empty body', '', 'not JSON'],
    ['null', 'null', 'not understood'],
  ])('%s', async (_name, answer, why) => {
    const reading = await readingOf(answer);
    expect(reading.verdict).toBe('inconclusive');
    expect(reading).toMatchObject({ why: expect.stringContaining(why) });
  });

  it('an error of the server, with its reason', async () => {
    const url = await prometheus((_ask, response) => {
      response.statusCode = 422;
      return { status: 'error', errorType: 'execution', error: 'query timed out' };
    });
    expect(await gauge(url).read(errorRatio, now)).toMatchObject({
      verdict: 'inconclusive',
      why: 'Prometheus answered 422: query timed out.',
    });
  });

  it('a redirect, which is not followed', async () => {
    let asks = 0;
    const url = await prometheus((_ask, response) => {
      asks += 1;
      response.writeHead(307, { location: '/elsewhere' });
      response.end();
    });
    expect(await gauge(url).read(errorRatio, now)).toMatchObject({
      why: expect.stringContaining('redirect'),
    });
    expect(asks).toBe(1);
  });

  it('a server that does not answer', async () => {
    const url = await prometheus(() => undefined);
    expect(await gauge(url, { timeoutMs: 50 }).read(errorRatio, now)).toMatchObject({
      verdict: 'inconclusive',
      why: 'Prometheus did not answer within 0.05 s.',
    });
  });

  it('an answer that begins and never ends', async () => {
    const url = await prometheus((_ask, response) => {
      response.write('{"status":"success"');
    });
    expect(await gauge(url, { timeoutMs: 50 }).read(errorRatio, now)).toMatchObject({
      verdict: 'inconclusive',
    });
  });

  it('an answer without end', async () => {
    const url = await prometheus(() => JSON.stringify({ ...vector([at, '0']), padding: 'x'.repeat(3_000) }));
    expect(await gauge(url, { maxBytes: 2_000 }).read(errorRatio, now)).toMatchObject({
      why: 'Prometheus answered with more than 2000 bytes.',
    });
  });

  it('a server that is not there, without its address in the sentence', async () => {
    const reading = await gauge('http://user:hush@127.0.0.1:1').read(errorRatio, now);
    expect(reading).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('cannot be reached'),
    });
    expect(JSON.stringify(reading)).not.toContain('hush');
  });

  it('no server configured', async () => {
    const reading = await gauge(null).read(errorRatio, now);
    expect(reading).toMatchObject({
      verdict: 'inconclusive',
      why: expect.stringContaining('PROMETHEUS_URL'),
    });
    const range = await gauge(null).range(errorRatio, { from: now - 1_000, to: now, points: 10 });
    expect(range.kind).toBe('none');
  });

  it('too few operations, with the value that was read', async () => {
    const counted: Indicator = { ...errorRatio, enough: { query: 'operations', above: 1_000 } };
    const withOperations = async (operations: unknown) => {
      const url = await prometheus(({ form }) =>
        form.get('query') === 'operations' ? operations : vector([at, '0.0001']),
      );
      return gauge(url).read(counted, now);
    };
    expect(await withOperations(vector([at, '1001']))).toMatchObject({ verdict: 'pass' });
    expect(await withOperations(vector([at, '1000']))).toEqual({
      at: now,
      verdict: 'inconclusive',
      value: 0.0001,
      why: 'Too little data to judge: 1,000 operations, more than 1,000 are needed.',
    });
    expect(await withOperations(vector())).toMatchObject({ verdict: 'inconclusive', value: 0.0001 });
  });

  it('1,000 answers made up at random, of which none passes unless it is what a pass takes', async () => {
    let answer: unknown;
    const reader = gauge(await prometheus(() => answer));
    // Mostly right with one thing wrong: what is wrong in every way is easily refused.
    const mostly = <T>(right: fc.Arbitrary<T>, ...wrong: fc.Arbitrary<unknown>[]) =>
      fc.oneof({ weight: 5, arbitrary: right as fc.Arbitrary<unknown> }, ...wrong);
    const time = mostly(
      fc.constant(at),
      fc.double({ min: at - 1_000, max: at + 1_000 }),
      fc.constantFrom(null, '1', Number.MAX_VALUE),
    );
    const value = mostly(
      fc.double({ min: -1, max: 1, noNaN: true }).map(String),
      fc.constantFrom<unknown>(
        'NaN',
        '+Inf',
        '-Inf',
        '',
        ' ',
        '0x0',
        '1_0',
        '0',
        '-0',
        0,
        null,
        [],
        {},
        true,
      ),
      fc.string({ maxLength: 5 }),
    );
    const sample = fc.record({
      metric: mostly(fc.constant({}), fc.constant(null)),
      value: fc.tuple(time, value),
    });
    const answers = mostly(
      fc.record({
        status: mostly(fc.constant('success'), fc.constantFrom('error', null)),
        data: fc.record({
          resultType: mostly(fc.constant('vector'), fc.constantFrom('matrix', 'scalar', 'string', null)),
          result: mostly(fc.tuple(sample), fc.array(sample, { maxLength: 3 }), fc.anything()),
        }),
        warnings: mostly(fc.constant([]), fc.constant(['partial'])),
      }),
      fc.anything(),
    );
    const passes: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(answers, async (given) => {
        answer = JSON.stringify(given) ?? 'nothing';
        const { verdict } = await reader.read(errorRatio, now);
        if (verdict !== 'pass') return;
        passes.push(given);
        const json = JSON.parse(answer as string);
        expect(json.status).toBe('success');
        expect(json.warnings ?? []).toEqual([]);
        expect(json.data.resultType).toBe('vector');
        expect(json.data.result).toHaveLength(1);
        const [sampledAt, text] = json.data.result[0].value;
        expect(Math.abs(now - sampledAt * 1_000)).toBeLessThanOrEqual(300_001);
        expect(typeof text).toBe('string');
        expect(text.trim()).not.toBe('');
        expect(Number.isFinite(Number(text))).toBe(true);
        expect(Number(text)).toBeLessThan(0.001);
      }),
      { numRuns: 1_000 },
    );
    // A test in which nothing ever passes would prove nothing.
    expect(passes.length).toBeGreaterThan(10);
  });
});

describe('a range of points', () => {
  const ask = async (answer: unknown) => {
    const asked: Ask[] = [];
    const url = await prometheus((each) => {
      asked.push(each);
      return answer;
    });
    const range = await gauge(url).range(errorRatio, { from: now - 3_600_000, to: now, points: 60 });
    return { range, asked };
  };
  const matrix = (...series: [number, string][][]) => ({
    status: 'success',
    data: { resultType: 'matrix', result: series.map((values) => ({ metric: {}, values })) },
  });

  it('comes oldest first, without the moments that have no number', async () => {
    const { range, asked } = await ask(
      matrix([
        [1, '0.5'],
        [2, 'NaN'],
        [3, '0.25'],
      ]),
    );
    expect(range).toEqual({
      kind: 'series',
      points: [
        { at: 1_000, value: 0.5 },
        { at: 3_000, value: 0.25 },
      ],
    });
    expect(asked[0]!.path).toBe('/api/v1/query_range');
    expect(asked[0]!.form.get('step')).toBe('60');
  });

  it('is nothing, with the reason, where there is not exactly one series', async () => {
    expect((await ask(matrix())).range).toMatchObject({
      kind: 'none',
      why: expect.stringContaining('no data'),
    });
    expect((await ask(matrix([[1, '0']], [[1, '0']]))).range).toMatchObject({ kind: 'none' });
    expect((await ask(vector([1, '0']))).range).toMatchObject({ kind: 'none' });
    expect((await ask('oops')).range).toMatchObject({ kind: 'none' });
  });
});
