import { describe, expect, it } from 'vitest';
import {
  actionPoints,
  chance,
  type Point,
  parsePoint,
  pointText,
  seedOfRun,
  shuffled,
} from './failpoints.ts';
import type { Target } from './keptBot.ts';
import { type Path, sideBySide, walkWith } from './killedWalk.ts';

/**
 * The bot is killed at the commits, at the effects and at the calls of a walk from the alert to the post-mortem, and
 * inside the program of an action. It is started again each time, and the walk must complete: no alert lost, no message
 * twice in the channel, no action run twice, no work left. What is done twice is counted outside the bot: by the
 * emulated Slack from the messages it holds, and by the action itself from the lines it leaves.
 *
 * A test run takes six points by chance; the seed is printed, and SOAK_SEED takes the same ones again. A soak takes
 * every point three times. `POINTS='SIGKILL@effect:show:called#3,SIGTERM@commit:after#9' DELIVERY=http` takes these
 * alone, one after the other in one walk.
 *
 * The same is done to an incident that begins in a thread and is raised to what has a channel of its own (`WALK=raised`):
 * then nothing is asked in two places either, and what was asked in the thread is asked in the channel. A test run takes
 * two points of the move.
 */
const killsAtEachPoint = process.env.SOAK ? 3 : null;
const killsInASample = 6;
const killsInAMove = 2;

describe('kill -9 at the named points of the path', () => {
  it('completes the path after each one, with nothing lost and nothing twice', {
    timeout: 24 * 60 * 60_000,
    tags: ['trust-1', 'trust-4'],
  }, async ({ annotate }) => {
    const named = process.env.POINTS?.split(',').map(parseTarget);
    if (named) {
      const path = process.env.WALK === 'raised' ? 'raised' : 'in-channel';
      const walk = await walkWith(named, process.env.DELIVERY === 'http' ? 'http' : 'socket', path);
      expect(walk.account.violations).toEqual([]);
      expect(walk.met.map(pointText)).toEqual(named.map(pointText));
      return;
    }
    const figure = await killAt('in-channel', (points, random) =>
      oneOfEachKind(points, random).slice(0, killsInASample),
    );
    await annotate(figure, 'figure');
  });

  it('completes it as well where the incident moves from its thread to a channel on the way', {
    timeout: 24 * 60 * 60_000,
    tags: ['trust-1', 'trust-4'],
  }, async ({ annotate, skip }) => {
    if (process.env.POINTS) skip('POINTS names the kills of one walk');
    const figure = await killAt('raised', (points, random) =>
      oneOfEachKind(
        points.filter(({ name }) => /^effect:(open-channel|move|leave):/.test(name)),
        random,
      ).slice(0, killsInAMove),
    );
    await annotate(`raised out of a thread: ${figure}`, 'figure');
  });
});

/** What came of it, as a figure. */
async function killAt(
  path: Path,
  sampled: (points: readonly Point[], random: () => number) => readonly Point[],
): Promise<string> {
  const recorded = await walkWith([], 'http', path);
  expect(recorded.account.violations).toEqual([]);
  const points = [...recorded.passed, ...actionPoints];
  const names = [...new Set(points.map(({ name }) => name))].sort();
  const seed = seedOfRun();
  console.log(`SOAK_SEED=${seed}: ${points.length} points of ${names.length} names: ${names.join(' ')}`);

  const random = chance(seed);
  const rounds = killsAtEachPoint
    ? Array.from({ length: killsAtEachPoint }, () => shuffled(points, random)).flat()
    : sampled(points, random);
  // Three deaths a walk, each in a life of its own.
  const walks = chunks(rounds, 3).map((chunk) =>
    chunk.map((point): Target => ({ ...point, signal: 'SIGKILL' })),
  );
  const totals = { walks: 0, deaths: 0, unknown: 0, executed: 0, messages: 0, events: 0 };
  await sideBySide([...walks.entries()], process.env.SOAK ? 3 : 2, async ([index, targets]) => {
    const { account, lives, met } = await walkWith(targets, index % 2 === 0 ? 'socket' : 'http', path);
    const at = targets.map((target) => `${target.signal}@${pointText(target)}`).join(',');
    expect(account.violations, `POINTS='${at}' WALK=${path}`).toEqual([]);
    totals.walks += 1;
    totals.deaths += lives.filter(({ signal }) => signal === 'SIGKILL').length;
    totals.deaths += met.filter(({ name }) => name.startsWith('executor')).length;
    totals.unknown += account.unknown;
    totals.executed += account.executed;
    totals.messages += account.messages;
    totals.events += account.events;
    if (process.env.PROGRESS) console.error(`${totals.walks}/${walks.length} ${at} met ${met.length}`);
  });
  const figure = `${totals.deaths} kills at ${points.length} named points, ${totals.walks} walks: 0 of ${totals.walks} alerts lost, ${totals.executed} actions executed, 0 twice, ${totals.unknown} shown as unknown, 0 of ${totals.messages} messages twice`;
  console.log(figure);
  expect(totals.deaths).toBeGreaterThanOrEqual(rounds.length / 2);
  return figure;
}

function parseTarget(text: string): Target {
  const [signal, point = ''] = text.split('@');
  return { ...parsePoint(point), signal: signal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL' };
}

/** By chance, and no two of the same kind as long as there are others: commits are many, and would take every place. */
function oneOfEachKind<T extends { name: string }>(points: readonly T[], random: () => number): T[] {
  const kinds = Map.groupBy(shuffled(points, random), ({ name }) => name.replace(/:.*:/, ':'));
  return [...kinds.values()].flatMap(([first]) => (first ? [first] : []));
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, index * size + size),
  );
}
