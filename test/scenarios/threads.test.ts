import { describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
import { letTimePass } from './passingTime.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { shopFiles, startSmallBot } from './smallBot.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall, responder, visitor } = people;
const { monitoring, incidents } = channelIds;
const minute = 60_000;
const waiting = { timeout: 20_000, interval: 50 };

describe('an incident in a thread of a shared channel', { timeout: 60_000 }, () => {
  it('is worked on there by the app’s name and the menu of messages, and those who are affected hear of it', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const routing = (shopFiles['routing.yml'] ?? '').replace(
      "P2: { place: { thread: '#genesis-monitoring' } }",
      "P2: { place: { thread: '#genesis-monitoring' }, stakeholders: '#genesis-incidents' }",
    );
    const small = await startSmallBot(stops, { files: { 'routing.yml': routing } });
    const { emulator } = small;
    const slack = createWorkspaceDriver(emulator, 20_000);
    small.prometheus.set(0.05);
    await small.fire('ShopErrors');
    const { message: step } = await slack.withButton(monitoring, 'Switch the Cache Off');
    const threadTs = step.threadTs ?? '';
    expect(threadTs).not.toBe('');
    await slack.message(incidents, /The shop fails.*Status updates follow here/s);

    await emulator.person(visitor).mention('genesis-monitoring', 'ack', { threadTs });
    expect(wordsOf(await slack.told(visitor, /You may not/))).toMatch(/oncall/);
    await emulator.person(oncall).mention('genesis-monitoring', 'ack', { threadTs });
    expect(await slack.told(oncall, 'You have INC-1.')).toMatchObject({ threadTs });
    await emulator
      .person(oncall)
      .mention('genesis-monitoring', 'update Half of the orders fail.', { threadTs });
    expect(await slack.message(monitoring, /Status update.*Half of the orders fail/s)).toMatchObject({
      threadTs,
    });
    await slack.message(incidents, /The shop fails.*Half of the orders fail/s);

    const said = await emulator
      .person(responder)
      .say('genesis-monitoring', 'The proxy was restarted at noon.', { threadTs });
    const ts = said.ok ? (said.ts ?? '') : '';
    await emulator.person(oncall).messageShortcut(monitoring, ts, 'add_to_incident');
    await slack.told(oncall, 'Added to INC-1.');
    const note = await slack.message(
      monitoring,
      new RegExp(`proxy was restarted.*Message> of <@${responder}> · added by <@${oncall}>`, 's'),
    );
    expect(note.threadTs).toBe(threadTs);
    await emulator.person(oncall).messageShortcut(monitoring, ts, 'add_to_incident');
    await slack.told(oncall, /That message is in INC-1 already/);

    await emulator.person(oncall).mention('genesis-monitoring', 'resolve The proxy again.', { threadTs });
    await slack.message(incidents, /The shop fails.*Resolved after.*The proxy again/s);
  });
});

