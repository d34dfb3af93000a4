import { describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { letTimePass } from './passingTime.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall } = people;
const { general, incidents } = channelIds;
const minute = 60_000;
const waiting = { timeout: 20_000, interval: 50 };

const rollback = `playbook: rollback-shop
title: Roll back the shop
service: shop
budget: 15m
updates: 2m
steps:
  - wait: 5m
    why: The orders under way are finished.
  - do: cache_off
`;

describe('timed status updates in Slack', { timeout: 90_000 }, () => {
  it('are new messages in the incident and for those who are affected, over a restart, and where a run is on its own', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const clock = createClock(Date.now());
    letTimePass(clock, stops);
    const routing = (shopFiles['routing.yml'] ?? '').replace(
      "P1: { place: own-channel, announce: '#genesis-alerts' }",
      "P1: { place: own-channel, stakeholders: '#genesis-incidents', updates: { every: 2m } }",
    );
    const small = await startSmallBot(stops, {
      clock,
      files: { 'routing.yml': routing, 'procedures/rollback-shop.yml': rollback },
    });
    const { emulator } = small;
    const slack = createWorkspaceDriver(emulator, 20_000);
    const hears = () => vi.waitFor(() => expect(emulator.sockets.count()).toBeGreaterThan(0), waiting);
    const say = (channel: string, words: string) => emulator.person(oncall).slash(channel, '/genesis', words);
    await hears();
    await say('general', 'declare P1 shop Nobody can pay');
    const channel = await slack.incidentChannel(1);
    await slack.message(channel.id, /Acknowledge/);
    expect(await emulator.person(oncall).join(channel.id)).toMatchObject({ ok: true });
    await say(channel.name, 'ack');
    await say(channel.name, 'playbook run rollback-shop It got worse');
    await slack.message(
      incidents,
      /Rolling back shop: It got worse\. Up to 15 min; an update follows every 2 min/,
    );

    clock.advance(2 * minute);
    const first = await slack.message(channel.id, /Update 1 of the rollback of shop: 2 min.*of 15 min/);
    expect(wordsOf(first)).toMatch(
      /waiting [23] min.*more: The orders under way are finished.*Next: Switch the cache off/s,
    );
    expect(wordsOf(first)).toContain(`Run by <@${oncall}>`);
    expect(wordsOf(first)).toContain('Automatic update · Genesis');
    await slack.message(incidents, /Nobody can pay.*Update 1 of the rollback of shop/s);
    await small.again();
    await hears();
    clock.advance(2 * minute);
    const next = await slack.message(channel.id, /Update 2 of the rollback of shop/);
    expect(next.ts).not.toBe(first.ts);
    await slack.message(incidents, /Update 2 of the rollback of shop/);

    // It waits for a click, and says of whom.
    clock.advance(2 * minute);
    await slack.message(channel.id, new RegExp(`Update 3.*waiting for <@${oncall}> to start or skip`, 's'));
    // Both would be due every two minutes: the promised update is the one that comes.
    expect(slack.says(channel.id, /No status update for/)).toBe(false);
    await slack.click(oncall, channel.id, 'Skip');
    await slack.message(channel.id, /Rollback complete: shop, in 6 min.*Nothing of it was measured/s);
    await slack.message(incidents, /Rollback complete: shop/);
    const updates = (): number =>
      emulator.workspace.allMessages(channel.id).filter((each) => /Update \d+ of/.test(each.text)).length;
    expect(updates()).toBe(3);

    await say('general', 'playbook run rollback-shop');
    await slack.message(general, /The orders under way are finished/);
    clock.advance(2 * minute);
    const own = await slack.message(general, /Update 1 of the rollback of shop/);
    expect(wordsOf(own)).toContain('RUN-1');
    await say(channel.name, 'status');
    await slack.told(oncall, /Last update.*Rollback complete: shop/s);
    expect(updates()).toBe(3);
  });
});
