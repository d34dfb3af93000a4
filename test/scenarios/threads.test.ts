import { describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { createClock } from '../fakes/clock.ts';
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
    // What is done in the bot's own time, such as its pauses between tries, needs time to pass as well.
    const ticking = setInterval(() => clock.advance(50), 20);
    stops.push(async () => clearInterval(ticking));
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
