import type { IncidentEvent } from '../incident/events.ts';
import type { Incident } from '../incident/incident.ts';
import { classOf, standardTargets } from '../people/targets.ts';
import { paced } from '../playbook/pace.ts';
import { type Taking, takingsOf } from '../watch/report.ts';
import { type Opening, together } from './openings.ts';
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
  {
    incident,
    openings,
    pace,
  }: {
    readonly incident: Incident;
    readonly openings: readonly [Opening, ...Opening[]];
    /** How many times as fast as life: budgets are as much shorter. */
    readonly pace: number;
  },
): readonly Phase[] {
  const [opening] = openings;
  const last = openings.at(-1) ?? opening;
  const began = opening.from;
  const taken = openings.find(({ takenAt }) => takenAt !== null) ?? opening;
  const taking = takingsOf(ownOf(incident, events), pace).find(({ openedAt }) => openedAt === taken.openedAt);
  const mitigatedAt = events.find(({ event }) => event.type === 'MitigationStarted')?.event.at ?? null;
  const mitigated =
    mitigatedAt === null ? opening : (openings.findLast((each) => each.openedAt <= mitigatedAt) ?? opening);
  const phase = (
    name: Phase['name'],
    title: string,
    span: { from: number; to: number | null; tookMs?: number | null; budgetMs?: number; limitMs?: number },
  ): Phase => ({
    name,
    title,
    from: span.from,
    to: span.to,
    // Clocks of other machines are part of this, and no phase takes less than no time.
    tookMs: span.tookMs ?? (span.to === null ? null : Math.max(0, span.to - span.from)),
    // A limit that was written down had its pace then.
    budgetMs: span.limitMs ?? (span.budgetMs === undefined ? null : paced(span.budgetMs, pace)),
  });
  return [
    phase('detect', 'First sign to incident', {
      from: began,
      to: incident.openedAt,
      budgetMs: budgets.detect,
    }),
    phase('acknowledge', `Incident to somebody having it${inWatch(taking)}`, {
      from: taken.openedAt,
      to: taken.takenAt,
      ...(taking
        ? { limitMs: taking.dueAt - taking.openedAt }
        : { budgetMs: standardTargets.always[classOf(incident.severity)] }),
    }),
    phase('assess', 'First sign to first mitigation', {
      from: mitigated.from,
      to: mitigatedAt,
      budgetMs: budgets.assess,
    }),
    phase('mitigate', 'First sign to all quiet', {
      from: began,
      to: last.to,
      tookMs: together(openings, ({ to }) => to),
      budgetMs: budgets.mitigate,
    }),
    phase('resolve', 'First sign to resolved', {
      from: began,
      to: incident.resolved?.at ?? null,
      tookMs: incident.resolved ? together(openings, ({ resolvedAt }) => resolvedAt) : null,
    }),
  ];
}

const ownOf = ({ id }: Incident, events: readonly LoggedEvent[]): readonly IncidentEvent[] =>
  events.filter(({ stream }) => stream === id).map(({ event }) => event as IncidentEvent);

const inWatch = (taking: Taking | undefined): string => (taking?.watch ? ` in ${taking.watch.id}` : '');

export const isLate = (phase: Phase): boolean =>
  phase.tookMs !== null && phase.budgetMs !== null && phase.tookMs > phase.budgetMs;
