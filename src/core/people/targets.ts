import type { Severity } from '../severity.ts';

const minute = 60_000;

/**
 * How soon an incident must be taken, in milliseconds: within five minutes where it is critical, within thirty where it
 * is a warning.
 */
export const acknowledgeWithinMs: Readonly<Record<Severity, number>> = {
  P0: 5 * minute,
  P1: 5 * minute,
  P2: 30 * minute,
  P3: 30 * minute,
  P4: 30 * minute,
};
