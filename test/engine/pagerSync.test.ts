import { describe, expect, it, onTestFinished } from 'vitest';
import { startHttpServer } from '../../src/adapters/http/server.ts';
import { isPublicAddress } from '../../src/adapters/outbound/publicAddress.ts';
import { createPager } from '../../src/adapters/pagerduty/pager.ts';
import { createPagerWebhook } from '../../src/adapters/pagerduty/webhook.ts';
import { createPagerSync } from '../../src/engine/pagerSync.ts';
import { calledRoom } from '../fakes/called.ts';
import { startPagerDutyServer } from '../fakes/pagerdutyServer.ts';
import { createRig, eventually } from './rig.ts';

const secret = 'CANARY-webhook-secret-of-now';

/** PagerDuty and the engine, each with the other's address; every webhook comes three times. */
async function joined(options: { readonly token?: boolean } = {}) {
  const server = await startPagerDutyServer({ now: () => rig.clock.now() });
  const pager = createPager({
    routingKey: server.keys.routing,
    token: options.token === false ? null : server.keys.token,
    from: server.keys.from,
    apiUrl: server.url,
    eventsUrl: server.url,
    clock: { now: () => rig.clock.now() },
    isPublic: isPublicAddress,
  });
  const rig = createRig({ room: calledRoom, paging: { sender: () => pager } });
  /** Of the people of PagerDuty two are known here, one of them without the right to act. */
  const people = new Map([
    ['oncall@example.com', 'U1ENGINEER'],
    ['visitor@example.com', 'U5VISITOR'],
  ]);
  const sync = createPagerSync({
    desk: rig.desk,
    pager,
    installation: rig.store.installation,
    finder: { userByEmail: async (email) => people.get(email) ?? null },
    clock: rig.clock,
    log: rig.log.log,
  });
  const route = createPagerWebhook({
    secrets: [secret],
    deliveries: rig.store,
    clock: rig.clock,
    log: rig.log.log,
    onNotice: sync.hear,
  });
  const http = await startHttpServer({ host: '127.0.0.1', port: 0, routes: [route], log: rig.log.log });
  onTestFinished(async () => {
    await http.close();
    await rig.stop();
    pager.stop();
    await server.stop();
  });
  server.webhooks.subscribe(`${http.address.url}/pagerduty`, secret);
  server.webhooks.deliverEach(3);
  rig.start();
  await rig.alert();
  await eventually(() => server.account.incidents.length).toBe(1);
  await rig.idle();
  const page = server.account.incidents[0]!;
  const notes = async () => (await rig.incident()).notes.map(({ text }) => text);
  const heard = () => eventually(() => server.webhooks.delivered.length);
  return { server, rig, page, notes, heard };
}

const count = async (rig: Awaited<ReturnType<typeof joined>>['rig'], type: string): Promise<number> =>
  (await rig.store.events({})).filter(({ event }) => event.type === type).length;

describe('what people do in PagerDuty', { tags: ['trust-16', 'trust-9'] }, () => {
  it('acknowledged there is acknowledged here, once, by the person of Slack', async ({ annotate }) => {
    const { server, rig, page, heard } = await joined();
    server.account.person(page.id, 'acknowledged', 'PUSER01');
    await eventually(async () => (await rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
    // Three for the trigger, three for this; what comes back of what was done from here is none of anybody's business.
    await heard().toBe(6);
    await rig.idle();
    expect(await count(rig, 'IncidentAcknowledged')).toBe(1);
    expect(server.account.byId(page.id).status).toBe('acknowledged');
    expect(server.webhooks.delivered.every(({ status }) => status === 200)).toBe(true);
    await annotate('6 webhooks for 2 events, 1 acknowledgement, 0 echoes', 'figure');
  });

  it.each([
    ['nobody of Slack', 'PUSER02', 'pagerduty:Deployment lead'],
    ['somebody without the right here', 'PUSER04', 'pagerduty:Visitor'],
  ])('by %s it is acknowledged in the name that PagerDuty has', async (_, user, by) => {
    const { server, rig, page } = await joined();
    server.account.person(page.id, 'acknowledged', user);
    await eventually(async () => (await rig.incident()).acknowledged?.by).toBe(by);
  });

  it('counts also where PagerDuty cannot be asked who that was', async () => {
    const { server, rig, page } = await joined({ token: false });
    server.account.person(page.id, 'acknowledged', 'PUSER01');
    await eventually(async () => (await rig.incident()).acknowledged?.by).toBe('pagerduty:On-call engineer');
  });

  it('resolved there is said with the offer to resolve, and resolves nothing', async () => {
    const { server, rig, page, notes } = await joined();
    server.account.person(page.id, 'resolved', 'PUSER01');
    await eventually(async () => (await notes()).length).toBe(1);
    expect((await rig.incident()).notes[0]).toMatchObject({
      text: 'On-call engineer resolved the page in PagerDuty. The incident is open until somebody resolves it here.',
      offers: 'resolve',
    });
    expect((await rig.incident()).phase).toBe('open');
  });

  it('resolved here ends the page, and its echo says nothing', async () => {
    const { server, rig, page, notes, heard } = await joined();
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    await eventually(() => server.account.byId(page.id).status).toBe('resolved');
    await heard().toBe(9);
    expect(await notes()).toEqual([]);
  });

  it('tells what else happens to the page, each once and as text', async () => {
    const { server, page, notes } = await joined();
    server.account.escalate(page.id, 2);
    server.account.reassign(page.id, 'PUSER03', 'PUSER02');
    server.account.note(page.id, 'Restarting <!channel> now', 'PUSER03');
    server.account.respond(page.id, 'declined', 'PUSER02');
    await eventually(async () => (await notes()).length).toBe(4);
    expect(await notes()).toEqual([
      'The page was escalated in PagerDuty; it is with Deployment lead, Manager now.',
      'The page was reassigned in PagerDuty by Deployment lead; it is with Manager now.',
      'Manager wrote in PagerDuty: Restarting <!channel> now',
      'Deployment lead declined the request for help in PagerDuty.',
    ]);
  });

  it('merged into another incident ends nothing and offers nothing', async () => {
    const { server, rig, page, notes } = await joined();
    server.account.merge(page.id, 'POTHER1', 'PUSER01');
    await eventually(notes).toEqual(['Its page was merged into another one in PagerDuty.']);
    expect((await rig.incident()).notes[0]?.offers).toBeUndefined();
  });

  it('of pages that are not ours means nothing', async () => {
    const { server, rig, heard, notes } = await joined();
    server.account.event(server.keys.routing, 'trigger', {
      key: 'other/1',
      title: 'Other',
      severity: 'error',
    });
    server.account.event(server.keys.routing, 'trigger', {
      ...{ key: 'genesis/INC-77/0', title: 'Of another installation', severity: 'error' },
    });
    for (const { id } of server.account.incidents.slice(1)) server.account.person(id, 'resolved', 'PUSER01');
    await heard().toBe(15);
    expect(await notes()).toEqual([]);
    expect((await rig.incident()).phase).toBe('open');
  });
});
