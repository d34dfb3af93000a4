import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { remindersCard } from '../../../src/adapters/slack/cards/reminders.ts';
import { preferencesForm } from '../../../src/adapters/slack/modals/preferencesForm.ts';
import type { Reminder } from '../../../src/core/people/reminder.ts';
import type { ReminderShown } from '../../../src/core/view.ts';
import { checkMessageBlocks, checkView } from '../../../src/sandbox/emulator/blockKit/payload.ts';
import { channelIds, people } from '../../../src/sandbox/emulator/seed.ts';
import { incident, now } from './views.ts';
import { type Setting, setting } from './workspace.ts';

const { oncall } = people;

const phase: Reminder = {
  kind: 'phase',
  incident: 'INC-42',
  phase: 'assessment',
  since: now - 1_200_000,
  note: 3,
};
const shown = (more: Partial<ReminderShown> = {}): ReminderShown => ({
  reminder: phase,
  incident: incident(),
  view: null,
  at: { channel: 'C0INCIDENT9', ts: '1795269728.000100' },
  ...more,
});
const frame = { now, channelUrl: (channel: string) => `https://team.slack.com/archives/${channel}` };
const cardOf = (all: readonly ReminderShown[], held = false) =>
  remindersCard({ kind: 'reminders', preferences: 'PRF-U0ONCALL001', number: 1, shown: all, held }, frame);

describe('a direct message with reminders', () => {
  it('says what is so, in which incident, and leads to where it stands', () => {
    const card = cardOf([shown()]);
    const words = JSON.stringify(card);
    expect(card.text).toBe(
      'INC-42: Acknowledged, but no mitigation was started within 20 min. Answer the step that waits, roll back, or call somebody in.',
    );
    expect(words).toContain('https://team.slack.com/archives/C0INCIDENT9/p1795269728000100');
    expect(words).toContain('<#C0INCIDENT9>');
    expect(words).toContain('/genesis preferences');
    expect(words).not.toContain('quiet hours');
    // Without a message there is the channel alone.
    expect(JSON.stringify(cardOf([shown({ at: null })]))).not.toContain('"url"');
  });

  it('is one for all that waited, and holds as many as a message can', () => {
    const many = Array.from({ length: 60 }, (_, index) =>
      shown({
        incident: { ...incident(), id: `INC-${index + 1}`, title: `${'<@U0ONCALL001> & '.repeat(30)}` },
      }),
    );
    const card = cardOf(many, true);
    expect(card.text).toContain('60 reminders');
    expect(JSON.stringify(card)).toContain('From your quiet hours, and still so:');
    expect(JSON.stringify(card)).toContain('and 20 more');
    expect(JSON.stringify(card.blocks)).not.toContain('<@U0ONCALL001>');
    expect(card.blocks.length).toBeLessThanOrEqual(50);
    expect(checkMessageBlocks(card.blocks, '/blocks', () => false)).toEqual([]);
  });
});

describe('the form of preferences', () => {
  const origin = { channel: null, responseUrl: null, value: {} };
  const quiet = { from: '23:30', to: '06:15', zone: 'UTC' };

  it.each([
    ['of whoever has set nothing', { reminders: 'channel', quiet: null }],
    ['of whoever has set all', { reminders: 'direct', quiet }],
  ] as const)('%s is one that Slack takes', (_whose, preferences) => {
    const view = preferencesForm(origin, preferences, 'America/Argentina/ComodRivadavia');
    expect(checkView(view, '/view', () => false)).toEqual([]);
    const words = JSON.stringify(view);
    expect(words).toContain('America/Argentina/ComodRivadavia');
    expect(words).toContain('whatever is of an open P0 or P1 are never held back');
    expect(words).toContain(preferences.quiet ? '"initial_time":"23:30"' : '"initial_time":"22:00"');
    expect(words.includes('initial_options')).toBe(preferences.quiet !== null);
  });
});

