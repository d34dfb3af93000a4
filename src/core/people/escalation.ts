import type { Calendar } from '../calendar/calendar.ts';
import { isWithin } from '../calendar/hours.ts';
import type { Severity } from '../severity.ts';

/** Whom an incident calls, and who is called after them where nobody answers. Durations are milliseconds. */
export type Chain = {
  readonly name: string;
  readonly services: readonly string[] | 'any';
  readonly severities: readonly Severity[];
  readonly levels: readonly Level[];
};

export type Level = {
  readonly title: string;
  /** A name of the roster. */
  readonly call: string;
  /** How long they have to acknowledge, from their own page; then the next level is called. */
  readonly answerWithinMs: Readonly<Record<Severity, number>>;
  /** How long the incident may last once they were called, taken or not; then the next level is called. */
  readonly resolveWithinMs?: number;
  /** Called only while people are at work; at other hours this level is passed over. */
  readonly businessHoursOnly: boolean;
};

/** The chain of an incident: the first that names its service, else the first for any; null where nobody is called. */
export function chainFor(
  chains: readonly Chain[],
  { service, severity }: { readonly service: string | null; readonly severity: Severity },
): Chain | null {
  const fitting = chains.filter(({ severities }) => severities.includes(severity));
  return (
    fitting.find(({ services }) => services !== 'any' && service !== null && services.includes(service)) ??
    fitting.find(({ services }) => services === 'any') ??
    null
  );
}

export type CallableAt = {
  readonly calendar: Calendar;
  readonly now: number;
  readonly canCall?: (level: Level) => boolean;
};

/**
 * The level to call next, as an index, after `last` (-1 before the first). Levels that are only called in business hours
 * are passed over outside them, and so are those that nobody can be called for. After the last level it is the last
 * callable one again: who is silent is called again.
 */
export function nextLevel(
  chain: Chain,
  last: number,
  { calendar, now, canCall = () => true }: CallableAt,
): number | null {
  const atWork = isWithin(calendar.businessHours, calendar.zone, now);
  const callable = chain.levels.flatMap((level, index) =>
    (level.businessHoursOnly && !atWork) || !canCall(level) ? [] : [index],
  );
  return callable.find((index) => index > last) ?? callable.at(-1) ?? null;
}
