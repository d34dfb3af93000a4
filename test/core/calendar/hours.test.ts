import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Calendar, Hours } from '../../../src/core/calendar/calendar.ts';
import { isWithin, isZone, spokenHours, windowState } from '../../../src/core/calendar/hours.ts';

const chicago = 'America/Chicago';
const fly: Hours & { services: readonly string[] } = {
  services: ['agent'],
  days: [2, 3, 4],
  fromMinute: 10 * 60,
  toMinute: 14 * 60,
};
const calendar: Calendar = {
  zone: chicago,
  windows: [fly],
  closed: [
    { kind: 'dates', from: '2026-11-26', to: '2026-11-26', why: 'Thanksgiving' },
    { kind: 'last-days-of-quarter', days: 7 },
    { kind: 'last-days-of-month', days: 1 },
  ],
  businessHours: { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 },
};
const at = (iso: string): number => Date.parse(iso);

describe('the deployment window', () => {
  it('is open in its hours, and says until when', () => {
    expect(windowState(calendar, 'agent', at('2026-11-17T10:00:00-06:00'))).toEqual({
      kind: 'open',
      until: at('2026-11-17T14:00:00-06:00'),
    });
  });

  it('is closed a minute before and from the last minute on, and says when it opens', () => {
    expect(windowState(calendar, 'agent', at('2026-11-17T09:59:59.999-06:00'))).toEqual({
      kind: 'closed',
      reasons: ['Outside Tue–Thu 10:00–14:00 (America/Chicago).'],
      opensAt: at('2026-11-17T10:00:00-06:00'),
    });
    expect(windowState(calendar, 'agent', at('2026-11-17T14:00:00-06:00'))).toMatchObject({
      kind: 'closed',
      opensAt: at('2026-11-18T10:00:00-06:00'),
    });
  });

  it('is closed on a holiday, in the last week of a quarter and at the end of a month, with each reason', () => {
    expect(windowState(calendar, 'agent', at('2026-11-26T11:00:00-06:00'))).toEqual({
      kind: 'closed',
      reasons: ['Thanksgiving (2026-11-26).'],
      opensAt: at('2026-12-01T10:00:00-06:00'),
    });
    expect(windowState(calendar, 'agent', at('2026-09-30T11:00:00-05:00'))).toEqual({
      kind: 'closed',
      reasons: ['The last 7 days of the quarter.', 'The last day of the month.'],
      opensAt: at('2026-10-01T10:00:00-05:00'),
    });
    // The 24th is the first of the last seven days, and in Chicago it begins five hours after it does in UTC.
    expect(windowState(calendar, 'agent', at('2026-09-23T13:59:00-05:00'))).toMatchObject({ kind: 'open' });
    expect(windowState(calendar, 'agent', at('2026-09-24T11:00:00-05:00'))).toMatchObject({ kind: 'closed' });
  });

  it('does not concern a service that no window names, but for the closed days', () => {
    expect(windowState(calendar, 'other', at('2026-11-21T03:00:00-06:00'))).toMatchObject({
      kind: 'open',
      until: at('2026-11-26T00:00:00-06:00'),
    });
    expect(windowState(calendar, 'other', at('2026-11-26T03:00:00-06:00'))).toMatchObject({
      kind: 'closed',
      opensAt: at('2026-11-27T00:00:00-06:00'),
    });
  });

  it('opens at the same hour on the wall before and after the clock is changed', () => {
    expect(windowState(calendar, 'agent', at('2026-03-05T15:00:00-06:00'))).toMatchObject({
      opensAt: at('2026-03-10T10:00:00-05:00'),
    });
    expect(windowState(calendar, 'agent', at('2026-10-29T15:00:00-05:00'))).toMatchObject({
      opensAt: at('2026-11-03T10:00:00-06:00'),
    });
  });

  it('that begins in the hour that spring leaves out begins with the first minute that exists', () => {
    const night: Calendar = {
      ...calendar,
      closed: [],
      windows: [{ services: 'any', days: [7], fromMinute: 2 * 60 + 30, toMinute: 4 * 60 }],
    };
    expect(windowState(night, 'agent', at('2026-03-08T00:00:00-06:00'))).toMatchObject({
      opensAt: at('2026-03-08T03:00:00-05:00'),
    });
  });

  it('in the hour that autumn has twice is open both times', () => {
    const night: Calendar = {
      ...calendar,
      closed: [],
      windows: [{ services: 'any', days: [7], fromMinute: 90, toMinute: 105 }],
    };
    const first = at('2026-11-01T01:30:00-05:00');
    const second = at('2026-11-01T01:30:00-06:00');
    expect(windowState(night, 'agent', first - 1)).toMatchObject({ opensAt: first });
    expect(windowState(night, 'agent', first)).toMatchObject({ kind: 'open', until: first + 15 * 60_000 });
    expect(windowState(night, 'agent', first + 15 * 60_000)).toMatchObject({ opensAt: second });
    expect(windowState(night, 'agent', second)).toMatchObject({ kind: 'open' });
  });

  it('that never opens again says so', () => {
    const shut: Calendar = {
      ...calendar,
      closed: [{ kind: 'dates', from: '2026-01-01', to: '2029-12-31', why: 'The service is retired' }],
    };
    expect(windowState(shut, 'agent', at('2026-06-01T12:00:00-05:00'))).toMatchObject({ opensAt: null });
  });

  it('is said as people write it', () => {
    expect(spokenHours({ days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_020 })).toBe(
      'Mon–Fri 09:00–17:00',
    );
    expect(spokenHours({ days: [3, 1], fromMinute: 0, toMinute: 1_440 })).toBe('Mon, Wed 00:00–24:00');
    expect([isZone(chicago), isZone('Chicago/America')]).toEqual([true, false]);
  });
});

