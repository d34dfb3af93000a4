import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { episodeClaim } from '../../../src/core/incident/claims.ts';
import { createClock } from '../../fakes/clock.ts';
import { notice } from '../../fakes/world.ts';
import { temporaryDirectory } from './places.ts';

/** `npm test` runs the small number; the long version is for nights. */
const kills = Number(process.env.GENESIS_KILLS ?? 20);
const program = join(import.meta.dirname, 'storeProcess.ts');

type Death = 'before' | 'after' | { readonly afterAcks: number };

/** Lets a process write until it dies in the given way; the numbers that it was told were written. */
async function writeUntilKilled(file: string, first: number, death: Death): Promise<number[]> {
  const dies = typeof death === 'string' ? death : 'never';
  const child = spawn(process.execPath, [program, file, String(first), dies], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const acked: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, number] = line.split(' ');
    if (word === 'acked') acked.push(Number(number));
    if (typeof death !== 'string' && acked.length === death.afterAcks) child.kill('SIGKILL');
  }
  await gone;
  return acked;
}

describe('a process is killed while it writes', () => {
  it('loses nothing that was acknowledged, and the database is whole', {
    tags: ['trust-1'],
    timeout: 240_000,
  }, async ({ annotate }) => {
    const file = join(temporaryDirectory(), 'genesis.db');
    const acked: number[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const death: Death =
        kill % 4 === 2 ? 'before' : kill % 4 === 3 ? 'after' : { afterAcks: 1 + ((kill * 37) % 90) };
      acked.push(...(await writeUntilKilled(file, kill * 1_000_000, death)));

      const db = new Database(file);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(auditChain(db).findings).toEqual([]);
      db.close();
    }
    const store = openSqliteStore({ file, clock: createClock() });
    const lost: number[] = [];
    for (const number of acked) {
      const { fingerprint, startsAt } = notice({ name: 'Chatty', service: `service-${number}` });
      if ((await store.holder(episodeClaim({ fingerprint, startsAt }))) === null) lost.push(number);
    }
    expect(lost).toEqual([]);
    expect(acked.length).toBeGreaterThan(kills);
    expect(await store.head()).toMatchObject({ position: (await store.events({})).length });
    await store.close();
    await annotate(
      `killed ${kills} times: ${acked.length} acknowledged, ${lost.length} lost, integrity_check ok`,
      'figure',
    );
  });
});
