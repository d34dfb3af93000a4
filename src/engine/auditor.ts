import { attendance } from '../core/incident/audit.ts';
import type { Log } from './log.ts';
import type { Clock, Desk, Store } from './ports.ts';

export type Auditor = {
  /** One look at every open incident. Throws where it could not look at all of them. */
  audit(): Promise<void>;
  /** When the last look that saw everything ended; null before the first. */
  finishedAt(): number | null;
  /** How many open incidents the last look found in nobody's hands; null before the first. */
  unattended(): number | null;
};

/**
 * Looks whether every open incident is in somebody's hands or has something waiting that comes back to it. One that has
 * neither is said aloud, once; the rest is for whoever watches the metric.
 */
export function createAuditor({
  store,
  desk,
  clock,
  log,
}: {
  readonly store: Pick<Store, 'openIncidents' | 'work'>;
  readonly desk: Pick<Desk, 'handle' | 'room'>;
  readonly clock: Clock;
  readonly log: Log;
}): Auditor {
  let finishedAt: number | null = null;
  let unattended: number | null = null;

  return {
    finishedAt: () => finishedAt,
    unattended: () => unattended,
    async audit() {
      const { pace } = desk.room();
      // First what waits: whatever is decided in between has its work in the one or its owner in the other.
      const waiting = await store.work();
      const open = await store.openIncidents();
      const now = clock.now();
      const left = open.flatMap((incident) => {
        const found = attendance(incident, waiting, { now, pace });
        return found.kind === 'unattended' ? [{ incident, since: found.since }] : [];
      });
      for (const { incident, since } of left) {
        // Where people can be called it is not enough to have said it once.
        if (incident.unattended.said && !incident.calling) continue;
        const { id: stream, severity } = incident;
        log.warn('an open incident has nobody, and nothing waits that comes back to it', {
          stream,
          severity,
        });
        const answer = await desk.handle({
          actor: { kind: 'bot' },
          type: 'incident.left-unattended',
          incident: stream,
          since,
        });
        // Somebody was quicker: it is not true any more.
        if (answer.kind === 'refused') log.info('it was not said', { stream, message: answer.message });
      }
      unattended = left.length;
      finishedAt = clock.now();
    },
  };
}
