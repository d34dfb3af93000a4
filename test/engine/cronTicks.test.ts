import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cronTicks } from '../../src/engine/cronTicks.ts';

const hour = 60 * 60_000;

describe('the ticks of a schedule', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 14, 0, 40) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('come at the same second of each minute', async () => {
    const times: string[] = [];
    const end = cronTicks('15 * * * * *', () => times.push(new Date().toISOString().slice(11, 19)));
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    end();
    await vi.advanceTimersByTimeAsync(hour);
    expect(times).toEqual(['14:01:15', '14:02:15', '14:03:15']);
  });

  it.each([
    ['an hour forward', hour],
    ['an hour back', -hour],
    ['a day forward', 24 * hour],
    ['a day back', -24 * hour],
  ])('go on within two minutes when the clock is set %s', { tags: ['trust-19'] }, async (_, step) => {
    let ticks = 0;
    const end = cronTicks('15 * * * * *', () => {
      ticks += 1;
    });
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(ticks).toBe(5);
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(ticks).toBeGreaterThanOrEqual(6);
    expect(ticks).toBeLessThanOrEqual(7);
    end();
  });

  it('come once a minute through every change of summer time', {
    tags: ['trust-20'],
    timeout: 120_000,
  }, async ({ annotate }) => {
    const zones = process.env.SOAK ? Intl.supportedValuesOf('timeZone') : everyKind;
    const before = process.env.TZ;
    let minutes = 0;
    try {
      for (const zone of zones) {
        process.env.TZ = zone;
        for (const change of changesOf(2026, zone)) {
          vi.useRealTimers();
          vi.useFakeTimers({ now: change - hour / 4 });
          let ticks = 0;
          const end = cronTicks('15 * * * * *', () => {
            ticks += 1;
          });
          await vi.advanceTimersByTimeAsync(1.5 * hour);
          end();
          expect({ zone, ticks }).toEqual({ zone, ticks: 90 });
          minutes += ticks;
        }
      }
    } finally {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    }
    expect(minutes).toBeGreaterThan(0);
    await annotate(
      `${zones.length} zones, ${minutes} minutes around their changes: each ticked once`,
      'figure',
    );
  });
});

/** North and south, a change of half an hour, one at midnight, and none at all. */
const everyKind = [
  'America/Chicago',
  'Europe/Berlin',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Asia/Beirut',
  'Asia/Tokyo',
];

/** The hours of a year at which a zone changes its offset, by looking at each of them. */
function changesOf(year: number, zone: string): number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  const offsetAt = (at: number): string =>
    format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const start = Date.UTC(year, 0, 1);
  const hours = Array.from({ length: 365 * 24 }, (_, index) => start + index * hour);
  // Days first: an hour at a time is needed only where the day before had another offset.
  const days = hours.filter((_, index) => index % 24 === 0);
  return days.flatMap((day) =>
    offsetAt(day) === offsetAt(day + 24 * hour)
      ? []
      : hours.filter((at) => at >= day && at < day + 24 * hour && offsetAt(at) !== offsetAt(at + hour)),
  );
}
