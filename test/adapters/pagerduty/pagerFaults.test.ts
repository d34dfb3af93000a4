import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { trigger } from '@pagerduty/pdjs';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDestination } from '../../../src/adapters/pagerduty/destination.ts';
import type { Pager } from '../../../src/engine/pagerPort.ts';
import { type Certificate, makeCertificate } from '../../fakes/pagerdutyCertificate.ts';
import type { Fault } from '../../fakes/pagerdutyServer.ts';
import { account, failureOf, page, pagerOf, startedAt } from './pagers.ts';

/** Milliseconds, for what hangs. Everything else has the usual deadline and never waits for it. */
const short = 400;
const hangs: readonly Fault['kind'][] = ['hang', 'stuck-reply'];
const deadlineFor = ({ kind }: Fault) => (hangs.includes(kind) ? { timeoutMs: short } : {});

afterEach(() => {
  vi.useRealTimers();
});

const answer = (status: number, body = '{}', headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status,
  body,
  headers,
});

describe('a page that PagerDuty does not take', { tags: ['trust-16'] }, () => {
  it.each<[string, Fault, { code: string; again: boolean; uncertain: boolean }]>([
    ['500', answer(500), { code: 'unavailable', again: true, uncertain: true }],
    ['502 with a page of HTML', answer(502, '<html>'), { code: 'unavailable', again: true, uncertain: true }],
    ['503', answer(503), { code: 'unavailable', again: true, uncertain: true }],
    ['429', answer(429), { code: 'rate-limited', again: true, uncertain: false }],
    ['408', answer(408), { code: 'unavailable', again: true, uncertain: true }],
    ['silence', { kind: 'hang' }, { code: 'timeout', again: true, uncertain: true }],
    ['a reset', { kind: 'reset' }, { code: 'unreachable', again: true, uncertain: true }],
    ['a reply that is lost', { kind: 'lost-reply' }, { code: 'unreachable', again: true, uncertain: true }],
    ['half a reply', { kind: 'broken-reply' }, { code: 'unreadable', again: true, uncertain: true }],
    ['a reply that stops', { kind: 'stuck-reply' }, { code: 'timeout', again: true, uncertain: true }],
    ['202 without JSON', answer(202, 'yes'), { code: 'unreadable', again: true, uncertain: true }],
    [
      '202 without success',
      answer(202, '{"status":"no"}'),
      { code: 'unreadable', again: true, uncertain: true },
    ],
    [
      '200 of somebody else',
      answer(200, '{"status":"success"}'),
      { code: 'unreadable', again: true, uncertain: true },
    ],
    ['9 MB', answer(202, `"${'x'.repeat(9_000_000)}"`), { code: 'unreadable', again: true, uncertain: true }],
    ['400', answer(400), { code: 'bad-request', again: false, uncertain: false }],
    ['401', answer(401), { code: 'invalid-key', again: false, uncertain: false }],
    ['404 with a page of HTML', answer(404, '<html>'), { code: 'not-found', again: false, uncertain: false }],
    ['413', answer(413), { code: 'refused', again: false, uncertain: false }],
    [
      'a redirect',
      answer(302, '', { location: 'http://127.0.0.1:1/' }),
      { code: 'redirected', again: false, uncertain: false },
    ],
  ])('because of %s says whether and how to try again', async (_, fault, { code, again, uncertain }) => {
    const { server, pager } = await account(deadlineFor(fault));
    server.fail(fault);
    const failure = await failureOf(pager.trigger(page));
    expect(failure).toMatchObject({ code, uncertain, retry: again ? { afterMs: null } : null });
    expect(failure.message).toMatch(/^[A-Z].*\.$/);
    expect(server.requests).toHaveLength(1);

    await pagerOf(server).trigger(page);
    expect(server.account.incidents).toHaveLength(1);
  });

  it('says in the words of PagerDuty what is wrong with it', async () => {
    const { server } = await account();
    const pager = pagerOf({ url: server.url, keys: { ...server.keys, routing: 'WR0NG-KEY' } });
    const failure = await failureOf(pager.trigger(page));
    expect(failure).toMatchObject({ code: 'bad-request', retry: null });
    expect(failure.message).toContain('Event object is invalid; Invalid routing key');
  });

  it.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '7' }, 7_000],
    ['a date', { 'retry-after': new Date(startedAt + 30_000).toUTCString() }, 30_000],
    ['a date in the past', { 'retry-after': new Date(startedAt - 30_000).toUTCString() }, 0],
    ["PagerDuty's own header", { 'ratelimit-limit': '960', 'ratelimit-reset': '20' }, 20_000],
    ['a century', { 'retry-after': '999999999' }, 900_000],
    ['nonsense', { 'retry-after': 'soon', 'ratelimit-reset': '-1' }, null],
  ])('because of too many calls tells the engine when: %s', async (_, headers, afterMs) => {
    const { server, pager } = await account();
    server.fail(answer(429, '{}', headers), 2);
    expect(await failureOf(pager.trigger(page))).toMatchObject({ code: 'rate-limited', retry: { afterMs } });
    expect(await failureOf(pager.users())).toMatchObject({ code: 'rate-limited', retry: { afterMs } });
  });

  it('cannot have happened where no connection was made', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise<void>((resolve) => closed.close(() => resolve()));
    const { server } = await account();
    const pager = pagerOf({ url: `http://127.0.0.1:${port}`, keys: server.keys });
    expect(await failureOf(pager.trigger(page))).toMatchObject({
      code: 'unreachable',
      uncertain: false,
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('waits for a slow answer within the deadline', async () => {
    const { server, pager } = await account();
    server.fail({ kind: 'held' });
    const sent = pager.trigger(page);
    await expect.poll(() => server.events.length).toBe(1);
    server.release();
    await sent;
  });

  it('is one page after every way of losing the reply', { tags: ['trust-7'] }, async ({ annotate }) => {
    const { server, pager } = await account();
    for (const kind of ['lost-reply', 'broken-reply', 'stuck-reply'] as const) {
      server.fail({ kind });
      const each = pagerOf(server, deadlineFor({ kind }));
      expect((await failureOf(each.trigger(page))).uncertain).toBe(true);
    }
    await pager.trigger(page);
    expect(server.account.incidents).toMatchObject([{ triggers: 4 }]);
    await annotate('3 replies lost after sending, 4 sends: 1 page, 0 lost', 'figure');
  });
});

describe('a question that PagerDuty does not answer', () => {
  it.each<[string, Fault, string, boolean]>([
    ['500', answer(500), 'unavailable', true],
    ['silence', { kind: 'hang' }, 'timeout', true],
    ['a reset', { kind: 'reset' }, 'unreachable', true],
    ['half a reply', { kind: 'broken-reply' }, 'unreadable', true],
    ['no JSON', answer(200, '<html>'), 'unreadable', true],
    ['other JSON', answer(200, '{"users":{}}'), 'unreadable', true],
    ['nothing', answer(200, 'null'), 'unreadable', true],
    ['401', answer(401, '{"error":{"message":"Bad token","code":2006}}'), 'invalid-key', false],
    ['402', answer(402), 'not-in-plan', false],
    ['403', answer(403), 'forbidden', false],
  ])('because of %s has no effect in doubt', async (_, fault, code, again) => {
    const { server, pager } = await account(deadlineFor(fault));
    server.fail(fault);
    const failure = await failureOf(pager.users());
    expect(failure).toMatchObject({ code, uncertain: false });
    expect(failure.retry !== null).toBe(again);
    expect(server.requests).toHaveLength(1);
  });

  it('leaves the acknowledgement in doubt where its reply is lost, and repeating it does no harm', async () => {
    const { server, pager } = await account();
    await pager.trigger(page);
    server.fail({ kind: 'lost-reply' });
    expect(await failureOf(pager.resolveIncident('PINC001'))).toMatchObject({
      code: 'unreachable',
      uncertain: true,
    });
    await pager.resolveIncident('PINC001');
    expect(server.account.incidents).toMatchObject([{ status: 'resolved' }]);
  });
});

describe('the library', () => {
  it('tries a 429 again on its own, and does not through the pager', async () => {
    const { server, pager } = await account();
    const { agent, server: address } = openDestination({
      setting: 'PAGERDUTY_EVENTS_URL',
      named: server.url,
      usual: '',
      isPublic: () => true,
    });
    server.fail(answer(429), 4);
    const options = { server: address, agent, requestTimeout: 0, retryTimeout: 1, data: {} };
    await trigger(options as unknown as Parameters<typeof trigger>[0]);
    expect(server.requests).toHaveLength(4);

    server.fail(answer(429), 2);
    // Only the timers of JavaScript's own, which are the library's: those of Node go on.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    await failureOf(pager.trigger(page));
    await failureOf(pager.users());
    expect(vi.getTimerCount()).toBe(0);
    expect(server.requests).toHaveLength(6);
  });
});

describe('the connection', () => {
  let certificate: Certificate;
  beforeAll(() => {
    certificate = makeCertificate();
  });

  it('is TLS, with the authority that was named', async () => {
    const { server, pager } = await account({ ca: certificate.ca }, { certificate });
    expect(server.url).toMatch(/^https:/);
    await pager.trigger(page);
    expect(await pager.incidentByKey(page.dedupKey)).toMatchObject({ status: 'triggered' });
    server.fail({ kind: 'lost-reply' });
    expect(await failureOf(pager.trigger(page))).toMatchObject({ code: 'unreachable', uncertain: true });
  });

  it('carries nothing to somebody whose certificate nobody vouches for', async () => {
    const { server, pager } = await account({}, { certificate });
    for (const work of [pager.trigger(page), pager.resolveIncident('PINC001')])
      expect(await failureOf(work)).toMatchObject({ code: 'unreachable', uncertain: false });
    expect(server.requests).toEqual([]);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '0.0.0.0',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a9fe:a9fe',
  ])('is not made where the name of PagerDuty leads to %s', { tags: ['trust-35'] }, async (inside) => {
    const { server } = await account();
    const asked: string[] = [];
    const pager = pagerOf(server, {
      apiUrl: null,
      eventsUrl: null,
      resolve(hostname, done) {
        asked.push(hostname);
        done(null, [
          { address: '93.184.215.14', family: 4 },
          { address: inside, family: inside.includes(':') ? 6 : 4 },
        ]);
      },
    });
    for (const work of [pager.trigger(page), pager.users()])
      expect(await failureOf(work)).toMatchObject({ code: 'unreachable', uncertain: false });
    expect(asked.sort()).toEqual(['api.pagerduty.com', 'events.pagerduty.com']);
  });

  it('goes only to addresses that can be trusted', async () => {
    const { server } = await account();
    for (const [apiUrl, why] of [
      ['http://pagerduty.example.com', 'https'],
      ['ftp://127.0.0.1', 'https'],
      ['https://name:word@pagerduty.example.com', 'without a name'],
      ['https://pagerduty.example.com/?to=1', 'query'],
      ['pagerduty', 'not a web address'],
    ] as const)
      expect(() => pagerOf(server, { apiUrl }), apiUrl).toThrow(why);
    expect(() => pagerOf(server, { from: 'nobody' })).toThrow('PAGERDUTY_FROM');
    expect(() => pagerOf(server, { token: 'a b' })).toThrow('PAGERDUTY_TOKEN');
    expect(() => pagerOf(server, { routingKey: ' ' })).toThrow('PAGERDUTY_ROUTING_KEY');
  });
});

describe('the keys', () => {
  it('are in no error, whatever PagerDuty repeats', { tags: ['trust-36'] }, async ({ annotate }) => {
    const { server, pager } = await account({ timeoutMs: short });
    const { routing, token } = server.keys;
    const echo = JSON.stringify({
      message: `Key ${routing} of ${token}`,
      errors: [routing],
      error: { message: `Token ${token}`, code: 2006, errors: [routing] },
    });
    const faults: Fault[] = [
      ...[200, 202, 302, 400, 401, 403, 404, 429, 500, 503].map((status) => answer(status, echo)),
      ...[200, 400, 401, 500].map((status) => answer(status, `<html>${token} ${routing}`)),
      { kind: 'hang' },
      { kind: 'reset' },
      { kind: 'broken-reply' },
    ];
    const calls: ((pager: Pager) => Promise<unknown>)[] = [
      (each) => each.trigger(page),
      (each) => each.users(),
      (each) => each.resolveIncident('PINC001'),
    ];
    let looked = 0;
    for (const fault of faults) {
      for (const call of calls) {
        server.fail(fault);
        const failure = await call(pager).then(
          () => 'it was done',
          (reason: unknown) => reason,
        );
        const text = inspect(failure, { depth: Infinity, showHidden: true });
        expect(text).not.toContain(token);
        expect(text).not.toContain(routing);
        expect(text).not.toContain('CANARY');
        server.heal();
        looked += failure instanceof Error ? 1 : 0;
      }
    }
    expect(looked).toBeGreaterThan(40);
    await annotate(`${looked} failures that repeat both keys: 0 show one`, 'figure');
  });
});
