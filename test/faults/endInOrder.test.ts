import { describe, expect, it } from 'vitest';
import { chance, type Point, pointText, seedOfRun, shuffled } from './failpoints.ts';
import { sideBySide, walkWith } from './killedWalk.ts';

/** What is promised; a supervisor kills after it. */
const longestEndMs = 10_000;

/** Something of everything: a commit, a command at work, a message and a file on their way, a timer, a reading. */
const places: readonly Point[] = [
  { name: 'commit:before', number: 12 },
  { name: 'commit:after', number: 25 },
  { name: 'effect:run-command:leased', number: 2 },
  { name: 'effect:run-command:called', number: 2 },
  { name: 'effect:open-channel:leased', number: 1 },
  { name: 'effect:show:leased', number: 8 },
  { name: 'effect:show:called', number: 5 },
  { name: 'effect:chart:leased', number: 1 },
  { name: 'effect:tell:called', number: 3 },
  { name: 'effect:read-indicator:leased', number: 2 },
  { name: 'slack:conversations.create:done', number: 1 },
  { name: 'slack:chat.postMessage:asked', number: 4 },
  { name: 'slack:files.completeUploadExternal:done', number: 1 },
  { name: 'slack:views.open:asked', number: 1 },
];

describe('SIGTERM during anything', () => {
  it('ends within ten seconds with exit code 0, and the next start finds everything where it was', {
    timeout: 24 * 60 * 60_000,
    tags: ['trust-21'],
  }, async ({ annotate }) => {
    const seed = seedOfRun();
    console.log(`SOAK_SEED=${seed}`);
    const random = chance(seed);
    // Three ends in one walk, each in a life of its own; a soak goes over all places again and again.
    const order = process.env.SOAK
      ? Array.from({ length: 15 }, () => shuffled(places, random)).flat()
      : shuffled(places, random).slice(0, 3);
    const walks = Array.from({ length: Math.ceil(order.length / 3) }, (_, index) =>
      order.slice(index * 3, index * 3 + 3),
    );
    let ends = 0;
    await sideBySide([...walks.entries()], process.env.SOAK ? 2 : 1, async ([index, points]) => {
      const targets = points.map((point) => ({ ...point, signal: 'SIGTERM' as const }));
      const { lives, account } = await walkWith(targets, index % 2 === 0 ? 'socket' : 'http');
      const at = `POINTS='${points.map((point) => `SIGTERM@${pointText(point)}`).join(',')}'`;
      expect(account.violations, at).toEqual([]);
      for (const { code, signal, endedAfterMs } of lives) {
        expect({ code, signal }, at).toEqual({ code: 0, signal: null });
        expect(endedAfterMs, at).toBeLessThanOrEqual(longestEndMs);
        ends += 1;
      }
    });
    expect(ends).toBeGreaterThan(walks.length);
    await annotate(`${ends} ends at named points, each within 10 s with exit 0, 0 left in limbo`, 'figure');
  });
});
