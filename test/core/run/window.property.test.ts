import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calendar, Closed, Hours, Weekday } from '../../../src/core/calendar/calendar.ts';
import { isHeldToWindows } from '../../../src/core/calendar/gate.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import { engineer, hour, second, service, room as smallRoom } from '../../fakes/room.ts';
import { createWorld, notice } from '../../fakes/world.ts';

const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }) as fc.Arbitrary<Weekday[]>;

const hours: fc.Arbitrary<Hours> = fc
  .tuple(days, fc.uniqueArray(fc.integer({ min: 0, max: 24 * 60 }), { minLength: 2, maxLength: 2 }))
  .map(([on, [a = 0, b = 1]]) => ({ days: on, fromMinute: Math.min(a, b), toMinute: Math.max(a, b) }));

const closed: fc.Arbitrary<Closed> = fc.oneof(
  fc.constant({ kind: 'dates', from: '2000-01-01', to: '2099-12-31', why: 'For ever' } as const),
  fc.integer({ min: 1, max: 92 }).map((count) => ({ kind: 'last-days-of-quarter', days: count }) as const),
  fc.integer({ min: 1, max: 31 }).map((count) => ({ kind: 'last-days-of-month', days: count }) as const),
);

const calendars: fc.Arbitrary<Calendar> = fc.record({
  zone: fc.constantFrom('UTC', 'America/Chicago', 'Asia/Kathmandu', 'Pacific/Apia'),
  windows: fc.array(
    hours.map((each) => ({ services: 'any' as const, ...each })),
    { maxLength: 3 },
  ),
  closed: fc.array(closed, { maxLength: 3 }),
  businessHours: hours,
});

const freezes = fc.array(
  fc.record({
    service: fc.constantFrom(null, service),
    until: fc.option(fc.integer({ min: 1, max: 400 * 24 }), { nil: null }),
  }),
  { maxLength: 3 },
);

/** Even where a file said so of each of them, which lint refuses. */
const marked = Object.fromEntries(
  Object.entries(smallRoom.definitions).map(([name, definition]): [string, Definition] => [
    name,
    definition.playbook.kind === 'alert' || name.startsWith('rollback-')
      ? { ...definition, playbook: { ...definition.playbook, window: 'required' } }
      : definition,
  ]),
);

const runs = process.env.SOAK === '1' ? 2_000 : 200;

describe('no calendar and no freeze', { tags: ['trust-20'] }, () => {
  it('ever holds up what answers an alert, a mitigation, an undo, a rollback or practice', async ({
    annotate,
  }) => {
    let started = 0;
    fc.assert(
      fc.property(calendars, freezes, fc.integer({ min: 0, max: 366 * 24 }), (calendar, frozen, hoursOn) => {
        const world = createWorld({ room: { ...smallRoom, definitions: marked, calendar } });
        world.down(hoursOn * hour);
        for (const { service: of, until } of frozen) {
          const at = until === null ? null : world.now() + until * hour;
          world.by(second, { type: 'freeze.begin', service: of, until: at, why: 'Because' });
        }
        // An alert's playbook walks, and its mitigation is carried out.
        world.notice(notice());
        const at = { run: 'INC-1.1', attempt: 1 } as const;
        world.by(engineer, { type: 'run.choose', ...at, step: 'kind', option: 'memory' });
        expect(world.by(engineer, { type: 'run.perform', ...at, step: 'restart' }).kind).toBe('accepted');
        world.ends(0);
        const start = (playbook: string, who = engineer) =>
          world.by(who, { type: 'incident.start-run', incident: 'INC-1', playbook, reason: null });
        expect(start('write-flag').kind).toBe('accepted');
        world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'flag', attempt: 1 });
        world.ends(0, 'off\n');
        expect(start('rollback-checkout').kind).toBe('accepted');
        const { whole } = world.run('INC-1.3');
        world.by(second, {
          type: 'run.plan-decide',
          run: 'INC-1.3',
          verdict: 'approve',
          hash: whole?.hash ?? '',
        });
        expect(world.underWay().map(({ planned }) => planned.action)).toEqual(['stop']);
        expect(
          world.by(engineer, { type: 'incident.drill', playbook: 'rollback-checkout', firstFails: false })
            .kind,
        ).toBe('accepted');
        expect(world.refusals).toEqual([]);
        started += 4;
      }),
      { numRuns: runs },
    );
    await annotate(`${started} starts under ${runs} calendars and freezes, 0 held up`, 'figure');
  });

  it('concerns anything but procedures that people plan', () => {
    for (const { playbook } of Object.values(marked)) expect(isHeldToWindows(playbook)).toBe(false);
    const undo = { ...marked['write-flag']!.playbook, kind: 'undo', window: 'required' } as const;
    expect(isHeldToWindows(undo)).toBe(false);
  });
});
