import { Temporal } from 'temporal-polyfill';
import type { Calendar, Closed, Hours, Weekday } from './calendar.ts';

/**
 * A moment lies within hours when the clock on the wall of that zone says so. From this follows what summer time does:
 * the hour that comes twice in autumn counts both times, and what begins in the hour that is left out in spring begins
 * with the first minute that exists.
 */

/** How far ahead is looked; a calendar that does not change within it is said not to change. */
const horizonDays = 400;

export const isZone = (name: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

export const isWithin = (hours: Hours, zone: string, now: number): boolean =>
  holds(hours, Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone));

function holds({ days, fromMinute, toMinute }: Hours, at: Temporal.ZonedDateTime): boolean {
  const minute = at.hour * 60 + at.minute;
  return days.includes(at.dayOfWeek as Weekday) && minute >= fromMinute && minute < toMinute;
}

/** Why nothing is deployed on the day of this moment, one sentence for each reason. */
export function closedBecause(calendar: Calendar, now: number): readonly string[] {
  const day = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(calendar.zone).toPlainDate();
  return calendar.closed.flatMap((closed) => {
    const why = reason(closed, day);
    return why === null ? [] : [why];
  });
}

function reason(closed: Closed, day: Temporal.PlainDate): string | null {
  switch (closed.kind) {
    case 'dates': {
      const from = Temporal.PlainDate.from(closed.from);
      const to = Temporal.PlainDate.from(closed.to);
      const within = Temporal.PlainDate.compare(day, from) >= 0 && Temporal.PlainDate.compare(day, to) <= 0;
      if (!within) return null;
      return closed.from === closed.to
        ? `${closed.why} (${closed.from}).`
        : `${closed.why} (${closed.from} to ${closed.to}).`;
    }
    case 'last-days-of-quarter': {
      const endsQuarter = day.month % 3 === 0;
      return endsQuarter && day.daysInMonth - day.day < closed.days
        ? `The last ${spokenDays(closed.days)} of the quarter.`
        : null;
    }
    case 'last-days-of-month':
      return day.daysInMonth - day.day < closed.days
        ? `The last ${spokenDays(closed.days)} of the month.`
        : null;
    default: {
      const never: never = closed;
      return never;
    }
  }
}

const spokenDays = (days: number): string => (days === 1 ? 'day' : `${days} days`);

export type WindowState =
  /** `until` is null where no window names the service, so that none ends. */
  | { readonly kind: 'open'; readonly until: number | null }
  /** `opensAt` is null where it does not open again within a year. */
  | { readonly kind: 'closed'; readonly reasons: readonly string[]; readonly opensAt: number | null };

/** Whether a service may be deployed to now, by the calendar alone. */
export function windowState(calendar: Calendar, service: string, now: number): WindowState {
  const reasons = reasonsAt(calendar, service, now);
  if (reasons.length > 0)
    return { kind: 'closed', reasons, opensAt: nextChange(calendar, service, now, 'open') };
  return { kind: 'open', until: nextChange(calendar, service, now, 'closed') };
}

function reasonsAt(calendar: Calendar, service: string, now: number): readonly string[] {
  const windows = windowsOf(calendar, service);
  const outside = windows.length > 0 && !windows.some((hours) => isWithin(hours, calendar.zone, now));
  const closed = closedBecause(calendar, now);
  return outside
    ? [`Outside ${windows.map((hours) => spokenHours(hours)).join(' and ')} (${calendar.zone}).`, ...closed]
    : closed;
}

const windowsOf = ({ windows }: Calendar, service: string): readonly Hours[] =>
  windows.filter(({ services }) => services === 'any' || services.includes(service));

/**
 * The next moment at which it is as wanted. Only where a window begins or ends, at midnight and where the clock is put
 * forward or back can it change, so only these moments are looked at.
 */
function nextChange(
  calendar: Calendar,
  service: string,
  now: number,
  wanted: 'open' | 'closed',
): number | null {
  const { zone } = calendar;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone);
  const minutes = [...windowsOf(calendar, service).flatMap((each) => [each.fromMinute, each.toMinute])];
  for (let ahead = 0; ahead <= horizonDays; ahead += 1) {
    const day = today.toPlainDate().add({ days: ahead });
    const found = momentsOf(day, minutes, zone).find(
      (moment) => moment > now && (reasonsAt(calendar, service, moment).length === 0) === (wanted === 'open'),
    );
    if (found !== undefined) return found;
  }
  return null;
}

/** When something may change on a day: its begin, the change of its clock, and each of these minutes; the soonest first. */
export function momentsOf(
  day: Temporal.PlainDate,
  minutes: readonly number[],
  zone: string,
): readonly number[] {
  const begin = day.toZonedDateTime(zone);
  const transition = begin.getTimeZoneTransition('next');
  const shifted = transition?.toPlainDate().equals(day) ? [transition] : [];
  const marks = minutes.flatMap((minute) => {
    if (minute === 24 * 60) return [];
    const at = day.toPlainDateTime({ hour: Math.floor(minute / 60), minute: minute % 60 });
    return [
      at.toZonedDateTime(zone, { disambiguation: 'earlier' }),
      at.toZonedDateTime(zone, { disambiguation: 'later' }),
    ];
  });
  return [begin, ...shifted, ...marks].map((at) => at.epochMilliseconds).sort((a, b) => a - b);
}

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** `Tue–Thu 10:00–14:00`, `Mon, Wed 09:00–17:00`. */
export function spokenHours({ days, fromMinute, toMinute }: Hours): string {
  return `${spokenWeekdays(days)} ${clock(fromMinute)}–${clock(toMinute)}`;
}

function spokenWeekdays(days: readonly Weekday[]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const first = sorted[0] ?? 1;
  const last = sorted.at(-1) ?? 7;
  const inARow = sorted.length > 2 && last - first === sorted.length - 1;
  return inARow ? `${name(first)}–${name(last)}` : sorted.map(name).join(', ');
}

const name = (day: Weekday): string => dayNames[day - 1] ?? '';

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