describe('preferences in Slack', () => {
  let at: Setting;
  beforeEach(async () => {
    at = await setting('socket');
  });
  afterEach(() => at.stop());

  const form = () =>
    vi.waitFor(
      () => {
        const view = at.slack.workspace.openView(oncall);
        if (view?.callbackId !== 'genesis.preferences') throw new Error('the form is not open');
        return view;
      },
      { timeout: 20_000 },
    );
  const inQuiet = { quiet: { quiet: ['on'] }, from: { from: '22:30' }, to: { to: '06:45' } };
  const byMessage = { reminders: { reminders: 'direct' } };

  it('are set from /genesis preferences, by the clock of the person’s profile', {
    timeout: 60_000,
  }, async () => {
    await at.slack.person(oncall).slash(channelIds.general, '/genesis', 'preferences');
    const view = await form();
    expect(JSON.stringify(view.blocks)).toContain('America/Chicago');
    await at.slack.person(oncall).submit(view.id, { ...byMessage, ...inQuiet });
    await vi.waitFor(() => expect(at.desk.acted).toHaveLength(1), { timeout: 20_000 });
    expect(at.desk.acted).toMatchObject([
      {
        user: oncall,
        body: {
          type: 'preferences.set',
          reminders: 'direct',
          quiet: { from: '22:30', to: '06:45', zone: 'America/Chicago' },
        },
      },
    ]);
    await vi.waitFor(
      () =>
        expect(JSON.stringify(at.slack.workspace.ephemerals(oncall))).toContain(
          'Kept. Reminders reach you by direct message, not from 22:30 to 06:45 (America/Chicago).',
        ),
      { timeout: 20_000 },
    );
  });

  it('are set from the Home tab, which says what is set', { timeout: 60_000 }, async () => {
    const before = at.desk.homeOf;
    at.desk.homeOf = (user) => {
      const reading = before(user);
      return reading.kind === 'home' ? { ...reading, preferences: at.desk.preferencesOf(user) } : reading;
    };
    const tab = () => at.slack.workspace.home(oncall);
    const shows = (words: string) =>
      vi.waitFor(() => expect(JSON.stringify(tab()?.blocks ?? [])).toContain(words), { timeout: 20_000 });
    await at.slack.person(oncall).openHome();
    await shows('Reminders reach you in the channel.');
    await at.slack.person(oncall).click({ view: tab()?.id ?? '' }, 'home.preferences');
    await at.slack.person(oncall).submit((await form()).id, { ...byMessage, quiet: { quiet: [] } });
    await shows('Kept. Reminders reach you by direct message.');
    expect(at.desk.acted).toMatchObject([
      { user: oncall, body: { type: 'preferences.set', reminders: 'direct', quiet: null } },
    ]);
  });

  it('keep the form open over hours that are none', { timeout: 60_000 }, async () => {
    await at.slack.person(oncall).slash(channelIds.general, '/genesis', 'preferences');
    const view = await form();
    const answer = await at.slack
      .person(oncall)
      .submit(view.id, { ...byMessage, ...inQuiet, to: { to: '22:30' } });
    expect(JSON.stringify(answer)).toContain('Quiet hours that end when they begin are none');
    expect(at.desk.acted).toEqual([]);
  });

  it('bring a message into the conversation with Genesis, once, also where a reply was lost', {
    timeout: 60_000,
  }, async () => {
    const request = {
      key: 'reminder/PRF-U0ONCALL001/1',
      view: { kind: 'reminders', preferences: 'PRF-U0ONCALL001', number: 1, shown: [shown()], held: false },
      channel: oncall,
      thread: null,
      known: null,
      uncertain: false,
    } as const;
    const posted = await at.client.chat.show(request);
    const direct = at.slack.workspace.channels().find(({ id }) => id === posted.channel);
    expect(direct?.kind).toBe('im');
    expect(await at.client.chat.show({ ...request, uncertain: true })).toEqual(posted);
    expect(at.slack.workspace.allMessages(posted.channel)).toHaveLength(1);
    expect(at.slack.calls.filter(({ method }) => method === 'conversations.open')).toHaveLength(1);
    await expect(at.client.chat.show({ ...request, channel: 'U0NOBODY001' })).rejects.toMatchObject({
      code: 'user_not_found',
      retry: null,
    });
  });

  it('are nothing for those who may not use the bot', { timeout: 60_000 }, async () => {
    at.desk.preferences = async () => ({ kind: 'refused', why: 'Guests may look but not act.' });
    await at.slack.person(oncall).slash(channelIds.general, '/genesis', 'preferences');
    await vi.waitFor(
      () => expect(JSON.stringify(at.slack.workspace.ephemerals(oncall))).toContain('Guests may look'),
      { timeout: 20_000 },
    );
    expect(at.slack.workspace.openView(oncall)).toBeUndefined();
  });
});
