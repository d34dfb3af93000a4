import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail as it arrived: its envelope, and the whole text with its headers. */
export type Arrived = {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly encrypted: boolean;
  readonly user: string | null;
};

export type Refusal = { readonly code: number; readonly at: 'recipient' | 'data' | 'login' | 'connection' };

export type TestSmtp = {
  readonly port: number;
  readonly arrived: readonly Arrived[];
  /** Null takes everything; a refusal for one address leaves the others. */
  refuse(refusal: (Refusal & { readonly address?: string }) | null): void;
  /** Says nothing more from the given moment on. */
  hang(at: 'connection' | 'data' | null): void;
  stop(): Promise<void>;
};

/** A real mail server on loopback that keeps what it is given. */
export async function startSmtpServer(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const arrived: Arrived[] = [];
  let refusal: (Refusal & { readonly address?: string }) | null = null;
  let hangs: 'connection' | 'data' | null = null;
  const answer = (at: Refusal['at'], done: (error?: Error | null) => void, address?: string): void => {
    const isMeant = refusal?.at === at && (refusal.address === undefined || refusal.address === address);
    const words = 'words of the mail server';
    done(isMeant ? Object.assign(new Error(words), { responseCode: refusal?.code }) : null);
  };
  const server = new SMTPServer({
    authOptional: true,
    logger: false,
    closeTimeout: 10,
    onConnect: (_session, done) => {
      if (hangs !== 'connection') answer('connection', done);
    },
    onAuth: ({ username, password }, _session, done) => {
      if (refusal?.at === 'login') done(Object.assign(new Error('words'), { responseCode: refusal.code }));
      else if (password === 'right password') done(null, { user: username });
      else done(new Error('words'));
    },
    onRcptTo: ({ address }, _session, done) => answer('recipient', done, address),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (hangs === 'data') return;
        answer('data', (error) => {
          if (error) {
            done(error);
            return;
          }
          const { mailFrom, rcptTo } = session.envelope;
          arrived.push({
            from: mailFrom ? mailFrom.address : '',
            to: rcptTo.map(({ address }) => address),
            text: Buffer.concat(chunks).toString('utf8'),
            encrypted: Boolean(session.secure),
            user: typeof session.user === 'string' ? session.user : null,
          });
          done();
        });
      });
    },
    ...options,
  });
  // Connections that the other side cuts are part of these tests.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    arrived,
    refuse(next) {
      refusal = next;
    },
    hang(at) {
      hangs = at;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
