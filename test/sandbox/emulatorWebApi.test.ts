import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { catalog } from '../../src/sandbox/emulator/methods/catalog.ts';
import { createRateLimits } from '../../src/sandbox/emulator/rateLimits.ts';
import { channelIds, people, usergroupIds } from '../../src/sandbox/emulator/seed.ts';

type Json = Record<string, unknown>;

let emulator: Emulator;
let clock: number;

beforeEach(async () => {
  clock = 1_800_000_000_000;
  emulator = await startEmulator({ delivery: { kind: 'socket' }, rateLimits: 'off', now: () => clock });
});

afterEach(() => emulator.stop());

async function raw(method: string, init: RequestInit): Promise<Response> {
  return fetch(`${emulator.apiUrl}${method}`, { method: 'POST', ...init });
}

/** As the SDK does it: form fields, objects as JSON. */
async function call(method: string, args: Json = {}): Promise<Json> {
  const fields = Object.entries(args).map(([name, value]): [string, string] => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const response = await raw(method, {
    headers: { authorization: `Bearer ${emulator.botToken}` },
    body: new URLSearchParams(fields),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Json;
}

async function post(rest: Json = {}): Promise<string> {
  const { ts } = await call('chat.postMessage', {
    channel: channelIds.alerts,
    text: 'High error rate',
    ...rest,
  });
  return String(ts);
}

async function newChannel(name: string): Promise<string> {
  const { channel } = await call('conversations.create', { name });
  return (channel as { id: string }).id;
}

describe('asking the Web API', () => {
  it('takes JSON bodies and tokens in the body as well', async () => {
    const json = await raw('auth.test', {
      headers: { authorization: `Bearer ${emulator.botToken}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await json.json()).toMatchObject({
      ok: true,
      team_id: emulator.teamId,
      user_id: emulator.botUserId,
      bot_id: expect.stringMatching(/^B/),
    });
    const form = await raw('auth.test', { body: new URLSearchParams({ token: emulator.botToken }) });
    expect(await form.json()).toMatchObject({ ok: true });
    expect(form.headers.get('x-oauth-scopes')).toContain('chat:write');
  });

  it.each([
    ['no token', {}, 'not_authed'],
    ['a wrong token', { authorization: 'Bearer xoxb-guess' }, 'invalid_auth'],
  ])('refuses %s', async (_, headers, error) => {
    const response = await raw('auth.test', { headers });
    expect(await response.json()).toEqual({ ok: false, error });
  });

  it('refuses the app token where the bot token belongs', async () => {
    const response = await raw('auth.test', { headers: { authorization: `Bearer ${emulator.appToken}` } });
    expect(await response.json()).toMatchObject({ error: 'not_allowed_token_type' });
  });

  it('knows no other methods', async () => {
    expect(await call('chat.shout')).toEqual({ ok: false, error: 'unknown_method' });
    expect(await call('toString')).toEqual({ ok: false, error: 'unknown_method' });
  });

  it('says which scope is missing', async () => {
    await emulator.stop();
    const app = { scopes: ['channels:read', 'chat:write'] };
    emulator = await startEmulator({ delivery: { kind: 'socket' }, seed: { app } });
    expect(await call('pins.add', { channel: channelIds.alerts, timestamp: '1.000001' })).toEqual({
      ok: false,
      error: 'missing_scope',
      needed: 'pins:write',
      provided: 'channels:read,chat:write',
    });
    expect(await call('conversations.list', { types: 'private_channel' })).toMatchObject({
      error: 'missing_scope',
      needed: 'groups:read',
    });
    expect(await call('users.info', { user: people.oncall })).toMatchObject({ error: 'missing_scope' });
  });

  it('names what is missing or of the wrong type', async () => {
    const missing = await call('chat.update', { text: 'x' });
    expect(missing).toEqual({
      ok: false,
      error: 'invalid_arguments',
      response_metadata: {
        messages: ['[ERROR] missing required field: channel', '[ERROR] missing required field: ts'],
      },
    });
    expect(await call('conversations.create', { name: 'x', is_private: 'perhaps' })).toMatchObject({
      error: 'invalid_arguments',
    });
  });

  it('keeps a record of calls, with what Slack would ignore', async () => {
    await call('chat.postMessage', { channel: channelIds.alerts, text: 'x', colour: 'red' });
    expect(emulator.calls).toMatchObject([
      { method: 'chat.postMessage', at: clock, ignored: ['colour'], outcome: { kind: 'ok' } },
    ]);
    expect(JSON.stringify(emulator.calls)).not.toContain(emulator.botToken);
  });
});

describe('what the Web API refuses', () => {
  const stranger = 'U0NOBODY001';
  const { alerts, general } = channelIds;

  it.each<[what: string, method: string, args: Json, error: string]>([
    [
      'a channel that is not there',
      'chat.postMessage',
      { channel: 'C0NOSUCH', text: 'x' },
      'channel_not_found',
    ],
    ['a message that says nothing', 'chat.postMessage', { channel: alerts }, 'no_text'],
    [
      'blocks that are no JSON',
      'chat.postMessage',
      { channel: alerts, blocks: '[{' },
      'invalid_blocks_format',
    ],
    ['blocks that are no list', 'chat.postMessage', { channel: alerts, blocks: {} }, 'invalid_blocks_format'],
    ['an unknown block', 'chat.postMessage', { channel: alerts, blocks: [{ type: 'x' }] }, 'invalid_blocks'],
    [
      'an unknown block in an attachment',
      'chat.postMessage',
      { channel: alerts, attachments: [{ blocks: [{ type: 'x' }] }] },
      'invalid_blocks',
    ],
    [
      'blocks too long together',
      'chat.postMessage',
      {
        channel: alerts,
        blocks: Array.from({ length: 4 }, () => ({
          type: 'section',
          text: { type: 'mrkdwn', text: 'x'.repeat(3000) },
        })),
      },
      'msg_blocks_too_long',
    ],
    [
      '101 attachments',
      'chat.postMessage',
      { channel: alerts, attachments: Array.from({ length: 101 }, () => ({ text: 'x' })) },
      'too_many_attachments',
    ],
    [
      'markdown beside text',
      'chat.postMessage',
      { channel: alerts, text: 'x', markdown_text: 'y' },
      'markdown_text_conflict',
    ],
    [
      'metadata without a type',
      'chat.postMessage',
      { channel: alerts, text: 'x', metadata: { event_payload: {} } },
      'invalid_metadata_format',
    ],
    [
      'metadata that is huge',
      'chat.postMessage',
      { channel: alerts, text: 'x', metadata: { event_type: 'x', event_payload: { x: 'x'.repeat(9000) } } },
      'metadata_too_large',
    ],
    [
      'a reply to nothing',
      'chat.postMessage',
      { channel: alerts, text: 'x', thread_ts: '1.000001' },
      'cannot_reply_to_message',
    ],
    [
      'an update of nothing',
      'chat.update',
      { channel: alerts, ts: '1.000001', text: 'x' },
      'message_not_found',
    ],
    [
      'something private to a stranger',
      'chat.postEphemeral',
      { channel: alerts, user: stranger, text: 'x' },
      'user_not_in_channel',
    ],
    [
      'a link to nothing',
      'chat.getPermalink',
      { channel: alerts, message_ts: '1.000001' },
      'message_not_found',
    ],
    ['a channel without a name', 'conversations.create', { name: '' }, 'invalid_name_required'],
    ['capitals in a name', 'conversations.create', { name: 'Incident' }, 'invalid_name_specials'],
    ['spaces in a name', 'conversations.create', { name: 'the incident' }, 'invalid_name_specials'],
    ['a name of dashes', 'conversations.create', { name: '---' }, 'invalid_name_punctuation'],
    ['a name of 81 characters', 'conversations.create', { name: 'x'.repeat(81) }, 'invalid_name_maxlength'],
    ['a name that is taken', 'conversations.create', { name: 'general' }, 'name_taken'],
    ['an invitation of nobody', 'conversations.invite', { channel: alerts, users: '' }, 'no_user'],
    [
      'an invitation of a stranger',
      'conversations.invite',
      { channel: alerts, users: stranger },
      'user_not_found',
    ],
    [
      '101 invitations',
      'conversations.invite',
      { channel: alerts, users: Array.from({ length: 101 }, (_, i) => `U${i}`).join() },
      'invalid_arguments',
    ],
    [
      'a topic of 251 characters',
      'conversations.setTopic',
      { channel: alerts, topic: 'x'.repeat(251) },
      'too_long',
    ],
    [
      'a purpose of 251 characters',
      'conversations.setPurpose',
      { channel: alerts, purpose: 'x'.repeat(251) },
      'too_long',
    ],
    ['archiving the general channel', 'conversations.archive', { channel: general }, 'cant_archive_general'],
    ['unarchiving what is open', 'conversations.unarchive', { channel: alerts }, 'not_archived'],
    ['a kind of conversation that is none', 'conversations.list', { types: 'secret' }, 'invalid_types'],
    ['1001 channels a page', 'conversations.list', { limit: 1001 }, 'invalid_limit'],
    ['a cursor that was made up', 'conversations.list', { cursor: 'next' }, 'invalid_cursor'],
    [
      'a bound that is no time',
      'conversations.history',
      { channel: alerts, oldest: 'yesterday' },
      'invalid_ts_oldest',
    ],
    [
      'a thread that is not there',
      'conversations.replies',
      { channel: alerts, ts: '1.000001' },
      'thread_not_found',
    ],
    ['a conversation with nobody', 'conversations.open', {}, 'users_list_not_supplied'],
    ['a pin without a message', 'pins.add', { channel: alerts }, 'no_item_specified'],
    ['a pin of nothing', 'pins.add', { channel: alerts, timestamp: '1.000001' }, 'message_not_found'],
    ['a pin of no time', 'pins.add', { channel: alerts, timestamp: 'now' }, 'bad_timestamp'],
    [
      'a bookmark that is no link',
      'bookmarks.add',
      { channel_id: alerts, title: 'x', type: 'file' },
      'invalid_bookmark_type',
    ],
    [
      'a bookmark to nowhere',
      'bookmarks.add',
      { channel_id: alerts, title: 'x', type: 'link', link: 'runbook' },
      'invalid_link',
    ],
    [
      'a bookmark title of 257 characters',
      'bookmarks.add',
      { channel_id: alerts, title: 'x'.repeat(257), type: 'link', link: 'https://example.com' },
      'invalid_arguments',
    ],
    [
      'a bookmark link of 2049 characters',
      'bookmarks.add',
      { channel_id: alerts, title: 'x', type: 'link', link: `https://example.com/${'x'.repeat(2029)}` },
      'invalid_arguments',
    ],
    ['a bookmark that is gone', 'bookmarks.edit', { channel_id: alerts, bookmark_id: 'Bk1' }, 'not_found'],
    [
      'a reaction that is none',
      'reactions.add',
      { channel: alerts, timestamp: '1.000001', name: 'x y' },
      'message_not_found',
    ],
    ['a user that is not there', 'users.info', { user: stranger }, 'user_not_found'],
    ['an address that nobody has', 'users.lookupByEmail', { email: 'x@example.com' }, 'users_not_found'],
    ['a group that is not there', 'usergroups.users.list', { usergroup: 'S1' }, 'no_such_subteam'],
    ['an empty file', 'files.getUploadURLExternal', { filename: 'x', length: 0 }, 'invalid_arguments'],
    [
      'a file that was never sent',
      'files.completeUploadExternal',
      { files: [{ id: 'F1' }] },
      'file_not_found',
    ],
    [
      'a modal without a trigger',
      'views.open',
      { view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [{ type: 'divider' }] } },
      'invalid_arguments',
    ],
    [
      'a trigger that was made up',
      'views.open',
      {
        trigger_id: '1.2.3',
        view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [{ type: 'divider' }] },
      },
      'invalid_trigger_id',
    ],
    [
      'an update of a view that is gone',
      'views.update',
      {
        view_id: 'V1',
        view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [{ type: 'divider' }] },
      },
      'not_found',
    ],
    [
      'a home tab that is a modal',
      'views.publish',
      {
        user_id: people.oncall,
        view: { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [{ type: 'divider' }] },
      },
      'invalid_arguments',
    ],
    [
      'a view of more than 250 kB',
      'views.publish',
      {
        user_id: people.oncall,
        view: {
          type: 'home',
          blocks: Array.from({ length: 100 }, () => ({
            type: 'section',
            text: { type: 'mrkdwn', text: 'x'.repeat(2600) },
          })),
        },
      },
      'view_too_large',
    ],
    ['a canvas that is not there', 'canvases.edit', { canvas_id: 'F1', changes: [{}] }, 'canvas_not_found'],
  ])('%s', async (_, method, args, error) => {
    expect(await call(method, args)).toMatchObject({ ok: false, error });
    const common = new Set(['invalid_arguments', 'missing_scope']);
    expect(common.has(error) || catalog[method]?.errors.has(error)).toBe(true);
  });
});

describe('messages', () => {
  it('are stored as sent and read back with metadata on request', async () => {
    const metadata = { event_type: 'incident_card', event_payload: { key: 'inc-42' } };
    const ts = await post({ text: 'a <b> & `c`', metadata });
    expect(emulator.workspace.message(channelIds.alerts, ts)?.text).toBe('a <b> & `c`');
    const plainly = await call('conversations.history', { channel: channelIds.alerts });
    expect(plainly.messages).toMatchObject([{ ts, text: 'a <b> & `c`', user: emulator.botUserId }]);
    expect((plainly.messages as Json[])[0]).not.toHaveProperty('metadata');
    const fully = await call('conversations.history', {
      channel: channelIds.alerts,
      include_all_metadata: true,
    });
    expect(fully.messages).toMatchObject([{ ts, metadata }]);
  });

  it('keep their metadata through an update unless it is given', async () => {
    const metadata = { event_type: 'step', event_payload: { n: 1 } };
    const ts = await post({ metadata });
    const at = { channel: channelIds.alerts, ts };
    await call('chat.update', { ...at, text: 'one' });
    expect(emulator.workspace.message(at.channel, ts)?.metadata).toEqual(metadata);
    await call('chat.update', { ...at, text: 'two', metadata: {} });
    expect(emulator.workspace.message(at.channel, ts)?.metadata).toBeUndefined();
  });

  it('lose their blocks to an update with a text alone, and only then', async () => {
    const blocks = [{ type: 'divider' }];
    const ts = await post({ blocks });
    const at = { channel: channelIds.alerts, ts };
    await call('chat.update', { ...at, blocks: [{ type: 'divider' }, { type: 'divider' }] });
    expect(emulator.workspace.message(at.channel, ts)).toMatchObject({ text: 'High error rate' });
    expect(emulator.workspace.message(at.channel, ts)?.blocks).toHaveLength(2);
    await call('chat.update', { ...at, text: 'done' });
    expect(emulator.workspace.message(at.channel, ts)).toMatchObject({ text: 'done', blocks: [] });
  });

  it('are cut at 40,000 characters when new and refused beyond 4,000 when updated', async () => {
    const ts = await post({ text: 'x'.repeat(40_001) });
    expect(emulator.workspace.message(channelIds.alerts, ts)?.text).toHaveLength(40_000);
    const at = { channel: channelIds.alerts, ts };
    expect(await call('chat.update', { ...at, text: 'x'.repeat(4000) })).toMatchObject({ ok: true });
    expect(await call('chat.update', { ...at, text: 'x'.repeat(4001) })).toMatchObject({
      error: 'msg_too_long',
    });
  });

  it('of people can be neither updated nor deleted', async () => {
    const said = await emulator.person(people.oncall).say('#genesis-alerts', 'hello');
    const at = { channel: channelIds.alerts, ts: said.ok ? said.ts : '' };
    expect(await call('chat.update', { ...at, text: 'x' })).toMatchObject({ error: 'cant_update_message' });
    expect(await call('chat.delete', at)).toMatchObject({ error: 'cant_delete_message' });
  });

  it('form threads of one level', async () => {
    const first = await post();
    const second = await post({ text: 'reply', thread_ts: first });
    const shown = await post({ text: 'shown', thread_ts: first, reply_broadcast: true });
    expect(
      await call('chat.postMessage', { channel: channelIds.alerts, text: 'x', thread_ts: second }),
    ).toMatchObject({
      error: 'cannot_reply_to_message',
    });
    const history = await call('conversations.history', { channel: channelIds.alerts });
    expect((history.messages as Json[]).map(({ ts }) => ts)).toEqual([shown, first]);
    const replies = await call('conversations.replies', { channel: channelIds.alerts, ts: first });
    expect(replies.messages).toMatchObject([
      { ts: first, reply_count: 2, thread_ts: first },
      { ts: second, thread_ts: first },
      { ts: shown },
    ]);
    await call('chat.delete', { channel: channelIds.alerts, ts: first });
    expect(emulator.workspace.message(channelIds.alerts, first)?.subtype).toBe('tombstone');
  });

  it('come in pages, newest first, between two moments', async () => {
    const all: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      clock += 1000;
      all.push(await post({ text: String(i) }));
    }
    const channel = channelIds.alerts;
    const page = await call('conversations.history', { channel, limit: 2 });
    expect((page.messages as Json[]).map(({ text }) => text)).toEqual(['4', '3']);
    expect(page.has_more).toBe(true);
    const { next_cursor: cursor } = page.response_metadata as Json;
    const next = await call('conversations.history', { channel, limit: 2, cursor });
    expect((next.messages as Json[]).map(({ text }) => text)).toEqual(['2', '1']);
    const between = { channel, oldest: all[1], latest: all[3] };
    const inner = await call('conversations.history', between);
    expect((inner.messages as Json[]).map(({ text }) => text)).toEqual(['2']);
    const outer = await call('conversations.history', { ...between, inclusive: true });
    expect((outer.messages as Json[]).map(({ text }) => text)).toEqual(['3', '2', '1']);
  });

  it('to a person open the direct message', async () => {
    const { channel } = await call('chat.postMessage', { channel: people.oncall, text: 'for you' });
    expect(await call('conversations.open', { users: people.oncall })).toMatchObject({
      already_open: true,
      channel: { id: channel },
    });
  });

  it('have links', async () => {
    const ts = await post();
    const link = await call('chat.getPermalink', { channel: channelIds.alerts, message_ts: ts });
    expect(link.permalink).toBe(
      `https://genesis-sandbox.slack.com/archives/${channelIds.alerts}/p${ts.replace('.', '')}`,
    );
  });
});

describe('channels', () => {
  it('keep their names when archived, and are closed then', async () => {
    const channel = await newChannel('incident-1');
    expect(await call('conversations.archive', { channel })).toEqual({ ok: true });
    expect(await call('conversations.create', { name: 'incident-1' })).toMatchObject({ error: 'name_taken' });
    expect(await call('chat.postMessage', { channel, text: 'x' })).toMatchObject({ error: 'is_archived' });
    expect(await call('conversations.invite', { channel, users: people.oncall })).toMatchObject({
      error: 'is_archived',
    });
    expect(await call('conversations.archive', { channel })).toMatchObject({ error: 'already_archived' });
    expect(await call('conversations.unarchive', { channel })).toEqual({ ok: true });
    expect(await call('conversations.rename', { channel, name: 'general' })).toMatchObject({
      error: 'name_taken',
    });
    expect(await call('conversations.rename', { channel, name: 'incident-2' })).toMatchObject({
      channel: { name: 'incident-2', previous_names: ['incident-1'] },
    });
  });

  it('take invitations all together or, with force, those that fit', async () => {
    const channel = await newChannel('incident-1');
    const invite = (users: string[], rest: Json = {}) =>
      call('conversations.invite', { channel, users: users.join(), ...rest });
    expect(await invite([people.oncall])).toMatchObject({ ok: true });
    expect(await invite([people.oncall, people.responder])).toMatchObject({
      error: 'already_in_channel',
      errors: [{ user: people.oncall, ok: false, error: 'already_in_channel' }],
    });
    expect(emulator.workspace.channel(channel)?.memberIds).not.toContain(people.responder);
    expect(await invite([people.oncall, people.responder], { force: true })).toMatchObject({ ok: true });
    expect(emulator.workspace.channel(channel)?.memberIds).toContain(people.responder);
    expect(await invite([emulator.botUserId])).toMatchObject({ error: 'cant_invite_self' });
  });

  it('have to be joined before posting', async () => {
    await emulator.stop();
    const seed = {
      channels: [
        { id: 'C0OTHER0001', name: 'other', memberIds: [people.oncall] },
        { id: 'C0SECRET001', name: 'secret', isPrivate: true, memberIds: [people.oncall] },
      ],
    };
    emulator = await startEmulator({ delivery: { kind: 'socket' }, seed });
    expect(await call('chat.postMessage', { channel: '#other', text: 'x' })).toMatchObject({
      error: 'not_in_channel',
    });
    expect(await call('conversations.history', { channel: 'C0OTHER0001' })).toMatchObject({
      error: 'not_in_channel',
    });
    expect(await call('conversations.join', { channel: 'C0OTHER0001' })).toMatchObject({ ok: true });
    expect(await call('chat.postMessage', { channel: '#other', text: 'x' })).toMatchObject({ ok: true });
    expect(await call('conversations.info', { channel: 'C0SECRET001' })).toMatchObject({
      error: 'channel_not_found',
    });
    expect(await call('conversations.join', { channel: 'C0SECRET001' })).toMatchObject({
      error: 'channel_not_found',
    });
  });

  it('have a topic, pins, bookmarks and reactions', async () => {
    const channel = await newChannel('incident-1');
    const topic = 'x'.repeat(250);
    expect(await call('conversations.setTopic', { channel, topic })).toMatchObject({
      channel: { topic: { value: topic } },
    });
    const { ts } = await call('chat.postMessage', { channel, text: 'card' });
    const item = { channel, timestamp: ts };
    expect(await call('pins.add', item)).toEqual({ ok: true });
    expect(await call('pins.add', item)).toMatchObject({ error: 'already_pinned' });
    expect(await call('pins.list', { channel })).toMatchObject({
      items: [{ message: { ts, pinned_to: [channel] } }],
    });
    expect(await call('pins.remove', item)).toEqual({ ok: true });
    expect(await call('pins.remove', item)).toMatchObject({ error: 'no_pin' });

    const added = await call('bookmarks.add', {
      channel_id: channel,
      title: 'Playbook',
      type: 'link',
      link: 'https://example.com/playbook',
      emoji: ':book:',
    });
    const { id } = added.bookmark as { id: string };
    await call('bookmarks.edit', { channel_id: channel, bookmark_id: id, title: 'Source' });
    expect(await call('bookmarks.list', { channel_id: channel })).toMatchObject({
      bookmarks: [{ id, title: 'Source', link: 'https://example.com/playbook', emoji: ':book:' }],
    });
    expect(await call('bookmarks.remove', { channel_id: channel, bookmark_id: id })).toEqual({ ok: true });

    const reaction = { ...item, name: 'eyes' };
    expect(await call('reactions.add', reaction)).toEqual({ ok: true });
    expect(await call('reactions.add', reaction)).toMatchObject({ error: 'already_reacted' });
    expect(await call('reactions.remove', reaction)).toEqual({ ok: true });
    expect(await call('reactions.remove', reaction)).toMatchObject({ error: 'no_reaction' });
  });

  it('may have one canvas', async () => {
    const channel = await newChannel('incident-1');
    const given = { channel_id: channel, document_content: { type: 'markdown', markdown: '# Post-mortem' } };
    const { canvas_id: id } = await call('conversations.canvases.create', given);
    expect(await call('conversations.canvases.create', given)).toMatchObject({
      error: 'channel_canvas_already_exists',
    });
    const changes = [{ operation: 'replace', document_content: { type: 'markdown', markdown: '# Done' } }];
    expect(await call('canvases.edit', { canvas_id: id, changes })).toEqual({ ok: true });
    expect(emulator.workspace.canvases()).toMatchObject([{ id, markdown: '# Done' }]);
  });
});

describe('people and groups', () => {
  it('are found by id, address and handle, with their time zones', async () => {
    const { user } = await call('users.lookupByEmail', { email: 'oncall@example.com' });
    expect(user).toMatchObject({ id: people.oncall, name: 'oncall', tz: 'Europe/Berlin', tz_offset: 3600 });
    const { members } = await call('users.list');
    expect(members).toHaveLength(5);
    const { usergroups } = await call('usergroups.list', { include_users: true });
    expect(usergroups).toMatchObject([
      { handle: 'oncall', users: [people.oncall] },
      { handle: 'platform', users: [people.oncall, people.responder, people.lead] },
      { handle: 'leads', users: [people.lead] },
    ]);
    expect(await call('usergroups.users.list', { usergroup: usergroupIds.leads })).toEqual({
      ok: true,
      users: [people.lead],
    });
    const { channels } = await call('users.conversations', { user: people.visitor, limit: 2 });
    expect(channels).toHaveLength(2);
  });
});

describe('checking blocks without a token', () => {
  async function validate(fields: Record<string, string>): Promise<Json> {
    const response = await raw('blocks.validate', { body: new URLSearchParams(fields) });
    return (await response.json()) as Json;
  }

  it('answers with every problem, its place and what was expected', async () => {
    const blocks = JSON.stringify([{ type: 'section', text: { type: 'html', text: 'x' } }]);
    expect(await validate({ blocks })).toEqual({
      ok: false,
      error: 'invalid_blocks',
      errors: [
        {
          code: 'failed_constraint',
          message: 'unsupported type: html',
          pointer: '/0/text/type',
          constraint: { type: 'enum', expected: ['plain_text', 'mrkdwn'] },
        },
      ],
    });
    expect(await validate({ blocks: '[{"type":"divider"}]' })).toEqual({ ok: true });
  });

  it('takes exactly one thing to check', async () => {
    expect(await validate({})).toMatchObject({ error: 'invalid_arguments' });
    expect(await validate({ blocks: '[]', view: '{}' })).toMatchObject({ error: 'invalid_arguments' });
    expect(await validate({ view: '{"type":"home"}' })).toMatchObject({ error: 'invalid_view' });
  });
});

describe('rate limits', () => {
  it('let through as many calls a minute as the tier has, then say how long to wait', () => {
    const limits = createRateLimits({ scale: 1 }, () => clock);
    const take = () => limits.take({ method: 'pins.add', tier: 't2', channel: 'C1' });
    for (let i = 0; i < 20; i += 1) {
      expect(take()).toBeNull();
      clock += 1000;
    }
    expect(take()).toBe(40);
    expect(limits.take({ method: 'pins.remove', tier: 't2', channel: 'C1' })).toBeNull();
    clock += 40_000;
    expect(take()).toBeNull();
    expect(take()).toBe(1);
  });

  it('let through a burst of posts to one channel, then one a second', () => {
    const limits = createRateLimits({ scale: 1 }, () => clock);
    const take = (channel: string) => limits.take({ method: 'chat.postMessage', tier: 't5', channel });
    for (let i = 0; i < 5; i += 1) expect(take('C1')).toBeNull();
    expect(take('C1')).toBe(1);
    expect(take('C2')).toBeNull();
    clock += 1000;
    expect(take('C1')).toBeNull();
    expect(take('C1')).toBe(1);
  });

  it('are as generous as the scale says', () => {
    const limits = createRateLimits({ scale: 10 }, () => clock);
    const take = () => limits.take({ method: 'pins.add', tier: 't2', channel: null });
    for (let i = 0; i < 200; i += 1) expect(take()).toBeNull();
    expect(take()).toBe(60);
  });

  it('are answered with HTTP 429 and Retry-After', async () => {
    await emulator.stop();
    emulator = await startEmulator({ delivery: { kind: 'socket' }, now: () => clock });
    for (let i = 0; i < 20; i += 1) await call('conversations.list');
    const response = await raw('conversations.list', {
      headers: { authorization: `Bearer ${emulator.botToken}` },
    });
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(await response.json()).toEqual({ ok: false, error: 'ratelimited' });
  });
});
