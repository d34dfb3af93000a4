import type { Calendar } from '../../src/core/calendar/calendar.ts';
import type { Chain } from '../../src/core/people/escalation.ts';
import type { Duty, Roster } from '../../src/core/people/roster.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { hour, minute, room } from './room.ts';

/** The small room with people who are called: four levels, the third at work only, and an expert of two. */

const duty = (name: string, title: string, more: Partial<Duty> = {}): Duty => ({
  ...{ name, title, usergroup: null, users: [], pagerduty: null, phone: null },
  ...more,
});

const pagerduty = { routingKey: 'PAGERDUTY_ROUTING_KEY', escalationPolicy: 'PPOLIC1' };

export const roster: Roster = {
  'on-call': duty('on-call', 'On-call engineer', { usergroup: 'oncall', pagerduty, phone: '+1 555 0100' }),
  lead: duty('lead', 'Deployment lead', { usergroup: 'leads', phone: '+1 555 0101' }),
  platform: duty('platform', 'Platform lead', { users: ['U6PLATFORM'] }),
  executives: duty('executives', 'Executive team', { users: ['U7EXECUTIVE'], pagerduty }),
  testing: duty('testing', 'Testing and monitoring', { usergroup: 'testing' }),
  security: duty('security', 'Security'),
};

const same = (ms: number) => ({ P0: ms, P1: ms, P2: ms, P3: ms, P4: ms });

export const chain: Chain = {
  name: 'genesis',
  services: 'any',
  severities: ['P0', 'P1', 'P2'],
  levels: [
    {
      title: 'L1 on-call engineer',
      call: 'on-call',
      answerWithinMs: { ...same(15 * minute), P0: 5 * minute, P1: 5 * minute },
      resolveWithinMs: 15 * minute,
      businessHoursOnly: false,
    },
    {
      title: 'L2 deployment lead',
      call: 'lead',
      answerWithinMs: same(30 * minute),
      resolveWithinMs: 30 * minute,
      businessHoursOnly: false,
    },
    {
      title: 'L3 platform lead',
      call: 'platform',
      answerWithinMs: same(hour),
      resolveWithinMs: hour,
      businessHoursOnly: true,
    },
    {
      title: 'L4 executive team',
      call: 'executives',
      answerWithinMs: same(2 * hour),
      resolveWithinMs: 2 * hour,
      businessHoursOnly: false,
    },
  ],
};

export const calendar: Calendar = {
  zone: 'America/Chicago',
  windows: [],
  closed: [],
  businessHours: { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 },
};

export const calledRoom: Room = { ...room, roster, chains: [chain], calendar, pages: true };
