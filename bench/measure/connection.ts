import { connect } from 'node:net';

/**
 * A connection that stays open and carries one request at a time: little more than a socket, so that the load costs
 * less than what is measured.
 */
export type Connection = {
  /** Sends one POST and answers its status; rejects when the connection breaks. */
  post(path: string, body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<number>;
  close(): void;
};

const endOfHead = Buffer.from('\r\n\r\n');
const endOfChunks = Buffer.from('0\r\n\r\n');

export function openConnection(url: string): Promise<Connection> {
  const { hostname, port, host } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | null = null;

  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const status = completeAnswer(received);
    if (status === null) return;
    received = Buffer.alloc(0);
    const answered = waiting;
    waiting = null;
    answered?.resolve(status);
  });
  const broken = (error: Error) => {
    waiting?.reject(error);
    waiting = null;
  };
  socket.on('error', broken);
  socket.on('close', () => broken(new Error('the connection was closed')));

  const connection: Connection = {
    post(path, body, headers = {}) {
      const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const head = `POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${more.join('')}\r\n`;
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        if (typeof body === 'string') {
          socket.write(head + body);
          return;
        }
        socket.cork();
        socket.write(head);
        socket.write(body);
        socket.uncork();
      });
    },
    close: () => void socket.destroy(),
  };
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(connection);
    });
  });
}

/** The status of the answer once all of it is there, else null. */
function completeAnswer(bytes: Buffer): number | null {
  const end = bytes.indexOf(endOfHead);
  if (end < 0) return null;
  const head = bytes.toString('latin1', 0, end).toLowerCase();
  const status = Number(head.slice(9, 12));
  const length = /content-length: (\d+)/.exec(head)?.[1];
  const start = end + endOfHead.length;
  if (length !== undefined) return bytes.length >= start + Number(length) ? status : null;
  if (!head.includes('transfer-encoding: chunked')) return status;
  return bytes.subarray(-endOfChunks.length).equals(endOfChunks) ? status : null;
}
