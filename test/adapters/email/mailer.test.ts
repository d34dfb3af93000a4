import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { createMailer, type MailServer } from '../../../src/adapters/email/mailer.ts';
import type { Mail } from '../../../src/engine/mailPort.ts';
import { WorkFailed } from '../../../src/engine/ports.ts';
import { makeCertificate } from '../../fakes/pagerdutyCertificate.ts';
import { startSmtpServer, type TestSmtp } from '../../fakes/smtpServer.ts';

const { ca, key, cert } = makeCertificate();

const open: TestSmtp[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

async function server(options: SMTPServerOptions = {}): Promise<TestSmtp> {
  const started = await startSmtpServer({ key, cert, ...options });
  open.push(started);
  return started;
}

const mailServer = (port: number, more: Partial<MailServer> = {}): MailServer => ({
  host: '127.0.0.1',
  port,
  secure: false,
  login: null,
  from: 'genesis@example.org',
  to: ['duty@example.org', 'managers@example.org'],
  ...more,
});

const mail: Mail = {
  key: 'INC-12.opened.1763733600000',
  follows: null,
  subject: '[P0] INC-12 Checkout is down',
  text: 'P0 INC-12: Checkout is down\n',
  html: '<p>P0 INC-12: Checkout is down</p>',
};

const login = { user: 'genesis', password: 'right password' };

async function failure(work: Promise<unknown>): Promise<WorkFailed> {
  try {
    await work;
  } catch (error) {
    if (error instanceof WorkFailed) return error;
    throw error;
  }
  throw new Error('it went well');
}

/** The headers as they arrived, folded lines joined. */
const headersOf = (text: string): string[] =>
  (text.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
const header = (text: string, name: string): string | undefined =>
  headersOf(text)
    .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    ?.slice(name.length + 1)
    .trim();

describe('a mail', () => {
  it('goes over TLS, after the login, to every recipient, as text and as a page', async () => {
    const smtp = await server({ secure: true });
    await createMailer(mailServer(smtp.port, { secure: true, login }), { ca }).send(mail);
    expect(smtp.arrived).toMatchObject([
      {
        from: 'genesis@example.org',
        to: ['duty@example.org', 'managers@example.org'],
        encrypted: true,
        user: 'genesis',
      },
    ]);
    const { text } = smtp.arrived[0]!;
    expect(header(text, 'Subject')).toBe('[P0] INC-12 Checkout is down');
    expect(header(text, 'Auto-Submitted')).toBe('auto-generated');
    expect(header(text, 'Content-Type')).toMatch(/^multipart\/alternative/);
    expect(text).toContain('text/plain');
    expect(text).toContain('text/html');
  });

  it('goes over STARTTLS where the connection begins in the clear', async () => {
    const smtp = await server();
    await createMailer(mailServer(smtp.port, { login }), { ca, strictOnLoopback: true }).send(mail);
    expect(smtp.arrived).toMatchObject([{ encrypted: true, user: 'genesis' }]);
  });

  it('that is sent again has the same Message-ID, and one that follows names it', async () => {
    const smtp = await server();
    const mailer = createMailer(mailServer(smtp.port));
    await mailer.send(mail);
    await mailer.send(mail);
    await mailer.send({ ...mail, key: 'INC-12.resolved.1763737200000', follows: mail.key });
    const ids = smtp.arrived.map(({ text }) => header(text, 'Message-ID'));
    expect(ids.slice(0, 2)).toEqual(Array(2).fill('<INC-12.opened.1763733600000@example.org>'));
    expect(ids[2]).toBe('<INC-12.resolved.1763737200000@example.org>');
    expect(header(smtp.arrived[2]!.text, 'In-Reply-To')).toBe(ids[0]);
  });

  it.each([
    ['a line break', 'Down\r\nBcc: stranger@example.com\r\n\r\nAnother body'],
    ['a lone carriage return', 'Down\rBcc: stranger@example.com'],
    ['a Unicode line separator', 'Down\u2028Bcc: stranger@example.com\u0085X: y'],
    ['a null', 'Down\u0000\nBcc: stranger@example.com'],
  ])('gets no header and no recipient from %s in a title', async (_, title) => {
    const smtp = await server();
    const to = ['duty@example.org'];
    await createMailer(mailServer(smtp.port, { to })).send({ ...mail, subject: `[P0] INC-1 ${title}` });
    const [arrived] = smtp.arrived;
    expect(arrived?.to).toEqual(to);
    expect(headersOf(arrived?.text ?? '').filter((line) => /^(bcc|x):/i.test(line))).toEqual([]);
    expect(header(arrived?.text ?? '', 'Subject')).toMatch(/Down/);
  });

  it('reads no file and no address that a text names', async () => {
    const smtp = await server();
    const text = 'see /etc/hostname and http://127.0.0.1:9/x';
    await createMailer(mailServer(smtp.port)).send({
      ...mail,
      text,
      html: '<img src="file:///etc/hostname">',
    });
    expect(smtp.arrived[0]?.text).toContain(text);
    expect(smtp.arrived[0]?.text).not.toContain('attachment');
  });
});

describe('a mail server that does not take it', () => {
  it('is not tried again where it refuses a recipient for good; who that is, is said', async () => {
    const smtp = await server();
    smtp.refuse({ at: 'recipient', code: 550, address: 'duty@example.org' });
    const error = await failure(createMailer(mailServer(smtp.port)).send(mail));
    expect(error).toMatchObject({ code: 'recipient-refused', retry: null });
    expect(error.message).toMatch(/refused 1 of 2 recipients \(550\): duty@example\.org\. The others have/);
    expect(smtp.arrived).toHaveLength(1);
    smtp.refuse({ at: 'recipient', code: 550 });
    expect(await failure(createMailer(mailServer(smtp.port)).send(mail))).toMatchObject({
      code: 'recipient-refused',
      retry: null,
    });
  });

  it.each([
    ['connection', 421],
    ['recipient', 451],
    ['recipient', 450],
    ['data', 451],
    ['data', 452],
  ] as const)('is tried again where it refuses at the %s with %s', async (at, code) => {
    const smtp = await server();
    smtp.refuse({ at, code });
    const mailer = createMailer(mailServer(smtp.port));
    expect(await failure(mailer.send(mail))).toMatchObject({ retry: { afterMs: null } });
    smtp.refuse(null);
    await mailer.send(mail);
    expect(smtp.arrived).toHaveLength(1);
  });

  it('is not tried again where it refuses the text for good', async () => {
    const smtp = await server();
    smtp.refuse({ at: 'data', code: 554 });
    const error = await failure(createMailer(mailServer(smtp.port)).send(mail));
    expect(error).toMatchObject({ code: 'refused', retry: null });
    // What it says is anybody's text, and this message is read in the chat.
    expect(error.message).not.toContain('words of the mail server');
  });

  it('is not tried again where the password is wrong, which is not repeated; a passing fault is', async () => {
    const smtp = await server({ secure: true });
    const wrong = { user: 'genesis', password: 'wrong password' };
    const error = await failure(
      createMailer(mailServer(smtp.port, { secure: true, login: wrong }), { ca }).send(mail),
    );
    expect(error).toMatchObject({ code: 'login-refused', retry: null });
    expect(`${error.message} ${String(error.cause)}`).not.toContain('wrong password');
    smtp.refuse({ at: 'login', code: 454 });
    expect(
      await failure(createMailer(mailServer(smtp.port, { secure: true, login }), { ca }).send(mail)),
    ).toMatchObject({ code: 'login-refused', retry: { afterMs: null } });
  });

  it('is not told the mail or the password where it offers no STARTTLS', async () => {
    const smtp = await server({ disabledCommands: ['STARTTLS'], authOptional: true });
    const error = await failure(
      createMailer(mailServer(smtp.port, { login }), { ca, strictOnLoopback: true }).send(mail),
    );
    expect(error).toMatchObject({ code: 'no-starttls', retry: null });
    expect(error.message).toMatch(/does not offer STARTTLS, so nothing was sent/);
    expect(smtp.arrived).toEqual([]);
  });

  it('needs no STARTTLS on this very machine', async () => {
    const smtp = await server({ disabledCommands: ['STARTTLS', 'AUTH'] });
    await createMailer(mailServer(smtp.port)).send(mail);
    expect(smtp.arrived).toMatchObject([{ encrypted: false }]);
  });

  it.each(['smtps', 'starttls'])('is told nothing where its certificate is not trusted: %s', async (kind) => {
    const secure = kind === 'smtps';
    const smtp = await server({ secure });
    const error = await failure(
      createMailer(mailServer(smtp.port, { secure, login }), { strictOnLoopback: true }).send(mail),
    );
    expect(error).toMatchObject({ code: 'certificate', retry: null });
    expect(error.message).toContain('NODE_EXTRA_CA_CERTS');
    expect(smtp.arrived).toEqual([]);
  });

  it.each(['connection', 'data'] as const)('does not keep anybody where it hangs at the %s', async (at) => {
    const smtp = await server();
    smtp.hang(at);
    const error = await failure(createMailer(mailServer(smtp.port), { timeoutMs: 300 }).send(mail));
    expect(error).toMatchObject({ retry: { afterMs: null }, uncertain: true });
  });

  it('is tried again where it is not there', async () => {
    const smtp = await server();
    const { port } = smtp;
    await smtp.stop();
    expect(await failure(createMailer(mailServer(port)).send(mail))).toMatchObject({
      code: 'unreachable',
      retry: { afterMs: null },
    });
  });
});

describe('looking whether mail would go out', () => {
  it('logs in and sends nothing', async () => {
    const smtp = await server({ secure: true });
    await createMailer(mailServer(smtp.port, { secure: true, login }), { ca }).verify();
    expect(smtp.arrived).toEqual([]);
    const wrong = { user: 'genesis', password: 'wrong password' };
    expect(
      await failure(createMailer(mailServer(smtp.port, { secure: true, login: wrong }), { ca }).verify()),
    ).toMatchObject({ code: 'login-refused' });
  });
});
