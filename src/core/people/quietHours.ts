import { Temporal } from 'temporal-polyfill';
import { isZone, momentsOf } from '../calendar/hours.ts';

/**
 * A time of each day in which somebody wants no reminders: `22:00` to `07:00` goes over midnight. It is quiet when the
 * clock on the wall of `zone` (an IANA name) says so, as with windows: the hour that comes twice in autumn counts both
 * times, and what ends in the hour that is left out in spring ends with the first minute that exists.
 */
export type QuietHours = { readonly from: string; readonly to: string; readonly zone: string };

/** What is wrong with them, in a sentence; null where nothing is. */
export function quietFault({ from, to, zone }: QuietHours): string | null {
  if (minuteOf(from) === null || minuteOf(to) === null) return 'A time of day looks like 22:00.';
  if (from === to) return 'Quiet hours that end when they begin are none: choose another time.';
  return isZone(zone) ? null : `There is no time zone ${zone}.`;
}

/** When the quiet hours end that this moment lies in, in milliseconds since the epoch; null outside of any. */
export function quietUntil(quiet: QuietHours | null, now: number): number | null {
  // A zone that this machine has forgotten since, too: who cannot be spared is spoken to.
  if (quiet === null || quietFault(quiet) !== null) return null;
  const [from, to] = [minuteOf(quiet.from) ?? 0, minuteOf(quiet.to) ?? 0];
  const isQuiet = (moment: number): boolean => {
    const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(quiet.zone);
    const at = hour * 60 + minute;
    return from < to ? at >= from && at < to : at >= from || at < to;
  };
  if (!isQuiet(now)) return null;
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(quiet.zone).toPlainDate();
  for (let ahead = 0; ahead <= longestDays; ahead += 1) {
    const found = momentsOf(today.add({ days: ahead }), [to], quiet.zone).find(
      (moment) => moment > now && !isQuiet(moment),
    );
    if (found !== undefined) return found;
  }
  return null;
}

/** Quiet hours are shorter than a day, and a change of the clock makes none of them last two. */
const longestDays = 2;

const minuteOf = (text: string): number | null => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined || minute === undefined ? null : Number(hour) * 60 + Number(minute);
};
