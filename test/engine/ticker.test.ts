import { describe, expect, it } from 'vitest';
import { startTicker } from '../../src/engine/ticker.ts';
import { createClock } from '../fakes/clock.ts';
import { clockTicks } from '../fakes/clockTicks.ts';
import { createFakeLog } from '../fakes/ports.ts';
import { hour, minute } from '../fakes/room.ts';
import { eventually } from './rig.ts';

const begin = (work: () => Promise<void>) => {
  const clock = createClock(Date.UTC(2026, 10, 21, 14, 0, 40));
  const { log, lines } = createFakeLog();
  const ticker = startTicker([{ name: 'look', schedule: '15 * * * * *', work }], {
    ticks: clockTicks(clock),
    clock,
    log,
  });
  return { clock, ticker, lines };
};

describe('recurring work', () => {
  it('is done at the same second of each minute, whenever the bot was started', async () => {
    const times: string[] = [];
    const { clock } = begin(async () => void times.push(new Date(clock.now()).toISOString().slice(11, 19)));
    for (let step = 1; step <= 3; step++) {
      clock.advance(minute);
      await eventually(() => times.length).toBe(step);
    }
    expect(times).toEqual(['14:01:15', '14:02:15', '14:03:15']);
  });

  it('leaves out a turn while the one before it still goes on, and says so', async () => {
    let begun = 0;
    let end = (): void => undefined;
    const { clock, lines } = begin(() => {
      begun += 1;
      return new Promise<void>((resolve) => (end = resolve));
    });
    clock.advance(3 * minute);
    expect(begun).toBe(1);
    expect(lines.map(({ message }) => message)).toContain('recurring work takes longer than its turn');
    end();
    await eventually(() => {
      clock.advance(minute);
      return begun;
    }).toBe(2);
  });

  it('goes on after work that failed, and after a clock that was set back or forward', async () => {
    let done = 0;
    const { clock, lines } = begin(async () => {
      done += 1;
      throw new Error('a bug');
    });
    for (const jump of [0, -hour, hour, -24 * hour]) {
      const before = done;
      clock.jump(jump);
      await eventually(() => {
        clock.advance(minute);
        return done;
      }).toBeGreaterThan(before);
    }
    expect(lines.filter(({ message }) => message === 'recurring work failed').length).toBeGreaterThan(3);
  });

  it('ends with what is under way, and begins nothing after that', async () => {
    let begun = 0;
    let end = (): void => undefined;
    const { clock, ticker } = begin(() => {
      begun += 1;
      return new Promise<void>((resolve) => (end = resolve));
    });
    clock.advance(minute);
    let stopped = false;
    const stopping = ticker.stop().then(() => {
      stopped = true;
    });
    expect(stopped).toBe(false);
    end();
    await stopping;
    clock.advance(hour);
    expect(begun).toBe(1);
    expect(clock.waiting()).toBe(0);
  });
});
