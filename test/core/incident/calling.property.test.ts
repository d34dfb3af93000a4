import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calledRoom, chain } from '../../fakes/called.ts';
import { engineer, hour, minute } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';

/**
 * Schedules as nights bring them: people answer or do not, it becomes more or less urgent, alerts end and come back, the
 * bot is down for a while, and time passes. The times are counted by a second, simpler reckoning than the product's.
 */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ what: fc.constant('pass'), ms: fc.integer({ min: 1, max: 90 * minute }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('down'), ms: fc.integer({ min: 1, max: 40 * minute }) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('acknowledge'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('resolve'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('fire'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('quiet'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('P0'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('P2'), ms: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('P3'), ms: fc.constant(0) }) },
);

type Call = { readonly duty: string; readonly why: string; readonly at: number };

const at = { incident: 'INC-1' } as const;

describe('calls by any schedule', { tags: ['trust-17', 'trust-19'] }, () => {
  it('each level once while nobody answers, in time, and none for want of an answer afterwards', async ({
    annotate,
  }) => {
    const runs = process.env.SOAK ? 20_000 : 1_000;
    const counted = { calls: 0, late: 0, doubled: 0, afterwards: 0 };
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 14 }), (schedule) => {
        const world = createWorld({ room: calledRoom });
        let firing = notice();
        world.notice(firing);
        for (const { what, ms } of schedule) {
          const before = called(world).length;
          const answered = world.incident().acknowledged !== null;
          const wasOpen = world.incident().phase !== 'resolved';
          switch (what) {
            case 'pass':
              // What was due while the bot was down is done first when it is back.
              world.pass(0);
              passMinutely(world, ms);
              break;
            case 'down':
              world.down(ms);
              break;
            case 'acknowledge':
              world.by(engineer, { type: 'incident.acknowledge', ...at });
              break;
            case 'resolve':
              world.by(engineer, { type: 'incident.resolve', ...at, note: null });
              break;
            case 'fire':
              firing = notice({ startsAt: Math.max(world.now(), firing.startsAt + 1) });
              world.notice(firing);
              break;
            case 'quiet':
              world.notice(ended(firing, world.now()));
              break;
            case 'P0':
            case 'P2':
            case 'P3':
              world.by(engineer, { type: 'incident.severity', ...at, severity: what, why: null });
              break;
            default:
              throw new Error(what);
          }
          const since = called(world).slice(before);
          if (what === 'pass' && (answered || !wasOpen))
            counted.afterwards += since.filter(({ why }) => why === 'unanswered').length;
          counted.doubled += doubled(world);
        }
        world.pass(0);
        counted.late += late(world);
        counted.calls += called(world).length;
        expect(world.refolded()).toEqual(world.states);
        // Whatever happened: left alone, an open incident that fires and is urgent calls until somebody answers.
        const { phase, acknowledged, allQuietSince, severity } = world.incident();
        if (phase === 'open' && !acknowledged && allQuietSince === null && severity !== 'P3') {
          const before = called(world).length;
          passMinutely(world, 4 * hour + 30 * minute);
          expect(called(world).length).toBeGreaterThan(before);
          expect(late(world)).toBe(0);
        }
      }),
      { numRuns: runs },
    );
    expect(counted).toMatchObject({ late: 0, doubled: 0, afterwards: 0 });
    await annotate(
      `${runs} schedules, ${counted.calls} calls: 0 late, 0 doubled, 0 for want of an answer after one`,
      'figure',
    );
  });
});

const passMinutely = (world: World, ms: number): void => {
  for (let left = ms; left > 0; left -= 10 * minute) world.pass(Math.min(left, 10 * minute));
};

const called = (world: World): readonly Call[] =>
  world
    .events('INC-1')
    .flatMap((event) =>
      event.type === 'Called' ? [{ duty: event.data.duty, why: event.data.why, at: event.at }] : [],
    );

/** Levels before the last that were called more than once in one opening. */
function doubled(world: World): number {
  const calls = world.incident().calling?.calls ?? [];
  const levels = calls.flatMap(({ level }) => (level ? [level.index] : []));
  const early = levels.filter((index) => index < chain.levels.length - 1);
  return early.length - new Set(early).size;
}

/** Whether somebody waits who should have been called: the time of the last one is over, and nobody has answered. */
function late(world: World): number {
  const { phase, acknowledged, allQuietSince, severity, calling } = world.incident();
  const last = calling?.calls.findLast(({ level }) => level !== null);
  if (phase === 'resolved' || acknowledged || allQuietSince !== null || severity === 'P3' || !last?.level)
    return 0;
  const within = chain.levels[last.level.index]?.answerWithinMs[severity] ?? 0;
  return world.now() - last.at > within ? 1 : 0;
}
