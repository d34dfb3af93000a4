import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signHead, writeHead } from '../../../src/adapters/auditHead/headFile.ts';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { type EventRow, linkOf } from '../../../src/adapters/sqlite/eventTable.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { auditVerify } from '../../../src/commands/audit.ts';
import { genesisHash, linkHash } from '../../../src/core/audit/chain.ts';
import { sha256Hex } from '../../../src/core/playbook/canonical.ts';
import { alert } from '../../adapters/alertCommand.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';

const key = 'a key of more than sixteen characters';
const directory = mkdtempSync(join(tmpdir(), 'genesis-audit-'));
const original = join(directory, 'genesis.db');
const headFile = join(directory, 'audit-head.json');
let count = 0;

beforeAll(async () => {
  const store = openSqliteStore({ file: original, clock: createClock() });
  for (let number = 0; number < (process.env.SOAK === '1' ? 8 : 3); number++)
    await store.handle(alert('Slow', `s-${number}`), room);
  const head = await store.head();
  count = head.position;
  await store.close();
  await writeHead(headFile, signHead(key, head, Date.now()));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const rowsOf = (db: Database.Database): EventRow[] =>
  db.prepare<[], EventRow>('SELECT * FROM events ORDER BY position').all();

/** Computes every hash anew, as somebody would who owns the file and knows how the chain is made. */
function rechain(db: Database.Database): void {
  let before = genesisHash;
  const set = db.prepare('UPDATE events SET data_hash = ?, hash = ? WHERE position = ?');
  for (const row of rowsOf(db)) {
    const data_hash = sha256Hex(row.data ?? '');
    before = linkHash(before, linkOf({ ...row, data_hash }));
    set.run(data_hash, before, row.position);
  }
}

type Tampering = { readonly what: string; readonly change: (db: Database.Database) => void };

const columns = ['stream', 'version', 'type', 'schema', 'at', 'actor', 'data', 'data_hash', 'hash'];

/** One thing wrong with one event, for every event and everything in it. */
function tamperings(): readonly Tampering[] {
  const db = new Database(original, { readonly: true });
  const present = Object.keys(rowsOf(db)[0] ?? {});
  db.close();
  const positions = Array.from({ length: count }, (_, index) => index + 1);
  const flips = positions.flatMap((position) =>
    columns
      .filter((column) => present.includes(column))
      .map(
        (column): Tampering => ({
          what: `flip ${column} of ${position}`,
          change: (file) => {
            const row = file
              .prepare<[number], Record<string, unknown>>('SELECT * FROM events WHERE position = ?')
              .get(position);
            const value = row?.[column];
            const other = typeof value === 'number' ? value + 1_000 : flipped(String(value));
            file.prepare(`UPDATE events SET ${column} = ? WHERE position = ?`).run(other, position);
          },
        }),
      ),
  );
  const deletions = positions.map(
    (position): Tampering => ({
      what: `delete ${position}`,
      change: (file) => file.prepare('DELETE FROM events WHERE position = ?').run(position),
    }),
  );
  const closedUp = positions.map(
    (position): Tampering => ({
      what: `delete ${position} and close the gap`,
      change: (file) => {
        file.prepare('DELETE FROM events WHERE position = ?').run(position);
        file.prepare('UPDATE events SET position = -position WHERE position > ?').run(position);
        file.prepare('UPDATE events SET position = -position - 1 WHERE position < 0').run();
      },
    }),
  );
  const swaps = positions.slice(0, -1).map(
    (position): Tampering => ({
      what: `swap ${position} and the next`,
      change: (file) => {
        const move = file.prepare('UPDATE events SET position = ? WHERE position = ?');
        move.run(-1, position);
        move.run(position, position + 1);
        move.run(position + 1, -1);
      },
    }),
  );
  const cuts = positions.map(
    (position): Tampering => ({
      what: `cut off from ${position}`,
      change: (file) => file.prepare('DELETE FROM events WHERE position >= ?').run(position),
    }),
  );
  return [...flips, ...deletions, ...closedUp, ...swaps, ...cuts];
}

function flipped(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`;
}

/** What the chain alone says, and what `audit verify` says with the head that was kept elsewhere. */
async function verified({ what, change }: Tampering, number: number) {
  const file = join(directory, `tampered-${number}.db`);
  copyFileSync(original, file);
  const db = new Database(file);
  db.pragma('foreign_keys = OFF');
  for (const { name } of db
    .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    .all())
    db.exec(`DROP TRIGGER ${name}`);
  change(db);
  const chain = auditChain(db).findings.length;
  db.close();
  const said: string[] = [];
  const code = await auditVerify({ database: file, key, headFile }, (line) => said.push(line));
  return { what, chain, code, said: said.join('\n') };
}

describe('the audit trail', { tags: ['trust-40'], timeout: 120_000 }, () => {
  it('shows every flip, deletion, exchange and cut of any event', async ({ annotate }) => {
    expect((await verified({ what: 'nothing', change: () => undefined }, 0)).code).toBe(0);
    const all = tamperings();
    const missed: string[] = [];
    for (const [index, tampering] of all.entries()) {
      const { what, code } = await verified(tampering, index + 1);
      if (code !== 1) missed.push(what);
    }
    expect(missed).toEqual([]);
    await annotate(
      `${all.length} changes to a log of ${count} events: ${all.length} found (100 %)`,
      'figure',
    );
  });

  it('shows a log that was rewritten whole by its exported head alone, never by the chain', async ({
    annotate,
  }) => {
    const rewritings = tamperings().map(
      ({ what, change }): Tampering => ({
        what,
        change: (db) => {
          change(db);
          // Positions without a gap, and every hash computed anew: a perfect forgery of the chain.
          for (const [index, { position }] of rowsOf(db).entries())
            db.prepare('UPDATE events SET position = ? WHERE position = ?').run(-index - 1, position);
          db.exec('UPDATE events SET position = -position');
          rechain(db);
        },
      }),
    );
    // What only the hashes said is the same log again once they are computed anew.
    const real = rewritings
      .filter(({ what }) => !/^flip (?:hash|data_hash) /.test(what))
      .filter((_, index) => process.env.SOAK === '1' || index % 3 === 0);
    let byChain = 0;
    const missed: string[] = [];
    for (const [index, tampering] of real.entries()) {
      const { what, chain, code } = await verified(tampering, 10_000 + index);
      if (chain > 0) byChain += 1;
      if (code !== 1) missed.push(what);
    }
    expect(missed).toEqual([]);
    expect(byChain).toBe(0);
    await annotate(
      `${real.length} logs rewritten whole: 0 found by the chain alone, ${real.length} by the signed head (100 %)`,
      'figure',
    );
  });

  it('is exported at least every five minutes', async ({ annotate }) => {
    const recurring = readFileSync(join(import.meta.dirname, '../../../src/bot/recurring.ts'), 'utf8');
    const schedule = /name: 'write down the audit head',\s*schedule: '([^']+)'/.exec(recurring)?.[1] ?? '';
    const [second, minute, ...rest] = schedule.split(' ');
    expect(second).toMatch(/^\d{1,2}$/);
    // Every minute, or every few of them.
    const every = minute === '*' ? 1 : Number(/^\*\/(\d)$/.exec(minute ?? '')?.[1]);
    expect(every).toBeLessThanOrEqual(5);
    expect(rest).toEqual(['*', '*', '*', '*']);
    await annotate(`the head is written every ${every} min`, 'figure');
  });
});
