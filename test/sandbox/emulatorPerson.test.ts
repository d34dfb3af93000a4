import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Emulator, EmulatorOptions } from '../../src/sandbox/emulator/emulator.ts';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import type { PersonEvent, PersonState } from '../../src/sandbox/emulator/personApi.ts';
import { channelIds, people } from '../../src/sandbox/emulator/seed.ts';
import { signature } from '../../src/sandbox/emulator/signedRequest.ts';

type Json = Record<string, unknown>;

/** What the workspace sent to the app's request URL. */
interface Sent {
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Form fields, the payload field parsed, or the JSON body. */
  body: Json;
}

let clock: number;
let emulator: Emulator;
const stops: (() => Promise<unknown>)[] = [];

/** An app that answers every request with what `answers` says, 200 and nothing by default. */
const app = {
  sent: [] as Sent[],
  answers: [] as { status?: number; headers?: Record<string, string>; body?: unknown; isSilent?: boolean }[],
};

async function startApp(): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const isJson = request.headers['content-type'] === 'application/json';
      const form = Object.fromEntries(new URLSearchParams(text));
      const body = isJson ? text : (form.payload ?? JSON.stringify(form));
      app.sent.push({ headers: request.headers, text, body: JSON.parse(body) as Json });
      const { status = 200, headers = {}, body: answer, isSilent } = app.answers.shift() ?? {};
      if (isSilent === true) return;
      response.writeHead(status, headers);
      response.end(answer === undefined ? '' : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/slack/events`;
}

async function start(options: Partial<EmulatorOptions> = {}): Promise<void> {
  const requestUrl = await startApp();
  emulator = await startEmulator({
    delivery: { kind: 'http', requestUrl },
    rateLimits: 'off',
    now: () => clock,
    ackTimeout: 300,
    retryDelays: [0, 1, 2],
    ...options,
  });
  stops.push(emulator.stop);
}

beforeEach(async () => {
  clock = 1_800_000_000_000;
  app.sent.length = 0;
  app.answers.length = 0;
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function call(method: string, args: Json): Promise<Json> {
  const response = await fetch(`${emulator.apiUrl}${method}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.botToken}` },
    body: new URLSearchParams(
      Object.entries(args).map(([name, value]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  });
  return (await response.json()) as Json;
}

async function post(blocks: Json[], rest: Json = {}): Promise<{ channel: string; ts: string }> {
  const { ts } = await call('chat.postMessage', {
    channel: channelIds.alerts,
    text: 'High error rate',
    blocks,
    ...rest,
  });
  return { channel: channelIds.alerts, ts: String(ts) };
}

async function respond(url: unknown, body: Json): Promise<{ status: number; text: string }> {
  const response = await fetch(String(url), { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, text: await response.text() };
}

/** The only thing sent of this type since the app started. */
function sentOfType(type: string): Json {
  const found = app.sent.filter(({ body }) => body.type === type);
  expect(found).toHaveLength(1);
  return found[0]?.body ?? {};
}

const plain = (text: string): Json => ({ type: 'plain_text', text });
const button = (actionId: string, rest: Json = {}): Json => ({
  type: 'button',
  action_id: actionId,
  text: plain('Restart'),
  value: 'run-1',
  ...rest,
});
const actions = (...elements: Json[]): Json => ({ type: 'actions', block_id: 'acts', elements });
const noEvents: EmulatorOptions['seed'] = { app: { events: [] } };

describe('what reaches the app', () => {
  it('is signed, and a command is a form of exactly that type', async () => {
    await start();
    await emulator.person(people.oncall).slash('#genesis-alerts', '/genesis', ' rollback api ');
    const [sent] = app.sent;
    const timestamp = String(sent?.headers['x-slack-request-timestamp']);
    expect(timestamp).toBe(String(clock / 1000));
    expect(sent?.headers['x-slack-signature']).toBe(
      signature(emulator.signingSecret, timestamp, sent?.text ?? ''),
    );
    expect(sent?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(sent?.body).toMatchObject({
      command: '/genesis',
      text: 'rollback api',
      channel_id: channelIds.alerts,
      channel_name: 'genesis-alerts',
      user_id: people.oncall,
      user_name: 'oncall',
      team_id: emulator.teamId,
      trigger_id: expect.stringMatching(/^\d+\.\d+\.\w+$/),
    });
  });

  it('of a click is the button, its message and where to answer', async () => {
    await start({ seed: noEvents });
    const menu = {
      type: 'static_select',
      action_id: 'level',
      options: [1, 2].map((n) => ({ text: plain(`P${n}`), value: `p${n}` })),
    };
    const at = await post([actions(button('restart'), menu)]);
    const oncall = emulator.person(people.oncall);
    expect(await oncall.click(at, { actionId: 'level', input: 'p2' })).toEqual({ ok: true });
    expect(await oncall.click(at, 'restart')).toEqual({ ok: true });
    const [, sent] = app.sent;
    expect(sent?.body).toMatchObject({
      type: 'block_actions',
      user: { id: people.oncall, team_id: emulator.teamId },
      team: { id: emulator.teamId, domain: 'genesis-sandbox' },
      api_app_id: emulator.appId,
      container: { type: 'message', message_ts: at.ts, channel_id: at.channel, is_ephemeral: false },
      channel: { id: at.channel, name: 'genesis-alerts' },
      message: { ts: at.ts, text: 'High error rate' },
      state: { values: { acts: { level: { type: 'static_select', selected_option: { value: 'p2' } } } } },
      response_url: expect.stringContaining(emulator.url),
      actions: [
        { type: 'button', action_id: 'restart', block_id: 'acts', value: 'run-1', text: plain('Restart') },
      ],
    });
  });

  it('of an event names its channel and comes only where the app subscribes and is a member', async () => {
    await start({ seed: { app: { events: ['app_mention', 'message.channels'] } } });
    const oncall = emulator.person(people.oncall);
    await oncall.mention('#general', 'hello');
    await emulator.settled();
    const types = app.sent.map(({ body }) => (body.event as Json).type).sort();
    expect(types).toEqual(['app_mention', 'message']);
    expect(app.sent[0]?.body).toMatchObject({
      type: 'event_callback',
      team_id: emulator.teamId,
      event: { channel: channelIds.general, user: people.oncall, text: `<@${emulator.botUserId}> hello` },
      event_id: expect.stringMatching(/^Ev/),
      authorizations: [{ is_bot: true, user_id: emulator.botUserId }],
    });
    await oncall.react('#general', emulator.workspace.messages('#general')[0]?.ts ?? '', { name: 'eyes' });
    await emulator.settled();
    expect(app.sent).toHaveLength(2);
  });

  it('is sent again with the same id when an event is not taken, three times at most', async () => {
    await start({ seed: { app: { events: ['app_home_opened'] } } });
    app.answers.push({ status: 500 }, { isSilent: true }, { status: 404 }, { status: 500 });
    await emulator.person(people.oncall).openHome();
    await vi.waitFor(() => expect(app.sent).toHaveLength(4));
    await vi.waitFor(() => expect(emulator.deliveries.at(-1)?.outcome).not.toBeNull());
    const retries = app.sent.map(({ headers }) => [
      headers['x-slack-retry-num'],
      headers['x-slack-retry-reason'],
    ]);
    expect(retries).toEqual([
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_timeout'],
      ['3', 'http_error'],
    ]);
    expect(new Set(app.sent.map(({ body }) => body.event_id)).size).toBe(1);
    expect(emulator.deliveries).toHaveLength(4);
  });

  it('is not sent again when the app says so', async () => {
    await start({ seed: { app: { events: ['app_home_opened'] } }, retryDelays: [0] });
    app.answers.push({ status: 500, headers: { 'x-slack-no-retry': '1' } });
    await emulator.person(people.oncall).openHome();
    await emulator.settled();
    await emulator.person(people.lead).slash('#general', '/genesis', '');
    expect(emulator.deliveries.map(({ name }) => name)).toEqual(['app_home_opened', '/genesis']);
  });

  it('comes twice where that fault is on', async () => {
    await start({ seed: { app: { events: ['app_home_opened'] } } });
    emulator.faults.set({ kind: 'duplicate_event', event: 'app_home_*', count: 1 });
    await emulator.person(people.oncall).openHome();
    await emulator.settled();
    expect(app.sent).toHaveLength(2);
    expect(app.sent[0]?.body.event_id).toBe(app.sent[1]?.body.event_id);
    expect(emulator.faults.rules()).toEqual([]);
  });
});

describe('a person', () => {
  it('is told that the app did not answer in time', async () => {
    await start();
    app.answers.push({ isSilent: true });
    const oncall = emulator.person(people.oncall);
    expect(await oncall.slash('#general', '/genesis')).toMatchObject({
      ok: false,
      error: 'operation_timeout',
    });
    emulator.faults.set({ kind: 'no_ack', event: 'slash_commands', count: 1 });
    expect(await oncall.slash('#general', '/genesis')).toMatchObject({ error: 'operation_timeout' });
    app.answers.push({ status: 500 });
    expect(await oncall.slash('#general', '/genesis')).toMatchObject({ error: 'app_error' });
    emulator.setDelivery({ kind: 'http', requestUrl: 'http://127.0.0.1:1/' });
    expect(await oncall.slash('#general', '/genesis')).toMatchObject({ error: 'app_unreachable' });
  });

  it('is let go when the workspace stops', async () => {
    await start({ ackTimeout: 60_000 });
    app.answers.push({ isSilent: true });
    const waiting = emulator.person(people.oncall).slash('#general', '/genesis');
    await vi.waitFor(() => expect(app.sent).toHaveLength(1));
    await emulator.stop();
    expect(await waiting).toMatchObject({ ok: false });
    stops.pop();
  });

  it('can use only what is there', async () => {
    await start({ seed: noEvents });
    const oncall = emulator.person(people.oncall);
    const at = await post([actions(button('a', { confirm: { text: plain('Sure?') } }), button('b'))]);
    expect(await oncall.slash('#general', '/other')).toMatchObject({ error: 'unknown_command' });
    expect(await oncall.say('#nowhere', 'x')).toMatchObject({ error: 'channel_not_found' });
    expect(await oncall.click(at, 'c')).toMatchObject({ error: 'element_not_found' });
    expect(await oncall.click({ ...at, ts: '1.000001' }, 'a')).toMatchObject({ error: 'message_not_found' });
    expect(await oncall.click(at, 'a')).toMatchObject({ error: 'confirmation_needed' });
    expect(await oncall.click(at, 'a', { confirmed: true })).toEqual({ ok: true });
    await oncall.leave('#genesis-alerts');
    expect(await oncall.say('#genesis-alerts', 'x')).toMatchObject({ error: 'not_in_channel' });
    expect(await oncall.join('#genesis-alerts')).toMatchObject({ ok: true });
  });

  it('can send a click on a button that is no longer there, when a test wants that', async () => {
    await start({ seed: noEvents });
    const oncall = emulator.person(people.oncall);
    const at = await post([actions(button('restart'))]);
    const earlier = emulator.workspace.message(at.channel, at.ts)?.blocks ?? [];
    await call('chat.update', { ...at, text: 'Restarted' });
    expect(await oncall.click(at, 'restart')).toMatchObject({ error: 'element_not_found' });
    const forged = { actionId: 'restart', value: 'run-2' };
    expect(await oncall.click(at, forged, { stale: true, blocks: earlier })).toEqual({ ok: true });
    expect(sentOfType('block_actions')).toMatchObject({
      message: { text: 'Restarted' },
      actions: [{ action_id: 'restart', value: 'run-2' }],
    });
  });

  it('clicks buttons in attachments too', async () => {
    await start({ seed: noEvents });
    const at = await post([], { attachments: [{ color: '#b00', blocks: [actions(button('restart'))] }] });
    expect(await emulator.person(people.oncall).click(at, 'restart')).toEqual({ ok: true });
    expect(sentOfType('block_actions').container).toMatchObject({
      type: 'message_attachment',
      attachment_id: 1,
    });
  });

  it('sees a private answer, and its button can replace or remove it', async () => {
    await start({ seed: noEvents });
    const { alerts: channel } = channelIds;
    const blocks = [actions(button('ask'))];
    await call('chat.postEphemeral', { channel, user: people.visitor, text: 'You may look', blocks });
    expect(emulator.workspace.ephemerals(people.oncall)).toEqual([]);
    const [own] = emulator.workspace.ephemerals(people.visitor);
    const visitor = emulator.person(people.visitor);
    expect(await emulator.person(people.oncall).click({ ephemeral: own?.id ?? '' }, 'ask')).toMatchObject({
      error: 'message_not_found',
    });
    await visitor.click({ ephemeral: own?.id ?? '' }, 'ask');
    const sent = sentOfType('block_actions');
    expect(sent.container).toMatchObject({ is_ephemeral: true, message_ts: own?.ts });
    expect(sent).not.toHaveProperty('message');
    expect(await respond(sent.response_url, { replace_original: true, text: 'Asked' })).toEqual({
      status: 200,
      text: 'ok',
    });
    expect(emulator.workspace.ephemerals(people.visitor)).toMatchObject([{ text: 'Asked', blocks: [] }]);
    await respond(sent.response_url, { delete_original: true });
    expect(emulator.workspace.ephemerals(people.visitor)).toEqual([]);
  });

  it('can be answered five times within half an hour', async () => {
    await start({ seed: noEvents });
    const oncall = emulator.person(people.oncall);
    await oncall.slash('#general', '/genesis');
    const url = app.sent[0]?.body.response_url;
    expect(await respond(url, { text: 'x', blocks: [{ type: 'x' }] })).toMatchObject({ status: 400 });
    for (let i = 0; i < 4; i += 1) expect(await respond(url, { text: 'x' })).toMatchObject({ status: 200 });
    expect(await respond(url, { text: 'x' })).toMatchObject({
      status: 404,
      text: expect.stringContaining('used_url'),
    });
    await oncall.slash('#general', '/genesis');
    clock += 30 * 60_000 + 1;
    expect(await respond(app.sent[1]?.body.response_url, { text: 'x' })).toMatchObject({
      status: 404,
      text: expect.stringContaining('expired_url'),
    });
  });

  it('is understood by the names that are shown, whatever their case', async () => {
    await start({ seed: noEvents });
    const said = await emulator
      .person(people.oncall)
      .say('#general', '@Genesis @GENESIS. @Platform @On-Call Engineer, @Genesisx me@genesis');
    expect(emulator.workspace.message('#general', said.ok ? (said.ts ?? '') : '')?.text).toBe(
      `<@${emulator.botUserId}> <@${emulator.botUserId}>. <!subteam^S0PLATFORM1> <@${people.oncall}>, @Genesisx me@genesis`,
    );
  });

  it('has mentions resolved and markup escaped', async () => {
    await start({ seed: noEvents });
    const said = await emulator
      .person(people.oncall)
      .say('#general', '@platform a < b & @lead, see #general @nobody <!here>');
    expect(emulator.workspace.message('#general', said.ok ? (said.ts ?? '') : '')?.text).toBe(
      `<!subteam^S0PLATFORM1> a &lt; b &amp; <@${people.lead}>, see <#${channelIds.general}> @nobody <!here>`,
    );
  });
});

