import { afterEach, describe, expect, it } from 'vitest';
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts';
import { createSlackClient } from '../../../src/adapters/slack/slackClient.ts';
import { createWhereabouts } from '../../../src/adapters/slack/whereabouts.ts';
import { type Emulator, startEmulator } from '../../../src/sandbox/emulator/emulator.ts';
import { people } from '../../../src/sandbox/emulator/seed.ts';
import { wallClock } from './clocks.ts';
import { keptLog } from './logs.ts';

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function workspace(): Promise<{ slack: Emulator; whereabouts: ReturnType<typeof createWhereabouts> }> {
  const slack = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
  stops.push(() => slack.stop());
  const client = createSlackClient({
    config: { botToken: slack.botToken, apiUrl: slack.apiUrl },
    outbound: createOutbound({ hosts: [], named: [slack.apiUrl] }),
    clock: wallClock,
    log: keptLog(),
  });
  stops.push(() => client.stop());
  return { slack, whereabouts: createWhereabouts(client) };
}

describe('what a mail takes from Slack', () => {
  it('is how people are called, and where a channel is', async () => {
    const { whereabouts } = await workspace();
    expect(await whereabouts.nameOf(people.oncall)).toBe('On-Call Engineer');
    expect(await whereabouts.linkTo('C0ALERTS001')).toMatch(/^https:\/\/[^/]+\/archives\/C0ALERTS001$/);
  });

  it('is left out where Slack does not say it: a mail is not kept back', async () => {
    const { slack, whereabouts } = await workspace();
    slack.faults.add({ kind: 'server_error', method: '*', status: 503 });
    expect(await whereabouts.nameOf(people.oncall)).toBe(people.oncall);
    expect(await whereabouts.linkTo('C0ALERTS001')).toBeNull();
    slack.faults.clear();
    slack.faults.add({ kind: 'delay', method: '*', delay: 60_000 });
    expect(await whereabouts.nameOf(people.lead)).toBe(people.lead);
  });
});
