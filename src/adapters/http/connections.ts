import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export type ConnectionCaps = { readonly total: number; readonly perAddress: number };

type Connection = { readonly socket: Socket; readonly address: string; served: number; busy: number };

/**
 * Bounds open connections. At a cap the newcomer pushes out the oldest connection that has not yet sent one whole
 * request, else the oldest idle one. So somebody who opens sockets and feeds them slowly loses them, while short
 * requests get through even from the same address. Only when every connection is being answered is the newcomer refused.
 */
export function capConnections(server: Server, caps: ConnectionCaps, onEvicted: (address: string) => void) {
  const open = new Map<Socket, Connection>();
  const byAddress = new Map<string, Set<Connection>>();
  let draining = false;

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    const peers = byAddress.get(address) ?? new Set<Connection>();
    const crowd = peers.size >= caps.perAddress ? peers : open.size >= caps.total ? open.values() : null;
    if (crowd) {
      const victim = oldestIdle(crowd);
      onEvicted(victim?.address ?? address);
      if (!victim) {
        socket.destroy();
        return;
      }
      remove(victim);
      victim.socket.destroy();
    }
    const connection: Connection = { socket, address, served: 0, busy: 0 };
    open.set(socket, connection);
    peers.add(connection);
    byAddress.set(address, peers);
    socket.once('close', () => remove(connection));
  });

  const remove = (connection: Connection) => {
    open.delete(connection.socket);
    const peers = byAddress.get(connection.address);
    peers?.delete(connection);
    if (peers?.size === 0) byAddress.delete(connection.address);
  };

  return {
    /** A whole request has arrived on this connection; the answer tells that it was served. */
    serving(socket: Socket): () => void {
      const connection = open.get(socket);
      if (!connection) return () => {};
      connection.busy += 1;
      return () => {
        connection.busy -= 1;
        connection.served += 1;
        if (draining && connection.busy === 0) socket.destroySoon();
      };
    },
    /**
     * Every connection ends with the answer it is waiting for. Node itself closes idle ones only once, and counts one
     * that has never said anything as one with a request under way.
     */
    drain(): void {
      draining = true;
      for (const [socket, { busy, served }] of open)
        if (busy === 0 && (served > 0 || socket.bytesRead === 0)) socket.destroySoon();
    },
  };
}

function oldestIdle(connections: Iterable<Connection>): Connection | undefined {
  let idle: Connection | undefined;
  for (const connection of connections) {
    if (connection.busy > 0) continue;
    if (connection.served === 0) return connection;
    idle ??= connection;
  }
  return idle;
}
