import type { IncidentEvent } from '../incident/events.ts';
import { evolveIncident, type Incident } from '../incident/incident.ts';
import { acknowledgeBy, mustBeTaken } from '../incident/taking.ts';
import { type AlertClass, alertClasses, classOf } from '../people/targets.ts';
import type { IncidentId, WatchId } from '../stream.ts';
import { endOf, type Watch } from './watch.ts';

/**
 * What came of a watch: how soon what was opened meanwhile was acknowledged. A reading of the log; times are milliseconds
 * since the epoch. What stands in the log alone calls for nobody and is only counted.
 */
export type WatchReport = {
  readonly watch: Watch;
  /** In the order in which they came. */
  readonly takings: readonly Taking[];
  readonly logged: number;
  readonly besides: readonly Besides[];
};

/**
 * Alerts of the service that came in an incident which is not measured: one that was open before the watch, or a storm.
 * Nobody may conclude from the figures that none came.
 */
export type Besides = {
  readonly incident: IncidentId;
  readonly isStorm: boolean;
  readonly alerts: number;
  /** When they came. */
  readonly moments: readonly number[];
};

/** One opening of an incident, by whom it was taken, and by when it had to be. */
export type Taking = {
  readonly incident: IncidentId;
  readonly title: string;
  /** The id of its own channel, where it has one. */
  readonly channel: string | null;
  readonly openedAt: number;
  /** The alerts of this opening. */
  readonly alerts: number;
  readonly class: AlertClass;
  readonly dueAt: number;
  /** Acknowledged, or `resolved` by somebody who had not said so before. */
  readonly taken: { readonly at: number; readonly by: string; readonly resolved?: true } | null;
  /** Where it was opened in a watch: which, and the index of its period. */
  readonly watch: { readonly id: WatchId; readonly period: number } | null;
  readonly logged: boolean;
};

/** Every opening of an incident, from its own events in their order. `pace` divides the usual limits. */
export function takingsOf(events: readonly IncidentEvent[], pace: number): readonly Taking[] {
  const takings: Taking[] = [];
  let incident: Incident | null = null;
  const fingerprints = new Set<string>();
  for (const event of events) {
    if (!incident && event.type !== 'IncidentOpened') continue;
    incident = evolveIncident(incident, event);
    const begins = event.type === 'IncidentOpened' || event.type === 'IncidentReopened';
    if (begins) fingerprints.clear();
    if (event.type === 'AlertFired') fingerprints.add(event.data.alert.fingerprint);
    const last = takings.at(-1);
    if (!begins && !last) continue;
    const before = begins ? null : (last ?? null);
    const now = takingOf(incident, { before, event, alerts: fingerprints.size, pace });
    if (begins) takings.push(now);
    else takings[takings.length - 1] = now;
  }
  // What became known of it later, such as its channel, is true of every opening.
  return takings.map((each) => ({
    ...each,
    title: incident?.title ?? each.title,
    channel: incident?.channel?.id ?? each.channel,
  }));
}

function takingOf(
  incident: Incident,
  {
    before,
    event,
    alerts,
    pace,
  }: {
    readonly before: Taking | null;
    readonly event: IncidentEvent;
    readonly alerts: number;
    readonly pace: number;
  },
): Taking {
  const { at, by } = event;
  // How urgent it was is fixed when somebody takes it: what it becomes in their hands is no other limit.
  if (before?.taken) return { ...before, alerts };
  const takes = event.type === 'IncidentAcknowledged' || event.type === 'IncidentResolved';
  const resolved = event.type === 'IncidentResolved' && incident.acknowledged === null;
  const whoReopens = event.type === 'IncidentReopened' && incident.acknowledged ? { at, by } : null;
  return {
    incident: incident.id,
    title: incident.title,
    channel: incident.channel?.id ?? null,
    openedAt: incident.unattended.since,
    alerts,
    class: classOf(incident.severity),
    dueAt: acknowledgeBy(incident, pace),
    taken: takes ? { at, by, ...(resolved && { resolved: true as const }) } : whoReopens,
    watch: incident.acknowledgeWithin?.watch ?? null,
    logged: !mustBeTaken(incident),
  };
}

export function watchReport(
  watch: Watch,
  incidents: readonly (readonly IncidentEvent[])[],
  pace: number,
): WatchReport {
  const all = incidents
    .flatMap((events) => takingsOf(events, pace))
    .filter((taking) => taking.watch?.id === watch.id)
    .toSorted((a, b) => a.openedAt - b.openedAt);
  return {
    watch,
    takings: all.filter(({ logged }) => !logged),
    logged: all.filter(({ logged }) => logged).length,
    besides: incidents.flatMap((events) => besidesIn(events, watch)),
  };
}

