import type { Deliveries } from '../../../src/engine/ports.ts';

/** Remembers deliveries for as long as the process lives. */
export function keptDeliveries(): Deliveries {
  const seen = new Set<string>();
  return {
    async firstTime(delivery) {
      const first = !seen.has(delivery);
      seen.add(delivery);
      return first;
    },
    async seenBefore(delivery) {
      return seen.has(delivery);
    },
    async forget(delivery) {
      seen.delete(delivery);
    },
  };
}
