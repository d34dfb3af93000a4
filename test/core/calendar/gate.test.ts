import { describe, expect, it } from 'vitest';
import type { Freeze } from '../../../src/core/calendar/freeze.ts';
import { readField, readTyped } from '../../../src/core/calendar/freezeWords.ts';
import { type Around, bothZones, gateOf, openingText } from '../../../src/core/calendar/gate.ts';
import { readUntil } from '../../../src/core/calendar/until.ts';
import type { Incident } from '../../../src/core/incident/incident.ts';
import { chicago } from '../../fakes/plannedRoom.ts';
import { createWorld, notice } from '../../fakes/world.ts';

const at = (iso: string): number => Date.parse(iso);
const frozen = (more: Partial<Freeze> = {}): Freeze => ({
  id: 'FRZ-1',
  service: null,
  why: 'Year end.',
  until: null,
  begunAt: 0,
  begunBy: 'U3LEAD',
  channel: '#monitoring',
  over: null,
  ...more,
});

const around = (iso: string, more: Partial<Around> = {}): Around => ({
  now: at(iso),
  calendar: chicago,
  freezes: [],
  openIncidents: [],
  ...more,
});

function incident(service = 'checkout'): Incident {
  const world = createWorld();
  world.notice(notice());
  return { ...world.incident(), service };
}

const reasons = (services: readonly string[], given: Around): readonly string[] => {
  const gate = gateOf(services, given);
  return gate.kind === 'open' ? [] : gate.blockers.map(({ text }) => text);
};

describe('whether a planned change may start', { tags: ['trust-20'] }, () => {
  const outside = 'Outside Tue–Thu 10:00–14:00 (America/Chicago).';

  it.each([
    ['a minute before the window', '2026-11-24T09:59:59-06:00', [outside]],
    ['with its first minute', '2026-11-24T10:00:00-06:00', []],
    ['in its last minute', '2026-11-24T13:59:59-06:00', []],
    ['with the minute of its end', '2026-11-24T14:00:00-06:00', [outside]],
    ['on a Monday', '2026-11-23T11:00:00-06:00', [outside]],
    ['on a holiday', '2026-11-26T11:00:00-06:00', ['Thanksgiving (2026-11-26).']],
    ['outside on a holiday', '2026-11-26T15:00:00-06:00', [outside, 'Thanksgiving (2026-11-26).']],
    ['in the first minute after summer time began', '2026-03-10T10:00:00-05:00', []],
    ['an hour before that by the sun', '2026-03-10T09:00:00-05:00', [outside]],
    ['in the first minute after summer time ended', '2026-11-03T10:00:00-06:00', []],
  ])('%s', (_, iso, expected) => {
    expect(reasons(['checkout'], around(iso))).toEqual(expected);
  });

  it('says everything that stands against it, and what has to be over before', () => {
    const given = around('2026-11-26T15:00:00-06:00', {
      freezes: [
        frozen(),
        frozen({ id: 'FRZ-2', service: 'checkout', until: at('2026-12-03T10:00:00-06:00') }),
      ],
      openIncidents: [incident()],
    });
    expect(reasons(['checkout'], given)).toEqual([
      outside,
      'Thanksgiving (2026-11-26).',
      'FRZ-1 freezes all services: Year end.',
      'FRZ-2 freezes checkout until Thu 2026-12-03 10:00 (America/Chicago): Year end.',
      'INC-1 is open on checkout.',
    ]);
    const gate = gateOf(['checkout'], given);
    if (gate.kind === 'open') throw new Error('it is closed');
    expect(gate).toMatchObject({ opensAt: at('2026-12-03T10:00:00-06:00'), waitsFor: ['INC-1', 'FRZ-1'] });
    expect(openingText(gate, 'America/Chicago')).toMatch(
      /^INC-1 and FRZ-1 have to be over first\. By the calendar the next moment is <!date\^1796313600\^\{date_short_pretty\} \{time\}\|2026-12-03 16:00 UTC>, Thu 2026-12-03 10:00 \(America\/Chicago\)\.$/,
    );
  });

  it('opens next when the freeze is over and the window is open', () => {
    const freezes = [frozen({ until: at('2026-11-25T15:00:00-06:00') })];
    expect(gateOf(['checkout'], around('2026-11-24T11:00:00-06:00', { freezes }))).toMatchObject({
      opensAt: at('2026-12-01T10:00:00-06:00'),
      waitsFor: [],
    });
  });

  it('passes over what is no concern of it: other services, drills, freezes whose moment has passed', () => {
    const open = '2026-11-24T11:00:00-06:00';
    expect(reasons(['checkout'], around(open, { openIncidents: [incident('search')] }))).toEqual([]);
    expect(reasons(['checkout'], around(open, { openIncidents: [{ ...incident(), drill: true }] }))).toEqual(
      [],
    );
    expect(
      reasons(['checkout'], around(open, { openIncidents: [{ ...incident(), phase: 'resolved' }] })),
    ).toEqual([]);
    expect(reasons(['checkout'], around(open, { freezes: [frozen({ service: 'search' })] }))).toEqual([]);
    expect(reasons(['checkout'], around(open, { freezes: [frozen({ until: at(open) })] }))).toEqual([]);
  });

  it('needs every service that it changes to be open', () => {
    const freezes = [frozen({ service: 'search' })];
    expect(reasons(['checkout', 'search'], around('2026-11-24T11:00:00-06:00', { freezes }))).toEqual([
      'FRZ-1 freezes search: Year end.',
    ]);
  });

  it('says a moment in the zone of the reader and in that of the calendar', () => {
    expect(bothZones('America/Chicago', at('2026-11-24T16:00:00Z'))).toBe(
      '<!date^1795536000^{date_short_pretty} {time}|2026-11-24 16:00 UTC>, Tue 2026-11-24 10:00 (America/Chicago)',
    );
  });
});