describe('the clocks of an incident', { timeout: 60_000 }, () => {
  it('go on over a restart, speak in its channel, and stop when it is resolved', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const clock = createClock(Date.now());
    letTimePass(clock, stops);
    const routing = (shopFiles['routing.yml'] ?? '').replace(
      "P1: { place: own-channel, announce: '#genesis-alerts' }",
      'P1: { place: own-channel, phases: { detection: 2m, assessment: 5m }, updates: { every: 30m } }',
    );
    const small = await startSmallBot(stops, { clock, files: { 'routing.yml': routing } });
    const slack = createWorkspaceDriver(small.emulator, 20_000);
    // What people say before the bot is connected is heard by nobody.
    const hears = () => vi.waitFor(() => expect(small.emulator.sockets.count()).toBeGreaterThan(0), waiting);
    await hears();
    await small.emulator.person(oncall).slash('general', '/genesis', 'declare P1 shop Nobody can pay');
    const channel = (await slack.incidentChannel(1)).id;
    await slack.message(channel, /Phase: detection, until/);
    clock.advance(2 * minute);
    await slack.message(channel, /Nobody has acknowledged for 2 min/);
    await slack.click(oncall, channel, 'Acknowledge');
    await slack.message(channel, /Phase: assessment, until/);

    await small.again();
    await hears();
    clock.advance(3 * minute);
    await slack.message(channel, new RegExp(`no mitigation was started within 5 min.*<@${oncall}>`, 's'));
    clock.advance(26 * minute);
    await slack.message(channel, new RegExp(`No status update for 3\\d min.*<@${oncall}>`, 's'));
    await slack.click(oncall, channel, 'Update Status');
    const form = await slack.modal(oncall);
    await small.emulator.person(oncall).submit(form.id, { text: { text: 'Payments come back.' } });
    await slack.message(channel, /Status update.*Payments come back/s);

    await small.emulator.person(oncall).slash('general', '/genesis', 'resolve INC-1 over');
    await slack.message(channel, /✓ Resolved/);
    const reminders = async () =>
      (await small.events()).filter(
        ({ event }) => event.type === 'NoteAdded' && event.data.about === 'update-due',
      ).length;
    clock.advance(90 * minute);
    await vi.waitFor(async () => expect(await reminders()).toBe(1), waiting);
  });
});

describe('an incident in a thread turns out to be a P0', { timeout: 90_000 }, () => {
  it('goes on in a channel of its own, where its buttons work, and the thread says so and has none', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const small = await startSmallBot(stops);
    const { emulator } = small;
    const slack = createWorkspaceDriver(emulator, 30_000);
    small.prometheus.set(0.05);
    await small.fire('ShopErrors');
    const before = await slack.withButton(monitoring, 'Switch the Cache Off');
    const threadTs = before.message.threadTs ?? '';
    await emulator.person(oncall).mention('genesis-monitoring', 'ack', { threadTs });
    await slack.told(oncall, 'You have INC-1.');
    await emulator.person(oncall).mention('genesis-monitoring', 'severity P0 Nobody can pay', { threadTs });

    const { id: channel } = await slack.incidentChannel(1);
    await slack.withButton(channel, 'Switch the Cache Off');
    const goesOn = new RegExp(`INC-1 goes on in <#${channel}>`);
    expect((await slack.message(monitoring, goesOn)).ts).toBe(threadTs);
    await slack.message(monitoring, new RegExp(`Switch the cache off.* goes on in <#${channel}>`, 's'));
    await vi.waitFor(() => {
      for (const text of ['Switch the Cache Off', 'Update Status', 'Acknowledge'])
        expect(slack.offers(monitoring, text), text).toBe(false);
    }, waiting);
    await slack.message(channel, new RegExp(`P0 · The shop fails.*commander <@${oncall}>`, 's'));
    await vi.waitFor(() => {
      const opened = emulator.workspace.channels().find((each) => each.id === channel);
      expect(JSON.stringify(opened)).toMatch(/P0 · acknowledged · commander/);
    }, waiting);
    await slack.message(channelIds.alerts, /P0 · The shop fails/);

    // By somebody who still sees it in the thread, and by somebody who sees it where it stands now: once is enough.
    await Promise.all([
      slack.clickSeen(oncall, monitoring, before),
      slack.click(oncall, channel, 'Switch the Cache Off'),
    ]);
    await slack.message(channel, /Switch the cache off.*verif/is);
    await slack.clickSeen(oncall, monitoring, before);
    const started = (await small.events()).filter(({ event }) => event.type === 'CommandStarted');
    expect(started).toHaveLength(1);
    expect(slack.offers(monitoring, 'Stop')).toBe(false);
    await emulator.person(oncall).mention('genesis-monitoring', 'update It comes back.', { threadTs });
    await slack.message(channel, /Status update.*It comes back/s);
    const cards = emulator.workspace
      .allMessages(channel)
      .filter((each) => /INC-1 · opened/.test(wordsOf(each)));
    expect(cards).toHaveLength(1);
  });
});
