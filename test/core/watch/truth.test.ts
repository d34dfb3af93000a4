import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '../../../src/core/incident/events.ts';
import type { IncidentId } from '../../../src/core/stream.ts';
import { figuresOf, verdictOf, type WatchReport, watchReport } from '../../../src/core/watch/report.ts';
import { figureWords } from '../../../src/core/watch/words.ts';
import { engineer, hour, minute, second, service } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

const start = (world: World, hours = 4) =>
  world.by(engineer, {
    ...{ type: 'watch.start', service, forMs: hours * hour, why: 'Release 7' },
    people: ['U1ENGINEER', 'U2SECOND'],
  });

const reportOf = (world: World): WatchReport =>
  watchReport(
    world.watch(),
    world.watch().incidents.map((id) => world.events(id) as IncidentEvent[]),
    world.room.pace,
  );

const words = (world: World): readonly string[] =>
  figuresOf(reportOf(world), world.now()).flatMap((period) =>
    period.classes.map((figures) => figureWords(figures, period)),
  );

describe('the report of a watch says no more than is known', () => {
  it('where an alert came in an incident that was open before, which it does not measure', () => {
    const world = createWorld();
    world.notice(notice());
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    world.pass(minute);
    start(world);
    expect(words(world)).toEqual(['none came', 'none came']);
    world.pass(minute);
    world.notice(notice({ name: 'Slow' }));
    world.notice(notice({ name: 'Slow', service: 'other' }));
    expect(reportOf(world)).toMatchObject({
      takings: [],
      besides: [{ incident: 'INC-1', isStorm: false, alerts: 1 }],
    });
    expect(words(world)).toEqual(['no incident was opened', 'no incident was opened']);
    expect(world.refusals).toEqual([]);
    expect(world.refolded()).toEqual(world.states);
  });

  it('where the alerts of the service came in a storm', () => {
    const world = createWorld();
    start(world);
    for (let each = 0; each < 30; each += 1) world.notice(notice({ service: `other-${each}`, name: 'Slow' }));
    const storm = world.incidents().find((each) => each.storm);
    world.notice(notice({ name: 'Slow' }));
    world.notice(notice({ name: 'Slow', fingerprint: 'another' }));
    expect(world.incidents().filter((each) => each.service === service)).toEqual([]);
    expect(reportOf(world)).toMatchObject({
      takings: [],
      besides: [{ incident: storm?.id, isStorm: true, alerts: 2 }],
    });
    expect(words(world)).toEqual(['no incident was opened', 'no incident was opened']);
    expect(world.watch().incidents).toEqual([storm?.id]);
  });

  it('where somebody resolved what nobody had acknowledged', () => {
    const world = createWorld();
    start(world);
    world.notice(notice());
    world.pass(minute);
    world.notice(ended(notice(), world.now()));
    world.by(second, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(reportOf(world).takings).toMatchObject([{ taken: { by: 'U2SECOND', resolved: true } }]);
    expect(words(world)[0]).toBe(
      '1 incident with 1 alert, 1 of 1 in time (1 by resolving it), the slowest after 1 min',
    );
  });

  it('where the clock was set back between opening and acknowledgement', () => {
    const world = createWorld();
    start(world);
    world.pass(2 * hour);
    world.notice(notice());
    world.down(-hour);
    world.by(second, { type: 'incident.acknowledge', incident: 'INC-1' });
    const [taking] = reportOf(world).takings;
    expect(taking && verdictOf(taking, world.now())).toBe('unknown');
    expect(words(world)[0]).toBe(
      '1 incident with 1 alert, 1 of which nobody can say, since the clock was set back meanwhile',
    );
  });

  it('of when it was over, where the bot was down by then', () => {
    const world = createWorld();
    start(world);
    world.down(48 * hour);
    world.pass(1);
    const answer = world.by(second, { type: 'watch.end', watch: 'WCH-1', why: 'All is calm' });
    expect(answer).toMatchObject({ message: expect.stringContaining('18:00:00 UTC') });
  });

  it('and its numbers add up, whatever comes when', async ({ annotate }) => {
    const happening = fc.oneof(
      fc.record({ does: fc.constant('pass'), ms: fc.integer({ min: 1, max: 90 }) }),
      fc.record({ does: fc.constant('down'), ms: fc.integer({ min: -60, max: 90 }) }),
      fc.record({
        does: fc.constantFrom('fires', 'calm', 'acknowledge', 'resolve', 'reopen', 'raise', 'lower', 'stop'),
        ms: fc.nat({ max: 2 }),
      }),
    );
    let counted = 0;
    fc.assert(
      fc.property(fc.array(happening, { minLength: 5, maxLength: 30 }), (happenings) => {
        const world = createWorld();
        start(world);
        for (const { does, ms } of happenings) {
          const incident = `INC-${ms + 1}` as IncidentId;
          const alert = notice({ name: ['Slow', 'HighErrorRate', 'ServiceDown'][ms] ?? 'Slow' });
          if (does === 'pass') world.pass(ms * minute);
          else if (does === 'down') world.down(ms * minute);
          else if (does === 'fires') world.notice({ ...alert, startsAt: world.now() });
          else if (does === 'calm') world.notice(ended(alert, world.now()));
          else if (does === 'stop')
            world.by(second, { type: 'watch.end', watch: 'WCH-1', why: 'All is calm' });
          else if (does === 'raise' || does === 'lower') {
            const severity = does === 'raise' ? 'P0' : 'P2';
            world.by(second, { type: 'incident.severity', incident, severity, why: null });
          } else if (does === 'resolve') world.by(second, { type: 'incident.resolve', incident, note: null });
          else if (does === 'reopen')
            world.by(second, { type: 'incident.reopen', incident, why: 'It is back' });
          else world.by(second, { type: 'incident.acknowledge', incident });
        }
        const report = reportOf(world);
        const figures = figuresOf(report, world.now()).flatMap(({ classes }) => classes);
        const judged = figures.reduce(
          (sum, { within, waiting, over, unknown }) => sum + within + waiting + over.length + unknown,
          0,
        );
        expect(judged).toBe(report.takings.length);
        for (const { incident, openedAt, taken, dueAt, watch } of report.takings) {
          expect(watch?.id).toBe('WCH-1');
          // In time is only what somebody said in time, by a clock that went on.
          const taking = report.takings.find(
            (each) => each.incident === incident && each.openedAt === openedAt,
          );
          if (taking && verdictOf(taking, world.now()) === 'within') {
            expect(taken?.at).toBeGreaterThanOrEqual(openedAt);
            expect(taken?.at).toBeLessThanOrEqual(dueAt);
          }
        }
        counted += report.takings.length;
      }),
      { numRuns: process.env.SOAK === '1' ? 5_000 : 200 },
    );
    expect(counted).toBeGreaterThan(0);
    await annotate(`${counted} openings in watches, each counted once`, 'figure');
  });
});
