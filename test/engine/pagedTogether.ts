import { onTestFinished } from 'vitest';
import { startHttpServer } from '../../src/adapters/http/server.ts';
import { isPublicAddress } from '../../src/adapters/outbound/publicAddress.ts';
import { createPager } from '../../src/adapters/pagerduty/pager.ts';
import { createPagerWebhook } from '../../src/adapters/pagerduty/webhook.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { createPagerSync } from '../../src/engine/pagerSync.ts';
import { calledRoom, roster } from '../fakes/called.ts';
import { type PagerDutyServer, startPagerDutyServer } from '../fakes/pagerdutyServer.ts';
import { signatureOf } from '../fakes/pagerdutyWebhooks.ts';
import { createRig, type Rig } from './rig.ts';

const secret = 'CANARY-webhook-secret-of-now';

/** Testing is paged as well, by the same integration. */
export const pagedRoom: Room = {
  ...calledRoom,
  roster: {
    ...roster,
    testing: {
      ...roster.testing!,
      pagerduty: { routingKey: 'PAGERDUTY_ROUTING_KEY', escalationPolicy: null },
    },
  },
};

/** Of the people of PagerDuty these are known in Slack; the manager is in the group that is called for testing. */
const people = new Map([
  ['oncall@example.com', 'U1ENGINEER'],
  ['manager@example.com', 'U8EXPERT'],
  ['visitor@example.com', 'U5VISITOR'],
]);

export type PagedRig = {
  readonly rig: Rig;
  /** Hands a webhook of PagerDuty to this installation; answers its status. */
  hear(delivered: { readonly body: string }): Promise<number>;
};

/** An engine with its own database, which pages through the account that it is given, and hears what is handed to it. */
export async function pagedRig(server: PagerDutyServer): Promise<PagedRig> {
  const rig: Rig = createRig({ room: pagedRoom, paging: { sender: () => pager } });
  const pager = createPager({
    routingKey: server.keys.routing,
    token: server.keys.token,
    from: server.keys.from,
    apiUrl: server.url,
    eventsUrl: server.url,
    clock: rig.clock,
    isPublic: isPublicAddress,
  });
  rig.directory.members.set('U8EXPERT', { kind: 'member', groups: ['testing'] });
  const route = () => {
    const { store, desk } = rig;
    const sync = createPagerSync({
      ...{ desk, pager, clock: rig.clock, log: rig.log.log },
      finder: { userByEmail: async (email) => people.get(email.toLowerCase()) ?? null },
      installation: store.installation,
    });
    const parts = { deliveries: store, clock: rig.clock, log: rig.log.log };
    return createPagerWebhook({ ...parts, secrets: [secret], onNotice: sync.hear });
  };
  onTestFinished(async () => {
    await rig.stop();
    pager.stop();
  });
  rig.start();
  return {
    rig,
    async hear({ body }) {
      // Each over a server of its own, since the engine behind it may be another process by now.
      const http = await startHttpServer({
        ...{ host: '127.0.0.1', port: 0, routes: [route()], log: rig.log.log },
      });
      try {
        const headers = {
          'content-type': 'application/json',
          'x-pagerduty-signature': signatureOf(body, secret),
        };
        const answer = await fetch(`${http.address.url}/pagerduty`, { method: 'POST', body, headers });
        await answer.arrayBuffer();
        return answer.status;
      } finally {
        await http.close();
      }
    },
  };
}

/** The account that installations share. What it tells is kept in `delivered`, and goes where a test hands it to. */
export async function sharedAccount(now: () => number): Promise<PagerDutyServer> {
  const server = await startPagerDutyServer({ now });
  // Nobody listens there; a test hands on what is to be heard.
  server.webhooks.subscribe('http://127.0.0.1:9/pagerduty', secret);
  onTestFinished(() => server.stop());
  return server;
}
