import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { DisconnectReason } from './faultRules.ts';
import { newSecret } from './ids.ts';

/**
 * Socket Mode. The app asks for a URL, which serves once; on connecting it gets `hello`, then envelopes, each of
 * which it acknowledges by its id. A payload goes to one of the open connections. A connection that was asked
 * to go gets nothing more. At most ten connections are allowed.
 */

const maxConnections = 10;

/** The client gives up a connection that was pinged once and then not for 30 seconds. */
const pingEvery = 10_000;

const goodbyeTime = 250;

interface Connection {
  socket: WebSocket;
  isLeaving: boolean;
}

export interface Envelope {
  kind: 'slash_commands' | 'interactive' | 'events_api';
  payload: Record<string, unknown>;
  acceptsResponse: boolean;
  retry?: { num: number; reason: string };
}

export type SocketAnswer = { kind: 'acked'; payload: unknown } | { kind: 'unreachable' };

export interface SocketMode {
  /** A WebSocket URL for one connection. */
  newUrl(): string;
  /** Takes over an upgrade request; false if it is not for Socket Mode. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Resolves with the acknowledgement; never when none comes, so race it against a clock. */
  send(envelope: Envelope): Promise<SocketAnswer>;
  connections(): number;
  /** Cuts every connection without a word. */
  drop(): void;
  disconnect(reason: DisconnectReason): void;
  /** Says goodbye, waits a moment for the other side's, then cuts. */
  stop(): Promise<void>;
}

export function createSocketMode(options: {
  host: () => string;
  appId: string;
  onChange: () => void;
}): SocketMode {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  const tickets = new Set<string>();
  const connections = new Set<Connection>();
  const waiting = new Map<string, { connection: Connection; answer: (answer: SocketAnswer) => void }>();
  let turn = 0;

  const pings = setInterval(() => {
    for (const { socket } of connections) if (socket.readyState === socket.OPEN) socket.ping();
  }, pingEvery);
  pings.unref();

  function say(connection: Connection, message: Record<string, unknown>): void {
    connection.socket.send(JSON.stringify(message));
  }

  function onMessage(text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return; // Slack, too, takes no notice of what it cannot read.
    }
    const { envelope_id: id, payload } = message as { envelope_id?: unknown; payload?: unknown };
    const entry = typeof id === 'string' ? waiting.get(id) : undefined;
    if (entry === undefined || typeof id !== 'string') return;
    waiting.delete(id);
    entry.answer({ kind: 'acked', payload: payload ?? {} });
  }

  function greet(socket: WebSocket): void {
    const connection: Connection = { socket, isLeaving: false };
    if (connections.size >= maxConnections) {
      say(connection, { type: 'disconnect', reason: 'too_many_websockets' });
      socket.close();
      return;
    }
    connections.add(connection);
    socket.on('message', (data) => onMessage(String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      connections.delete(connection);
      options.onChange();
    });
    say(connection, {
      type: 'hello',
      num_connections: connections.size,
      connection_info: { app_id: options.appId },
      debug_info: { host: 'sandbox', build_number: 1, approximate_connection_time: 18060 },
    });
    options.onChange();
  }

  async function goodbye(socket: WebSocket): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', () => resolve());
    const impatience = setTimeout(() => socket.terminate(), goodbyeTime);
    socket.close(1001);
    await promise;
    clearTimeout(impatience);
  }

  return {
    newUrl() {
      const ticket = newSecret(16);
      tickets.add(ticket);
      return `ws://${options.host()}/link/?ticket=${ticket}&app_id=${options.appId}`;
    },
    upgrade(request, socket, head) {
      const url = URL.parse(request.url ?? '', 'http://socket');
      if (url === null || url.pathname !== '/link/') return false;
      if (!tickets.delete(url.searchParams.get('ticket') ?? '')) {
        socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
        return true;
      }
      server.handleUpgrade(request, socket, head, greet);
      return true;
    },
    send(envelope) {
      const open = [...connections].filter(
        ({ socket, isLeaving }) => !isLeaving && socket.readyState === socket.OPEN,
      );
      turn += 1;
      const connection = open[turn % open.length];
      if (connection === undefined) return Promise.resolve({ kind: 'unreachable' });
      const id = `${newSecret(4)}-${newSecret(2)}-${newSecret(2)}-${newSecret(2)}-${newSecret(6)}`;
      const { promise, resolve } = Promise.withResolvers<SocketAnswer>();
      waiting.set(id, { connection, answer: resolve });
      say(connection, {
        envelope_id: id,
        type: envelope.kind,
        payload: envelope.payload,
        accepts_response_payload: envelope.acceptsResponse,
        ...(envelope.kind === 'events_api'
          ? { retry_attempt: envelope.retry?.num ?? 0, retry_reason: envelope.retry?.reason ?? '' }
          : {}),
      });
      return promise;
    },
    connections: () => connections.size,
    drop() {
      for (const { socket } of connections) socket.terminate();
    },
    disconnect(reason) {
      for (const connection of connections) {
        connection.isLeaving = true;
        say(connection, { type: 'disconnect', reason, debug_info: { host: 'sandbox' } });
      }
    },
    async stop() {
      clearInterval(pings);
      waiting.clear();
      await Promise.all([...connections].map(({ socket }) => goodbye(socket)));
      server.close();
    },
  };
}
