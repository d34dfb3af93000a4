import type { Calendar } from '../../src/core/calendar/calendar.ts';
import type { Definition, Step } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { doing, room, service } from './room.ts';

/**
 * The small room with planned changes of each kind, and a window: Tuesday to Thursday, ten to two in Chicago, which is
 * sixteen to twenty hours UTC in November.
 */

export const chicago: Calendar = {
  zone: 'America/Chicago',
  windows: [{ services: [service], days: [2, 3, 4], fromMinute: 10 * 60, toMinute: 14 * 60 }],
  closed: [{ kind: 'dates', from: '2026-11-26', to: '2026-11-26', why: 'Thanksgiving' }],
  businessHours: { days: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 17 * 60 },
};

const like = room.definitions.reinstall!;

const planned = (name: string, steps: readonly Step[], authority: 'each' | 'whole'): Definition => ({
  ...like,
  playbook: { ...like.playbook, name, title: name, steps, authority, window: 'required' },
});

export const plannedRoom: Room = {
  ...room,
  calendar: chicago,
  definitions: {
    ...room.definitions,
    /** Each action waits for its own click. */
    deploy: planned('deploy', [doing('install'), doing('quick')], 'each'),
    /** Starts at once where nothing stands against it. */
    release: planned('release', [doing('install'), doing('quick')], 'whole'),
    /** Waits for a second person in any case. */
    migrate: planned('migrate', [doing('wipe'), doing('quick')], 'whole'),
  },
};

export const moment = {
  saturday: Date.parse('2026-11-21T14:00:00Z'),
  open: Date.parse('2026-11-24T17:00:00Z'),
  closes: Date.parse('2026-11-24T20:00:00Z'),
};
