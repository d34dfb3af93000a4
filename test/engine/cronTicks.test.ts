import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cronTicks } from '../../src/engine/cronTicks.ts';

const hour = 60 * 60_000;

describe('the ticks of a schedule', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 14, 0, 40) });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('come at the same second of each minute', async () => {
    const times: string[] = [];
    const end = cronTicks('15 * * * * *', () => times.push(new Date().toISOString().slice(11, 19)));
    await vi.advanceTimersByTimeAsync(3 * 60_000);
    end();
    await vi.advanceTimersByTimeAsync(hour);
    expect(times).toEqual(['14:01:15', '14:02:15', '14:03:15']);
  });

  it.each([
    ['an hour forward', hour],
    ['an hour back', -hour],
    ['a day forward', 24 * hour],
    ['a day back', -24 * hour],
  ])('go on within two minutes when the clock is set %s', { tags: ['trust-19'] }, async (_, step) => {
    let ticks = 0;
    const end = cronTicks('15 * * * * *', () => {
      ticks += 1;
    });
    await vi.advanceTimersByTimeAsync(5 * 60_000);
    expect(ticks).toBe(5);
    vi.setSystemTime(Date.now() + step);
    await vi.advanceTimersByTimeAsync(2 * 60_000);
    expect(ticks).toBeGreaterThanOrEqual(6);
    expect(ticks).toBeLessThanOrEqual(7);
    end();
  });
});
