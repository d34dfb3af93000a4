import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { migrations } from '../../../src/adapters/sqlite/schema.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Notice } from '../../../src/core/alert/alert.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';
import { alert } from '../alertCommand.ts';
import { temporaryDirectory } from './places.ts';

/** Two incidents, one of them acknowledged and walking its playbook, and effects that wait, as the first schema had it. */
const dump = readFileSync(join(import.meta.dirname, '../../fixtures/upgrade/schema-1.sql'), 'utf8');

function asTheReleaseBefore(change: (db: Database.Database) => void = () => undefined): string {
  const file = join(temporaryDirectory(), 'genesis.db');
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(dump);
  change(db);
  db.close();
  return file;
}

const afterwards = () => createClock(Date.UTC(2026, 9, 1, 3, 2, 0));

describe('a database of the release before', { tags: ['trust-22'] }, () => {
  it('is taken over with its incidents, its runs and its chain', async () => {
    const file = asTheReleaseBefore();
    const store = openSqliteStore({ file, clock: afterwards() });
    const open = await store.openIncidents();
    expect(open.map(({ id, service }) => ({ id, service }))).toEqual([
      { id: 'INC-1', service: 'genesis-orchestration' },
      { id: 'INC-2', service: 'billing' },
    ]);
    expect(open[0]?.acknowledged).toMatchObject({ by: 'U0RESPONDER' });
    const run = await store.state('INC-1.1');
    expect(run?.kind === 'run' && (await store.definition(run.run.definition))).toMatchObject({
      playbook: { name: 'high-error-rate' },
    });
    expect(await store.handle(alert('Slow', 'shipping'), room)).toMatchObject({ stream: 'INC-3' });
    await store.close();
    const db = new Database(file, { readonly: true });
    expect(auditChain(db).findings).toEqual([]);
    expect(db.pragma('user_version', { simple: true })).toBe(migrations.length);
    db.close();
  });

  it('has all of its waiting effects performed, each lane in its order', async () => {
    const store = openSqliteStore({ file: asTheReleaseBefore(), clock: afterwards() });
    const at = Date.UTC(2026, 9, 1, 3, 2, 0);
    const order = new Map<string, number[]>();
    // What the process before was at work on is not taken up as if nothing had been done; recovery decides on it.
    for (const effect of await store.interrupted()) await store.release(effect.id);
    for (;;) {
      const due = await store.claim(at, { chat: 10, other: 10 });
      if (due.length === 0) break;
      const lanes = due.map(({ effect }) => effect.lane);
      expect(lanes.filter((lane) => lane !== null)).toHaveLength(
        new Set(lanes.filter((lane) => lane !== null)).size,
      );
      for (const { id, effect } of due) {
        const lane = effect.lane ?? 'none';
        order.set(lane, [...(order.get(lane) ?? []), id]);
        await store.finish({ id, follows: [] } as unknown as Parameters<typeof store.finish>[0], room);
      }
    }
    expect(Object.fromEntries(order)).toEqual({
      none: [14],
      'chat/INC-1': [1, 2, 4, 5, 7, 16, 18],
      'chat/announce/INC-1': [3],
      'chat/INC-2': [9, 10, 12, 13, 15, 19],
      'chat/announce/INC-2': [11],
      'observe/INC-1.1': [17],
    });
    // The check whether anything was done by half past three is not due yet.
    expect(await store.nextDue({ chat: 1, other: 1 })).toBe(Date.UTC(2026, 9, 1, 3, 30, 0));
    await store.close();
  });

  it('knows the alerts that fired before, and takes none of them for new', async () => {
    const store = openSqliteStore({ file: asTheReleaseBefore(), clock: afterwards() });
    const startsAt = Date.UTC(2026, 9, 1, 2, 55);
    const labels = { alertname: 'HighErrorRate', service: 'genesis-orchestration' };
    const about = { fingerprint: '00000000000000a1', startsAt, labels, annotations: {}, groupKey: 'g' };
    const tell = (status: Pick<Notice, 'status' | 'endsAt'>) =>
      store.handle(
        { actor: { kind: 'alertmanager' }, type: 'alert.notice', notice: { ...about, ...status } },
        room,
      );
    expect(await tell({ status: 'firing' })).toMatchObject({ events: [] });
    expect(await tell({ status: 'resolved', endsAt: startsAt + 1_000 })).toMatchObject({
      events: [{ type: 'AlertResolved' }],
    });
    await store.close();
  });

  it('finds the effects that an older program added while it was back in charge', async () => {
    const file = asTheReleaseBefore();
    await openSqliteStore({ file, clock: afterwards() }).close();
    const db = new Database(file);
    db.prepare(
      `INSERT INTO effects (stream, lane, not_before, created_at, body)
       VALUES ('INC-2', 'chat/elsewhere', 0, 0, '{"kind":"topic","lane":"chat/elsewhere"}')`,
    ).run();
    db.close();
    const store = openSqliteStore({ file, clock: afterwards() });
    const due = await store.claim(Date.UTC(2026, 9, 1, 3, 2, 0), { chat: 10, other: 0 });
    expect(due.map(({ effect }) => effect.lane)).toContain('chat/elsewhere');
    await store.close();
  });

  it('stays as it was, for the release before, when it cannot be brought up to date', () => {
    const file = asTheReleaseBefore((db) => db.exec('CREATE TABLE effects_heads (in_the_way INTEGER)'));
    const before = schemaOf(file);
    expect(() => openSqliteStore({ file, clock: afterwards() })).toThrow();
    expect(schemaOf(file)).toEqual(before);
  });
});

function schemaOf(file: string): unknown {
  const db = new Database(file, { readonly: true });
  const version = db.pragma('user_version', { simple: true });
  const sql = db.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all();
  db.close();
  return { version, sql };
}
