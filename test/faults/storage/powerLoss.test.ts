import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { episodeClaim } from '../../../src/core/incident/claims.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import { notice } from '../../fakes/world.ts';
import { compileForgettingDisk, writeUntilPowerLoss } from './powerLoss.ts';

const rounds = process.env.SOAK ? 50 : 5;

/** Numbers that look like chance and are the same on every machine. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Which of the numbers the store does not know. */
async function missing(file: string, acked: readonly number[]): Promise<number[]> {
  const store = openSqliteStore({ file, clock: createClock() });
  try {
    const held = await Promise.all(
      acked.map((number) => {
        const { fingerprint, startsAt } = notice({ name: 'Chatty', service: `service-${number}` });
        return store.holder(episodeClaim({ fingerprint, startsAt } as never));
      }),
    );
    return acked.filter((_, index) => held[index] === null);
  } finally {
    await store.close();
  }
}

describe('the power goes away while alerts are written', () => {
  it('loses nothing that was acknowledged, and the database is whole', {
    tags: ['trust-3'],
    timeout: 600_000,
  }, async ({ skip, annotate }) => {
    const directory = temporaryDirectory();
    const library = compileForgettingDisk(directory);
    if (library === null) return skip('there is no C compiler here');
    const file = join(directory, 'genesis.db');
    const chance = sequence(20_261_121);
    const acked: number[] = [];
    let sectors = 0;
    for (let round = 0; round < rounds; round++) {
      // In every second round nothing unsynced survives; in the others any part of it may, in any order.
      const share = round % 2 === 0 ? 0 : chance();
      const cut = await writeUntilPowerLoss({
        library,
        file,
        first: round * 1_000_000,
        afterAcks: 1 + Math.floor(chance() * 400),
        survives: () => chance() < share,
      });
      acked.push(...cut.acked);
      sectors += cut.lostSectors;

      const db = new Database(file);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(auditChain(db).findings).toEqual([]);
      db.close();
      expect(await missing(file, acked)).toEqual([]);
    }
    expect(acked.length).toBeGreaterThan(rounds);
    await annotate(
      `${rounds} losses of power, ${sectors} sectors lost on the way: ${acked.length} acknowledged, 0 lost`,
      'figure',
    );
  });

  it('would lose what was acknowledged if commits were not synced, and this test would show it', {
    tags: ['trust-2', 'trust-3'],
    timeout: 120_000,
  }, async ({ skip, annotate }) => {
    const directory = temporaryDirectory();
    const library = compileForgettingDisk(directory);
    if (library === null) return skip('there is no C compiler here');
    const file = join(directory, 'genesis.db');
    // A first life with a database that is on the disk whole: what follows is the loss of commits, not of the file.
    await openSqliteStore({ file, clock: createClock() }).close();
    const { acked } = await writeUntilPowerLoss({
      library,
      file,
      first: 0,
      afterAcks: 40,
      openings: 'pretend',
    });
    const lost = await missing(file, acked);
    expect(lost.length).toBeGreaterThan(0);
    await annotate(
      `with synchronous=NORMAL forced: ${lost.length} of ${acked.length} acknowledged are lost`,
      'figure',
    );
  });
});
