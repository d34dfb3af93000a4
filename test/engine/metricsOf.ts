import { onTestFinished } from 'vitest';
import { createMetrics } from '../../src/adapters/metrics/metrics.ts';
import type { Rig } from './rig.ts';

/** The metrics of a rig's bot, told of all that it decides and performs, until the end of the test. */
export function metricsOf(rig: Rig): ReturnType<typeof createMetrics> {
  const metrics = createMetrics({
    store: rig.store,
    clock: rig.clock,
    unattended: () => null,
    heartbeats: () => ({ sent: 0, failed: 0, withheld: 0 }),
    asksSource: false,
    sourceAnsweredAt: () => null,
  });
  onTestFinished(() => metrics.stop());
  rig.observer.port.decided = metrics.observer.decided;
  rig.observer.port.performed = metrics.observer.performed;
  return metrics;
}
