import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createOutbound } from '../../../src/adapters/outbound/outbound.ts';
import { createMessages } from '../../../src/adapters/slack/messages.ts';
import type { SlackCall } from '../../../src/adapters/slack/slackCall.ts';
import { createSlackClient, type SlackClient } from '../../../src/adapters/slack/slackClient.ts';
import type { ShowRequest } from '../../../src/engine/ports.ts';
import { type Emulator, startEmulator } from '../../../src/sandbox/emulator/emulator.ts';
import { channelIds, people, usergroupIds } from '../../../src/sandbox/emulator/seed.ts';
import { calledRoom } from '../../fakes/called.ts';
import { createWorld, notice } from '../../fakes/world.ts';
import { wallClock } from './clocks.ts';
import { keptLog } from './logs.ts';
import { everyView, incident, oncall } from './views.ts';

let slack: Emulator;
let client: SlackClient;
let log: ReturnType<typeof keptLog>;

beforeEach(async () => {
  slack = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off' });
  log = keptLog();
  client = another();
});

/** A client that knows nothing yet, as the next process has it. */
const another = (clock = wallClock) =>
  createSlackClient({
    config: { botToken: slack.botToken, apiUrl: slack.apiUrl },
    outbound: createOutbound({ hosts: [], named: [slack.apiUrl] }),
    clock,
    log,
  });

afterEach(async () => {
  await client.stop();
  await slack.stop();
});

const request = (more: Partial<ShowRequest> = {}): ShowRequest => ({
  key: 'announcement/INC-42',
  view: everyView['announcement, new'] as ShowRequest['view'],
  channel: '#genesis-alerts',
  thread: null,
  known: null,
  uncertain: false,
  ...more,
});

const posts = () => slack.workspace.messages('genesis-alerts').filter((message) => message.blocks.length > 0);
const callsOf = (method: string) => slack.calls.filter((call) => call.method === method);

