import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/**
 * A second Slack, written apart from the emulated workspace and much smaller: it knows only what the published
 * reference of each method says that an app gets back, keeps what was posted, and lets a test speak as Slack.
 */
export type SlackServer = {
  /** With its slash at the end, as the SDK wants it. */
  readonly apiUrl: string;
  readonly tokens: { readonly bot: string; readonly app: string; readonly signingSecret: string };
  readonly messages: readonly PostedMessage[];
  readonly channels: readonly { readonly id: string; readonly name: string }[];
  /** Names of the methods that were called, in order. */
  readonly calls: readonly string[];
  readonly ephemerals: readonly { readonly user: string; readonly text: string }[];
  connections(): number;
  /** Sends an envelope over Socket Mode and waits for its acknowledgement. */
  envelope(type: 'slash_commands' | 'interactive' | 'events_api', payload: object): Promise<void>;
  /** The headers that prove a request over HTTP. */
  sign(body: string): Record<string, string>;
  stop(): Promise<void>;
};

export type PostedMessage = {
  readonly channel: string;
  readonly ts: string;
  readonly thread: string | null;
  text: string;
  blocks: string;
  metadata: unknown;
  readonly files: readonly { readonly name: string }[];
};

type Given = Readonly<Record<string, string>>;
type Answer = Readonly<Record<string, unknown>>;

export const oncall = 'W0000ONCALL';
export const stranger = 'W000STRANGE';
const team = 'T00SECOND';
const botUser = 'U00SECONDBOT';
const botId = 'B00SECOND';