describe('the time that somebody types', () => {
  const zone = 'America/Chicago';
  const now = at('2026-11-24T11:00:00-06:00');

  it.each([
    ['18:00', '2026-11-24T18:00:00-06:00'],
    ['9:30', '2026-11-25T09:30:00-06:00'],
    ['2026-12-24 18:00', '2026-12-24T18:00:00-06:00'],
    ['2026-12-24', '2026-12-25T00:00:00-06:00'],
    // Half past two does not exist on that day, and half past one exists twice.
    ['2027-03-14 02:30', '2027-03-14T03:30:00-05:00'],
    ['2026-11-01 01:30', '2026-11-01T01:30:00-06:00'],
  ])('%s', { tags: ['trust-20'] }, (text, expected) => {
    expect(new Date(readUntil(text, zone, now) ?? Number.NaN)).toEqual(new Date(expected));
  });

  it.each(['', 'soon', '2026-02-30', '25:00', '2026-13-01 10:00', '2026-12-24T'])('not "%s"', (text) => {
    expect(readUntil(text, zone, now)).toBeUndefined();
  });

  it('is read with the reason behind it', () => {
    expect(readTyped(['for', '4h', 'the', 'launch'], zone, now)).toEqual({
      kind: 'read',
      until: now + 4 * 3_600_000,
      rest: 'the launch',
    });
    expect(readTyped(['for', 'the', 'launch'], zone, now)).toEqual({
      kind: 'read',
      until: null,
      rest: 'for the launch',
    });
    expect(readTyped(['until', '2026-12-24', '18:00', 'year', 'end'], zone, now)).toEqual({
      kind: 'read',
      until: at('2026-12-24T18:00:00-06:00'),
      rest: 'year end',
    });
    expect(readTyped(['until', 'Friday'], zone, now)).toEqual({ kind: 'unclear', word: 'Friday' });
    expect(readTyped(['for', '4hours'], zone, now)).toEqual({ kind: 'unclear', word: '4hours' });
    expect(readField('4h', zone, now)).toBe(now + 4 * 3_600_000);
    expect(readField(' ', zone, now)).toBeNull();
    expect(readField('later', zone, now)).toBeUndefined();
  });
});
