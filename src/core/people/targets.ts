import { paced } from '../playbook/pace.ts';
import type { Severity } from '../severity.ts';
import type { WatchId } from '../stream.ts';

const minute = 60_000;
const hour = 60 * minute;

/** P0 and P1 are critical, all others a warning. */
export type AlertClass = 'critical' | 'warning';
export const alertClasses: readonly AlertClass[] = ['critical', 'warning'];

export const classOf = (severity: Severity): AlertClass =>
  severity === 'P0' || severity === 'P1' ? 'critical' : 'warning';

/** How soon an incident must be acknowledged, in milliseconds. */
export type Limits = Readonly<Record<AlertClass, number>>;

/** A stretch of a watch, up to `untilMs` after its beginning and without that moment itself. */
export type WatchPeriod = Limits & { readonly untilMs: number };

/** The limits outside any watch, and those of a watch by how far into it an incident is opened. */
export type Targets = { readonly always: Limits; readonly watch: readonly [WatchPeriod, ...WatchPeriod[]] };

/**
 * What applies where the operators wrote nothing. The figures are those of the monitoring assignment: in the first 24
 * hours critical alerts within 5 minutes and warnings within 30, in the 24 hours after that within 15 minutes and an
 * hour. Outside a watch it is as in its first hours.
 */
export const standardTargets: Targets = {
  always: { critical: 5 * minute, warning: 30 * minute },
  watch: [
    { untilMs: 24 * hour, critical: 5 * minute, warning: 30 * minute },
    { untilMs: 48 * hour, critical: 15 * minute, warning: hour },
  ],
};

export function pacedTargets({ always, watch: [first, ...rest] }: Targets, pace: number): Targets {
  const limits = ({ critical, warning }: Limits): Limits => ({
    critical: paced(critical, pace),
    warning: paced(warning, pace),
  });
  const period = (each: WatchPeriod): WatchPeriod => ({
    untilMs: paced(each.untilMs, pace),
    ...limits(each),
  });
  return { always: limits(always), watch: [period(first), ...rest.map(period)] };
}

/** Those that were written, else the usual ones, at the pace of the room. */
export const targetsOf = ({
  targets,
  pace,
}: {
  readonly targets?: Targets;
  readonly pace: number;
}): Targets => targets ?? pacedTargets(standardTargets, pace);

/** The index of the period that a moment falls into; the last one goes on where the watch is longer than all of them. */
export function periodAt(periods: readonly WatchPeriod[], elapsedMs: number): number {
  const found = periods.findIndex(({ untilMs }) => elapsedMs < untilMs);
  return found < 0 ? Math.max(0, periods.length - 1) : found;
}

/** The limits that an incident was opened under, with the watch and its period where one was on. */
export type AcknowledgeWithin = Limits & {
  readonly watch?: { readonly id: WatchId; readonly period: number };
};
