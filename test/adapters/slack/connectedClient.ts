import { onTestFinished } from 'vitest';
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts';
import { createSlackClient, type SlackClient } from '../../../src/adapters/slack/slackClient.ts';
import { type Emulator, startEmulator } from '../../../src/sandbox/emulator/emulator.ts';
import { wallClock } from './clocks.ts';
import { keptLog } from './logs.ts';

/** A client of an emulated workspace, both until the end of the test. */
export async function connectedClient(): Promise<{ slack: Emulator; client: SlackClient }> {
  const slack = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
  onTestFinished(() => slack.stop());
  const client = createSlackClient({
    config: { botToken: slack.botToken, apiUrl: slack.apiUrl },
    outbound: createOutbound({ hosts: [], named: [slack.apiUrl] }),
    clock: wallClock,
    log: keptLog(),
  });
  onTestFinished(() => client.stop());
  return { slack, client };
}
