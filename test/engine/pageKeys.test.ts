import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { pagedRig, sharedAccount } from './pagedTogether.ts';
import { eventually, type Rig } from './rig.ts';

const began = Date.UTC(2026, 10, 21, 14, 0, 0);
const keyOf = (rig: Rig, call: number) => `genesis/${rig.store.installation}/INC-1/${call}`;
const acknowledge = (rig: Rig) =>
  rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });

describe('two installations that page through one integration', { tags: ['trust-16'] }, () => {
  it('have pages of their own for the same number, and answer each their own alone', async ({ annotate }) => {
    const server = await sharedAccount(() => began);
    const [one, other] = [await pagedRig(server), await pagedRig(server)];
    expect(one.rig.store.installation).toMatch(/^[0-9a-f]{12}$/);
    expect(one.rig.store.installation).not.toBe(other.rig.store.installation);
    await Promise.all([one.rig.alert(), other.rig.alert()]);
    const status = (rig: Rig) => server.account.open(keyOf(rig, 0))?.status;
    await eventually(() => [status(one.rig), status(other.rig)]).toEqual(['triggered', 'triggered']);

    // Acknowledged at one of them, the other's telephone rings on.
    await acknowledge(one.rig);
    await eventually(() => status(one.rig)).toBe('acknowledged');
    await one.rig.idle();
    expect(status(other.rig)).toBe('triggered');

    // Acknowledged in PagerDuty, and told to both: only the one whose page it is takes it.
    const { id } = server.account.open(keyOf(other.rig, 0))!;
    server.account.person(id, 'acknowledged', 'PUSER01');
    await server.webhooks.settled();
    const told = server.webhooks.delivered.at(-1)!;
    const before = (await one.rig.store.head()).position;
    expect([await one.hear(told), await other.hear(told)]).toEqual([200, 200]);
    expect((await one.rig.store.head()).position).toBe(before);
    expect((await other.rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
    expect(server.account.incidents).toHaveLength(2);
    await annotate(
      '2 installations, 1 integration, both with INC-1: 2 pages, 0 answered for the other',
      'figure',
    );
  });

  it('keep what it is that tells them apart over a restart', async () => {
    const { rig } = await pagedRig(await sharedAccount(() => began));
    const { installation } = rig.store;
    await rig.restart();
    expect(rig.store.installation).toBe(installation);
  });
});

describe('a page that an older version sent and that is open', { tags: ['trust-16', 'trust-7'] }, () => {
  /** A database as an older version left it: its pages have keys without the installation. */
  async function upgraded() {
    const server = await sharedAccount(() => began);
    const { rig, hear } = await pagedRig(server);
    const db = new Database(rig.file);
    const [{ mark } = { mark: '' }] = db.prepare<[], { mark: string }>('SELECT mark FROM installation').all();
    db.exec('DELETE FROM installation');
    await rig.restart();
    expect(rig.store.installation).toBeNull();
    await rig.alert();
    const old = () => server.account.incidents.find(({ key }) => key === 'genesis/INC-1/0');
    await eventually(() => old()?.status).toBe('triggered');
    await rig.idle();
    db.prepare('INSERT INTO installation (mark) VALUES (?)').run(mark);
    db.close();
    await rig.restart();
    return { server, rig, hear, old: () => old()! };
  }

  it('ends by its own key, and the next one has the new form', async () => {
    const { server, rig, old } = await upgraded();
    await acknowledge(rig);
    await eventually(() => old().status).toBe('acknowledged');
    await rig.desk.act('U1ENGINEER', {
      ...{ type: 'incident.call', incident: 'INC-1', duty: 'testing', why: null },
    } as const);
    await eventually(() => server.account.open(keyOf(rig, 1))?.status).toBe('triggered');
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    await eventually(() => server.account.incidents.map(({ status }) => status)).toEqual([
      'resolved',
      'resolved',
    ]);
    expect(server.account.incidents.map(({ key }) => key)).toEqual(['genesis/INC-1/0', keyOf(rig, 1)]);
  });

  it('is acknowledged from PagerDuty as before; the same key from elsewhere means nothing', async () => {
    const { server, rig, hear, old } = await upgraded();
    // Of an older version somewhere else, which has called more often than this one.
    server.account.event(server.keys.routing, 'trigger', {
      ...{ key: 'genesis/INC-1/5', title: 'Elsewhere', severity: 'error' },
    });
    const elsewhere = server.account.incidents.at(-1)!;
    server.account.person(elsewhere.id, 'acknowledged', 'PUSER01');
    await server.webhooks.settled();
    expect(await hear(server.webhooks.delivered.at(-1)!)).toBe(200);
    expect((await rig.incident()).acknowledged).toBeNull();

    server.account.person(old().id, 'acknowledged', 'PUSER01');
    await server.webhooks.settled();
    expect(await hear(server.webhooks.delivered.at(-1)!)).toBe(200);
    expect((await rig.incident()).acknowledged?.by).toBe('U1ENGINEER');
  });
});