describe('a modal', () => {
  const view = (rest: Json = {}): Json => ({
    type: 'modal',
    callback_id: 'rollback',
    title: plain('Roll back'),
    submit: plain('Roll Back'),
    notify_on_close: true,
    blocks: [
      {
        type: 'input',
        block_id: 'version',
        label: plain('Version'),
        element: {
          type: 'static_select',
          action_id: 'pick',
          options: ['1', '2'].map((value) => ({ text: plain(value), value })),
        },
      },
      {
        type: 'input',
        block_id: 'reason',
        optional: true,
        label: plain('Reason'),
        element: { type: 'plain_text_input', action_id: 'text', max_length: 10 },
      },
      actions(button('more')),
    ],
    ...rest,
  });

  async function trigger(): Promise<string> {
    await emulator.person(people.lead).slash('#general', '/genesis', 'rollback');
    return String(app.sent.at(-1)?.body.trigger_id);
  }

  async function opened(rest: Json = {}): Promise<string> {
    const answer = await call('views.open', { trigger_id: await trigger(), view: view(rest) });
    return (answer.view as { id: string }).id;
  }

  async function clickMore(viewId: string): Promise<string> {
    await emulator.person(people.lead).click({ view: viewId }, 'more');
    return String(app.sent.at(-1)?.body.trigger_id);
  }

  it('needs a trigger that is fresh and not yet used', async () => {
    await start({ seed: noEvents });
    const first = await trigger();
    expect(await call('views.open', { trigger_id: first, view: { type: 'modal' } })).toMatchObject({
      error: 'invalid_arguments',
      response_metadata: { messages: expect.arrayContaining([expect.stringContaining('/view/title')]) },
    });
    expect(await call('views.open', { trigger_id: first, view: view() })).toMatchObject({ ok: true });
    expect(await call('views.open', { trigger_id: first, view: view() })).toMatchObject({
      error: 'exchanged_trigger_id',
    });
    const second = await trigger();
    clock += 3001;
    expect(await call('views.open', { trigger_id: second, view: view() })).toMatchObject({
      error: 'expired_trigger_id',
    });
    emulator.faults.set({ kind: 'expired_trigger' });
    expect(await call('views.open', { trigger_id: await trigger(), view: view() })).toMatchObject({
      error: 'expired_trigger_id',
    });
  });

  it('is checked by the client, then by the app, then closed', async () => {
    await start({ seed: noEvents });
    const id = await opened();
    const lead = emulator.person(people.lead);
    expect(await lead.submit(id, { reason: { text: 'x'.repeat(11) } })).toMatchObject({
      error: 'view_errors',
      errors: { version: expect.any(String), reason: 'No more than 10 characters fit.' },
    });
    expect(await lead.submit(id, { version: { pick: '3' } })).toMatchObject({ error: 'invalid_option' });
    const values = { version: { pick: '2' }, reason: { text: 'errors' } };
    app.answers.push({ body: { response_action: 'errors', errors: { acts: 'no input' } } });
    expect(await lead.submit(id, values)).toMatchObject({ error: 'app_error' });
    app.answers.push({ body: { response_action: 'errors', errors: { version: 'Gone.' } } });
    expect(await lead.submit(id, values)).toMatchObject({
      error: 'view_errors',
      errors: { version: 'Gone.' },
    });
    app.answers.push({ status: 500 });
    expect(await lead.submit(id, values)).toMatchObject({ error: 'app_error' });
    expect(await lead.submit(id, values)).toEqual({ ok: true, outcome: 'closed' });
    expect(app.sent.at(-1)?.body).toMatchObject({
      type: 'view_submission',
      view: {
        id,
        callback_id: 'rollback',
        state: {
          values: {
            version: { pick: { type: 'static_select', selected_option: { value: '2' } } },
            reason: { text: { type: 'plain_text_input', value: 'errors' } },
          },
        },
      },
    });
    expect(await lead.submit(id, values)).toMatchObject({ error: 'view_not_found' });
  });

  it('is updated with its hash, and keeps what was entered where ids stay', async () => {
    await start({ seed: noEvents });
    const id = await opened();
    const lead = emulator.person(people.lead);
    await lead.click({ view: id }, 'more', { state: { reason: { text: 'errors' } } });
    const seen = app.sent.at(-1)?.body.view as { hash: string };
    const next = { view_id: id, hash: seen.hash, view: view({ title: plain('Again') }) };
    expect(await call('views.update', next)).toMatchObject({
      ok: true,
      view: { title: { text: 'Again' }, state: { values: { reason: { text: { value: 'errors' } } } } },
    });
    expect(await call('views.update', next)).toMatchObject({ error: 'hash_conflict' });
  });

  it('stacks three high, each closed one by one or cleared at once', async () => {
    await start({ seed: noEvents });
    const lead = emulator.person(people.lead);
    let id = await opened();
    expect(await call('views.push', { trigger_id: await trigger(), view: view() })).toMatchObject({
      error: 'not_found',
    });
    for (let depth = 1; depth < 3; depth += 1) {
      const pushed = await call('views.push', { trigger_id: await clickMore(id), view: view() });
      expect(pushed).toMatchObject({ view: { previous_view_id: id } });
      id = (pushed.view as { id: string }).id;
    }
    expect(await call('views.push', { trigger_id: await clickMore(id), view: view() })).toMatchObject({
      error: 'push_limit_reached',
    });
    expect(await lead.closeView(id)).toEqual({ ok: true, outcome: 'closed' });
    expect(sentOfType('view_closed')).toMatchObject({ view: { id }, is_cleared: false });
    expect(emulator.workspace.openViews(people.lead)).toHaveLength(2);
    const top = emulator.workspace.openView(people.lead)?.id ?? '';
    app.answers.push({ body: { response_action: 'clear' } });
    expect(await lead.submit(top, { version: { pick: '1' } })).toEqual({ ok: true, outcome: 'closed' });
    expect(emulator.workspace.openViews(people.lead)).toEqual([]);
  });

  it('asks the app for options while the person types', async () => {
    await start({ seed: noEvents });
    const menu = { type: 'external_select', action_id: 'service', placeholder: plain('Service') };
    const at = await post([actions(menu)]);
    const options = [{ text: plain('API'), value: 'api' }];
    app.answers.push({ body: { options } }, { body: { options: 'none' } });
    const oncall = emulator.person(people.oncall);
    expect(await oncall.suggest(at, 'service', 'a')).toEqual({
      ok: true,
      options: [{ text: 'API', value: 'api' }],
    });
    expect(app.sent[0]?.body).toMatchObject({ type: 'block_suggestion', action_id: 'service', value: 'a' });
    expect(await oncall.suggest(at, 'service', 'b')).toMatchObject({ error: 'app_error' });
  });
});

