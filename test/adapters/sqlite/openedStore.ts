import { join } from 'node:path';
import type { CommitHooks } from '../../../src/adapters/sqlite/groupCommit.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import type { Store } from '../../../src/engine/ports.ts';
import { createClock } from '../../fakes/clock.ts';
import { temporaryDirectory } from './places.ts';

const hands = { chat: 100, other: 100 };

/** A store in a file of its own, which is closed and opened again as a process would; `at` is when its clock begins. */
export function openedStore({ at, hooks = {} }: { at?: number; hooks?: CommitHooks } = {}) {
  const file = join(temporaryDirectory(), 'genesis.db');
  const clock = createClock(at);
  let store = openSqliteStore({ file, clock, hooks });
  return {
    file,
    clock,
    store: () => store,
    async restart(): Promise<Store> {
      await store.close();
      store = openSqliteStore({ file, clock, hooks });
      return store;
    },
    /** Hands out all that is due and decides what comes of it, as the engine does; answers what streams were told. */
    async tellDue(room: Room, now = clock.now()): Promise<readonly string[]> {
      const told: string[] = [];
      for (let due = await store.claim(now, hands); due.length > 0; ) {
        for (const { id, effect } of due) {
          if (effect.kind === 'tell') told.push(effect.command.type);
          await store.finish({ id, follows: effect.kind === 'tell' ? [effect.command] : [] }, room);
        }
        due = await store.claim(now, hands);
      }
      return told;
    },
  };
}
