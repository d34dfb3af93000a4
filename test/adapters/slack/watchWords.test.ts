import { describe, expect, it } from 'vitest';
import { watchCard } from '../../../src/adapters/slack/cards/watch.ts';
import { watch } from '../../../src/adapters/slack/slash/watch.ts';
import { standardTargets } from '../../../src/core/people/targets.ts';
import type { WatchReport } from '../../../src/core/watch/report.ts';
import type { Watch } from '../../../src/core/watch/watch.ts';
import { fakeDesk } from './fakeDesk.ts';
import { now, oncall } from './views.ts';

const asked = { user: oncall, channel: 'C0ALERTS001', responseUrl: null, once: 'a' };
const origin = { channel: null, responseUrl: null, value: {} };

const watchOver = (service: string, number: number): Watch => ({
  ...{ id: `WCH-${number}`, service, why: `Release of ${service}`, people: ['U1ENGINEER', 'U2SECOND'] },
  ...{ startedAt: now, startedBy: oncall, until: now + 48 * 3_600_000, periods: standardTargets.watch },
  ...{ channel: '#monitoring', incidents: [], blind: [], over: null },
});

const reportOf = (each: Watch): WatchReport => ({ watch: each, takings: [], logged: 0, besides: [] });

/** A desk where nine watches over what this person may not look at are on, and after them one that they may. */
function desk() {
  const hidden = Array.from({ length: 9 }, (_, index) => watchOver(`secret-${index + 1}`, index + 1));
  const all = [...hidden, watchOver('shop', 10)].map(reportOf);
  return {
    ...fakeDesk(),
    watches: async () => all,
    watch: async (id: string) => all.find((each) => each.watch.id === id) ?? null,
    may: async (_user: string, _right: string, service: string | null) =>
      service?.startsWith('secret') === true
        ? { allowed: false as const, reason: 'A rule denies it.' }
        : { allowed: true as const, reason: 'A rule allows it.' },
  };
}

const said = async (...args: readonly string[]): Promise<string> =>
  JSON.stringify(await watch({ desk: desk(), asked, args }, origin, now));

describe('watches over a service that somebody may not look at', () => {
  it('are named to them nowhere, and hide none that they may see', async () => {
    for (const text of [
      await said(),
      await said('list'),
      await said('WCH-77'),
      await said('stop', 'nothing'),
    ]) {
      expect(text).toContain('WCH-10');
      expect(text).not.toContain('secret');
    }
    for (const text of [
      await said('WCH-3'),
      await said('secret-3'),
      await said('stop', 'WCH-3', 'Because'),
    ]) {
      expect(text).toContain('A rule denies it.');
      expect(text).not.toContain('Release of secret');
    }
  });
});

describe('the message of a watch', () => {
  it('stays within a message however many are on it and whatever they wrote', () => {
    const people = Array.from({ length: 500 }, (_, index) => `U${100_000_000 + index}`);
    const why = `${'\u202e<!channel> *'.repeat(1_000)}`;
    const { blocks, text } = watchCard({ ...watchOver('shop', 1), people, why });
    for (const block of blocks)
      if (block.type === 'section') expect(block.text?.text.length).toBeLessThanOrEqual(3_000);
    expect(JSON.stringify(blocks)).not.toMatch(/\u202e|<!channel>/);
    // Who started it and why are said, whoever is left out of so long a list.
    expect(JSON.stringify(blocks)).toContain('&lt;!channel&gt;');
    expect(text.length).toBeLessThan(300);
  });
});
