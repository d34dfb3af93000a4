import { createMailer } from '../../src/adapters/email/mailer.ts';
import type { Mailer } from '../../src/engine/mailPort.ts';
import type { TestSmtp } from './smtpServer.ts';

/** Mails to whoever is on duty, through a mail server of the test. */
export const mailerFor = ({ port }: TestSmtp): Mailer =>
  createMailer({
    host: '127.0.0.1',
    port,
    secure: false,
    login: null,
    from: 'genesis@example.org',
    to: ['duty@example.org'],
  });
