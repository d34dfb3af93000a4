import { describe, expect, it } from 'vitest';
import { createWhereabouts } from '../../../src/adapters/slack/whereabouts.ts';
import type { Emulator } from '../../../src/sandbox/emulator/emulator.ts';
import { connectedClient } from './connectedClient.ts';

async function workspace(): Promise<{ slack: Emulator; whereabouts: ReturnType<typeof createWhereabouts> }> {
  const { slack, client } = await connectedClient();
  return { slack, whereabouts: createWhereabouts(client) };
}

describe('what a mail takes from Slack', () => {
  it('is where a channel is', async () => {
    const { whereabouts } = await workspace();
    expect(await whereabouts.linkTo('C0ALERTS001')).toMatch(/^https:\/\/[^/]+\/archives\/C0ALERTS001$/);
  });

  it('is left out where Slack does not say it: a mail is not kept back', async () => {
    const { slack, whereabouts } = await workspace();
    slack.faults.add({ kind: 'server_error', method: '*', status: 503 });
    expect(await whereabouts.linkTo('C0ALERTS001')).toBeNull();
    slack.faults.clear();
    slack.faults.add({ kind: 'delay', method: '*', delay: 60_000 });
    expect(await whereabouts.linkTo('C0ALERTS001')).toBeNull();
  });
});
