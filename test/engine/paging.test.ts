import { describe, expect, it, onTestFinished } from 'vitest';
import { isPublicAddress } from '../../src/adapters/outbound/publicAddress.ts';
import { createPager } from '../../src/adapters/pagerduty/pager.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { performPage } from '../../src/engine/paging.ts';
import { WorkFailed } from '../../src/engine/ports.ts';
import { calendar, calledRoom } from '../fakes/called.ts';
import { makeCertificate } from '../fakes/pagerdutyCertificate.ts';
import { type Fault, type PagerDutyServer, startPagerDutyServer } from '../fakes/pagerdutyServer.ts';
import { hour, minute } from '../fakes/room.ts';
import { ended, notice } from '../fakes/world.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const certificate = makeCertificate();
const began = Date.UTC(2026, 10, 21, 14, 0, 0);

/** A stand-in of PagerDuty over TLS, and the engine that pages by it. Answers later than half a second are no answers. */
async function paged(options: { readonly room?: Room; readonly start?: number } = {}) {
  const server = await startPagerDutyServer({ certificate });
  const clock: { now: () => number } = { now: () => rig.clock.now() };
  const pager = createPager({
    routingKey: server.keys.routing,
    token: server.keys.token,
    from: server.keys.from,
    apiUrl: server.url,
    eventsUrl: server.url,
    timeoutMs: 500,
    clock,
    isPublic: isPublicAddress,
    ca: certificate.ca,
  });
  const rig: Rig = createRig({
    room: options.room ?? calledRoom,
    paging: { sender: (name) => (name === 'PAGERDUTY_ROUTING_KEY' ? pager : null) },
  });
  onTestFinished(async () => {
    await rig.stop();
    pager.stop();
    await server.stop();
  });
  if (options.start !== undefined) rig.clock.jump(options.start - began);
  rig.start();
  return { server, rig };
}

/** Waits until nothing can be done before time passes. */
const settled = (rig: Rig) =>
  eventually(async () => {
    rig.clock.advance(1);
    const due = await rig.store.nextDue({ chat: 1, other: 1 });
    const idle = rig.performer.inFlight() === 0 && (due === null || due > rig.clock.now());
    return idle && (rig.clock.waiting() > 0 || due === null);
  }).toBe(true);

async function pass(rig: Rig, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 30_000) {
    rig.clock.advance(Math.min(left, 30_000));
    await settled(rig);
  }
}

const called = async (rig: Rig, from = began): Promise<string[]> =>
  (await rig.store.events({ stream: 'INC-1' })).flatMap(({ event }) =>
    event.type === 'Called' ? [`${event.data.duty} ${Math.floor((event.at - from) / minute)}`] : [],
  );

/** Without the part that is another one in each database. */
const keys = (server: PagerDutyServer) =>
  server.account.incidents
    .map(({ key, status }) => `${key.replace(/^genesis\/[0-9a-f]{12}\//, 'genesis/')} ${status}`)
    .sort();

const acknowledge = (rig: Rig) =>
  rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });

