import { Temporal } from 'temporal-polyfill';

/**
 * The moment that somebody means who types `2026-12-01`, `2026-12-01 14:00` or `18:00`, by the clock on the wall of
 * `zone`. A day alone belongs to it as a whole; a time alone is the next one. Undefined where it is none of these.
 */
export function readUntil(text: string, zone: string, now: number): number | undefined {
  const match = /^(?:(\d{4}-\d{2}-\d{2}))?(?:(?:^|[ T])([01]?\d|2[0-3]):([0-5]\d))?$/.exec(text.trim());
  if (!match || text.trim() === '') return undefined;
  const [, date, hour, minute] = match;
  try {
    if (date !== undefined) {
      const day = Temporal.PlainDate.from(date);
      if (hour === undefined) return day.add({ days: 1 }).toZonedDateTime(zone).epochMilliseconds;
      return atTime(day, Number(hour), Number(minute), zone);
    }
    const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
    const first = atTime(today, Number(hour), Number(minute), zone);
    return first > now ? first : atTime(today.add({ days: 1 }), Number(hour), Number(minute), zone);
  } catch (error) {
    // A date such as 2026-02-30 has the form and is none.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** A time that comes twice is the later one: what stands until then stands long enough. */
const atTime = (day: Temporal.PlainDate, hour: number, minute: number, zone: string): number =>
  day.toPlainDateTime({ hour, minute }).toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
