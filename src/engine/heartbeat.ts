import type { Auditor } from './auditor.ts';
import type { Log } from './log.ts';
import type { Clock, Store } from './ports.ts';

/**
 * The sign of life for an alarm outside, which rings when it stays out. It is sent only when all that makes Genesis
 * worth anything works: a bot that answers its port and takes up no work would be worse than one that is gone.
 */

/** Tells the outside; never throws. */
export type Heartbeat = {
  send(): Promise<{ readonly kind: 'sent' } | { readonly kind: 'failed'; readonly why: string }>;
};

export type Health = { readonly ok: true } | { readonly ok: false; readonly message: string };
export type HealthCheck = () => Promise<Health>;

/** Both the audit and the look for due work happen every minute; two in a row that stayed out are a fault. */
const staleMs = 2 * 60_000;
/** Slack may ask for a pause of some minutes, and the longest pause between two attempts is five. */
const lateMs = 10 * 60_000;
const healthy: Health = { ok: true };

/** The checks that a heartbeat depends on, by name; `/readyz` shows the same ones. */
export function healthChecks(parts: {
  readonly store: Pick<Store, 'health' | 'undeliveredSince'>;
  /** When due work was last looked for. */
  readonly lookedAt: () => number;
  readonly auditor: Pick<Auditor, 'finishedAt'>;
  readonly startedAt: number;
  readonly clock: Clock;
  readonly slack: HealthCheck;
}): Readonly<Record<'store' | 'scheduler' | 'audit' | 'delivery' | 'slack', HealthCheck>> {
  const { store, clock, auditor } = parts;
  const since = (at: number): string => `${Math.round((clock.now() - at) / 1_000)} s`;
  return {
    store: () => store.health(),
    async scheduler() {
      const at = parts.lookedAt();
      return clock.now() - at <= staleMs
        ? healthy
        : { ok: false, message: `Due work was last looked for ${since(at)} ago. Restart Genesis.` };
    },
    async audit() {
      const at = auditor.finishedAt() ?? parts.startedAt;
      return clock.now() - at <= staleMs
        ? healthy
        : { ok: false, message: `The open incidents were last looked through ${since(at)} ago.` };
    },
    async delivery() {
      const at = await store.undeliveredSince();
      return at === null || clock.now() - at <= lateMs
        ? healthy
        : {
            ok: false,
            message: `The oldest effect that should have been delivered waits since ${new Date(at).toISOString()}.`,
          };
    },
    slack: parts.slack,
  };
}

export type Pulse = {
  /** One round of every minute: looks through the incidents, and gives a sign of life where all is well. */
  beat(): Promise<void>;
  /** Heartbeats sent, failed, and held back because something was wrong, since the start. */
  counts(): Readonly<Record<'sent' | 'failed' | 'withheld', number>>;
};

export function createPulse(parts: {
  readonly auditor: Auditor;
  readonly store: Pick<Store, 'rehearse'>;
  /** Has due work looked for, also where none was announced; `lookedAt` tells when that was done last. */
  readonly wake: () => void;
  readonly lookedAt: () => number;
  readonly clock: Clock;
  readonly checks: Readonly<Record<string, HealthCheck>>;
  /** Null where nobody outside listens; the rest is done all the same. */
  readonly heartbeat: Heartbeat | null;
  readonly log: Log;
}): Pulse {
  const { auditor, store, clock, checks, heartbeat, log } = parts;
  const counts = { sent: 0, failed: 0, withheld: 0 };
  /** Which trouble was said last: the same one is said once, although its words may change with the time. */
  let said: string | null = null;

  function tell(trouble: { key: string; why: string } | null): void {
    if (trouble?.key === (said ?? undefined)) return;
    if (trouble === null) log.info('all is well again');
    else log.error('all is not well, so no heartbeat is sent', { part: trouble.key, why: trouble.why });
    said = trouble?.key ?? null;
  }

  async function trouble(): Promise<{ key: string; why: string } | null> {
    const began = clock.now();
    parts.wake();
    try {
      await auditor.audit();
    } catch (error) {
      return { key: 'audit', why: `The open incidents could not be looked through: ${inWords(error)}` };
    }
    try {
      // A disk that has filled up since the last write would otherwise be found out by the next alert.
      await store.rehearse();
    } catch (error) {
      return { key: 'store', why: inWords(error) };
    }
    // A round of the scheduler that was under way may end only now; one that ends at all takes a commit or two.
    for (let again = 0; again < 3 && parts.lookedAt() < began; again++) await store.rehearse();
    if (parts.lookedAt() < began) return { key: 'scheduler', why: 'Due work is not looked for any more.' };
    for (const [name, check] of Object.entries(checks)) {
      const health = await check();
      if (!health.ok) return { key: name, why: health.message };
    }
    return null;
  }

  return {
    counts: () => ({ ...counts }),
    async beat() {
      const found = await trouble();
      if (found !== null) {
        if (heartbeat !== null) counts.withheld += 1;
        tell(found);
        return;
      }
      const answer = heartbeat === null ? ({ kind: 'sent' } as const) : await heartbeat.send();
      if (answer.kind === 'sent') {
        if (heartbeat !== null) counts.sent += 1;
        tell(null);
        return;
      }
      counts.failed += 1;
      tell({ key: 'heartbeat', why: `HEARTBEAT_URL: ${answer.why}` });
    },
  };
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));
