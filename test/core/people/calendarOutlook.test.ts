import { describe, expect, it } from 'vitest';
import type { Calendar } from '../../../src/core/calendar/calendar.ts';
import { checkOutlook } from '../../../src/core/people/calendarOutlook.ts';
import { openCalendar } from '../../../src/core/people/compilePeople.ts';
import { compileYaml } from '../../fakes/yamlRoom.ts';

const warned = (calendar: Calendar, today: string): readonly string[] => {
  const found: string[] = [];
  const add = (_: unknown, message: string) => void found.push(message);
  const report = { error: add, warning: add, add: () => undefined, errors: () => found.length };
  checkOutlook({ calendar, services: ['till'], today: Date.parse(today) }, report);
  return found;
};

const ends: Calendar = {
  ...openCalendar,
  zone: 'America/Chicago',
  closed: [
    { kind: 'dates', from: '2026-12-24', to: '2027-01-01', why: 'End of the year' },
    { kind: 'dates', from: '2026-11-26', to: '2026-11-26', why: 'Thanksgiving' },
  ],
};

describe('lint with a date', () => {
  it('says that a calendar has come to its end, a day after its last', () => {
    // The first of January still goes on in Chicago.
    expect(warned(ends, '2027-01-02T05:59:00Z')).toEqual([]);
    expect(warned(ends, '2027-01-02T06:00:00Z')).toEqual([
      'The calendar ends on 2027-01-01: every closed date has passed. Write down those that come, or leave them out.',
    ]);
    expect(warned(openCalendar, '2030-01-01T00:00:00Z')).toEqual([]);
  });

  it('names a service that is never open', () => {
    const closed = [{ kind: 'last-days-of-month', days: 31 }] as const;
    expect(warned({ ...openCalendar, closed }, '2026-11-24T00:00:00Z')).toEqual([
      '`till` is closed for all of the next 400 days, so no planned change of it ever starts.',
    ]);
  });
});

describe('lint of planned changes', () => {
  const deploy = (name: string, more = '') => `
playbook: ${name}
title: Deploy the till
service: till
${more}
steps:
  - ask: Which version?
`;

  it('lets a procedure be held to windows, and nobody walk it inside another one', () => {
    const files = { 'procedures/deploy-till.yml': deploy('deploy-till', 'window: required') };
    const { room, problems } = compileYaml(files);
    expect(problems).toEqual([]);
    expect(room?.definitions['deploy-till']?.playbook.window).toBe('required');
    const around = `playbook: around
title: Around it
service: till
steps:
  - call: deploy-till
`;
    expect(compileYaml({ ...files, 'procedures/around.yml': around }).problems).toEqual([
      expect.stringContaining(
        '`deploy-till` is held to windows (`window: required`), so it can only be started',
      ),
    ]);
  });
});
