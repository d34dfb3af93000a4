import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/adapters/logging/log.ts';
import { createScrubber } from '../../../src/adapters/logging/scrub.ts';

function record(options: Partial<Parameters<typeof createLog>[0]> = {}) {
  const lines: string[] = [];
  const log = createLog({ level: 'info', ...options, write: (line) => lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') };
}

describe('lines for operators', () => {
  it('are JSON with time, level, sentence and fields, those of the parent among them', () => {
    const { log, last } = record();
    log.child({ part: 'webhook' }).warn('Refused.', { remote: '10.0.0.7' });
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      part: 'webhook',
      remote: '10.0.0.7',
      msg: 'Refused.',
    });
  });

  it('are left out below the level', () => {
    const { log, lines } = record({ level: 'warn' });
    log.info('Started.');
    expect(lines).toEqual([]);
  });

  it('carry an error with its causes', () => {
    const { log, last } = record();
    log.error('Failed.', { error: new Error('outer', { cause: new Error('inner') }) });
    expect(last().error).toMatchObject({ message: 'outer', cause: { message: 'inner' } });
  });

  it('can be written for people', () => {
    const { log, lines } = record({ pretty: true });
    log.warn('Refused.', { remote: '10.0.0.7', count: 3 });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d WARN {2}Refused\. {2}remote=10\.0\.0\.7 count=3\n$/);
    log.error('Failed.', { error: new Error('outer') });
    expect(lines[1]).toContain('\n    Error: outer');
  });
});

describe('secrets', () => {
  // Put together here so that no scanner takes this file for a leak.
  const bot = ['xoxb', '1234567890', 'abcDEF123456'].join('-');
  const app = ['xapp', '1', 'A0123', 'deadbeef'].join('-');

  it.each([
    bot,
    app,
    `Bearer ${'a1b2c3d4e5f6'}`,
    'https://hooks.slack.com/services/T0/B0/secretpart',
    'postgres://genesis:hunter22@db.example/genesis',
    'http://:hunter22@prometheus.example',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
  ])('that look like %s are taken out of sentences, fields and errors', (secret) => {
    const { log, lines } = record();
    log.info(`said ${secret} aloud`, { deep: { list: [secret] }, error: new Error(`failed with ${secret}`) });
    const line = lines[0]!;
    for (const part of ['abcDEF123456', 'deadbeef', 'a1b2c3d4e5f6', 'secretpart', 'hunter22', 'AAAA'])
      expect(line).not.toContain(part);
    expect(() => JSON.parse(line)).not.toThrow();
  });

  it('of the configuration are taken out wherever they stand, also in base64', () => {
    const secret = 'pa"ss\\wörd';
    const { log, lines } = record({ secrets: [secret] });
    log.info(`plain ${secret}`, { coded: Buffer.from(secret).toString('base64'), [secret]: 1 });
    expect(lines[0]).not.toContain('ss\\\\w');
    expect(lines[0]).not.toContain(Buffer.from(secret).toString('base64').slice(0, 10));
    expect(() => JSON.parse(lines[0]!)).not.toThrow();
  });

  it('in fields that are named for them lose their value', () => {
    const { log, last } = record();
    log.info('Configured.', { token: 'short', slack: { signingSecret: 'plain' } });
    expect(last()).toMatchObject({ token: '[redacted]', slack: { signingSecret: '[redacted]' } });
  });

  it('are not looked for in what only resembles them', () => {
    const scrub = createScrubber(['on']);
    const text =
      'Restarted genesis-orchestration: http://127.0.0.1:3000/incidents?x=1 took 8 s, bearer unknown';
    expect(scrub(text)).toBe(text);
  });
});
