import type { Incident } from '../incident/incident.ts';
import type { LoggedEvent } from './postMortem.ts';

/** A stretch of the response, and how it compares with the time there is for it. */
export type Phase = {
  readonly name: 'detect' | 'acknowledge' | 'assess' | 'mitigate' | 'resolve';
  readonly title: string;
  readonly from: number;
  /** Null for what has not happened. */
  readonly to: number | null;
  readonly tookMs: number | null;
  readonly budgetMs: number | null;
};

const minute = 60_000;

/** Counted from the first sign of trouble: 2 minutes to know of it, 5 to act on it, 30 to have it under control. */
const budgets = { detect: 2 * minute, assess: 5 * minute, mitigate: 30 * minute } as const;

export function phasesOf(
  events: readonly LoggedEvent[],
  { incident, began, over }: { incident: Incident; began: number; over: number | null },
): readonly Phase[] {
  const first = (type: LoggedEvent['event']['type']): number | null =>
    events.find(({ event }) => event.type === type)?.event.at ?? null;
  const phase = (
    name: Phase['name'],
    title: string,
    span: { from: number; to: number | null; budgetMs?: number },
  ): Phase => ({
    name,
    title,
    from: span.from,
    to: span.to,
    // Clocks of other machines are part of this, and no phase takes less than no time.
    tookMs: span.to === null ? null : Math.max(0, span.to - span.from),
    budgetMs: span.budgetMs ?? null,
  });
  return [
    phase('detect', 'First sign to incident', {
      from: began,
      to: incident.openedAt,
      budgetMs: budgets.detect,
    }),
    phase('acknowledge', 'Incident to somebody having it', {
      from: incident.openedAt,
      to: first('IncidentAcknowledged'),
    }),
    phase('assess', 'First sign to first mitigation', {
      from: began,
      to: first('MitigationStarted'),
      budgetMs: budgets.assess,
    }),
    phase('mitigate', 'First sign to all quiet', { from: began, to: over, budgetMs: budgets.mitigate }),
    phase('resolve', 'First sign to resolved', { from: began, to: incident.resolved?.at ?? null }),
  ];
}

export const isLate = (phase: Phase): boolean =>
  phase.tookMs !== null && phase.budgetMs !== null && phase.tookMs > phase.budgetMs;
