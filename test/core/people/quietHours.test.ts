import { describe, expect, it } from 'vitest';
import { type QuietHours, quietFault, quietUntil } from '../../../src/core/people/quietHours.ts';

const night = (zone: string): QuietHours => ({ from: '22:00', to: '07:00', zone });
const chicago = night('America/Chicago');
const at = (utc: string): number => Date.parse(`${utc}Z`);
const until = (quiet: QuietHours, utc: string): string | null => {
  const end = quietUntil(quiet, at(utc));
  return end === null ? null : new Date(end).toISOString().slice(0, 16);
};

describe('quiet hours', () => {
  it.each<[string, QuietHours, string, string | null]>([
    ['in the evening, over midnight', chicago, '2026-11-24T04:30', '2026-11-24T13:00'],
    ['after midnight', chicago, '2026-11-24T09:30', '2026-11-24T13:00'],
    ['from their first minute', chicago, '2026-11-24T04:00', '2026-11-24T13:00'],
    ['not a minute before', chicago, '2026-11-24T03:59:59', null],
    ['not in the minute of their end', chicago, '2026-11-24T13:00', null],
    ['not by day', chicago, '2026-11-24T18:00', null],
    ['within one day', { ...chicago, from: '12:00', to: '13:00' }, '2026-11-24T18:30', '2026-11-24T19:00'],
    ['before those of a day', { ...chicago, from: '12:00', to: '13:00' }, '2026-11-24T17:30', null],
    ['to midnight', { ...chicago, from: '20:00', to: '00:00' }, '2026-11-24T03:00', '2026-11-24T06:00'],
    ['where it is another day already', night('Asia/Tokyo'), '2026-11-23T15:00', '2026-11-23T22:00'],
    ['in a zone of half hours', night('Asia/Kolkata'), '2026-11-24T00:00', '2026-11-24T01:30'],
    // 8 March 2026: 02:00 is followed by 03:00, so the night has an hour less.
    ['through the short night in spring', chicago, '2026-03-08T05:00', '2026-03-08T12:00'],
    ['to an end that is left out', { ...chicago, to: '02:30' }, '2026-03-08T07:00', '2026-03-08T08:00'],
    [
      'from a beginning that is left out',
      { ...chicago, from: '02:30' },
      '2026-03-08T08:00',
      '2026-03-08T12:00',
    ],
    ['all left out', { ...chicago, from: '02:10', to: '02:50' }, '2026-03-08T08:00', null],
    // 1 November 2026: 01:00 to 02:00 comes twice.
    ['through the long night in autumn', chicago, '2026-11-01T04:00', '2026-11-01T13:00'],
    ['to the first end of two', { ...chicago, to: '01:30' }, '2026-11-01T06:10', '2026-11-01T06:30'],
    ['between the two', { ...chicago, to: '01:30' }, '2026-11-01T06:40', null],
    ['to the second end of two', { ...chicago, to: '01:30' }, '2026-11-01T07:10', '2026-11-01T07:30'],
    // Where the clock is changed at midnight, the day begins at one.
    [
      'to a midnight that is left out',
      { from: '20:00', to: '00:00', zone: 'America/Santiago' },
      '2026-09-06T01:00',
      '2026-09-06T04:00',
    ],
    ['a day that a country left out', night('Pacific/Apia'), '2011-12-30T09:00', '2011-12-30T17:00'],
  ])('%s', (_when, quiet, now, end) => {
    expect(until(quiet, now)).toBe(end);
  });

  it('are none where nobody set any, and where they make no sense', () => {
    const now = at('2026-11-24T04:30');
    expect(quietUntil(null, now)).toBeNull();
    for (const quiet of [
      { ...chicago, to: '22:00' },
      { ...chicago, from: '24:00' },
      { ...chicago, from: 'late' },
      { ...chicago, zone: 'America/Nowhere' },
    ]) {
      expect(quietFault(quiet)).toMatch(/\.$/);
      expect(quietUntil(quiet, now)).toBeNull();
    }
    expect(quietFault(chicago)).toBeNull();
  });

  it('are over when they end, at every hour of the days on which the clock changes', () => {
    for (const day of ['2026-03-07', '2026-03-08', '2026-10-31', '2026-11-01'])
      for (let half = 0; half < 48; half += 1) {
        const now = at(`${day}T00:00`) + half * 30 * 60_000;
        const end = quietUntil(chicago, now);
        if (end === null) continue;
        expect(end).toBeGreaterThan(now);
        expect(end - now).toBeLessThanOrEqual(10 * 60 * 60_000);
        expect(quietUntil(chicago, end)).toBeNull();
        expect(quietUntil(chicago, end - 1)).toBe(end);
      }
  });
});
