import type { Run } from './run.ts';

/**
 * When the time of a run began to count, milliseconds since the epoch: for what is approved as a whole when that was
 * decided, as nothing of it runs before; null while it waits for that. How long people took to decide is another clock.
 */
export function workedSince({ whole, startedAt }: Pick<Run, 'whole' | 'startedAt'>): number | null {
  if (whole === null) return startedAt;
  const { state } = whole;
  return state.kind === 'approved' || state.kind === 'glass-broken' ? state.at : null;
}
