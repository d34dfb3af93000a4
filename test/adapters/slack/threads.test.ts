import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { channelIds, people } from '../../../src/sandbox/emulator/seed.ts';
import { incident } from './views.ts';
import { type Setting, setting } from './workspace.ts';

const { oncall, responder, visitor } = people;

let at: Setting;

beforeEach(async () => {
  at = await setting('socket');
});
afterEach(() => at.stop());

const told = (user: string) => at.slack.workspace.ephemerals(user);
const toldText = async (user: string, count = 1): Promise<string> => {
  await vi.waitFor(() => expect(told(user).length).toBeGreaterThanOrEqual(count));
  return told(user).at(-1)?.text ?? '';
};
const acted = async (count = 1) => {
  await vi.waitFor(() => expect(at.desk.acted).toHaveLength(count));
  return at.desk.acted;
};

/** Says something in a channel and answers its ts. */
async function said(user: string, text: string, more: { channel?: string; threadTs?: string } = {}) {
  const { channel = 'genesis-monitoring', threadTs } = more;
  const reply = await at.slack.person(user).say(channel, text, threadTs === undefined ? {} : { threadTs });
  if (!reply.ok || reply.ts === undefined) throw new Error('not said');
  return reply.ts;
}

/** A thread in a shared channel that an incident lives in. */
async function threadOf(id = 'INC-42') {
  at.desk.incidents = [
    incident({ place: { kind: 'thread', channel: '#genesis-monitoring' }, channel: null }),
  ];
  const ts = await said(responder, 'the card');
  at.desk.threads[ts] = id;
  return ts;
}

describe('the app’s name in a thread', () => {
  it('means what the words mean after /genesis, for the incident of the thread', async () => {
    const threadTs = await threadOf();
    await at.slack.person(oncall).mention('genesis-monitoring', 'ack', { threadTs });
    expect(await acted()).toMatchObject([
      { user: oncall, body: { type: 'incident.acknowledge', incident: 'INC-42' } },
    ]);
    expect(await toldText(oncall)).toBe('You have INC-42.');
    expect(told(oncall)[0]).toMatchObject({ channelId: channelIds.monitoring, threadTs });
    await at.slack
      .person(oncall)
      .mention('genesis-monitoring', 'update: errors & latency fall', { threadTs });
    expect((await acted(2))[1]).toMatchObject({
      body: { type: 'incident.note', kind: 'update', text: 'errors & latency fall' },
    });
    await at.slack.person(oncall).mention('genesis-monitoring', `role scribe <@${responder}>`, { threadTs });
    expect((await acted(3))[2]).toMatchObject({
      body: { type: 'incident.role', role: 'scribe', user: responder },
    });
  });

  it('asks which incident where the thread is about none, and knows one that is named', async () => {
    await threadOf();
    const threadTs = await said(responder, 'something else');
    await at.slack.person(oncall).mention('genesis-monitoring', 'resolve it is over', { threadTs });
    expect(await toldText(oncall)).toMatch(/Which incident/);
    expect(at.desk.acted).toEqual([]);
    await at.slack.person(oncall).mention('genesis-monitoring', 'resolve INC-42 it is over', { threadTs });
    expect(await acted()).toMatchObject([{ body: { type: 'incident.resolve', note: 'it is over' } }]);
  });

  it('is answered with help alone, and calls for nothing in the middle of a sentence', async () => {
    const threadTs = await threadOf();
    await at.slack.person(visitor).mention('genesis-monitoring', '', { threadTs });
    expect(await toldText(visitor)).toContain('/genesis declare');
    await at.slack
      .person(visitor)
      .say('genesis-monitoring', `Do not let <@${at.slack.botUserId}> resolve this`, { threadTs });
    expect(await toldText(visitor, 2)).toContain('/genesis declare');
    expect(at.desk.acted).toEqual([]);
  });

  it('says how to say it in full where a form would have opened', async () => {
    const threadTs = await threadOf();
    await at.slack.person(oncall).mention('genesis-monitoring', 'update', { threadTs });
    expect(await toldText(oncall)).toMatch(/form cannot be opened from a message.*update \[INC-n\]/s);
    expect(at.slack.workspace.openView(oncall)).toBeUndefined();
  });
});

describe('the menu of a message', () => {
  it('declares an incident with what the message says, and keeps the way back to it', async () => {
    const ts = await said(responder, 'Checkout <!channel> is *slow* & <https://evil.example|here>');
    await at.slack.person(oncall).messageShortcut('genesis-monitoring', ts, 'declare_incident');
    await vi.waitFor(() => expect(at.slack.workspace.openView(oncall)?.callbackId).toBe('genesis.declare'));
    const form = at.slack.workspace.openView(oncall);
    expect(JSON.stringify(form?.blocks)).toContain('Checkout @channel is *slow* & https://evil.example');
    await at.slack.person(oncall).submit(form?.id ?? '', {
      title: { title: 'Checkout is slow' },
      severity: { severity: 'P2' },
      summary: { summary: 'Checkout is slow' },
    });
    const [{ body } = { body: null }] = await acted();
    expect(body).toMatchObject({
      type: 'incident.declare',
      summary: 'Checkout is slow',
      source: expect.stringMatching(
        new RegExp(`/archives/${channelIds.monitoring}/p${ts.replace('.', '')}$`),
      ),
    });
  });

  it('adds a message of the incident’s thread as a note with its author and link', async () => {
    const threadTs = await threadOf();
    const ts = await said(visitor, 'I restarted the proxy at <noon>', { threadTs });
    await at.slack.person(oncall).messageShortcut('genesis-monitoring', ts, 'add_to_incident');
    const [{ body } = { body: null }] = await acted();
    expect(body).toMatchObject({
      type: 'incident.note',
      incident: 'INC-42',
      kind: 'note',
      text: 'I restarted the proxy at <noon>',
      from: { user: visitor, url: expect.stringContaining(`p${ts.replace('.', '')}?thread_ts=${threadTs}`) },
    });
    expect(await toldText(oncall)).toBe('Added to INC-42.');
  });

  it('adds nothing from elsewhere, and does not know entries that it never had', async () => {
    await threadOf();
    const ts = await said(visitor, 'Lunch?');
    await at.slack.person(oncall).messageShortcut('genesis-monitoring', ts, 'add_to_incident');
    expect(await toldText(oncall)).toMatch(/is in no incident/);
    expect(at.desk.acted).toEqual([]);
  });
});
