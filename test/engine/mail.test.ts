import { afterEach, describe, expect, it } from 'vitest';
import type { MailDesk } from '../../src/engine/mailPort.ts';
import { startSmtpServer, type TestSmtp } from '../fakes/smtpServer.ts';
import { mailerFor } from '../fakes/testMailer.ts';
import { createRig, eventually, type Rig } from './rig.ts';

const open: TestSmtp[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

const whereabouts: MailDesk['whereabouts'] = {
  linkTo: async (channel) => `https://example.slack.com/archives/${channel}`,
};

async function mailing(): Promise<{ rig: Rig; smtp: TestSmtp; mails(): string[] }> {
  const smtp = await startSmtpServer();
  open.push(smtp);
  const mailer = mailerFor(smtp);
  const rig = createRig({ mail: { mailer, whereabouts } });
  rig.directory.names.set('U1ENGINEER', 'On-call engineer');
  rig.start();
  return { rig, smtp, mails: () => smtp.arrived.map(({ text }) => text.replaceAll('=\r\n', '')) };
}

const subjects = (mails: readonly string[]) =>
  mails.map((text) => /^Subject: (.*(?:\r\n .*)*)/m.exec(text)?.[1]?.replaceAll(/\r\n /g, ' '));

/** The clock moves until as many mails are there. */
const arrives = (rig: Rig, smtp: TestSmtp, count: number) =>
  eventually(() => {
    rig.clock.advance(1_000);
    return smtp.arrived.length;
  }).toBe(count);

describe('an urgent incident', () => {
  it('is mailed with its channel when it opens, and with its duration and note when it is resolved', async () => {
    const { rig, smtp, mails } = await mailing();
    await rig.alert();
    await rig.idle();
    await arrives(rig, smtp, 1);
    await rig.desk.act('U1ENGINEER', { type: 'incident.acknowledge', incident: 'INC-1' });
    rig.clock.advance(40 * 60_000);
    const note = 'The pool <was> enlarged.';
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note });
    await arrives(rig, smtp, 2);
    expect(subjects(mails())).toEqual([
      expect.stringMatching(/^\[P1\] INC-1 high-error-rate/),
      expect.stringMatching(/^\[P1\] INC-1 high-error-rate.* \(resolved\)$/),
    ]);
    const [opened = '', resolved = ''] = mails();
    expect(opened).toContain('Who has it: nobody yet');
    expect(opened).toMatch(/Channel: #incident-\S+ https:\/\/example\.slack\.com\/archives\/C/);
    expect(resolved).toMatch(
      /Resolved: 2026-11-21 \d\d:\d\d UTC by On-call engineer \(@U1ENGINEER\), after 4\d min/,
    );
    expect(resolved).toContain('Note: The pool <was> enlarged.');
    expect(resolved).toContain('The pool &lt;was&gt; enlarged.');
    // Both are one conversation in a mail program.
    const id = /^Message-ID: (\S+)/m.exec(opened)?.[1];
    expect(resolved).toContain(`In-Reply-To: ${id}`);
  });

  it('is mailed by a server that was down, once it is back', async () => {
    const { rig, smtp } = await mailing();
    smtp.refuse({ at: 'data', code: 451 });
    await rig.alert();
    await eventually(() => {
      rig.clock.advance(1_000);
      return rig.observer.performed.some(({ kind, outcome }) => kind === 'email' && outcome === 'postponed');
    }).toBe(true);
    smtp.refuse(null);
    await arrives(rig, smtp, 1);
    expect((await rig.incident()).notes).toEqual([]);
  });

  it('says in the incident what could not be mailed, and goes on', async () => {
    const { rig, smtp } = await mailing();
    smtp.refuse({ at: 'recipient', code: 550 });
    await rig.alert();
    await eventually(async () => {
      rig.clock.advance(1_000);
      return (await rig.incident()).notes.map(({ text }) => text);
    }).toEqual([
      expect.stringMatching(/^Mailing a summary did not succeed and is not tried any more: .*\(550\)/),
    ]);
  });

  it('is no longer tried after a day', async () => {
    const { rig, smtp } = await mailing();
    smtp.refuse({ at: 'data', code: 451 });
    await rig.alert();
    await eventually(async () => {
      rig.clock.advance(60 * 60_000);
      return (await rig.incident()).notes.map(({ text }) => text);
    }).toContainEqual(expect.stringMatching(/^Mailing a summary .* It was tried for a day\.$/));
  });

  it('is mailed while the chat does not answer', async () => {
    const { rig, smtp } = await mailing();
    rig.chat.fault = () => {
      throw new Error('Slack is down.');
    };
    await rig.alert();
    await arrives(rig, smtp, 1);
  });

  it('is mailed again when it is reopened, and one that was made less urgent is mailed at its end', async () => {
    const { rig, smtp, mails } = await mailing();
    await rig.alert();
    await rig.idle();
    await arrives(rig, smtp, 1);
    const at = { incident: 'INC-1' } as const;
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', ...at, note: null });
    await arrives(rig, smtp, 2);
    await rig.desk.act('U1ENGINEER', { type: 'incident.reopen', ...at, why: 'It is back.' });
    await arrives(rig, smtp, 3);
    await rig.desk.act('U1ENGINEER', { type: 'incident.severity', ...at, severity: 'P3', why: null });
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', ...at, note: null });
    await arrives(rig, smtp, 4);
    expect(subjects(mails()).map((subject) => /\((\w+)\)$/.exec(subject ?? '')?.[1])).toEqual([
      undefined,
      'resolved',
      'reopened',
      'resolved',
    ]);
  });
});

describe('no mail', () => {
  it('leaves for an incident that is not urgent, until it becomes so', async () => {
    const { rig, smtp, mails } = await mailing();
    await rig.alert({ name: 'Slow' });
    await rig.idle();
    rig.clock.advance(60_000);
    await rig.idle();
    expect(smtp.arrived).toEqual([]);
    const why = 'Customers notice.';
    await rig.desk.act('U1ENGINEER', { type: 'incident.severity', incident: 'INC-1', severity: 'P0', why });
    await arrives(rig, smtp, 1);
    expect(subjects(mails())[0]).toMatch(/^\[P0\] INC-1 /);
  });

  it('leaves for a drill', async () => {
    const { rig, smtp } = await mailing();
    const answer = await rig.desk.act('U1ENGINEER', {
      type: 'incident.drill',
      playbook: 'high-error-rate',
      firstFails: false,
    });
    expect(answer.kind).toBe('accepted');
    await rig.idle();
    await rig.desk.act('U1ENGINEER', { type: 'incident.resolve', incident: 'INC-1', note: null });
    rig.clock.advance(60_000);
    await rig.idle();
    expect(smtp.arrived).toEqual([]);
    expect(rig.observer.performed.map(({ kind }) => kind)).not.toContain('email');
  });
});