export async function startSlackServer(): Promise<SlackServer> {
  const tokens = {
    bot: 'xoxb-second-slack',
    app: 'xapp-second-slack',
    signingSecret: '0123456789abcdef0123456789abcdef',
  };
  const messages: PostedMessage[] = [];
  const calls: string[] = [];
  const ephemerals: { user: string; text: string }[] = [];
  const uploads = new Map<string, string>();
  const channels = ['genesis-alerts', 'genesis-monitoring', 'genesis-incidents'].map((name, index) => ({
    id: `C0000000${index}`,
    name,
    creator: 'W0000000000',
    purpose: { value: '' },
  }));
  let clock = 1_700_000_000;
  let origin = '';
  const nextTs = (): string => {
    clock += 1;
    return `${clock}.000100`;
  };
  const no = (error: string): Answer => ({ ok: false, error });
  const parsed = (text: string | undefined): unknown => (text === undefined ? null : JSON.parse(text));
  const channelOf = (given: Given) => channels.find(({ id }) => id === given.channel);

  const shown = ({ ts, text, thread, metadata, files }: PostedMessage) => ({
    type: 'message',
    user: botUser,
    bot_id: botId,
    ts,
    text,
    ...(thread === null ? {} : { thread_ts: thread }),
    ...(metadata === null ? {} : { metadata }),
    ...(files.length === 0 ? {} : { files }),
  });

  const methods: Readonly<Record<string, (given: Given) => Answer>> = {
    // Less than the real one tells: no address and no bot id.
    'auth.test': () => ({ ok: true, team: 'Second', team_id: team, user: 'genesis', user_id: botUser }),
    'apps.connections.open': () => ({ ok: true, url: `${origin.replace('http', 'ws')}/link` }),
    'conversations.list': () => ({ ok: true, channels, response_metadata: { next_cursor: '' } }),
    'conversations.create': ({ name = '' }) => {
      if (channels.some((channel) => channel.name === name)) return no('name_taken');
      const channel = { id: `C1111111${channels.length}`, name, creator: botUser, purpose: { value: '' } };
      channels.push(channel);
      return { ok: true, channel };
    },
    'conversations.setPurpose': (given) => {
      const channel = channelOf(given);
      if (!channel) return no('channel_not_found');
      channel.purpose.value = given.purpose ?? '';
      return { ok: true, purpose: given.purpose };
    },
    'conversations.setTopic': (given) =>
      channelOf(given) ? { ok: true, channel: channelOf(given) } : no('channel_not_found'),
    'conversations.invite': (given) =>
      channelOf(given) ? { ok: true, channel: channelOf(given) } : no('channel_not_found'),
    'conversations.join': (given) =>
      channelOf(given) ? { ok: true, channel: channelOf(given) } : no('channel_not_found'),
    'conversations.history': ({ channel }) => ({
      ok: true,
      has_more: false,
      messages: messages
        .filter((each) => each.channel === channel && each.thread === null)
        .toReversed()
        .map(shown),
    }),
    'conversations.replies': ({ channel, ts }) => ({
      ok: true,
      has_more: false,
      messages: messages
        .filter((each) => each.channel === channel && (each.ts === ts || each.thread === ts))
        .map(shown),
    }),
    'chat.postMessage': (given) => {
      if (!channelOf(given)) return no('channel_not_found');
      const message = {
        channel: given.channel ?? '',
        ts: nextTs(),
        thread: given.thread_ts ?? null,
        text: given.text ?? '',
        blocks: given.blocks ?? '[]',
        metadata: parsed(given.metadata),
        files: [],
      };
      messages.push(message);
      return { ok: true, channel: message.channel, ts: message.ts, message: shown(message) };
    },
    'chat.update': ({ channel, ts, text, blocks, metadata }) => {
      const found = messages.find((each) => each.channel === channel && each.ts === ts);
      if (!found) return no('message_not_found');
      found.text = text ?? found.text;
      found.blocks = blocks ?? found.blocks;
      if (metadata !== undefined) found.metadata = parsed(metadata);
      return { ok: true, channel, ts, text: found.text };
    },
    'chat.postEphemeral': ({ user = '', text = '' }) => {
      ephemerals.push({ user, text });
      return { ok: true, message_ts: nextTs() };
    },
    'users.info': ({ user }) =>
      user === oncall || user === stranger
        ? { ok: true, user: { id: user, team_id: team, deleted: false, is_bot: false } }
        : no('user_not_found'),
    // This workspace does not hand out the members with the list.
    'usergroups.list': () => ({
      ok: true,
      usergroups: [{ id: 'S000000001', handle: 'oncall', date_delete: 0 }],
    }),
    'usergroups.users.list': () => ({ ok: true, users: [oncall] }),
    'pins.add': () => ({ ok: true }),
    'bookmarks.list': () => ({ ok: true, bookmarks: [] }),
    'bookmarks.add': () => ({ ok: true, bookmark: { id: 'Bk1' } }),
    'files.getUploadURLExternal': ({ filename = '' }) => {
      const id = `F${uploads.size + 1}`;
      uploads.set(id, filename);
      return { ok: true, file_id: id, upload_url: `${origin}/take/${id}` };
    },
    'files.completeUploadExternal': ({ files = '[]', channel_id = '', thread_ts, initial_comment }) => {
      const named = (JSON.parse(files) as { id: string }[]).map(({ id }) => ({
        id,
        name: uploads.get(id) ?? '',
      }));
      messages.push({
        channel: channel_id,
        ts: nextTs(),
        thread: thread_ts ?? null,
        text: initial_comment ?? '',
        blocks: '[]',
        metadata: null,
        files: named,
      });
      return { ok: true, files: named };
    },
    'views.open': () => ({ ok: true, view: { id: 'V1' } }),
  };

  async function answer(request: IncomingMessage): Promise<Answer> {
    const body = await textOf(request);
    const path = URL.parse(request.url ?? '', origin)?.pathname ?? '';
    if (path.startsWith('/take/')) return { ok: true };
    const name = path.replace('/web/', '');
    calls.push(name);
    const given = argumentsOf(request.headers['content-type'] ?? '', body);
    const token = request.headers.authorization?.replace('Bearer ', '') ?? given.token;
    if (token !== (name === 'apps.connections.open' ? tokens.app : tokens.bot)) return no('invalid_auth');
    return methods[name]?.(given) ?? no('unknown_method');
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (said) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify(said));
      },
      (error: unknown) => {
        response.writeHead(500);
        response.end(String(error));
      },
    );
  });
  const line = new WebSocketServer({ server, path: '/link' });
  const waiting = new Map<string, () => void>();
  line.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { envelope_id: id } = JSON.parse(String(data)) as { envelope_id?: string };
      if (id !== undefined) waiting.get(id)?.();
    });
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: 1,
        connection_info: { app_id: 'A00SECOND' },
        debug_info: { host: 'second', approximate_connection_time: 18_060 },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    apiUrl: `${origin}/web/`,
    tokens,
    messages,
    channels,
    calls,
    ephemerals,
    connections: () => line.clients.size,
    envelope(type, payload) {
      const id = `envelope-${calls.length}-${nextTs()}`;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        const [socket] = line.clients;
        socket?.send(
          JSON.stringify({
            envelope_id: id,
            type,
            accepts_response_payload: type !== 'events_api',
            payload: { team_id: team, ...payload },
          }),
        );
      });
    },
    sign(body) {
      const at = String(Math.floor(Date.now() / 1_000));
      const hmac = createHmac('sha256', tokens.signingSecret).update(`v0:${at}:${body}`).digest('hex');
      return { 'x-slack-request-timestamp': at, 'x-slack-signature': `v0=${hmac}` };
    },
    async stop() {
      for (const socket of line.clients) socket.terminate();
      line.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Slack takes forms and JSON; in a form, whatever is not a text is JSON inside a field. */
function argumentsOf(contentType: string, body: string): Given {
  if (!contentType.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(body));
  const json = JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
