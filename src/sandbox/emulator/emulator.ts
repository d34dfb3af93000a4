import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Deliveries, Delivery, DeliveryRecord } from './deliver.ts';
import { createDeliveries } from './deliver.ts';
import { createEventAllowance } from './eventAllowance.ts';
import type { DisconnectReason } from './faultRules.ts';
import type { Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import { BodyTooLarge, isLoopbackHost, readBody, sendJson, sendText } from './httpBody.ts';
import { newSecret } from './ids.ts';
import type { CallRecord } from './methods/callRecord.ts';
import { receiveUpload } from './methods/files.ts';
import { createWebApi } from './methods/webApi.ts';
import type { Person } from './person.ts';
import { createPerson } from './person.ts';
import { createCall } from './personCall.ts';
import { createPersonHttp } from './personHttp.ts';
import { createRateLimits } from './rateLimits.ts';
import type { WorkspaceReader } from './reader.ts';
import { createReader } from './reader.ts';
import { answerInteraction } from './responses.ts';
import type { WorkspaceSeed } from './seed.ts';
import { completeSeed } from './seed.ts';
import { SlackError } from './slackError.ts';
import { createSocketMode } from './socketMode.ts';
import type { Triggers } from './triggers.ts';
import { createTriggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';
import { changed, createWorkspace } from './workspace.ts';

export interface EmulatorOptions {
  /** 0, the default, lets the system choose. */
  port?: number;
  seed?: WorkspaceSeed;
  delivery: Delivery;
  /** Slack's own limits by default. */
  rateLimits?: { scale: number } | 'off';
  /** Milliseconds since 1970; triggers, rate limits and timestamps follow it, waiting for the app does not. */
  now?: () => number;
  /** How long the app has for its acknowledgement, in milliseconds; 3000 as in Slack. */
  ackTimeout?: number;
  /** Milliseconds before an event is sent again; at once, a minute and five minutes as in Slack. */
  retryDelays?: readonly number[];
  /** Asked for paths that are none of the workspace's own, such as a page's; false means not found. */
  fallback?: (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;
}

/** An emulated Slack workspace with one app in it, listening on 127.0.0.1. */
export interface Emulator {
  /** Without a slash at the end. */
  readonly url: string;
  /** Base of the Web API, with its slash. */
  readonly apiUrl: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly signingSecret: string;
  readonly teamId: string;
  readonly appId: string;
  readonly botUserId: string;
  readonly workspace: WorkspaceReader;
  /** Every Web API call that came in, oldest first. */
  readonly calls: CallRecord[];
  /** Everything sent to the app, oldest first. */
  readonly deliveries: DeliveryRecord[];
  readonly faults: Faults;
  /** Socket Mode connections: how many are open, and ways to lose them. */
  readonly sockets: { count(): number; drop(): void; disconnect(reason: DisconnectReason): void };
  /** Throws when there is no such user. */
  person(userId: string): Person;
  setDelivery(delivery: Delivery): void;
  /** Whether the request URL gives back Slack's challenge; false over Socket Mode. */
  verifyRequestUrl(): Promise<boolean>;
  /** Resolves when nothing is on its way to the app, retries that wait left aside. */
  settled(): Promise<void>;
  /** Closes every socket and server and drops what was waiting. */
  stop(): Promise<void>;
}

const maxUpload = 64 * 1024 * 1024;
const maxResponseBody = 1024 * 1024;

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return (server.address() as AddressInfo).port;
}

async function uploadedBytes(request: IncomingMessage): Promise<Buffer> {
  const body = await readBody(request, maxUpload);
  const contentType = request.headers['content-type'] ?? '';
  if (!contentType.startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': contentType },
  }).formData();
  const file = [...form.values()].find((value) => value instanceof Blob);
  return Buffer.from((await file?.arrayBuffer()) ?? new ArrayBuffer(0));
}

async function takeUpload(
  workspace: Workspace,
  request: IncomingMessage,
  { response, path }: { response: ServerResponse; path: string },
): Promise<void> {
  const result = receiveUpload(workspace, path, await uploadedBytes(request));
  switch (result.kind) {
    case 'taken':
      return sendText(response, 200, `OK - ${result.size}`);
    case 'refused':
      return sendText(response, result.status, result.reason);
    default: {
      const never: never = result;
      return never;
    }
  }
}

async function takeAnswer(
  { workspace, triggers }: { workspace: Workspace; triggers: Triggers },
  request: IncomingMessage,
  { response, path }: { response: ServerResponse; path: string },
): Promise<void> {
  const text = (await readBody(request, maxResponseBody)).toString('utf8');
  const use = triggers.useResponsePath(path);
  if (use.kind === 'refused') {
    sendJson(response, 404, { body: { ok: false, error: use.error } });
    return;
  }
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) throw new SlackError('invalid_payload');
    answerInteraction(workspace, use.target, body as Record<string, unknown>);
    sendText(response, 200, 'ok');
  } catch (error) {
    const code = error instanceof SlackError ? error.code : null;
    if (code === null && !(error instanceof SyntaxError)) throw error;
    sendJson(response, 400, { body: { ok: false, error: code ?? 'invalid_payload' } });
  }
}

