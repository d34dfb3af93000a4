import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { isSigned, readHead, signHead, writeHead } from '../../../src/adapters/auditHead/headFile.ts';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { type EventRow, linkOf } from '../../../src/adapters/sqlite/eventTable.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { auditVerify } from '../../../src/commands/audit.ts';
import { genesisHash, linkHash } from '../../../src/core/audit/chain.ts';
import { sha256Hex } from '../../../src/core/playbook/canonical.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';
import { alert } from '../alertCommand.ts';
import { temporaryDirectory } from './places.ts';

const key = 'a key of more than sixteen characters';

/** A log of some length, with its signed head written down outside of it. */
async function written() {
  const directory = temporaryDirectory();
  const file = join(directory, 'genesis.db');
  const headFile = join(directory, 'audit-head.json');
  const store = openSqliteStore({ file, clock: createClock() });
  for (let number = 0; number < 10; number++) await store.handle(alert('Slow', `s-${number}`), room);
  await writeHead(headFile, signHead(key, await store.head(), Date.now()));
  for (let number = 0; number < 5; number++) await store.handle(alert('Slow', `t-${number}`), room);
  await store.close();
  return { file, headFile };
}

/** What an owner of the file does to it with the store closed. */
async function tampered(change: (db: Database.Database) => void) {
  const { file, headFile } = await written();
  const db = new Database(file);
  change(db);
  const { findings } = auditChain(db);
  db.close();
  const said: string[] = [];
  const code = await auditVerify({ database: file, key, headFile }, (line) => said.push(line));
  return { chain: findings, code, said: said.join('\n') };
}

const rows = (db: Database.Database): EventRow[] =>
  db.prepare<[], EventRow>('SELECT * FROM events ORDER BY position').all();

/** Computes every hash anew, as somebody would who knows how the chain is made. */
function rechain(db: Database.Database): void {
  let before = genesisHash;
  const set = db.prepare('UPDATE events SET data_hash = ?, hash = ? WHERE position = ?');
  for (const row of rows(db)) {
    const data_hash = sha256Hex(row.data ?? '');
    before = linkHash(before, linkOf({ ...row, data_hash }));
    set.run(data_hash, before, row.position);
  }
}

describe('the chain of the log', { tags: ['trust-40'] }, () => {
  it('holds, and its head fits', async () => {
    expect(await tampered(() => undefined)).toMatchObject({
      chain: [],
      code: 0,
      said: expect.stringContaining('the chain holds'),
    });
  });

  it('holds when a payload was deleted as the law may demand', async () => {
    const { chain } = await tampered((db) => db.exec('UPDATE events SET data = NULL WHERE position = 3'));
    expect(chain).toEqual([]);
  });

  it('shows a payload that was changed, once and where it is', async () => {
    const { chain } = await tampered((db) =>
      db.exec(`UPDATE events SET data = replace(data, 's-2', 's-9') WHERE stream = 'INC-3' AND version = 1`),
    );
    expect(chain).toEqual([
      { position: expect.any(Number), message: 'the payload is not the one that was written' },
    ]);
  });

  it.each(['actor', 'type', 'at', 'stream'])('shows a changed %s', async (column) => {
    const { chain } = await tampered((db) =>
      db.exec(`UPDATE events SET ${column} = ${column === 'at' ? '1' : "'forged'"} WHERE position = 4`),
    );
    expect(chain).toEqual([{ position: 4, message: 'the event does not fit the chain before it' }]);
  });

  it('shows a changed payload whose own hash was changed with it', async () => {
    const { chain } = await tampered((db) => {
      const data = '{"forged":true}';
      db.prepare('UPDATE events SET data = ?, data_hash = ? WHERE position = 4').run(data, sha256Hex(data));
    });
    expect(chain).toEqual([{ position: 4, message: 'the event does not fit the chain before it' }]);
  });

  it('shows what was deleted, from the middle and from the beginning', async () => {
    const middle = await tampered((db) => db.exec('DELETE FROM events WHERE position BETWEEN 4 AND 6'));
    expect(middle.chain.map(({ message }) => message)).toContain('events 4 to 6 are missing');
    const beginning = await tampered((db) => db.exec('DELETE FROM events WHERE position < 3'));
    expect(beginning.chain.map(({ message }) => message)).toContain('events 1 to 2 are missing');
  });

  it('shows two events that changed places', async () => {
    const { chain } = await tampered((db) => {
      db.exec('UPDATE events SET position = -1 WHERE position = 5');
      db.exec('UPDATE events SET position = 5 WHERE position = 6');
      db.exec('UPDATE events SET position = 6 WHERE position = -1');
    });
    expect(chain.map(({ position }) => position)).toEqual(expect.arrayContaining([5, 6]));
  });

  it('cannot by itself show that it was cut short: the head can', async () => {
    const cut = await tampered((db) => db.exec('DELETE FROM events WHERE position > 12'));
    expect(cut).toMatchObject({ chain: [], code: 1, said: expect.stringContaining('were cut off') });
  });

  it('cannot by itself show that it was rewritten whole: the head can', async () => {
    const rewritten = await tampered((db) => {
      db.exec(`UPDATE events SET actor = 'somebody else' WHERE position = 2`);
      rechain(db);
    });
    expect(rewritten).toMatchObject({ chain: [], code: 1, said: expect.stringContaining('was rewritten') });
  });

  it('knows a head that was not signed with its key', async () => {
    const { headFile } = await written();
    const head = await readHead(headFile);
    expect(isSigned(key, head)).toBe(true);
    expect(isSigned('another key of some length', head)).toBe(false);
    expect(isSigned(key, { ...head, position: head.position - 1 })).toBe(false);
    expect(isSigned(key, { ...head, at: '2020-01-01T00:00:00.000Z' })).toBe(false);
  });
});
