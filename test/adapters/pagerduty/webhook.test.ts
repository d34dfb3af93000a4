import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPagerWebhook } from '../../../src/adapters/pagerduty/webhook.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { type Deliveries, StoreFailed } from '../../../src/engine/ports.ts';
import { createClock } from '../../fakes/clock.ts';
import { signatureOf } from '../../fakes/pagerdutyWebhooks.ts';
import { keptDeliveries } from '../slack/deliveries.ts';
import { temporaryDirectory } from '../sqlite/places.ts';
import { account, page } from './pagers.ts';
import { fixture, receiver, secret, secretBefore } from './receiver.ts';

const lead = {
  id: 'PUSER02',
  type: 'user_reference',
  isPerson: true,
  name: 'Deployment lead',
  email: null,
};
const common = {
  incidentId: 'PINC001',
  url: 'https://acme.pagerduty.com/incidents/PINC001',
  agent: lead,
  at: Date.UTC(2026, 10, 21, 13, 59, 30, 169),
};

describe('POST /pagerduty', () => {
  it.each([
    [
      'triggered',
      {
        ...common,
        delivery: 'pagerduty/01FIXTURE0001',
        kind: 'triggered',
        incidentKey: 'genesis/INC-7/1',
        agent: {
          id: 'PINTEG1',
          type: 'inbound_integration_reference',
          isPerson: false,
          name: 'Events API V2',
          email: null,
        },
        assignees: [{ id: 'PUSER01', name: 'On-call engineer', email: null }],
        priority: null,
      },
    ],
    ['acknowledged', { ...common, kind: 'acknowledged', incidentKey: 'genesis/INC-7/1' }],
    ['priority-updated', { ...common, kind: 'priority-updated', priority: 'P1' }],
    ['resolved-by-merge', { ...common, kind: 'resolved', mergedInto: 'PINC002' }],
    [
      'annotated',
      { ...common, kind: 'annotated', incidentKey: null, text: 'Rolling back the release of noon.' },
    ],
    ['status-update', { ...common, kind: 'status-update', text: 'A rollback is under way.' }],
    [
      'responder-replied',
      {
        kind: 'responder-replied',
        incidentKey: null,
        responder: { id: 'PUSER01', name: 'On-call engineer', email: null },
        state: 'accepted',
      },
    ],
  ])('hands over what was %s', async (name, expected) => {
    const { post, heard } = await receiver();
    expect(await post(fixture(name))).toEqual({ status: 200, json: { outcome: 'taken' } });
    expect(heard).toMatchObject([expected]);
  });

  it('answers a test of the connection, and passes over types that it does not know', async () => {
    const { post, heard } = await receiver();
    expect((await post(fixture('ping'))).json).toEqual({ outcome: 'pong' });
    expect((await post(fixture('service-updated'))).json).toEqual({ outcome: 'ignored' });
    const unheardOf = fixture('acknowledged').replace('incident.acknowledged', 'incident.workflow.started');
    expect((await post(unheardOf)).json).toEqual({ outcome: 'ignored' });
    expect(heard).toEqual([]);
  });

  it('hears what it needs although the rest is not as documented', async () => {
    const { post, heard } = await receiver();
    const { event } = JSON.parse(fixture('triggered'));
    const strange = {
      id: 'PINC001',
      incident_key: 7,
      html_url: 'javascript:alert(1)',
      assignees: 'all',
      priority: [],
    };
    const body = JSON.stringify({ event: { ...event, agent: 'somebody', data: strange } });
    expect((await post(body)).status).toBe(200);
    expect(heard).toMatchObject([
      { incidentId: 'PINC001', incidentKey: null, url: null, agent: null, assignees: [], priority: null },
    ]);
  });

  it('answers only after what follows is committed, and once for a delivery that comes again meanwhile', async () => {
    const commits: (() => void)[] = [];
    const { post, heard } = await receiver({
      onNotice: () => new Promise((resolve) => commits.push(() => resolve())),
    });
    let answered = 0;
    const both = [1, 2].map(async () => {
      const { status } = await post(fixture('acknowledged'));
      answered += 1;
      return status;
    });
    await expect.poll(() => commits.length).toBe(1);
    expect(answered).toBe(0);
    commits[0]!();
    expect(await Promise.all(both)).toEqual([200, 200]);
    expect(heard).toHaveLength(1);
  });

  it('asks PagerDuty to deliver again what could not be committed', { tags: ['trust-7'] }, async () => {
    const troubles: Error[] = [new StoreFailed('full', 'The disk is full.'), new Error('Something broke.')];
    const { post, heard } = await receiver({
      async onNotice() {
        const trouble = troubles.shift();
        if (trouble) throw trouble;
      },
    });
    const statuses = [];
    for (let time = 0; time < 4; time += 1) statuses.push(await post(fixture('acknowledged')));
    expect(statuses.map(({ status }) => status)).toEqual([503, 503, 200, 200]);
    expect(statuses[3]?.json).toEqual({ outcome: 'duplicate' });
    expect(heard).toHaveLength(3);
  });

  it('asks again while nothing can be remembered', async () => {
    const deliveries = keptDeliveries();
    let isFull = true;
    const { post, heard } = await receiver({
      deliveries: {
        ...deliveries,
        async firstTime(delivery) {
          if (isFull) throw new StoreFailed('full', 'The disk is full.');
          return deliveries.firstTime(delivery);
        },
      },
    });
    expect((await post(fixture('acknowledged'))).status).toBe(503);
    isFull = false;
    expect((await post(fixture('acknowledged'))).json).toEqual({ outcome: 'taken' });
    expect((await post(fixture('acknowledged'))).json).toEqual({ outcome: 'duplicate' });
    // The command is the same both times, and counts once.
    expect(new Set(heard.map(({ delivery }) => delivery)).size).toBe(1);
  });

  it('is done with nothing that was not handed over, whatever fails on the way and however often', {
    tags: ['trust-7'],
  }, async () => {
    const deliveries = keptDeliveries();
    const fails = (): never => {
      throw new StoreFailed('busy', 'The database is busy.');
    };
    // Each delivery fails at the next thing that is asked of what is remembered, or at handing over.
    for (let at = 1; at <= 4; at += 1) {
      let asked = 0;
      let isBroken = true;
      const counting =
        <T>(ask: (delivery: string) => Promise<T>) =>
        async (delivery: string): Promise<T> => {
          asked += 1;
          return isBroken && asked === at ? fails() : ask(delivery);
        };
      const counted: Deliveries = {
        firstTime: counting(deliveries.firstTime),
        seenBefore: counting(deliveries.seenBefore),
        forget: counting(deliveries.forget),
      };
      const committed: string[] = [];
      const { post } = await receiver({
        deliveries: counted,
        async onNotice({ delivery }) {
          if (isBroken) fails();
          committed.push(delivery);
        },
      });
      const body = fixture('acknowledged').replace('01FIXTURE', `0${at}FIXTURE`);
      for (let time = 0; time < 3; time += 1) expect((await post(body)).status).toBe(503);
      isBroken = false;
      expect((await post(body)).json, `at ${at}`).toEqual({ outcome: 'taken' });
      expect((await post(body)).json).toEqual({ outcome: 'duplicate' });
      expect(committed).toHaveLength(1);
    }
  });

  it('loses nothing to a process that died before its commit', { tags: ['trust-7'] }, async ({
    annotate,
  }) => {
    const deliveries = keptDeliveries();
    const dying = await receiver({ deliveries, onNotice: () => Promise.race([]) });
    const cut = new AbortController();
    const body = fixture('acknowledged');
    const lost = fetch(dying.url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-pagerduty-signature': signatureOf(body, secret) },
      signal: cut.signal,
    });
    await expect.poll(() => dying.heard.length).toBe(1);
    cut.abort();
    await expect(lost).rejects.toThrow();

    const { post, heard } = await receiver({ deliveries });
    expect((await post(body)).json).toEqual({ outcome: 'taken' });
    expect((await post(body)).json).toEqual({ outcome: 'duplicate' });
    expect(heard).toHaveLength(1);
    await annotate('1 webhook cut off before its commit: handed over again, once', 'figure');
  });
});

