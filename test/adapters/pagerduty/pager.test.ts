import { describe, expect, it } from 'vitest';
import { largestEvent } from '../../../src/adapters/pagerduty/event.ts';
import { pageKey, readPageKey } from '../../../src/engine/pagerPort.ts';
import type { Seed } from '../../fakes/pagerdutyAccount.ts';
import { account, failureOf, page } from './pagers.ts';

describe('a page', () => {
  it('opens an incident in PagerDuty that names what has the trouble', async () => {
    const { server, pager } = await account();
    await pager.trigger({
      ...page,
      component: 'api',
      group: 'shop',
      details: { runbook: 'rollback', alerts: 3 },
      links: [
        { href: 'https://chat.example.com/archives/C1', text: 'Incident channel' },
        { href: 'javascript:alert(1)', text: 'no address' },
      ],
    });
    expect(server.events).toEqual([
      {
        routing_key: server.keys.routing,
        event_action: 'trigger',
        dedup_key: 'genesis/INC-7/1',
        client: 'Genesis',
        payload: {
          summary: 'P1: Error rate of the checkout is above 5 %',
          severity: 'critical',
          source: 'checkout',
          component: 'api',
          group: 'shop',
          custom_details: { runbook: 'rollback', alerts: 3 },
        },
        links: [{ href: 'https://chat.example.com/archives/C1', text: 'Incident channel' }],
      },
    ]);
    expect(server.account.incidents).toMatchObject([{ status: 'triggered', assignees: ['PUSER01'] }]);
  });

  it.each([
    ['P0', 'critical'],
    ['P1', 'critical'],
    ['P2', 'error'],
    ['P3', 'warning'],
    ['P4', 'info'],
  ] as const)('of %s is %s', async (severity, expected) => {
    const { server, pager } = await account();
    await pager.trigger({ ...page, severity });
    expect(server.account.incidents).toMatchObject([{ severity: expected }]);
  });

  it('is one page however often it is sent', { tags: ['trust-7'] }, async ({ annotate }) => {
    const { server, pager } = await account();
    for (let time = 0; time < 5; time += 1) await pager.trigger(page);
    await pager.acknowledge(page.dedupKey);
    await pager.acknowledge(page.dedupKey);
    await pager.trigger(page);
    await pager.resolve(page.dedupKey);
    await pager.resolve(page.dedupKey);
    expect(server.account.incidents).toMatchObject([{ status: 'resolved', triggers: 6 }]);
    await annotate('6 triggers of one incident and level: 1 page', 'figure');
  });

  it('that nobody triggered is acknowledged and resolved without effect', async () => {
    const { server, pager } = await account();
    await pager.acknowledge('genesis/INC-9/1');
    await pager.resolve('genesis/INC-9/1');
    expect(server.account.incidents).toEqual([]);
  });

  it('keeps within the limits of PagerDuty, and what is cut stays readable', async () => {
    const { server, pager } = await account();
    const details = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`line ${index}`, `${'x'.repeat(50_000)}😀`]),
    );
    await pager.trigger({
      ...page,
      summary: `Disk\0 is\nfull ${'😀'.repeat(2_000)}`,
      source: ' ',
      details,
    });
    const { summary, source, custom_details } = server.events[0]!.payload as Record<string, string>;
    expect(summary).toMatch(/^Disk is full 😀/);
    expect(summary?.endsWith('😀…')).toBe(true);
    expect(summary?.length).toBeLessThanOrEqual(1_024);
    expect(summary?.isWellFormed()).toBe(true);
    expect(source).toBe('unknown');
    expect(Object.keys(custom_details ?? {})).toHaveLength(40);
    expect(Buffer.byteLength(server.requests[0]?.body ?? '')).toBeLessThanOrEqual(largestEvent);
  });

  it('goes out without its details where no cut makes them fit', async () => {
    const { server, pager } = await account();
    const details = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, index) => [`${index} ${'n'.repeat(40)}`, 1]),
    );
    await pager.trigger({ ...page, details });
    expect(server.events[0]?.payload).toMatchObject({
      custom_details: { 'left out': expect.stringContaining('more than PagerDuty takes') },
    });
  });

  it('with a key that PagerDuty would not take is not sent', async () => {
    const { server, pager } = await account();
    for (const dedupKey of ['', 'k'.repeat(256)]) {
      const failure = await failureOf(pager.trigger({ ...page, dedupKey }));
      expect(failure).toMatchObject({ code: 'bad-key', retry: null, uncertain: false });
    }
    expect(server.requests).toEqual([]);
  });

  it('has a key that says whose it is', () => {
    const installation = '3f9c01ab77e2';
    expect(readPageKey(pageKey('INC-7', 2, installation))).toEqual({
      installation,
      incident: 'INC-7',
      call: 2,
    });
    expect(pageKey('INC-7', 2, installation)).toBe('genesis/3f9c01ab77e2/INC-7/2');
    // As older versions wrote it.
    expect(pageKey('INC-7', 2)).toBe('genesis/INC-7/2');
    expect(readPageKey('genesis/INC-7/2')).toEqual({ installation: null, incident: 'INC-7', call: 2 });
    for (const key of [
      '',
      'srv01/mysql',
      'genesis/INC-7',
      'genesis/INC-7/01',
      'genesis/RUN-1/1',
      'genesis/INC-7/1/1',
      'genesis/3F9C01AB77E2/INC-7/1',
      'genesis/3f9c01ab77e2/INC-7/1/1',
      'genesis//INC-7/1',
    ])
      expect(readPageKey(key), key).toBeNull();
    expect(readPageKey('staging/INC-7/1')).toBeNull();
  });
});

