import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { alert } from '../../adapters/alertCommand.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';
import { startOtherWriter } from './lock.ts';

async function storeBesideAnotherWriter(onTestFinished: (end: () => Promise<void>) => void) {
  const file = join(temporaryDirectory(), 'genesis.db');
  const store = openSqliteStore({ file, clock: createClock() });
  const other = startOtherWriter(file);
  onTestFinished(() => other.stop());
  await store.handle(alert('Slow', 'before'), room);
  return { store, other };
}

/** Counts the turns of the event loop until it is told to stop. */
function countTurns(): () => number {
  let turns = 0;
  let isCounting = true;
  const count = () => {
    turns += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  return () => {
    isCounting = false;
    return turns;
  };
}

describe('another process holds the lock of the database', { tags: ['trust-13'] }, () => {
  it('refuses with the reason after a while, and the event loop goes on all that time', async ({
    onTestFinished,
    annotate,
  }) => {
    const { store, other } = await storeBesideAnotherWriter(onTestFinished);
    await other.hold();
    const turns = countTurns();
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const asked = [
      ...Array.from({ length: 100 }, (_, number) => store.handle(alert('Slow', `s-${number}`), room)),
      store.claim(0, { chat: 1, other: 1 }),
    ];
    // Reading goes on meanwhile.
    expect(await store.openIncidents()).toHaveLength(1);
    for (const result of await Promise.allSettled(asked))
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { name: 'StoreFailed', code: 'busy', message: expect.stringContaining('is locked by') },
      });
    // What comes later does not wait once more: the lock is known to be held.
    for (let number = 0; number < 20; number++)
      await expect(store.handle(alert('Slow', `later-${number}`), room)).rejects.toMatchObject({
        code: 'busy',
      });
    expect(await store.health()).toMatchObject({ ok: false, code: 'busy' });
    delay.disable();
    const counted = turns();
    // With a wait inside SQLite there would be a turn for each attempt and no more.
    expect(counted).toBeGreaterThan(1_000);
    const worstMs = delay.max / 1e6;
    expect(worstMs).toBeLessThan(1_000);

    await other.release();
    expect(await store.health()).toEqual({ ok: true });
    expect(await store.handle(alert('Slow', 'after'), room)).toMatchObject({ kind: 'accepted' });
    await store.close();
    await annotate(
      `lock held: 121 writes refused, longest stall of the event loop ${worstMs.toFixed(0)} ms (at most 100 promised)`,
      'figure',
    );
  });

  it('takes what waited when the lock is let go in time', async ({ onTestFinished }) => {
    const { store, other } = await storeBesideAnotherWriter(onTestFinished);
    await other.hold();
    const answers = Promise.all([
      store.handle(alert('Slow', 'a'), room),
      store.handle(alert('Slow', 'b'), room),
    ]);
    await other.release();
    expect(await answers).toMatchObject([{ kind: 'accepted' }, { kind: 'accepted' }]);
    expect(await store.health()).toEqual({ ok: true });
    await store.close();
  });

  it('ends in order while the lock is held', async ({ onTestFinished }) => {
    const { store, other } = await storeBesideAnotherWriter(onTestFinished);
    await other.hold();
    const lost = store.handle(alert('Slow', 'a'), room);
    const closed = store.close();
    await expect(lost).rejects.toMatchObject({ code: 'busy' });
    await closed;
    await other.release();
  });
});