describe('the signature', { tags: ['trust-27'] }, () => {
  it('by either secret is accepted while one replaces the other', async () => {
    const body = fixture('acknowledged');
    for (const header of [
      signatureOf(body, secret),
      signatureOf(body, secretBefore),
      signatureOf(body, 'a-secret-of-somebody-else', secretBefore),
      `v2=00,${signatureOf(body, secret)}`,
    ]) {
      const { post } = await receiver();
      expect((await post(body, { 'x-pagerduty-signature': header })).status, header).toBe(200);
    }
  });

  it('counts the bytes as they came', async () => {
    const { post, heard } = await receiver();
    const { event } = JSON.parse(fixture('annotated'));
    const body = `\n${JSON.stringify({ event: { ...event, data: { ...event.data, content: 'Ich prüfe 🚒' } } }, null, 1)}  `;
    expect((await post(body)).status).toBe(200);
    expect(heard).toMatchObject([{ text: 'Ich prüfe 🚒' }]);
  });

  it('needs a secret worth the name', () => {
    const options = { deliveries: keptDeliveries(), clock: { now: () => 0 }, onNotice: async () => {} };
    const write = () => {};
    const log = { info: write, warn: write, error: write, child: () => log };
    for (const secrets of [[], [''], ['short'], [secret, '   ']])
      expect(() => createPagerWebhook({ ...options, log, secrets })).toThrow('PAGERDUTY_WEBHOOK_SECRET');
  });

  it('and the secrets are in no answer and no line of the log', { tags: ['trust-36'] }, async () => {
    const { post, lines } = await receiver();
    const answers = [
      await post(fixture('acknowledged'), { 'x-pagerduty-signature': `v1=${'0'.repeat(64)}` }),
      await post('{', {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 400]);
    expect(JSON.stringify([answers, lines])).not.toContain('CANARY');
    expect(lines).toHaveLength(2);
  });
});

describe('a webhook that comes again', { tags: ['trust-7'] }, () => {
  it('has no second effect, after a restart neither', async ({ annotate }) => {
    const file = join(temporaryDirectory(), 'genesis.db');
    const body = fixture('acknowledged');
    const heard: unknown[] = [];
    for (let start = 0; start < 3; start += 1) {
      const store = openSqliteStore({ file, clock: createClock() });
      const each = await receiver({ deliveries: store });
      for (let time = 0; time < 5; time += 1) expect((await each.post(body)).status).toBe(200);
      heard.push(...each.heard);
      await store.close();
    }
    expect(heard).toHaveLength(1);
    await annotate('1 webhook 15 times over 3 starts: 1 effect', 'figure');
  });

  it('after more than a day is too old to be heard, and so is one of the future', async () => {
    const { post, heard, clock, lines } = await receiver();
    clock.advance(22 * 60 * 60_000);
    expect((await post(fixture('triggered'))).json).toEqual({ outcome: 'taken' });
    clock.advance(60 * 60_000 + 60_000);
    expect((await post(fixture('acknowledged'))).json).toEqual({ outcome: 'stale' });
    clock.jump(-25 * 60 * 60_000);
    expect((await post(fixture('annotated'))).json).toEqual({ outcome: 'stale' });
    expect(heard).toHaveLength(1);
    expect(lines.filter(({ message }) => message.includes('too old'))).toHaveLength(2);
  });
});

describe('PagerDuty and the bot together', () => {
  it('tell each other of a page from its trigger to its end', async () => {
    const { url, heard } = await receiver();
    const { server, pager } = await account();
    server.webhooks.subscribe(url, secretBefore, secret);
    server.webhooks.deliverEach(2);
    server.webhooks.ping();
    await pager.trigger(page);
    server.account.person('PINC001', 'acknowledged', 'PUSER01');
    server.account.unacknowledge('PINC001');
    server.account.escalate('PINC001', 2);
    server.account.reassign('PINC001', 'PUSER03', 'PUSER02');
    server.account.note('PINC001', 'On my way.', 'PUSER03');
    server.account.respond('PINC001', 'accepted', 'PUSER02');
    await pager.acknowledgeIncident('PINC001', 'lead@example.com');
    await pager.resolve(page.dedupKey);
    await server.webhooks.settled();
    server.webhooks.again(server.webhooks.delivered[3]!.id);
    await server.webhooks.settled();

    expect(server.webhooks.delivered.every(({ status }) => status === 200)).toBe(true);
    expect(server.webhooks.delivered).toHaveLength(20);
    expect(heard.map(({ kind, agent }) => [kind, agent?.name])).toEqual([
      ['triggered', 'Events API V2'],
      ['acknowledged', 'On-call engineer'],
      ['unacknowledged', 'Events API V2'],
      ['escalated', 'Events API V2'],
      ['reassigned', 'Deployment lead'],
      ['annotated', 'Manager'],
      ['responder-replied', 'Deployment lead'],
      ['acknowledged', 'Deployment lead'],
      ['resolved', 'Events API V2'],
    ]);
    expect(heard[3]).toMatchObject({ assignees: [{ id: 'PUSER02' }, { id: 'PUSER03' }] });
    // The address of the person is asked for where it is needed: webhooks do not hold it.
    const { agent } = heard[1]!;
    expect(await pager.users()).toContainEqual({
      id: agent?.id,
      name: agent?.name,
      email: 'oncall@example.com',
    });
  });
});
