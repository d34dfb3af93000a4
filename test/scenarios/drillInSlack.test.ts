import { describe, expect, it, vi } from 'vitest';
import { incidents } from '../../src/commands/incidents.ts';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { databaseOf, eventsOf, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { createWorkspaceDriver, wordsOf } from './workspaceDriver.ts';

const { oncall, responder } = people;

describe('a drill in Slack', { timeout: 180_000 }, () => {
  it('is started by a form, walked by buttons, and ends with its report; nobody else hears of it', async ({
    onTestFinished,
  }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const { emulator, patient, env, bot } = await rehearse(stops, { pace: 300 });
    const { workspace } = emulator;
    const slack = createWorkspaceDriver(emulator, 40_000);
    const lobby = workspace.channels().find(({ name }) => name === 'genesis-alerts');
    if (!lobby) throw new Error('no channel for announcements');
    // What people say before the bot is connected is heard by nobody.
    await vi.waitFor(async () => {
      const answer = await fetch(`${bot.url}/readyz`);
      expect(await answer.json()).toMatchObject({ checks: { slack: { status: 'ok' } } });
    }, 20_000);
    const announced = workspace.allMessages(lobby.id).length;
    const { uptimeSeconds: _, ...before } = patient.state();

    await emulator.person(oncall).slash(lobby.id, '/genesis', 'drill');
    const form = await slack.modal(oncall);
    expect(form.title).toMatchObject({ text: 'DRILL' });
    await emulator.person(oncall).submit(form.id, {
      playbook: { playbook: 'high-error-rate' },
      wish: { wish: ['first-fails'] },
    });
    const told = await slack.told(oncall, /DRILL · INC-1/);
    const channel = await vi.waitFor(() => {
      const found = workspace.channels().find(({ name }) => name.startsWith('drill-'));
      if (!found) throw new Error('no channel of the drill yet');
      return found;
    }, 20_000);
    expect(channel.name).toMatch(/^drill-\d{4}-\d\d-\d\d-high-error-rate$/);
    expect(wordsOf(told)).toContain(channel.id);

    await slack.click(oncall, channel.id, 'Acknowledge');
    await slack.click(oncall, channel.id, 'LLM rate limits or timeouts');
    await slack.click(oncall, channel.id, 'Decompose Without the Language Model');
    await slack.message(channel.id, /✗.*Failed/);
    await slack.click(oncall, channel.id, 'Try Again');
    await slack.message(channel.id, /✓ Done: \*Decompose without the language model\*/);
    await slack.click(oncall, channel.id, 'All Done');
    await slack.message(channel.id, /INC-1 is over/);
    await vi.waitFor(
      () =>
        expect(
          workspace
            .files()
            .map(({ name }) => name)
            .join(),
        ).toContain('drill-report-INC-1'),
      20_000,
    );

    // Every message of the channel says in its first line what it is.
    const own = workspace.allMessages(channel.id).filter(({ isByApp, text }) => isByApp && text !== '');
    expect(own.length).toBeGreaterThan(8);
    for (const { text, subtype } of own)
      if (subtype === undefined) expect(text.split('\n')[0]).toMatch(/DRILL/);
    const shown = workspace.channel(channel.id);
    expect(shown?.topic.value).toMatch(/^DRILL/);
    expect(shown?.purpose.value).toMatch(/^DRILL/);
    expect(shown?.memberIds).toContain(oncall);
    expect(shown?.memberIds).not.toContain(responder);
    expect(workspace.files().every(({ title }) => title.startsWith('DRILL'))).toBe(true);

    // Nothing happened anywhere else.
    expect(patient.state()).toMatchObject(before);
    expect(workspace.allMessages(lobby.id)).toHaveLength(announced);
    const lines: string[] = [];
    await incidents({ database: databaseOf(env), id: null }, (line) => void lines.push(line));
    expect(lines).toEqual([expect.stringMatching(/^INC-1 {2}DRILL {2}P1 {2}resolved/)]);

    // The real thing has an incident of its own.
    await patient.set('llm-errors', true);
    const real = await slack.incidentChannel(2);
    await slack.message('#genesis-alerts', /P1.*High error rate/s);
    await vi.waitFor(() => expect(workspace.channel(real.id)?.memberIds).toContain(responder), 20_000);
    const opened = (await eventsOf(env)).flatMap(({ event }) =>
      event.type === 'IncidentOpened' ? [event.data.drill ?? false] : [],
    );
    expect(opened).toEqual([true, false]);
  });
});