describe('showing a subject', () => {
  it('posts it once and updates it in place ever after', async () => {
    const at = await client.chat.show(request());
    expect(at.channel).toBe(channelIds.alerts);
    const again = await client.chat.show(
      request({ known: at, view: everyView['announcement, taken'] as ShowRequest['view'] }),
    );
    expect(again).toEqual(at);
    expect(posts()).toHaveLength(1);
    expect(posts()[0]?.text).toContain('mitigating');
    expect(callsOf('chat.postMessage')[0]?.args).toMatchObject({
      metadata: { event_type: 'genesis_subject', event_payload: { key: 'announcement/INC-42' } },
      unfurl_links: 'false',
    });
  });

  it('posts every kind of message as Slack takes it, in channels and in threads', async () => {
    // A channel for each, since one channel takes about a message a second.
    const names = Object.keys(everyView);
    const wide = await startEmulator({
      delivery: { kind: 'socket' },
      rateLimits: 'off',
      seed: {
        channels: names.map((_, index) => ({
          id: `C0VIEW${1000 + index}`,
          name: `view-${index}`,
          memberIds: [slack.botUserId],
        })),
      },
    });
    const poster = createSlackClient({
      config: { botToken: wide.botToken, apiUrl: wide.apiUrl },
      outbound: createOutbound({ hosts: [], named: [wide.apiUrl] }),
      clock: wallClock,
      log,
    });
    try {
      for (const [index, [name, view]] of Object.entries(everyView).entries()) {
        const channel = `C0VIEW${1000 + index}`;
        const thread = name.startsWith('output') ? await poster.chat.show(request({ channel })) : null;
        const at = await poster.chat.show(request({ key: `subject/${name}`, view, thread, channel }));
        expect(wide.workspace.message(channel, at.ts)?.threadTs).toBe(thread?.ts);
      }
      expect(wide.calls.filter((call) => call.outcome.kind !== 'ok')).toEqual([]);
      expect(wide.calls.flatMap((call) => call.ignored)).toEqual([]);
    } finally {
      await poster.stop();
      await wide.stop();
    }
  });

  it('finds its message again after a lost reply, and posts no second one', async () => {
    slack.faults.set({ kind: 'lost_reply', method: 'chat.postMessage', count: 1 });
    await expect(client.chat.show(request())).rejects.toMatchObject({
      name: 'WorkFailed',
      uncertain: true,
      retry: {},
    });
    const found = await client.chat.show(request({ uncertain: true }));
    expect(posts().map((message) => message.ts)).toEqual([found.ts]);
  });

  it('finds it again in a thread', async () => {
    const root = await client.chat.show(request());
    const inThread = request({
      key: 'output/INC-42.1/look/1',
      view: everyView.output as ShowRequest['view'],
      thread: root,
    });
    slack.faults.set({ kind: 'failed_after_success', method: 'chat.postMessage', count: 1 });
    await expect(client.chat.show(inThread)).rejects.toMatchObject({
      uncertain: true,
      code: 'slack-trouble',
    });
    const found = await client.chat.show({ ...inThread, uncertain: true });
    expect(slack.workspace.thread(root.channel, root.ts).map((message) => message.ts)).toEqual([
      root.ts,
      found.ts,
    ]);
  });

  it('takes nobody else’s message for its own, even one that carries the key', async () => {
    const metadata = { event_type: 'genesis_subject', event_payload: { key: 'announcement/INC-42' } };
    const answers: Record<string, unknown> = {
      'conversations.history': { messages: [{ ts: '1.000001', user: people.visitor, metadata }] },
      'chat.postMessage': { channel: channelIds.alerts, ts: '2.000002' },
    };
    const call: SlackCall = async <T>({ method }: { method: string }) => answers[method] as T;
    const messages = createMessages({
      call,
      identity: () => client.identity(),
      clock: wallClock,
      channelId: async () => channelIds.alerts,
      canRollBack: () => true,
    });
    expect(await messages.show(request({ uncertain: true }))).toEqual({
      channel: channelIds.alerts,
      ts: '2.000002',
    });
  });

  it('posts anew where its message was deleted', async () => {
    const at = await client.chat.show(request());
    const gone = { channel: at.channel, ts: '1.000001' };
    const fresh = await client.chat.show(request({ known: gone, key: 'card/INC-42' }));
    expect(fresh.ts).not.toBe(gone.ts);
  });

  it('says how long to wait when Slack limits the rate, and does not ask again before', async () => {
    slack.faults.set({ kind: 'rate_limited', method: 'chat.postMessage', retryAfter: 30, count: 1 });
    await expect(client.chat.show(request())).rejects.toMatchObject({
      code: 'rate-limited',
      uncertain: false,
      retry: { afterMs: 30_000 },
    });
    await expect(client.chat.show(request())).rejects.toMatchObject({ code: 'rate-limited' });
    expect(callsOf('chat.postMessage')).toHaveLength(1);
    // Other channels are not held up by it.
    await client.chat.show(request({ channel: '#genesis-monitoring' }));
  });

  it('an outage of Slack is worth trying again; a channel that is not there is not', async () => {
    slack.faults.set({ kind: 'server_error', method: 'chat.postMessage', status: 503, count: 1 });
    await expect(client.chat.show(request())).rejects.toMatchObject({ code: 'unavailable', retry: {} });
    await expect(client.chat.show(request({ channel: '#nowhere' }))).rejects.toMatchObject({
      code: 'channel_not_found',
      retry: null,
      message: 'There is no channel #nowhere that the bot can see. Create it and invite the bot.',
    });
    slack.faults.set({ kind: 'api_error', method: 'chat.postMessage', error: 'is_archived', count: 1 });
    await expect(client.chat.show(request())).rejects.toMatchObject({ code: 'is_archived', retry: null });
  });

  it('nothing can have happened where no connection was made', async () => {
    await client.identity();
    await slack.stop();
    await expect(client.chat.show(request({ channel: channelIds.alerts }))).rejects.toMatchObject({
      code: 'unreachable',
      uncertain: false,
      retry: {},
    });
  });
});

