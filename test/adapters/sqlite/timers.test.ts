import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { Claimed } from '../../../src/engine/ports.ts';
import { createClock } from '../../fakes/clock.ts';
import { engineer, minute, service, room as smallRoom } from '../../fakes/room.ts';
import { alert } from '../alertCommand.ts';
import { temporaryDirectory } from './places.ts';

const everyMs = 30 * minute;
const { P1 } = smallRoom.routing;
const room: Room = {
  ...smallRoom,
  routing: { ...smallRoom.routing, P1: { ...P1, updates: { everyMs } } },
};

const hands = { chat: 100, other: 100 };

/** An incident whose next status update is due and in somebody's hands, while that very update is given. */
async function updatedInTheMeantime() {
  const clock = createClock();
  const store = openSqliteStore({ file: join(temporaryDirectory(), 'genesis.db'), clock, hooks: {} });
  const asks = ({ effect }: Claimed): boolean =>
    effect.kind === 'tell' && effect.command.type === 'incident.update-due';
  await store.handle(alert('HighErrorRate', service), room);
  await store.handle({ actor: engineer, type: 'incident.acknowledge', incident: 'INC-1' }, room);
  for (const { id } of await store.claim(clock.now(), hands)) await store.finish({ id, follows: [] }, room);
  clock.jump(everyMs);
  const claimed = await store.claim(clock.now(), hands);
  const due = claimed.find(asks);
  for (const { id } of claimed) if (id !== due?.id) await store.finish({ id, follows: [] }, room);
  const text = 'It is being rolled back';
  await store.handle(
    { actor: engineer, type: 'incident.note', incident: 'INC-1', kind: 'update', text },
    room,
  );
  for (const { id } of await store.claim(clock.now(), hands)) await store.finish({ id, follows: [] }, room);
  return { store, clock, id: due?.id ?? 0, dueAt: clock.now() + everyMs, asks };
}

describe('a timer that was set anew while it was in hand', () => {
  it.each([
    ['was interrupted', 'release'],
    ['could not be decided yet', 'postpone'],
  ] as const)('goes off at its new moment where it %s', async (_what, how) => {
    const { store, clock, id, dueAt, asks } = await updatedInTheMeantime();
    if (how === 'release') await store.release(id);
    else await store.postpone(id, clock.now() + 500, 'The database does not answer.');
    clock.jump(minute);
    expect((await store.claim(clock.now(), hands)).filter(asks)).toEqual([]);
    expect(await store.nextDue(hands)).toBeLessThanOrEqual(dueAt);
    clock.jump(dueAt - clock.now());
    expect((await store.claim(clock.now(), hands)).filter(asks)).toHaveLength(1);
    await store.close();
  });
});