describe('what PagerDuty is asked', () => {
  it('is who is on call, the first level first', async () => {
    const { server, pager } = await account();
    const found = await pager.onCalls({ escalationPolicies: ['PPOLIC1'] });
    expect(found.map(({ level, person }) => [level, person.name, person.email])).toEqual([
      [1, 'On-call engineer', 'oncall@example.com'],
      [2, 'Manager', 'Manager@Example.com'],
      [2, 'Deployment lead', 'lead@example.com'],
    ]);
    expect(found[0]).toMatchObject({
      escalationPolicy: { id: 'PPOLIC1', name: 'Reliability' },
      schedule: null,
      from: null,
      until: null,
    });
    expect(server.requests[0]?.headers.authorization).toBe(`Token token=${server.keys.token}`);
    expect(server.requests[0]?.query.getAll('escalation_policy_ids[]')).toEqual(['PPOLIC1']);
    await pager.onCalls({ schedules: ['PSCHED1', 'PSCHED2'] });
    expect(server.requests[1]?.query.getAll('schedule_ids[]')).toEqual(['PSCHED1', 'PSCHED2']);
  });

  it('is nobody where no policy and no schedule is named', async () => {
    const { server, pager } = await account();
    expect(await pager.onCalls({})).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it('is the escalation policies with their levels', async () => {
    const { pager } = await account();
    expect(await pager.escalationPolicies()).toMatchObject([
      {
        id: 'PPOLIC1',
        name: 'Reliability',
        url: 'https://acme.pagerduty.com/escalation_policies/PPOLIC1',
        levels: [
          { escalateAfterMs: 300_000, targets: [{ kind: 'user', id: 'PUSER01' }] },
          { escalateAfterMs: 300_000, targets: [{ id: 'PUSER02' }, { id: 'PUSER03' }] },
        ],
      },
      { id: 'PPOLIC2' },
    ]);
  });

  it('is the open incident of a key, else the newest', async () => {
    const { server, pager } = await account();
    expect(await pager.incidentByKey(page.dedupKey)).toBeNull();
    await pager.trigger(page);
    await pager.resolve(page.dedupKey);
    expect(await pager.incidentByKey(page.dedupKey)).toMatchObject({ id: 'PINC001', status: 'resolved' });
    await pager.trigger(page);
    await pager.trigger({ ...page, dedupKey: 'genesis/INC-8/1' });
    expect(await pager.incidentByKey(page.dedupKey)).toEqual({
      id: 'PINC002',
      key: page.dedupKey,
      status: 'triggered',
      title: page.summary,
      url: 'https://acme.pagerduty.com/incidents/PINC002',
      assignees: [{ id: 'PUSER01', name: 'On-call engineer', email: 'oncall@example.com' }],
      acknowledgedBy: [],
      createdAt: Date.UTC(2026, 10, 21, 14),
    });
    expect(server.requests.at(-1)?.query.get('date_range')).toBe('all');
  });

  it('is one incident by its id', async () => {
    const { pager } = await account();
    await pager.trigger(page);
    expect(await pager.incident('PINC001')).toMatchObject({ key: page.dedupKey, status: 'triggered' });
    expect(await pager.incident('PNOBODY')).toBeNull();
    expect(await failureOf(pager.incident('../users'))).toMatchObject({ code: 'bad-id', retry: null });
  });

  it('is a user by the e-mail address, whatever its case, and no other user', async () => {
    const { pager } = await account();
    expect(await pager.userByEmail(' manager@example.COM ')).toEqual({
      id: 'PUSER03',
      name: 'Manager',
      email: 'Manager@Example.com',
    });
    expect(await pager.userByEmail('anager@example.com')).toBeNull();
    expect(await pager.userByEmail('nobody')).toBeNull();
  });

  it('in pages is all of it, each once', async () => {
    const users = Array.from({ length: 257 }, (_, index) => ({
      id: `PUSER${index}`,
      name: `Responder ${index}`,
      email: `responder${index}@example.com`,
    }));
    const { server, pager } = await account({}, { seed: { users, policies: [] } });
    expect(await pager.users()).toHaveLength(257);
    expect(server.requests.map(({ query }) => query.get('offset'))).toEqual(['0', '100', '200']);
  });

  it('in pages is all of it also where PagerDuty gives smaller ones than asked for', async () => {
    const seed: Seed = {
      users: Array.from({ length: 40 }, (_, index) => ({
        id: `PU${index}`,
        name: 'Responder',
        email: 'r@example.com',
      })),
      policies: [],
    };
    const { server, pager } = await account({}, { seed, pageLimit: 15 });
    expect((await pager.users()).map(({ id }) => id)).toEqual(seed.users.map(({ id }) => id));
    expect(server.requests).toHaveLength(3);
  });

  it('ends where the pages would not', async () => {
    const { server, pager } = await account();
    const user = { id: 'PU1', type: 'user', name: 'Responder' };
    const endless = JSON.stringify({ users: [user], more: true, limit: 100, offset: 0 });
    server.fail({ kind: 'answer', status: 200, body: endless }, 1_000);
    expect(await failureOf(pager.users())).toMatchObject({ code: 'too-many', retry: null });
    expect(server.requests).toHaveLength(100);
    server.heal();
    server.fail({ kind: 'answer', status: 200, body: '{"users":[],"more":true,"limit":100,"offset":0}' }, 9);
    expect(await failureOf(pager.users())).toMatchObject({ code: 'unreadable' });
    expect(server.requests).toHaveLength(101);
  });
});

describe('an incident in PagerDuty', () => {
  it('is acknowledged and resolved in the name of who did it', async () => {
    const { server, pager } = await account();
    await pager.trigger(page);
    await pager.acknowledgeIncident('PINC001', 'lead@example.com');
    expect(server.requests.at(-1)?.headers.from).toBe('lead@example.com');
    expect((await pager.incident('PINC001'))?.acknowledgedBy).toMatchObject([{ name: 'Deployment lead' }]);
    await pager.resolveIncident('PINC001');
    expect(server.requests.at(-1)?.headers.from).toBe('oncall@example.com');
    expect(server.account.incidents).toMatchObject([{ status: 'resolved' }]);
  });

  it('is acknowledged in the name of the bot where PagerDuty does not know the person', async () => {
    const { server, pager } = await account();
    await pager.trigger(page);
    await pager.acknowledgeIncident('PINC001', 'stranger@example.com');
    await pager.acknowledgeIncident('PINC001', 'no address\r\nX-Other: 1');
    expect(server.account.incidents).toMatchObject([{ status: 'acknowledged', acknowledgedBy: ['PUSER01'] }]);
  });

  it('that is resolved already is resolved without complaint, and not acknowledged any more', async () => {
    const { pager } = await account();
    await pager.trigger(page);
    await pager.resolve(page.dedupKey);
    await pager.resolveIncident('PINC001');
    expect(await failureOf(pager.acknowledgeIncident('PINC001'))).toMatchObject({
      code: 'already-resolved',
      retry: null,
    });
  });

  it('is left alone by a bot that PagerDuty does not know', async () => {
    const { pager } = await account({ from: 'bot@example.com' });
    await pager.trigger(page);
    const failure = await failureOf(pager.resolveIncident('PINC001'));
    expect(failure).toMatchObject({ code: 'unknown-sender', retry: null });
    expect(failure.message).toContain('PAGERDUTY_FROM');
  });

  it('can be paged for, yet not asked for, without a token', async () => {
    const { server, pager } = await account({ token: null, from: null });
    await pager.trigger(page);
    for (const work of [pager.users(), pager.incident('PINC001'), pager.resolveIncident('PINC001')])
      expect(await failureOf(work)).toMatchObject({ code: 'not-configured', retry: null });
    expect(server.requests).toHaveLength(1);
  });
});
