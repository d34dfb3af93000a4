import { isDeaf } from '../core/watch/watch.ts';
import type { Clock, Desk, Store } from './ports.ts';

/**
 * Tells the watches that are on while Alertmanager does not say which alerts it has: what came meanwhile is not known, and
 * a report that counted it as nothing would be wrong. Without an Alertmanager to ask, nothing can be told of it.
 */
export function createWatchEar({
  store,
  desk,
  clock,
  answeredAt,
  staleMs,
  askedEveryMs,
}: {
  readonly store: Pick<Store, 'watches'>;
  readonly desk: Pick<Desk, 'handle'>;
  readonly clock: Pick<Clock, 'now'>;
  /** When it last told; null where it has not since the start. */
  readonly answeredAt: () => number | null;
  /** Silence this long counts, in milliseconds. */
  readonly staleMs: number;
  /** The rhythm of the questions, in milliseconds; no pace makes it faster. */
  readonly askedEveryMs: number;
}): { look(): Promise<void> } {
  const startedAt = clock.now();
  // Between two questions nothing is told, and at a fast pace that alone would be longer than the silence that counts.
  const silentMs = Math.max(staleMs, 2 * askedEveryMs);
  return {
    async look() {
      const since = answeredAt() ?? startedAt;
      const isSilent = clock.now() - since > silentMs;
      // Of a process that has just begun it is not known yet whether it is told anything.
      if (!isSilent && answeredAt() === null) return;
      for (const watch of await store.watches()) {
        if (isSilent === isDeaf(watch)) continue;
        const actor = { kind: 'bot' } as const;
        // A refusal is a watch that has just ended, which the next look does not find any more.
        await desk.handle(
          isSilent
            ? { actor, type: 'watch.unheard', watch: watch.id, since }
            : { actor, type: 'watch.heard', watch: watch.id },
        );
      }
    },
  };
}