describe('the browser page', () => {
  async function state(as: string): Promise<PersonState> {
    return (await (await fetch(`${emulator.url}/person/state?as=${as}`)).json()) as PersonState;
  }

  async function act(name: string, body: Json, headers: Record<string, string> = {}): Promise<Json> {
    const response = await fetch(`${emulator.url}/person/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, ...((await response.json()) as Json) };
  }

  it('sees what the person sees, with what is unread', async () => {
    await start({ seed: noEvents });
    const { alerts } = channelIds;
    await post([actions(button('restart'))]);
    await call('chat.postMessage', { channel: alerts, text: '<!subteam^S0ONCALL001> look' });
    await call('chat.postEphemeral', { channel: alerts, user: people.oncall, text: 'for you' });
    const channelOf = async (as: string) => (await state(as)).channels.find(({ id }) => id === alerts);
    expect(await channelOf(people.oncall)).toMatchObject({
      unread: 2,
      mentions: 1,
      ephemerals: [{ text: 'for you' }],
    });
    expect(await channelOf(people.visitor)).toMatchObject({ unread: 2, mentions: 0, ephemerals: [] });
    expect(await act('read', { as: people.oncall, channelId: alerts })).toEqual({ status: 200, ok: true });
    expect(await channelOf(people.oncall)).toMatchObject({ unread: 0 });
    const { app: known, people: others } = await state(people.oncall);
    expect(known).toMatchObject({ isConnected: true, commands: [{ command: '/genesis' }] });
    expect(others.map(({ id }) => id)).toEqual(Object.values(people));
  });

  it('acts for the person', async () => {
    await start({ seed: noEvents });
    const as = people.oncall;
    const { alerts: channelId } = channelIds;
    expect(await act('say', { as, channelId, text: 'hello' })).toMatchObject({
      ok: true,
      ts: expect.any(String),
    });
    expect(await act('slash', { as, channelId, command: '/genesis', text: 'help' })).toMatchObject({
      ok: true,
    });
    const { ts } = await post([actions(button('restart'))]);
    const at = { kind: 'message', channelId, ts };
    expect(await act('click', { as, at, actionId: 'restart' })).toMatchObject({ ok: true });
    expect(await act('click', { as, at, actionId: 'gone' })).toMatchObject({
      ok: false,
      error: 'element_not_found',
    });
    expect(await act('click', { as, at })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await act('say', { as: emulator.botUserId, channelId, text: 'x' })).toMatchObject({ status: 404 });
    expect(await act('direct', { as, userId: emulator.botUserId })).toMatchObject({
      ok: true,
      channelId: expect.any(String),
    });
  });

  it('is told of every change that the person can see', async () => {
    await start({ seed: noEvents });
    const response = await fetch(`${emulator.url}/person/events?as=${people.oncall}`);
    const events: PersonEvent[] = [];
    const reading = (async () => {
      let text = '';
      for await (const chunk of response.body ?? []) {
        text += Buffer.from(chunk).toString();
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        for (const part of parts) events.push(JSON.parse(part.replace('data: ', '')) as PersonEvent);
      }
    })();
    await vi.waitFor(() => expect(events).toEqual([{ type: 'hello', seq: 0 }]));
    const { alerts: channel } = channelIds;
    await call('chat.postEphemeral', { channel, user: people.visitor, text: 'not for you' });
    const { ts } = await post([actions(button('restart'))]);
    await vi.waitFor(() =>
      expect(events[1]).toEqual({ type: 'changed', seq: 2, what: 'message', channelId: channel, ts }),
    );
    await emulator.stop();
    await reading;
  });

  it('switches faults', async () => {
    await start({ seed: noEvents });
    const rules = [{ kind: 'lost_reply', method: 'chat.*', count: 2 }];
    expect(await act('faults', { act: 'set', rules })).toEqual({ status: 200, rules, connections: 0 });
    expect(await act('faults', { act: 'set', rules: [{ kind: 'magic' }] })).toMatchObject({ status: 400 });
    expect(await act('faults', { act: 'clear' })).toMatchObject({ rules: [] });
  });

  it('shows a file from when its upload is complete, and serves it so that it cannot run scripts', async () => {
    await start({ seed: noEvents });
    const text = '<script>';
    const { upload_url: url, file_id: id } = await call('files.getUploadURLExternal', {
      filename: 'a.html',
      length: text.length,
    });
    expect((await fetch(String(url), { method: 'POST', body: 'too long a body' })).status).toBe(400);
    expect(await (await fetch(String(url), { method: 'POST', body: text })).text()).toBe('OK - 8');
    expect(emulator.workspace.files()).toEqual([]);
    await call('files.completeUploadExternal', { files: JSON.stringify([{ id, title: 'A page' }]) });
    expect(emulator.workspace.files()).toMatchObject([{ name: 'a.html', title: 'A page' }]);
    const response = await fetch(`${emulator.url}/files/${String(id)}`);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-security-policy')).toContain('sandbox');
  });

  it('is refused to other machines and to pages from elsewhere', async () => {
    await start({ seed: noEvents });
    const { port } = new URL(emulator.url);
    const byName = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: `attacker.example:${port}` };
      httpRequest(
        { port, host: '127.0.0.1', path: `/person/state?as=${people.oncall}`, headers },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(byName).toBe(403);
    const foreign = await fetch(`${emulator.url}/person/faults`, {
      headers: { origin: 'https://attacker.example' },
    });
    expect(foreign.status).toBe(403);
    const own = await fetch(`${emulator.url}/person/faults`, {
      headers: { origin: 'http://localhost:5173' },
    });
    expect(own.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect(await act('home', { as: people.oncall }, { 'content-type': 'text/plain' })).toMatchObject({
      status: 415,
    });
  });
});