describe('a page over TLS', { tags: ['trust-7', 'trust-16'] }, () => {
  it('goes out at once, stops with the acknowledgement here, and ends with the resolution', async () => {
    const { server, rig } = await paged();
    await rig.alert();
    await settled(rig);
    expect(keys(server)).toEqual(['genesis/INC-1/0 triggered']);
    expect(server.events[0]).toMatchObject({
      payload: { summary: 'P1 high-error-rate on checkout (INC-1)', source: 'checkout' },
    });
    await acknowledge(rig);
    await settled(rig);
    expect(keys(server)).toEqual(['genesis/INC-1/0 acknowledged']);
    await rig.alert(ended(notice()));
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    await settled(rig);
    expect(keys(server)).toEqual(['genesis/INC-1/0 resolved']);
    await rig.alert({ startsAt: rig.clock.now() + 1 });
    await settled(rig);
    expect(keys(server)).toEqual(['genesis/INC-1/0 resolved', 'genesis/INC-1/1 triggered']);
  });

  it('goes out when somebody calls after the acknowledgement, whatever the clock says of the order', async () => {
    for (const back of [0, minute, hour]) {
      const { server, rig } = await paged();
      await rig.alert();
      await settled(rig);
      await acknowledge(rig);
      rig.clock.jump(-back);
      const call = { type: 'incident.call', incident: 'INC-1', duty: 'executives', why: 'No data' } as const;
      expect((await rig.desk.act('U1ENGINEER', call)).kind).toBe('accepted');
      // Work that is due by a clock that was set back waits for a minute of it at most.
      await pass(rig, back === 0 ? 30_000 : 2 * minute);
      expect(keys(server), `${back}`).toContain('genesis/INC-1/1 triggered');
      await rig.stop();
    }
  });

  it('of an older version is judged by the times that it has', async () => {
    const { server, rig } = await paged();
    await rig.alert();
    await settled(rig);
    await acknowledge(rig);
    const incident = await rig.incident();
    const { calling, acknowledged } = incident;
    const [call] = calling?.calls ?? [];
    if (!calling || !call || !acknowledged) throw new Error('nobody was called');
    const { afterAcknowledgement: _, ...old } = { ...call, page: 'waiting' as const };
    const outcome = async (at: number) => {
      const calls = [{ ...old, at }];
      const state = { kind: 'incident', incident: { ...incident, calling: { ...calling, calls } } } as const;
      const paging = { sender: () => ({ trigger: rings, acknowledge: rings, resolve: rings }) };
      const queued = { lane: null, coalesce: null, notBefore: 0 };
      const page = { kind: 'page', incident: 'INC-1', call: 0, ...queued } as const;
      const [answer] = await performPage(page, { store: { state: async () => state }, paging });
      return answer?.type === 'incident.page-answered' ? answer.outcome : null;
    };
    const rings = async (): Promise<void> => {};
    expect(await outcome(acknowledged.at - 1)).toBe('needless');
    expect(await outcome(acknowledged.at + 1)).toBe('paged');
    expect(server.requests.length).toBeGreaterThan(0);
  });

  it('whose reply is lost rings once', async () => {
    const { server, rig } = await paged();
    server.fail({ kind: 'lost-reply' });
    await rig.alert();
    await settled(rig);
    await pass(rig, minute);
    expect(keys(server)).toEqual(['genesis/INC-1/0 triggered']);
    expect(server.account.incidents[0]?.triggers).toBe(2);
  });

  it('that PagerDuty refuses for good is said and not tried again, and the next level is called in time', async () => {
    const { server, rig } = await paged();
    server.fail({ kind: 'answer', status: 400, body: '{"status":"invalid event","message":"no"}' });
    await rig.alert();
    await settled(rig);
    expect((await rig.incident()).calling?.calls[0]?.page).toBe('failed');
    expect(
      rig.chat.calls.filter((call) => call.kind === 'show' && call.request.key.startsWith('unpaged/')),
    ).toHaveLength(1);
    await pass(rig, 6 * minute);
    expect(server.requests).toHaveLength(1);
    expect(await called(rig)).toEqual(['on-call 0', 'lead 5']);
  });

  it('waits as long as PagerDuty asks', async () => {
    const { server, rig } = await paged();
    server.fail({ kind: 'answer', status: 429, headers: { 'retry-after': '45' } });
    await rig.alert();
    await settled(rig);
    await pass(rig, 40_000);
    expect(server.requests).toHaveLength(1);
    await pass(rig, 30_000);
    expect(keys(server)).toEqual(['genesis/INC-1/0 triggered']);
  });
});

const outages: readonly (readonly [string, Fault])[] = [
  ['answers 429', { kind: 'answer', status: 429, headers: { 'retry-after': '30' } }],
  ['answers 503', { kind: 'answer', status: 503 }],
  ['does not answer at all', { kind: 'hang' }],
  ['breaks off every connection', { kind: 'reset' }],
];

describe('PagerDuty is away for more than an hour', { tags: ['trust-16'] }, () => {
  it.for(outages)(
    'and %s: people are reached another way, and paged as soon as it is back',
    async ([how, fault], { annotate }) => {
      const { server, rig } = await paged();
      server.fail(fault, 10_000);
      await rig.alert();
      await settled(rig);
      const unpaged = () =>
        rig.chat.calls.filter((call) => call.kind === 'show' && call.request.key.startsWith('unpaged/'));
      await pass(rig, minute);
      expect(unpaged()).toHaveLength(1);
      expect((await rig.incident()).calling).toMatchObject({ unpagedSince: expect.any(Number) });
      // What people do goes on meanwhile, and so does the chain.
      await rig.desk.act('U1ENGINEER', {
        ...{ type: 'incident.note', incident: 'INC-1', kind: 'note', text: 'Looking.' },
      } as const);
      // One way is tried for its whole length, the others for minutes where counts are reduced.
      const whole = how === 'answers 503' || process.env.SOAK !== undefined;
      await pass(rig, whole ? hour + 4 * minute : 6 * minute);
      expect(await called(rig)).toEqual(['on-call 0', 'lead 5', ...(whole ? ['executives 35'] : [])]);
      expect(server.account.incidents).toHaveLength(0);
      expect(server.requests.length).toBeGreaterThan(whole ? 60 : 3);
      // A process that dies in between loses nothing of it.
      await rig.restart();
      server.heal();
      await pass(rig, 2 * minute);
      expect(keys(server)).toEqual([
        'genesis/INC-1/0 triggered',
        ...(whole ? ['genesis/INC-1/2 triggered'] : []),
      ]);
      expect((await rig.incident()).calling).toMatchObject({ unpagedSince: null });
      await annotate(
        `PagerDuty ${how}: said within a minute, ${server.requests.length} tries in ${whole ? 65 : 7} minutes and over a restart, paged once`,
        'figure',
      );
      expect((await rig.incident()).notes.map(({ text }) => text)).toContain(
        'PagerDuty answers again: L1 on-call engineer is paged.',
      );
    },
  );

  it('and pages nobody any more when it is back, where somebody has taken it', async () => {
    const { server, rig } = await paged();
    server.fail({ kind: 'answer', status: 503 }, 10_000);
    await rig.alert();
    await pass(rig, 2 * minute);
    await acknowledge(rig);
    server.heal();
    await pass(rig, 2 * minute);
    expect(server.account.incidents).toHaveLength(0);
    expect((await rig.incident()).calling).toMatchObject({ unpagedSince: null });
  });
});

