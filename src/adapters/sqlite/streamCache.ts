import { evolve } from '../../core/brain.ts';
import type { Stream } from '../../core/context.ts';
import type { Event } from '../../core/decision.ts';
import type { StreamId } from '../../core/stream.ts';
import type { createEventTable } from './eventTable.ts';
import { toStored } from './eventTable.ts';
import { createRecentMap } from './recentMap.ts';

export type Folded = { readonly version: number; readonly state: Stream | null };

/** Folded states kept; an incident in progress is a few kilobytes, so this stays well under a hundred megabytes. */
const capacity = 1_000;

/**
 * The fold of each stream, kept so that a decision does not read its whole history again. What a transaction changes
 * stays apart until its commit: a state that was never committed must never be decided on.
 */
export function createStreamCache(events: ReturnType<typeof createEventTable>) {
  const committed = createRecentMap<StreamId, Folded>(capacity);
  const pending = new Map<StreamId, Folded>();
  const journal: [StreamId, Folded | undefined][] = [];

  function clear(): void {
    pending.clear();
    journal.length = 0;
  }

  function fold(stream: StreamId): Folded {
    let folded: Folded = { version: 0, state: null };
    for (const row of events.ofStream(stream)) {
      folded = { version: row.version, state: evolve(stream, folded.state, toStored(row).event) };
    }
    return folded;
  }

  function load(stream: StreamId): Folded {
    const known = pending.get(stream) ?? committed.get(stream);
    if (known) return known;
    const folded = fold(stream);
    if (folded.version > 0) committed.set(stream, folded);
    return folded;
  }

  return {
    load,
    /** The state after more events, not yet kept. */
    after(stream: StreamId, before: Folded, more: readonly Event[]): Folded {
      let { version, state } = before;
      for (const event of more) {
        state = evolve(stream, state, event);
        version++;
      }
      return { version, state };
    },
    change(stream: StreamId, folded: Folded): void {
      journal.push([stream, pending.get(stream)]);
      pending.set(stream, folded);
    },
    /** A place to come back to when a part of the transaction is rolled back. */
    mark(): () => void {
      const length = journal.length;
      return () => {
        for (const [stream, before] of journal.splice(length).reverse()) {
          if (before) pending.set(stream, before);
          else pending.delete(stream);
        }
      };
    },
    begun: clear,
    committed(): void {
      for (const [stream, folded] of pending) committed.set(stream, folded);
      clear();
    },
    abandoned: clear,
  };
}
