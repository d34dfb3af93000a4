import { describe, expect, it, onTestFinished } from 'vitest';
import { isPublicAddress } from '../../../src/adapters/outbound/publicAddress.ts';
import { createPager } from '../../../src/adapters/pagerduty/pager.ts';
import { createRig, eventually } from '../../engine/rig.ts';
import { calledRoom } from '../../fakes/called.ts';
import { startPagerDutyServer } from '../../fakes/pagerdutyServer.ts';
import { startSmtpServer } from '../../fakes/smtpServer.ts';
import { mailerFor } from '../../fakes/testMailer.ts';
import { hostileMarkup } from './hostileTexts.ts';

/** What would add a header, a recipient, a row or a second mail if it got there as it is, and what is only too much. */
const hostileLines: readonly string[] = [
  'Down\r\nBcc: everybody@example.org',
  'Down\nTo: everybody@example.org\n\nA body of its own',
  'Down\r\n\r\n<html>A body of its own</html>',
  'Down\r\n.\r\nMAIL FROM:<genesis@example.org>\r\nRCPT TO:<everybody@example.org>\r\nDATA',
  'Down\u2028Resolved: yes\u2029Bcc: everybody@example.org\u0085Note: it is over',
  '=?utf-8?q?Down=0D=0ABcc:_everybody@example.org?=',
  'Down\nResolved: 2026-11-21 by nobody\nNote: it is over',
  'x'.repeat(10_000),
  '\n'.repeat(10_000),
  'é🔥'.repeat(4_000),
  '\ud83d'.repeat(2_000),
  '"}],"routing_key":"another","event_action":"resolve"',
];

async function posted() {
  const pagerduty = await startPagerDutyServer({});
  const smtp = await startSmtpServer();
  const mailer = mailerFor(smtp);
  const rig = createRig({
    room: calledRoom,
    mail: { mailer, whereabouts: { linkTo: async () => null } },
    paging: { sender: () => pager },
  });
  const pager = createPager({
    routingKey: pagerduty.keys.routing,
    token: null,
    from: null,
    apiUrl: pagerduty.url,
    eventsUrl: pagerduty.url,
    clock: rig.clock,
    isPublic: isPublicAddress,
  });
  onTestFinished(async () => {
    await rig.stop();
    pager.stop();
    await Promise.all([pagerduty.stop(), smtp.stop()]);
  });
  rig.start();
  return { rig, pagerduty, smtp };
}

const usualHeaders = [
  ...['auto-submitted', 'content-type', 'date', 'from', 'importance', 'message-id', 'mime-version'],
  ...['precedence', 'subject', 'to', 'x-auto-response-suppress', 'x-msmail-priority', 'x-priority'],
];

describe('hostile texts in pages and mails', { tags: ['trust-35', 'trust-16'] }, () => {
  it('add no header, no recipient, no row and no second page, and are cut where they are too long', async ({
    annotate,
  }) => {
    const { rig, pagerduty, smtp } = await posted();
    const texts = [...hostileLines, ...hostileMarkup].filter((text) => text.trim() !== '');
    for (const [index, text] of texts.entries())
      expect(
        await rig.desk.act('U1ENGINEER', {
          ...{ type: 'incident.declare', severity: 'P1', playbook: null },
          ...{ title: text, service: `${index} ${text}`, summary: `${text} ${index}` },
        } as const),
      ).toMatchObject({ kind: 'accepted' });
    await eventually(() => {
      rig.clock.advance(1_000);
      return [smtp.arrived.length, pagerduty.account.incidents.length];
    }).toEqual([texts.length, texts.length]);

    for (const { to, text } of smtp.arrived) {
      expect(to).toEqual(['duty@example.org']);
      const [head = '', ...body] = text.split('\r\n\r\n');
      const headers = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
      for (const header of headers) expect(usualHeaders).toContain(header.split(':')[0]?.toLowerCase());
      expect(headers.filter((header) => /^(subject|to|from):/i.test(header))).toHaveLength(3);
      const subject = headers.find((header) => /^subject:/i.test(header)) ?? '';
      expect(subject.length).toBeLessThan(2_000);
      const rows = body.join('\n\n').replaceAll('=\r\n', '').replaceAll('\r\n', '\n');
      expect(rows).not.toMatch(/^(Resolved|Note|Bcc|To|A body of its own|<html>A body)/m);
      expect(text.length).toBeLessThan(40_000);
    }
    for (const { payload, ...event } of pagerduty.events as readonly {
      readonly [name: string]: unknown;
      readonly payload: Readonly<Record<string, string>>;
    }[]) {
      expect(event).toMatchObject({ routing_key: pagerduty.keys.routing, event_action: 'trigger' });
      for (const name of ['summary', 'source', 'component', 'group'] as const) {
        const value = payload[name] ?? '';
        expect(value).not.toMatch(/[\r\n\0]/);
        expect(value.isWellFormed()).toBe(true);
        expect(value.length).toBeLessThanOrEqual(1_024);
      }
      expect(Buffer.byteLength(JSON.stringify(payload))).toBeLessThan(512 * 1_024);
    }
    expect(pagerduty.requests).toHaveLength(texts.length);
    await annotate(
      `${texts.length} hostile texts: 0 headers, 0 recipients, 0 rows added, 1 page each`,
      'figure',
    );
  });
});