describe('Slack is away', { tags: ['trust-15'] }, () => {
  it('and pages go out, the next levels are called in time, and acknowledging in PagerDuty counts', async ({
    annotate,
  }) => {
    const { server, rig } = await paged();
    rig.chat.fault = () => {
      throw new WorkFailed('unavailable', 'Slack answered with HTTP 503.', { retry: { afterMs: null } });
    };
    await rig.alert();
    await pass(rig, 36 * minute);
    expect(await called(rig)).toEqual(['on-call 0', 'lead 5', 'executives 35']);
    expect(keys(server)).toEqual(['genesis/INC-1/0 triggered', 'genesis/INC-1/2 triggered']);
    await annotate('36 min without Slack: 3 levels called in time, 2 pages delivered', 'figure');
  });
});

describe('the chain keeps its times', { tags: ['trust-19', 'trust-20', 'trust-16'] }, () => {
  /** Level 3 may be called between one and two in the morning: an hour that autumn brings twice. */
  const nightly: Room = {
    ...calledRoom,
    calendar: {
      ...calendar,
      businessHours: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 60, toMinute: 120 },
    },
  };
  const autumn = Date.UTC(2026, 10, 1, 6, 20, 0);
  const expected = ['on-call 0', 'lead 5', 'platform 35', 'executives 95'];

  it('over restarts, a night of two equal hours and an outage: each level once, none after the answer', async ({
    annotate,
  }) => {
    const { server, rig } = await paged({ room: nightly, start: autumn });
    server.fail({ kind: 'answer', status: 503 }, 10_000);
    await rig.alert({ startsAt: autumn - minute });
    for (let quarter = 0; quarter < 7; quarter += 1) {
      await pass(rig, 14 * minute);
      await rig.restart();
      await pass(rig, minute);
    }
    expect(await called(rig, autumn)).toEqual(expected);
    server.heal();
    await pass(rig, 2 * minute);
    expect(keys(server)).toEqual(['genesis/INC-1/0 triggered', 'genesis/INC-1/3 triggered']);
    await acknowledge(rig);
    await pass(rig, 5 * minute);
    await rig.restart();
    await pass(rig, 3 * hour);
    // The last was called 95 minutes after the beginning, and its two hours to end it are over: nobody is left.
    expect(await called(rig, autumn)).toEqual(expected);
    expect(keys(server)).toEqual(['genesis/INC-1/0 acknowledged', 'genesis/INC-1/3 acknowledged']);
    await annotate('4 levels called once and on the minute over 8 restarts, 0 after the answer', 'figure');
  });

  it('where the clock is set while the bot is down or runs', async ({ annotate }) => {
    const jumps = [hour, -hour, 24 * hour, -24 * hour];
    for (const jump of jumps) {
      const { rig } = await paged({ room: nightly, start: autumn });
      await rig.alert({ startsAt: autumn - minute });
      await pass(rig, 2 * minute);
      rig.clock.jump(jump);
      // It is noticed within a minute.
      rig.clock.advance(minute);
      await settled(rig);
      await pass(rig, 9 * minute);
      const duties = (await called(rig, autumn)).map((each) => each.split(' ')[0]);
      // Set forward, time that never passed counts as passed for what was waiting; nobody is called twice for it.
      expect(duties.slice(0, 2)).toEqual(['on-call', 'lead']);
      expect(new Set(duties).size).toBe(duties.length);
      await acknowledge(rig);
      await pass(rig, 3 * minute);
      expect((await called(rig, autumn)).length).toBe(duties.length);
      await rig.stop();
    }
    await annotate(`${jumps.length} jumps of the clock: 0 calls lost, 0 doubled`, 'figure');
  });
});
