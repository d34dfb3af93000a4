import { describe, expect, it } from 'vitest';
import { seedOfRun } from './failpoints.ts';
import { liveThrough } from './season.ts';

/**
 * Random troubles from a printed seed. A test run lives through one season; a soak goes on for SOAK_MINUTES (120), each
 * season with the next seed. `SOAK_SEED=<seed of a season that failed>` begins with that one.
 */
const minutes = Number(process.env.SOAK_MINUTES ?? 120);
const troublesInASeason = process.env.SOAK ? 40 : 10;

describe('whatever goes wrong, in whatever order', () => {
  it('nothing is lost, nothing is done twice, and every incident comes to its end', {
    timeout: 48 * 60 * 60_000,
    tags: ['trust-1', 'trust-4', 'trust-7', 'trust-19'],
  }, async ({ annotate }) => {
    const first = seedOfRun();
    console.log(`SOAK_SEED=${first}`);
    const until = performance.now() + minutes * 60_000;
    const totals = {
      seasons: 0,
      troubles: 0,
      deaths: 0,
      executed: 0,
      unknown: 0,
      messages: 0,
      timers: 0,
      events: 0,
    };
    const kinds = new Map<string, number>();
    do {
      const seed = first + totals.seasons;
      const season = await liveThrough(seed, troublesInASeason);
      expect(season.violations, `SOAK_SEED=${seed}: ${season.troubles.join(', ')}`).toEqual([]);
      totals.seasons += 1;
      totals.troubles += season.troubles.length;
      for (const name of season.troubles) {
        const kind = name.replace(/^\+ /, '');
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      for (const key of ['deaths', 'executed', 'unknown', 'messages', 'timers', 'events'] as const)
        totals[key] += season[key];
      if (process.env.PROGRESS)
        console.error(`${seed}: ${JSON.stringify(totals)} ended within ${season.slowestEndMs} ms`);
    } while (process.env.SOAK && performance.now() < until);
    const figure = `${totals.troubles} troubles of ${kinds.size} kinds and ${totals.deaths} restarts in ${totals.seasons * 3} incidents: 0 of ${totals.events} events and 0 of ${totals.timers} timers lost, ${totals.executed} actions executed, 0 twice, 0 of ${totals.messages} messages twice`;
    console.log(`${figure}\n${[...kinds].map(([name, times]) => `${times} × ${name}`).join(', ')}`);
    await annotate(figure, 'figure');
  });
});
