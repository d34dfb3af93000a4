import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWebhook } from '../../../src/adapters/alertmanager/webhook.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { type Effect, subjectKey } from '../../../src/core/effect.ts';
import type { StreamId } from '../../../src/core/stream.ts';
import type { Log } from '../../../src/engine/log.ts';
import type { Store } from '../../../src/engine/ports.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';
import { withoutOrder } from '../../fakes/withoutOrder.ts';

const numRuns = process.env.SOAK ? 400 : 20;
const silent: Log = { info() {}, warn() {}, error() {}, child: () => silent };

type Alert = {
  readonly name: string;
  readonly service: string;
  readonly instance: number;
  readonly over: boolean;
};

const startedAt = Date.UTC(2026, 10, 21, 13, 58);

/** A group of alerts as Alertmanager sends it. Each replica names itself, and nothing else differs between them. */
function webhook(service: string, alerts: readonly Alert[], replica: number): Uint8Array {
  const isOver = alerts.every(({ over }) => over);
  return new TextEncoder().encode(
    JSON.stringify({
      version: '4',
      groupKey: `{}:{service="${service}"}`,
      truncatedAlerts: 0,
      status: isOver ? 'resolved' : 'firing',
      receiver: 'genesis',
      groupLabels: { service },
      commonLabels: { service },
      commonAnnotations: {},
      externalURL: `http://alertmanager-${replica}.test:9093`,
      alerts: alerts.map(({ name, instance, over }) => ({
        status: over ? 'resolved' : 'firing',
        labels: { alertname: name, service, instance: `i-${instance}` },
        annotations: { summary: `${name} on ${service}` },
        startsAt: new Date(startedAt).toISOString(),
        endsAt: over ? new Date(startedAt + 300_000).toISOString() : '0001-01-01T00:00:00Z',
        generatorURL: 'http://prometheus.test',
        fingerprint: `${name}-${service}-${instance}`,
      })),
    }),
  );
}

/** What the first delivery tells, group by group: first what fires, then what has ended. */
const firstDeliveries = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('HighErrorRate', 'ServiceDown', 'Slow', 'Odd'),
      service: fc.constantFrom('checkout', 'search'),
      instance: fc.integer({ min: 1, max: 2 }),
      over: fc.boolean(),
    }),
    {
      minLength: 1,
      maxLength: 6,
      selector: ({ name, service, instance }) => `${name} ${service} ${instance}`,
    },
  )
  .map((alerts) => {
    const services = [...new Set(alerts.map(({ service }) => service))];
    const groups = services.map((service) => alerts.filter((each) => each.service === service));
    const firing = groups.map((group) => group.map((each) => ({ ...each, over: false })));
    const ended = groups.filter((group) => group.some(({ over }) => over));
    return [...firing, ...ended];
  });

type Delivery = { readonly group: readonly Alert[]; readonly replica: number };

async function deliver(store: Store, deliveries: readonly Delivery[]): Promise<void> {
  const route = createWebhook({
    tokens: ['a-token-of-the-test'],
    desk: { handle: (command) => store.handle(command, room) },
    log: silent,
  });
  for (const { group, replica } of deliveries) {
    const { service } = group[0] ?? { service: '' };
    const reply = await route.handle({ rawBody: webhook(service, group, replica), remote: '127.0.0.1' });
    expect(reply.status).toBe(200);
  }
}

/** The work that waits, each with its stream; what shows the same subject is one. */
function nameOf(effect: Effect): string {
  if (effect.kind === 'show') return `show ${subjectKey(effect.subject)}`;
  if (effect.kind === 'tell') return `tell ${JSON.stringify(effect.command)}`;
  const { lane: _lane, coalesce: _coalesce, notBefore: _notBefore, ...what } = effect;
  return JSON.stringify(what);
}

/** Everything that the store holds after the deliveries: incidents, runs, claims, and the work that follows. */
async function outcome(deliveries: readonly Delivery[]) {
  const clock = createClock();
  const store = openSqliteStore({ file: ':memory:', clock });
  try {
    await deliver(store, deliveries);
    const work: string[] = [];
    // Runs begin as work; what follows from that is decided here, and nothing is performed outside.
    for (;;) {
      const claimed = await store.claim(clock.now(), { chat: 1_000, other: 1_000 });
      if (claimed.length === 0) break;
      for (const { id, stream, effect } of claimed) {
        work.push(`${stream} ${nameOf(effect)}`);
        await store.finish({ id, follows: effect.kind === 'tell' ? [effect.command] : [] }, room);
      }
    }
    const incidents = [...(await store.recentIncidents(1_000))].sort((a, b) => a.number - b.number);
    const runs = await Promise.all(
      incidents.flatMap((incident) => incident.runs).map((run) => store.state(run as StreamId)),
    );
    const events = await store.events({});
    return {
      incidents,
      runs,
      work: work.sort(),
      events: events.map(({ stream, event }) => ({ stream, event })),
    };
  } finally {
    await store.close();
  }
}

describe('webhooks are delivered at least once', { tags: ['trust-9'] }, () => {
  it('come to the same log, state and work whether once, ten times or from three Alertmanagers', {
    timeout: 300_000,
  }, async ({ annotate }) => {
    let deliveries = 0;
    await fc.assert(
      fc.asyncProperty(firstDeliveries, fc.infiniteStream(fc.nat()), async (groups, chances) => {
        const once = groups.map((group) => ({ group, replica: 1 }));
        const expected = await outcome(once);
        const repeated = groups.flatMap((group) => Array.from({ length: 10 }, () => ({ group, replica: 1 })));
        expect(await outcome(repeated)).toEqual(expected);
        const three = groups.flatMap((group) => [1, 2, 3].map((replica) => ({ group, replica })));
        expect(await outcome(three)).toEqual(expected);
        // Each one again at any later place, as from a replica that lags behind, or after an answer that was lost.
        const late: Delivery[] = [...once];
        for (const [index, group] of groups.entries()) {
          for (let copy = 0; copy < 9; copy++) {
            const place = late.indexOf(once[index]!) + 1;
            const { value = 0 } = chances.next();
            late.splice(place + (value % (late.length - place + 1)), 0, { group, replica: 1 + (copy % 3) });
          }
        }
        expect(await outcome(late)).toEqual(expected);
        deliveries += once.length + repeated.length + three.length + late.length;
      }),
      { numRuns },
    );
    await annotate(
      `${numRuns} sets of webhooks, ${deliveries} deliveries: state, log and work identical to one delivery of each`,
      'figure',
    );
  });

  it('come to the same incidents when they arrive in another order, once each was heard', {
    timeout: 300_000,
  }, async ({ annotate }) => {
    await fc.assert(
      fc.asyncProperty(
        firstDeliveries.chain((groups) =>
          fc.tuple(
            fc.constant(groups),
            fc.shuffledSubarray(
              groups.map((_, index) => index),
              { minLength: groups.length },
            ),
          ),
        ),
        async ([groups, order]) => {
          const inOrder = groups.map((group) => ({ group, replica: 1 }));
          const shuffled = order.map((index) => inOrder[index]!);
          const settled = async (sent: readonly Delivery[]) => withoutOrder((await outcome(sent)).incidents);
          expect(await settled([...shuffled, ...inOrder])).toEqual(await settled(inOrder));
        },
      ),
      { numRuns },
    );
    await annotate(`${numRuns} sets of webhooks in any order: the same incidents`, 'figure');
  });
});
