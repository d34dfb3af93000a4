import { afterEach, describe, expect, it, vi } from 'vitest';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { startSmtpServer } from '../fakes/smtpServer.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver } from './workspaceDriver.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

describe('those who are not in Slack', () => {
  it('hear of an urgent incident by e-mail, and how it ended', async () => {
    const smtp = await startSmtpServer();
    stops.push(() => smtp.stop());
    const { emulator, fire } = await startSmallBot(stops, {
      files: {
        'routing.yml': (shopFiles['routing.yml'] ?? '').replace('P1: {', 'P1: { invite: [oncall],'),
        'alerts/shop-errors.yml': (shopFiles['alerts/shop-errors.yml'] ?? '').replace('P2', 'P1'),
      },
      env: {
        PACE: '60',
        SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
        SMTP_FROM: 'genesis@example.org',
        SMTP_TO: 'managers@example.org, support@example.org',
      },
    });
    await fire('ShopErrors');
    const slack = createWorkspaceDriver(emulator);
    const { id: channel } = await slack.incidentChannel(1);
    await vi.waitFor(() => expect(smtp.arrived).toHaveLength(1), 20_000);
    await slack.click(people.oncall, channel, 'Acknowledge');
    await emulator.person(people.oncall).slash(channel, '/genesis', 'resolve The cache was full.');
    await vi.waitFor(() => expect(smtp.arrived).toHaveLength(2), 20_000);

    const [opened = '', resolved = ''] = smtp.arrived.map(({ text }) => text.replaceAll('=\r\n', ''));
    expect(smtp.arrived[0]?.to).toEqual(['managers@example.org', 'support@example.org']);
    expect(opened).toMatch(/^Subject: \[P1\] INC-1 /m);
    expect(opened).toContain(`/archives/${channel}`);
    expect(resolved).toContain(`by On-Call Engineer (@${people.oncall}), after`);
    expect(resolved).toContain('Note: The cache was full.');
  });
});