describe('the incident channel', () => {
  const name = 'incident-2026-11-21-high-error-rate';
  const purpose = 'INC-42: High error rate & more';
  const shown = incident({ phase: 'acknowledged', roles: { commander: oncall } });

  it('is opened under its name, and gets its purpose with its topic', async () => {
    const channel = await client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' });
    expect(channel.name).toBe(name);
    expect(callsOf('conversations.setPurpose')).toHaveLength(0);
    await client.chat.setTopic(channel.id, shown);
    await client.chat.setTopic(channel.id, { ...shown, phase: 'mitigating' });
    expect(slack.workspace.channel(name)?.purpose.value).toContain('INC-42');
    expect(callsOf('conversations.setPurpose')).toHaveLength(1);
  });

  it('is found again after the reply to its creation was lost', async () => {
    slack.faults.set({ kind: 'lost_reply', method: 'conversations.create', count: 1 });
    await expect(
      client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' }),
    ).rejects.toMatchObject({ uncertain: true });
    const found = await client.chat.openChannel(name, purpose, { uncertain: true, severity: 'P1' });
    expect(found.name).toBe(name);
    expect(slack.workspace.channels().filter((channel) => channel.name.startsWith(name))).toHaveLength(1);
  });

  it('has a purpose that mentions nobody, whatever the incident is called', async () => {
    const hostile = 'INC-42: <!channel> <@U0ONCALL001>';
    const { id } = await client.chat.openChannel(name, hostile, { uncertain: false, severity: 'P1' });
    await client.chat.setTopic(id, shown);
    expect(slack.workspace.channel(name)?.purpose.value).toBe('INC-42: ‹!channel› ‹@U0ONCALL001›');
    const again = await client.chat.openChannel(name, hostile, { uncertain: true, severity: 'P1' });
    expect(again.name).toBe(name);
  });

  it('gets its purpose later when it could not be set, also from the next process', async () => {
    const { id } = await client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' });
    slack.faults.set({ kind: 'server_error', method: 'conversations.setPurpose', status: 500, count: 1 });
    await expect(client.chat.setTopic(id, shown)).rejects.toMatchObject({ retry: {} });
    expect(slack.workspace.channel(name)?.purpose.value).toBe('');
    const next = another();
    onTestFinished(() => next.stop());
    await next.chat.setTopic(id, shown);
    await next.chat.setTopic(id, { ...shown, phase: 'mitigating' });
    expect(slack.workspace.channel(name)?.purpose.value).toContain('INC-42');
    expect(callsOf('conversations.setPurpose')).toHaveLength(2);
  });

  it('gets a number where the name belongs to something else', async () => {
    await client.chat.openChannel(name, 'INC-41: High error rate', { uncertain: false, severity: 'P1' });
    const second = await client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' });
    expect(second.name).toBe(`${name}-2`);
    const third = await client.chat.openChannel(name, 'INC-43: High error rate', {
      uncertain: true,
      severity: 'P1',
    });
    expect(third.name).toBe(`${name}-3`);
  });

  it('has a topic that is set once, a pin, and a bookmark that is not doubled', async () => {
    const { id } = await client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' });
    await client.chat.setTopic(id, { ...shown, phase: 'mitigating' });
    await client.chat.setTopic(id, { ...shown, phase: 'mitigating' });
    expect(callsOf('conversations.setTopic')).toHaveLength(1);
    expect(slack.workspace.channel(id)?.topic.value).toContain('P1 · mitigating · commander');
    const card = await client.chat.show(request({ channel: id, key: 'card/INC-42' }));
    await client.chat.pin(card);
    await client.chat.pin(card);
    expect(slack.workspace.pins(id)).toHaveLength(1);
    await client.chat.bookmark(id, 'Dashboard', 'https://grafana.example/d/1');
    await client.chat.bookmark(id, 'Dashboard', 'https://grafana.example/d/1');
    await client.chat.bookmark(id, 'Dashboard', 'https://grafana.example/d/2');
    expect(slack.workspace.bookmarks(id).map((each) => each.link)).toEqual(['https://grafana.example/d/2']);
    await expect(client.chat.bookmark(id, 'x', 'javascript:alert(1)')).rejects.toMatchObject({ retry: null });
  });

  it('invites groups and people, passing over those who are there or cannot come', async () => {
    const { id } = await client.chat.openChannel(name, purpose, { uncertain: false, severity: 'P1' });
    await slack.person(people.oncall).join(id);
    await client.chat.invite(id, {
      groups: ['platform', 'no-such-group'],
      users: ['U0NOBODY001', slack.botUserId, people.visitor],
    });
    const members = slack.workspace.channel(id)?.memberIds ?? [];
    expect(members).toEqual(
      expect.arrayContaining([people.oncall, people.responder, people.lead, people.visitor]),
    );
    await client.chat.invite(id, { groups: ['platform'], users: [] });
  });
});

