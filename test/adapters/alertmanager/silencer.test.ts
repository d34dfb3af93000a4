import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createSilencer } from '../../../src/adapters/alertmanager/silencer.ts';
import type { WorkFailed } from '../../../src/engine/ports.ts';
import { answerAlertmanager } from '../../../src/sandbox/alerts/alertmanagerApi.ts';
import { createSilences } from '../../../src/sandbox/alerts/silences.ts';
import { requireComponent } from '../../fakes/components.ts';
import { startRealAlertmanager } from '../../fakes/realAlertmanager.ts';

const program = requireComponent('alertmanager');
const minute = 60_000;

describe.skipIf(!program)('silences in the real Alertmanager', { tags: ['trust-11'] }, () => {
  let alertmanager: Awaited<ReturnType<typeof startRealAlertmanager>>;
  beforeAll(async () => {
    alertmanager = await startRealAlertmanager(program!, null);
  });
  afterAll(() => alertmanager.stop());

  const silencer = () => createSilencer({ baseUrl: alertmanager.url, timeoutMs: 5_000 });
  const wish = (comment: string, matchers: Readonly<Record<string, string>>) => ({
    id: null,
    comment,
    matchers,
    startsAt: Date.now(),
    endsAt: Date.now() + 15 * minute,
  });
  const seen = async (comment: string) =>
    (await silencer().list()).silences.filter((each) => each.comment === comment);

  it('are made of exact labels, whatever stands in them, and keep just that alert quiet', async () => {
    const labels = { alertname: 'Slow', service: 'checkout', path: '.*|"\\{}\n ü' };
    await alertmanager.fire(labels);
    await alertmanager.fire({ ...labels, path: 'other' });
    const { id } = await silencer().put(wish('made', labels));
    expect(await seen('made')).toEqual([
      expect.objectContaining({ id, state: 'active', createdBy: 'genesis', matchers: labels }),
    ]);
    await expect
      .poll(async () =>
        (await alertmanager.alerts()).map(({ labels: { path }, status }) => [path, status.silencedBy]),
      )
      .toEqual(
        expect.arrayContaining([
          [labels.path, [id]],
          ['other', []],
        ]),
      );
    const { now } = await silencer().list();
    expect(now).toBeGreaterThan(0);
  });

  it('are renewed by id, and made anew where they have expired', async () => {
    const { id } = await silencer().put(wish('renewed', { alertname: 'A' }));
    const [known] = await seen('renewed');
    const endsAt = Date.now() + 40 * minute;
    const again = { ...wish('renewed', { alertname: 'A' }), id, startsAt: known!.startsAt, endsAt };
    expect(await silencer().put(again)).toEqual({ id });
    expect(await seen('renewed')).toMatchObject([{ id, endsAt }]);

    // Also earlier than it was, as after a clock that was set back.
    const earlier = Date.now() + 5 * minute;
    expect(await silencer().put({ ...again, endsAt: earlier })).toEqual({ id });
    expect(await seen('renewed')).toMatchObject([{ id, endsAt: earlier }]);

    await silencer().expire(id);
    expect(await seen('renewed')).toMatchObject([{ id, state: 'expired' }]);
    const anew = await silencer().put({ ...again, startsAt: Date.now() });
    expect(anew.id).not.toBe(id);
  });

  it('are refused with the reason where nothing can be matched, and that is not tried again', async () => {
    const refused = await silencer()
      .put(wish('none', {}))
      .catch((error: WorkFailed) => error);
    expect(refused).toMatchObject({ code: 'alertmanager', retry: null, uncertain: false });
    expect((refused as WorkFailed).message).toMatch(/^Alertmanager answered 4\d\d: .*matcher/);
  });
});

describe('an Alertmanager that does not do what it was asked', () => {
  const answering = async (answer: (response: ServerResponse) => void) => {
    const server = createServer((request, response) => {
      request.resume();
      request.on('end', () => answer(response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const { port } = server.address() as AddressInfo;
    return createSilencer({ baseUrl: `http://bot:secret@127.0.0.1:${port}/am`, timeoutMs: 300 });
  };
  const wish = { id: null, comment: 'c', matchers: { alertname: 'A' }, startsAt: 0, endsAt: 1 };

  it.each([
    ['500', 500, '"the disk is full"', true, 'Alertmanager answered 500: the disk is full.'],
    ['429', 429, '', true, 'Alertmanager answered 429.'],
    ['403', 403, '<html>Forbidden</html>', false, 'Alertmanager answered 403.'],
    ['400', 400, '{"code":601,"message":"bad matcher"}', false, 'Alertmanager answered 400: bad matcher.'],
  ])('says so: %s', async (_name, status, body, again, message) => {
    const silencer = await answering((response) => response.writeHead(status).end(body));
    const failure = await silencer.put(wish).catch((error: WorkFailed) => error);
    expect(failure).toMatchObject({ message, retry: again ? { afterMs: null } : null });
  });

  it('is not waited for when it hangs, and what was asked of it may have happened', async () => {
    const silencer = await answering(() => undefined);
    const failure = await silencer.put(wish).catch((error: WorkFailed) => error);
    expect(failure).toMatchObject({
      message: 'Alertmanager did not answer within 0.3 s.',
      retry: { afterMs: null },
      uncertain: true,
    });
  });

  it('may be something else that answers', async () => {
    const silencer = await answering((response) => response.end('[{"id":7}]'));
    const failure = await silencer.list().catch((error: WorkFailed) => error);
    expect(failure).toMatchObject({ message: 'Alertmanager answered in a form that is not understood.' });
  });

  it('is told name and password by a header, below its own path', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url, request.headers.authorization);
      response.end('[]');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    await createSilencer({ baseUrl: `http://bot:se%20cret@127.0.0.1:${port}/am/`, timeoutMs: 5_000 }).list();
    expect(asked).toEqual(['/am/api/v2/silences', `Basic ${btoa('bot:se cret')}`]);
  });
});

describe("the sandbox's own Alertmanager", () => {
  it('takes silences as the real one does', async () => {
    const silences = createSilences(() => Date.now());
    const view = { alerts: () => [], silences, receiver: 'genesis', now: () => Date.now() };
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        const url = new URL(request.url ?? '/', 'http://127.0.0.1');
        const reply = answerAlertmanager({ method: request.method ?? 'GET', url, body } as never, view);
        response.writeHead(reply.status).end(JSON.stringify(reply.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const silencer = createSilencer({ baseUrl: `http://127.0.0.1:${port}`, timeoutMs: 5_000 });
    const wish = { comment: 'c', matchers: { alertname: 'A' }, startsAt: Date.now() };
    const { id } = await silencer.put({ ...wish, id: null, endsAt: Date.now() + minute });
    expect(await silencer.put({ ...wish, id, endsAt: Date.now() + 2 * minute })).toEqual({ id });
    await silencer.expire(id);
    expect((await silencer.list()).silences).toMatchObject([
      { id, state: 'expired', matchers: wish.matchers },
    ]);
  });
});
