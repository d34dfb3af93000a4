import { describe, expect, it } from 'vitest';
import type { Calendar } from '../../../src/core/calendar/calendar.ts';
import { type Chain, chainFor, type Level, nextLevel } from '../../../src/core/people/escalation.ts';

const minute = 60_000;
const level = (call: string, more: Partial<Level> = {}): Level => ({
  title: call,
  call,
  answerWithinMs: { P0: 5 * minute, P1: 5 * minute, P2: 15 * minute, P3: 15 * minute, P4: 15 * minute },
  businessHoursOnly: false,
  ...more,
});
const chain = (more: Partial<Chain>): Chain => ({
  name: 'chain',
  services: 'any',
  severities: ['P0', 'P1', 'P2'],
  levels: [level('on-call'), level('lead')],
  ...more,
});
const calendar: Calendar = {
  zone: 'America/Chicago',
  windows: [],
  closed: [],
  businessHours: { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 },
};
const noon = Date.parse('2026-11-18T12:00:00-06:00');
const night = Date.parse('2026-11-18T03:00:00-06:00');

describe('the chain of an incident', () => {
  const chains = [chain({ name: 'fly', services: ['agent'] }), chain({ name: 'genesis' })];

  it('is the one that names the service, wherever it stands, else the one for any', () => {
    const nameOf = (list: readonly Chain[], service: string | null) =>
      chainFor(list, { service, severity: 'P1' })?.name;
    expect([nameOf(chains, 'agent'), nameOf(chains, 'other'), nameOf(chains, null)]).toEqual([
      'fly',
      'genesis',
      'genesis',
    ]);
    expect(nameOf(chains.toReversed(), 'agent')).toBe('fly');
  });

  it('is none for a severity that no chain is for', () => {
    expect(chainFor(chains, { service: 'agent', severity: 'P3' })).toBeNull();
  });
});

describe('the next level', () => {
  const four = chain({
    levels: [level('L1'), level('L2'), level('L3', { businessHoursOnly: true }), level('L4')],
  });

  it('is called one after the other while people are at work', () => {
    expect([-1, 0, 1, 2].map((last) => nextLevel(four, last, { calendar, now: noon }))).toEqual([0, 1, 2, 3]);
  });

  it('passes over those who are only called in business hours', () => {
    expect([-1, 0, 1, 2].map((last) => nextLevel(four, last, { calendar, now: night }))).toEqual([
      0, 1, 3, 3,
    ]);
  });

  it('is the last one again when it was silent too', () => {
    expect(nextLevel(four, 3, { calendar, now: noon })).toBe(3);
    const office = chain({ levels: [level('L1'), level('L2', { businessHoursOnly: true })] });
    expect(nextLevel(office, 1, { calendar, now: night })).toBe(0);
  });

  it('is nobody where nobody is called at this hour', () => {
    const office = chain({ levels: [level('L1', { businessHoursOnly: true })] });
    expect(nextLevel(office, -1, { calendar, now: night })).toBeNull();
  });
});