function besidesIn(events: readonly IncidentEvent[], watch: Watch): readonly Besides[] {
  const came = new Map<string, number>();
  let incident: Incident | null = null;
  for (const event of events) {
    if (!incident && event.type !== 'IncidentOpened') continue;
    incident = evolveIncident(incident, event);
    if (event.type !== 'AlertFired' || incident.acknowledgeWithin?.watch?.id === watch.id) continue;
    const { alert, collected } = event.data;
    const service = collected ? collected.service : incident.service;
    if (service !== watch.service || event.at < watch.startedAt || event.at >= endOf(watch)) continue;
    if (!came.has(alert.fingerprint)) came.set(alert.fingerprint, event.at);
  }
  if (!incident || came.size === 0) return [];
  const { id, storm } = incident;
  return [{ incident: id, isStorm: storm !== undefined, alerts: came.size, moments: [...came.values()] }];
}

/**
 * `waiting`: nobody has it yet, and there is time left. `unknown`: the clock was set back between its opening and whoever
 * took it, so that nobody can say how long it took.
 */
export type Verdict = 'within' | 'over' | 'waiting' | 'unknown';

export function verdictOf({ taken, openedAt, dueAt }: Taking, now: number): Verdict {
  if (taken && taken.at < openedAt) return 'unknown';
  if (taken) return taken.at <= dueAt ? 'within' : 'over';
  return now <= dueAt ? 'waiting' : 'over';
}

/** How long it took, or has taken so far. */
export const tookMs = ({ taken, openedAt }: Taking, now: number): number =>
  Math.max(0, (taken?.at ?? now) - openedAt);

export type PeriodFigures = {
  readonly from: number;
  readonly to: number;
  readonly state: 'over' | 'on' | 'ahead';
  /** Of a part of it, it is not known what came. */
  readonly isBlind: boolean;
  /** Alerts that came in incidents which are not measured. */
  readonly besides: number;
  readonly classes: readonly ClassFigures[];
};

export type ClassFigures = {
  readonly class: AlertClass;
  readonly limitMs: number;
  readonly takings: readonly Taking[];
  readonly alerts: number;
  readonly within: number;
  /** Of those within, how many nobody had acknowledged before resolving them. */
  readonly resolved: number;
  readonly waiting: number;
  readonly unknown: number;
  readonly over: readonly Taking[];
  /** The longest of those that are in time or too late; null where there is none. */
  readonly slowestMs: number | null;
};

/** The figures of each period that the watch has, as of `now`; one that a stopped watch never reached is left out. */
export function figuresOf({ watch, takings, besides }: WatchReport, now: number): readonly PeriodFigures[] {
  const { startedAt, periods } = watch;
  const end = endOf(watch);
  return periods.flatMap((period, index): PeriodFigures[] => {
    const from = startedAt + (periods[index - 1]?.untilMs ?? 0);
    const isLast = index === periods.length - 1;
    const to = isLast ? end : Math.min(end, startedAt + period.untilMs);
    const inIt = takings.filter((taking) => taking.watch?.period === index);
    // By a clock that was set back it can end before it began, and what came is counted all the same.
    if (from >= end && inIt.length === 0) return [];
    const state = watch.over || now >= to ? 'over' : now < from ? 'ahead' : 'on';
    const classes = alertClasses.map((each) => {
      const own = inIt.filter((taking) => taking.class === each);
      const judgedAs = (verdict: Verdict) => own.filter((taking) => verdictOf(taking, now) === verdict);
      const [within, over] = [judgedAs('within'), judgedAs('over')];
      const took = [...within, ...over].map((taking) => tookMs(taking, now));
      return {
        class: each,
        limitMs: period[each],
        takings: own,
        alerts: own.reduce((sum, { alerts }) => sum + alerts, 0),
        within: within.length,
        resolved: within.filter(({ taken }) => taken?.resolved).length,
        waiting: judgedAs('waiting').length,
        unknown: judgedAs('unknown').length,
        over,
        slowestMs: took.length === 0 ? null : Math.max(...took),
      };
    });
    const isBlind = watch.blind.some((each) => each.from < to && (each.to ?? end) > from);
    const moments = besides.flatMap((each) => each.moments).filter((at) => at >= from && at < to);
    return [{ from, to, state, isBlind, besides: moments.length, classes }];
  });
}