function sleeper(): { wait: (milliseconds: number) => Promise<void>; stop: () => void } {
  const timers = new Map<NodeJS.Timeout, () => void>();
  return {
    wait(milliseconds) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        timers.delete(timer);
        resolve();
      }, milliseconds);
      timers.set(timer, resolve);
      return promise;
    },
    stop() {
      for (const [timer, resolve] of timers) {
        clearTimeout(timer);
        resolve();
      }
    },
  };
}

/** Starts a workspace; rejects when the port is taken. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { seed = {}, now = Date.now } = options;
  const workspace = createWorkspace(completeSeed(seed), now);
  const botToken = seed.botToken ?? `xoxb-${newSecret(6)}-${newSecret(6)}-${newSecret(12)}`;
  const appToken = seed.appToken ?? `xapp-1-${workspace.app.id}-${newSecret(6)}-${newSecret(32)}`;
  const signingSecret = seed.signingSecret ?? newSecret(16);
  let url = '';

  const faults = createFaults(() => changed(workspace, { what: 'faults' }));
  const triggers = createTriggers(now, (what) => {
    const kind = what === 'trigger' ? 'expired_trigger' : 'expired_response_url';
    return faults.take([kind], '') !== null;
  });
  const socketMode = createSocketMode({
    host: () => url.replace('http://', ''),
    appId: workspace.app.id,
    onChange: () => changed(workspace, { what: 'app' }),
  });
  const rateLimits = options.rateLimits ?? { scale: 1 };
  const deliveries: Deliveries = createDeliveries({
    workspace,
    socketMode,
    faults,
    signingSecret,
    delivery: options.delivery,
    ackTimeout: options.ackTimeout ?? 3000,
    retryDelays: options.retryDelays ?? [0, 60_000, 300_000],
    allowance: createEventAllowance(rateLimits, now),
  });
  workspace.eventListeners.add((event) => deliveries.event(event));
  const sleep = sleeper();
  const webApi = createWebApi({
    workspace,
    triggers,
    socketMode,
    faults,
    rateLimits: createRateLimits(rateLimits, now),
    botToken,
    appToken,
    url: () => url,
    wait: sleep.wait,
  });

  function person(userId: string): Person {
    const user = workspace.users.get(userId);
    if (user === undefined || user.isBot) throw new Error(`There is no person "${userId}"`);
    return createPerson(() => createCall({ workspace, user, triggers, deliveries, url }));
  }

  const personHttp = createPersonHttp({
    workspace,
    faults,
    socketMode,
    person,
    isConnected: () => deliveries.delivery().kind === 'http' || socketMode.connections() > 0,
  });

  async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLoopbackHost(request)) return sendText(response, 403, 'Only this machine may ask.');
    const target = URL.parse(request.url ?? '', 'http://localhost');
    if (target === null) return sendText(response, 400, 'Bad request');
    const { pathname: path } = target;
    if (path.startsWith('/api/')) return webApi.handle(request, response, path.slice('/api/'.length));
    if (path.startsWith('/upload/')) return takeUpload(workspace, request, { response, path });
    if (path.startsWith('/response/'))
      return takeAnswer({ workspace, triggers }, request, { response, path });
    if (await personHttp.handle(request, response, target)) return undefined;
    if ((await options.fallback?.(request, response)) === true) return undefined;
    return sendText(response, 404, 'Not found');
  }

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return response.destroy();
      const status = error instanceof BodyTooLarge ? 413 : 500;
      return sendText(
        response,
        status,
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
    });
  });
  server.on('upgrade', (request, socket, head) => {
    if (!isLoopbackHost(request) || !socketMode.upgrade(request, socket, head)) socket.destroy();
  });
  url = `http://127.0.0.1:${await listen(server, options.port ?? 0)}`;

  return {
    url,
    apiUrl: `${url}/api/`,
    botToken,
    appToken,
    signingSecret,
    teamId: workspace.team.id,
    appId: workspace.app.id,
    botUserId: workspace.botUserId,
    workspace: createReader(workspace),
    calls: webApi.calls,
    deliveries: deliveries.log,
    faults,
    sockets: {
      count: socketMode.connections,
      drop: socketMode.drop,
      disconnect: socketMode.disconnect,
    },
    person,
    setDelivery(delivery) {
      deliveries.setDelivery(delivery);
      changed(workspace, { what: 'app' });
    },
    verifyRequestUrl: deliveries.verifyRequestUrl,
    settled: deliveries.settled,
    async stop() {
      deliveries.stop();
      sleep.stop();
      personHttp.stop();
      await socketMode.stop();
      workspace.eventListeners.clear();
      workspace.changeListeners.clear();
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      server.closeAllConnections();
      await promise;
    },
  };
}