describe('a file', () => {
  const file = {
    key: 'chart/INC-42.1/chart/1/before',
    channel: channelIds.alerts,
    thread: null,
    filename: 'error-rate.png',
    title: 'Error rate',
    text: 'Error rate since 14:02 <!channel>',
    content: new Uint8Array([137, 80, 78, 71]),
    uncertain: false,
  };

  it('is posted with its text, in a thread where asked for', async () => {
    const root = await client.chat.show(request());
    const at = await client.chat.postFile({ ...file, thread: root });
    const message = slack.workspace.message(at.channel, at.ts);
    expect(message?.threadTs).toBe(root.ts);
    expect(message?.text).toContain('&lt;!channel&gt;');
  });

  it('is found again after a lost reply', async () => {
    slack.faults.set({ kind: 'lost_reply', method: 'files.completeUploadExternal', count: 1 });
    await expect(client.chat.postFile(file)).rejects.toMatchObject({ uncertain: true });
    await client.chat.postFile({ ...file, uncertain: true });
    expect(
      slack.workspace.messages('genesis-alerts').filter((message) => message.fileIds.length > 0),
    ).toHaveLength(1);
  });
});

describe('a card that calls a user group', () => {
  const called = (): ShowRequest => {
    const world = createWorld({ room: calledRoom });
    world.notice(notice());
    return request({
      key: 'card/INC-1',
      view: { kind: 'card', incident: world.incident(), current: null },
    });
  };
  const subteam = `<!subteam^${usergroupIds.oncall}>`;

  it('is posted without asking Slack for what was read ahead at the start, also when that is old', async () => {
    let later = 0;
    const clock = { ...wallClock, now: () => Date.now() + later };
    const reader = another(clock);
    onTestFinished(() => reader.stop());
    await reader.readAhead();
    later = 24 * 60 * 60_000;
    slack.faults.set({ kind: 'server_error', method: 'usergroups.list', status: 500 });
    const { ts } = await reader.chat.show(called());
    expect(JSON.stringify(slack.workspace.message(channelIds.alerts, ts)?.blocks)).toContain(subteam);
  });

  it('waits for Slack where the group is not among those that were heard', async () => {
    expect(callsOf('usergroups.list')).toHaveLength(0);
    const { ts } = await client.chat.show(called());
    expect(JSON.stringify(slack.workspace.message(channelIds.alerts, ts)?.blocks)).toContain(subteam);
  });
});

describe('the directory', () => {
  it('knows members and the handles of their groups', async () => {
    expect(await client.directory.membership(people.lead)).toMatchObject({
      kind: 'member',
      groups: ['platform', 'leads'],
      existing: expect.arrayContaining(['oncall', 'platform', 'leads']),
    });
    expect(await client.directory.membership(people.visitor)).toMatchObject({ kind: 'member', groups: [] });
    await client.directory.membership(people.oncall);
    expect(callsOf('usergroups.list')).toHaveLength(1);
  });

  it('bots and strangers are outsiders', async () => {
    expect(await client.directory.membership(slack.botUserId)).toMatchObject({ kind: 'outsider' });
    expect(await client.directory.membership('U0NOBODY001')).toMatchObject({ kind: 'outsider' });
  });

  it('does not guess where Slack does not answer', async () => {
    slack.faults.set({ kind: 'server_error', method: 'usergroups.list', status: 500 });
    await expect(client.directory.membership(people.lead)).rejects.toMatchObject({ name: 'WorkFailed' });
    slack.faults.clear();
    expect(await client.directory.membership(people.lead)).toMatchObject({ kind: 'member' });
  });

  it('knows the members of a channel, and asks once a minute', async () => {
    const [channel] = slack.workspace.channels();
    const name = `#${channel?.name ?? ''}`;
    expect(await client.directory.members(name)).toEqual(expect.any(Array));
    await client.directory.members(name);
    expect(callsOf('conversations.members')).toHaveLength(1);
  });

  it('does not guess who is in a channel that it cannot see', async () => {
    await expect(client.directory.members('#no-such-channel')).rejects.toMatchObject({ name: 'WorkFailed' });
  });

  it('a workspace without user groups has people all the same', async () => {
    slack.faults.set({ kind: 'api_error', method: 'usergroups.list', error: 'plan_upgrade_required' });
    expect(await client.directory.membership(people.lead)).toEqual({
      kind: 'member',
      groups: [],
      existing: [],
      zone: 'America/New_York',
    });
  });
});