/** The C library has its own tables of the zones, so it can say what a clock on the wall showed. */
const tables = '/usr/share/zoneinfo';
const hasTables = existsSync(join(tables, chicago));
if (!hasTables && process.env.CI) throw new Error(`${tables} is missing: install tzdata.`);
if (!hasTables) console.warn(`SKIPPED: ${tables} is missing, so no zone is compared; install tzdata.`);

describe.skipIf(!hasTables)('hours in every zone of the world', () => {
  const stepMs = (process.env.SOAK ? 1 : 15) * 60_000;
  const night: Hours = { days: [1, 3, 5, 6, 7], fromMinute: 1 * 60 + 15, toMinute: 3 * 60 + 15 };

  it('agree with the clock of the C library around both changes of summer time', {
    tags: ['trust-20'],
  }, async ({ annotate }) => {
    const zones = Intl.supportedValuesOf('timeZone').filter((zone) => existsSync(join(tables, zone)));
    const differing: string[] = [];
    let compared = 0;
    for (const zone of zones) {
      const moments = changesOf(zone).flatMap((change) => {
        const begin = Math.floor(change / stepMs) * stepMs - 12 * 3_600_000;
        return Array.from({ length: (24 * 3_600_000) / stepMs }, (_, index) => begin + index * stepMs);
      });
      if (moments.length === 0) continue;
      const walls = execFileSync('date', ['-f', '-', '+%u %H %M'], {
        env: { ...process.env, TZ: zone, LC_ALL: 'C' },
        input: moments.map((moment) => `@${moment / 1_000}`).join('\n'),
        encoding: 'utf8',
      })
        .trim()
        .split('\n');
      // The two tables are of different years: a government's latest decision is in one of them only.
      if (moments.some((moment, index) => wallIn(zone, moment) !== walls[index])) {
        differing.push(zone);
        continue;
      }
      const wrong = moments.filter((moment, index) => {
        const [day = 0, hour = 0, minute = 0] = (walls[index] ?? '').split(' ').map(Number);
        const said = hour * 60 + minute;
        const expected = (night.days as readonly number[]).includes(day) && said >= 75 && said < 195;
        return isWithin(night, zone, moment) !== expected;
      });
      expect(wrong.map((moment) => `${zone} ${new Date(moment).toISOString()}`)).toEqual([]);
      compared += moments.length;
    }
    expect(compared).toBeGreaterThan(5_000);
    expect(differing.length).toBeLessThan(10);
    await annotate(`${compared} moments of ${zones.length} zones compared, 0 wrong`, 'figure');
  });
});

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const formats = new Map<string, Intl.DateTimeFormat>();

/** `7 01 45`: the day of the week, the hour and the minute that this runtime's tables give. */
function wallIn(zone: string, moment: number): string {
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat('en', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(zone, format);
  const parts = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  return `${days.indexOf(parts.weekday ?? '') + 1} ${parts.hour} ${parts.minute}`;
}

/** The moments of 2025, to the quarter of an hour, at which the zone puts its clocks forward or back. */
function changesOf(zone: string): readonly number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const offset = (moment: number) =>
    format.formatToParts(moment).find((part) => part.type === 'timeZoneName')?.value;
  const changes: number[] = [];
  let before = Date.UTC(2025, 0, 1);
  for (let next = before + 864e5; next < Date.UTC(2026, 0, 1); next += 864e5) {
    if (offset(before) !== offset(next)) {
      let low = before;
      let high = next;
      while (high - low > 900_000) {
        const middle = low + Math.floor((high - low) / 2 / 900_000) * 900_000;
        if (offset(middle) === offset(low)) low = middle;
        else high = middle;
      }
      changes.push(high);
    }
    before = next;
  }
  return changes;
}
