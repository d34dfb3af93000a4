import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import type { Mail, Mailer } from '../../engine/mailPort.ts';
import { WorkFailed } from '../../engine/ports.ts';

export type MailServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS before anything is said, which only a server on loopback need not offer. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | null;
  readonly from: string;
  readonly to: readonly string[];
};

/** What RFC 5321 gives a server for an answer is minutes; whoever is to hear of an incident cannot wait for these. */
const usualTimeoutMs = 20_000;
const longestSubject = 200;

/**
 * Mails by SMTP, one connection for each mail: they are few. Every call ends within `timeoutMs` (default 20,000) or
 * throws WorkFailed, `uncertain` where the server may have taken the mail. What the server says is never repeated in
 * the message, only its code.
 */
export function createMailer(
  server: MailServer,
  options: {
    readonly timeoutMs?: number;
    /** Certificates (PEM) of authorities to trust instead of the usual ones. */
    readonly ca?: string;
    /** Whether a server on this very machine has to offer TLS like any other; by default not. */
    readonly strictOnLoopback?: boolean;
  } = {},
): Mailer & {
  /** Connects, secures the connection and logs in; nothing is sent. */
  verify(): Promise<void>;
} {
  const timeoutMs = options.timeoutMs ?? usualTimeoutMs;
  const domain = server.from.slice(server.from.lastIndexOf('@') + 1);
  const where = `${server.host}:${server.port}`;
  // A mail server on this very machine has no name that a certificate could be for, and nobody listens in between.
  const mayBePlain = !server.secure && isLoopback(server.host) && options.strictOnLoopback !== true;

  const open = () =>
    createTransport({
      host: server.host,
      port: server.port,
      secure: server.secure,
      requireTLS: !server.secure && !mayBePlain,
      ...(server.login === null ? {} : { auth: { user: server.login.user, pass: server.login.password } }),
      tls: {
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(mayBePlain ? { rejectUnauthorized: false } : {}),
        ...(isIP(server.host) === 0 ? { servername: server.host } : {}),
      },
      dnsTimeout: timeoutMs,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      logger: false,
    });
  type Transport = ReturnType<typeof open>;

  /** The library watches single steps; a server that says something every few seconds would keep it for ever. */
  async function within<T>(work: (transport: Transport) => Promise<T>): Promise<T> {
    const transport = open();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const message = `The mail server ${where} did not finish within ${timeoutMs / 1_000} s.`;
      reject(new WorkFailed('timeout', message, { retry: { afterMs: null }, uncertain: true }));
    }, timeoutMs);
    const done = work(transport);
    // Once the time is up nobody waits for it any more.
    done.catch(() => undefined);
    try {
      return await Promise.race([done, late]);
    } catch (error) {
      throw error instanceof WorkFailed ? error : inOurWords(error, server);
    } finally {
      clearTimeout(timer);
      transport.close();
    }
  }

  return {
    async send(mail) {
      const info = await within((transport) => transport.sendMail(messageOf(mail, server, domain)));
      const refused = (info.rejectedErrors ?? []).map((error) => codeOf(error));
      if (refused.length === 0) return;
      const known = { retry: refused.some(isPassing) ? { afterMs: null } : null };
      const codes = [...new Set(refused.filter((code) => code !== null))].join(', ');
      throw new WorkFailed(
        'recipient-refused',
        `The mail server ${where} refused ${refused.length} of ${server.to.length} recipients (${codes}): ${info.rejected.map(addressOf).join(', ')}. The others have the mail.`,
        { ...known, uncertain: true },
      );
    },
    async verify() {
      await within((transport) => transport.verify());
    },
  };
}

function messageOf(mail: Mail, { from, to }: MailServer, domain: string) {
  const id = (key: string) => `<${key.replaceAll(/[^A-Za-z0-9.-]/g, '-')}@${domain}>`;
  return {
    messageId: id(mail.key),
    ...(mail.follows === null ? {} : { inReplyTo: id(mail.follows), references: id(mail.follows) }),
    from: { name: 'Genesis', address: from },
    to: [...to],
    subject: oneLine(mail.subject),
    text: mail.text,
    html: mail.html,
    // Nobody's holiday notice is to come back for it, and mail programs are to know that no person wrote it.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
  };
}

/** A line break in a subject would begin a header of whoever wrote the title of the alert. */
const oneLine = (text: string): string =>
  [...text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, longestSubject).join('');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

const addressOf = (address: string | { address: string }): string =>
  typeof address === 'string' ? address : address.address;

type Told = { readonly code?: unknown; readonly responseCode?: unknown; readonly command?: unknown };

const told = (error: unknown): Told => (error instanceof Error ? (error as Told) : {});

const codeOf = (error: unknown): number | null => {
  const { responseCode } = told(error);
  return typeof responseCode === 'number' ? responseCode : null;
};

/** Mail servers begin with 4 what may go well later: greylisting, a full queue, a restart. */
const isPassing = (code: number | null): boolean => code !== null && code >= 400 && code < 500;

const certificateFaults =
  /self.signed|unable to (?:verify|get)|certificate|altname|ERR_TLS_CERT|UNABLE_TO|DEPTH_ZERO/i;

function inOurWords(error: unknown, { host, port, secure, to }: MailServer): WorkFailed {
  const where = `${host}:${port}`;
  const { code, command } = told(error);
  const answer = codeOf(error);
  const said = answer === null ? '' : ` (${answer})`;
  const failed = (name: string, message: string, again: boolean) =>
    new WorkFailed(name, message, {
      retry: again ? { afterMs: null } : null,
      // Only after the whole text was handed over can it have been taken.
      uncertain: again,
      cause: error,
    });
  const text = error instanceof Error ? `${error.message} ${String(code)}` : '';
  if (certificateFaults.test(text))
    return failed(
      'certificate',
      `The mail server ${where} shows a certificate that is not trusted, so nothing was sent. Give its authority to Genesis by NODE_EXTRA_CA_CERTS.`,
      false,
    );
  if (code === 'ETLS' && !secure && !isPassing(answer))
    return failed(
      'no-starttls',
      `The mail server ${where} does not offer STARTTLS, so nothing was sent: the mail and the password would have gone unencrypted. Use smtps:// or a server that offers it.`,
      false,
    );
  if (code === 'EAUTH')
    return failed(
      'login-refused',
      `The mail server ${where} did not accept the user and password of SMTP_URL${said}.`,
      isPassing(answer),
    );
  if (code === 'EENVELOPE' && command === 'RCPT TO')
    return failed(
      'recipient-refused',
      `The mail server ${where} refused ${to.length === 1 ? 'the recipient' : 'all recipients'} of SMTP_TO${said}.`,
      isPassing(answer),
    );
  if (answer !== null)
    return failed('refused', `The mail server ${where} did not take the mail${said}.`, isPassing(answer));
  return failed(
    'unreachable',
    `The mail server ${where} cannot be reached (${String(code ?? 'no code')}).`,
    true,
  );
}
