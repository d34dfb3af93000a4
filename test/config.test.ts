import { describe, expect, it } from 'vitest';
import { readConfig, secretsOf, switchedOff } from '../src/config.ts';

const enough = {
  SLACK_BOT_TOKEN: 'xoxb-1-2-abc',
  SLACK_APP_TOKEN: 'xapp-1-abc',
  ALERTMANAGER_TOKEN: 'a-token-of-some-length',
};

const problems = (env: Record<string, string | undefined>): readonly string[] => {
  const result = readConfig(env);
  return result.kind === 'bad' ? result.problems : [];
};

function config(env: Record<string, string> = {}) {
  const result = readConfig({ ...enough, ...env });
  if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
  return result.config;
}

describe('the environment', () => {
  it('needs the Slack variables and the token of Alertmanager, and names all that is missing at once', () => {
    expect(problems({})).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN is required/),
      expect.stringMatching(/^ALERTMANAGER_TOKEN is required/),
      expect.stringMatching(/^SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is required/),
    ]);
  });

  it('names every wrong value at once', () => {
    const said = problems({
      SLACK_BOT_TOKEN: 'xoxp-a-person',
      SLACK_APP_TOKEN: 'nonsense',
      SLACK_SIGNING_SECRET: 'short',
      SLACK_API_URL: 'ftp://slack.test',
      ALERTMANAGER_TOKEN: 'short',
      ALERTMANAGER_URL: 'not an address',
      PROMETHEUS_URL: 'file:///etc/passwd',
      DATABASE_URL: 'mysql://db',
      PORT: '70000',
      GENESIS_KEY: 'short',
      LOG_LEVEL: 'loud',
      PACE: 'fast',
    });
    for (const name of [
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN',
      'SLACK_SIGNING_SECRET',
      'SLACK_API_URL',
      'ALERTMANAGER_TOKEN',
      'ALERTMANAGER_URL',
      'PROMETHEUS_URL',
      'DATABASE_URL',
      'PORT',
      'GENESIS_KEY',
      'LOG_LEVEL',
      'PACE',
    ])
      expect(
        said.filter((line) => line.startsWith(`${name} `)),
        name,
      ).toHaveLength(1);
  });

  it.each(['SLACK_SIGNING_SECRET', 'GENESIS_KEY', 'ALERTMANAGER_TOKEN'])(
    'refuses a short %s, and does not repeat it',
    (name) => {
      const said = problems({ ...enough, [name]: 'guess-me' });
      expect(said).toHaveLength(1);
      expect(said[0]).toMatch(new RegExp(`^${name} .*characters`));
      expect(said[0]).not.toContain('guess-me');
    },
  );

  it('refuses a secret of blanks', () => {
    expect(problems({ ...enough, GENESIS_KEY: ' '.repeat(32) })).toHaveLength(1);
  });

  it('refuses a short token among several', () => {
    expect(problems({ ...enough, ALERTMANAGER_TOKEN: 'a-token-of-some-length,short' })).toHaveLength(1);
    expect(
      config({ ALERTMANAGER_TOKEN: ' first-of-two-tokens , second-of-two-tokens ,' }).alertmanager.tokens,
    ).toEqual(['first-of-two-tokens', 'second-of-two-tokens']);
  });

  it('counts an empty variable as not set', () => {
    expect(problems({ ...enough, SLACK_BOT_TOKEN: '' })).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN is required/),
    ]);
    expect(config({ PROMETHEUS_URL: '' }).prometheusUrl).toBeNull();
  });

  it('is frozen, and has its defaults', () => {
    const read = config();
    expect(read).toMatchObject({
      database: 'genesis.db',
      playbooks: 'playbooks',
      host: '127.0.0.1',
      port: 3000,
      pace: 1,
      logLevel: 'info',
      slack: { mode: { kind: 'socket' }, apiUrl: 'https://slack.com/api/' },
    });
    expect(Object.isFrozen(read)).toBe(true);
  });

  it('speaks HTTP with Slack where only the signing secret is set', () => {
    const { SLACK_APP_TOKEN: _, ...http } = enough;
    const read = readConfig({ ...http, SLACK_SIGNING_SECRET: '0123456789abcdef' });
    expect(read).toMatchObject({ config: { slack: { mode: { kind: 'http' } } } });
  });
});

describe('the pace', () => {
  it.each(['https://slack.com/api/', 'https://api.slack.com/', 'https://slack-gov.com/api/'])(
    'is refused against the real Slack at %s',
    (SLACK_API_URL) => {
      expect(problems({ ...enough, SLACK_API_URL, PACE: '60' })).toEqual([
        expect.stringMatching(/^PACE must be 1/),
      ]);
      expect(problems({ ...enough, SLACK_API_URL, PACE: '1' })).toEqual([]);
    },
  );

  it('is refused against the address that is meant when none is given', () => {
    expect(problems({ ...enough, PACE: '60' })).toHaveLength(1);
  });

  it('is for rehearsals', () => {
    expect(config({ SLACK_API_URL: 'http://127.0.0.1:9/api', PACE: '60' })).toMatchObject({
      pace: 60,
      slack: { apiUrl: 'http://127.0.0.1:9/api/' },
    });
    expect(problems({ ...enough, SLACK_API_URL: 'http://slack.com.test/api', PACE: '60' })).toEqual([]);
    expect(problems({ ...enough, SLACK_API_URL: 'http://127.0.0.1:9', PACE: '0.5' })).toHaveLength(1);
  });
});

describe('the mail server', () => {
  const own = { SMTP_FROM: 'genesis@mail.test', SMTP_TO: 'duty@mail.test, managers@mail.test' };

  it('is an address with who writes to whom, in it or beside it', () => {
    expect(config().mail).toBeNull();
    expect(config({ SMTP_URL: 'smtp://mail.test', ...own }).mail).toEqual({
      host: 'mail.test',
      port: 587,
      secure: false,
      login: null,
      from: 'genesis@mail.test',
      to: ['duty@mail.test', 'managers@mail.test'],
    });
    const SMTP_URL = 'smtps://genesis:p%40ss@mail.test:2465?from=genesis@mail.test&to=duty@mail.test';
    expect(config({ SMTP_URL }).mail).toMatchObject({
      port: 2465,
      secure: true,
      login: { user: 'genesis', password: 'p@ss' },
      to: ['duty@mail.test'],
    });
    expect(config({ SMTP_URL: 'smtps://[::1]', ...own }).mail).toMatchObject({ host: '::1', port: 465 });
  });

  it.each([
    [{ SMTP_URL: 'https://mail.test', ...own }, /^SMTP_URL must be an smtp or smtps address/],
    [{ SMTP_URL: 'smtp://mail.test', SMTP_TO: own.SMTP_TO }, /^SMTP_FROM must be/],
    [{ SMTP_URL: 'smtp://mail.test', SMTP_FROM: own.SMTP_FROM }, /^SMTP_TO must be/],
    [{ SMTP_URL: 'smtp://mail.test', ...own, SMTP_TO: 'duty@mail.test, nobody' }, /^SMTP_TO must be/],
    [{ SMTP_URL: 'smtp://mail.test', ...own, SMTP_FROM: 'a@b.test\nBcc: c@d.test' }, /^SMTP_FROM must be/],
    [{ SMTP_URL: 'smtp://genesis:100%@mail.test', ...own }, /^SMTP_URL has a user or password/],
  ])('is refused as %o', (env, said) => {
    expect(problems({ ...enough, ...env })).toEqual([expect.stringMatching(said)]);
  });

  it('has a password that is a secret, as it is written, as it is meant, and as it is sent', () => {
    const secrets = secretsOf(config({ SMTP_URL: 'smtps://genesis:p%40ss-word@mail.test', ...own }));
    for (const form of ['p@ss-word', 'p%40ss-word', btoa('\0genesis\0p@ss-word')])
      expect(secrets).toContain(form);
  });
});

describe('what is not set is off, and said', () => {
  const all = {
    PROMETHEUS_URL: 'http://prometheus.test',
    ALERTMANAGER_URL: 'http://alertmanager.test',
    GENESIS_KEY: 'a key of more than sixteen characters',
    AUDIT_HEAD_FILE: 'audit-head.json',
    HEARTBEAT_URL: 'https://alarm.test/ping',
    SMTP_URL: 'smtps://genesis:pass@mail.test?from=genesis@mail.test&to=duty@mail.test',
    PAGERDUTY_TOKEN: 'token-of-the-rest-api',
    PAGERDUTY_WEBHOOK_SECRET: 'a secret of the webhook',
  };
  const paging = { PAGERDUTY_ROUTING_KEY: 'R0UT1NGKEY' };

  it('says that nobody is paged where PagerDuty is not configured', () => {
    expect(switchedOff(config({})).join('\n')).toContain('people are called in Slack alone');
  });

  it('says nothing of what is set', () => {
    const said = switchedOff(config({ ...all, ...paging })).join('\n');
    for (const name of Object.keys(all)) expect(said).not.toContain(name);
  });

  it.each(Object.keys(all))('names %s when it is missing', (name) => {
    expect(switchedOff(config({ ...all, ...paging, [name]: '' })).join('\n')).toContain(name);
  });
});

describe('PagerDuty', () => {
  const keys = { PAGERDUTY_ROUTING_KEY: 'R0UT1NGKEY1', PAGERDUTY_ROUTING_KEY_LEADS: 'R0UT1NGKEY2' };

  it('has a key for each integration, and secrets that never leave', () => {
    const read = config({ ...keys, PAGERDUTY_WEBHOOK_SECRET: 'secret-of-now-1, secret-before-1' });
    expect(read.pagerduty).toMatchObject({
      routingKeys: keys,
      webhookSecrets: ['secret-of-now-1', 'secret-before-1'],
    });
    for (const secret of [...Object.values(keys), 'secret-of-now-1', 'secret-before-1'])
      expect(secretsOf(read)).toContain(secret);
  });

  it.each([
    [{ PAGERDUTY_TOKEN: 'token' }, /^PAGERDUTY_ROUTING_KEY is required where PAGERDUTY_TOKEN is set/],
    [{ ...keys, PAGERDUTY_WEBHOOK_SECRET: 'short' }, /^PAGERDUTY_WEBHOOK_SECRET every secret must be/],
    [{ ...keys, PAGERDUTY_FROM: 'nobody' }, /^PAGERDUTY_FROM must be/],
    [{ PAGERDUTY_ROUTING_KEY: 'a key' }, /^PAGERDUTY_ROUTING_KEY must be the key/],
  ])('is refused as %o', (env, said) => {
    expect(problems({ ...enough, ...env })).toEqual([expect.stringMatching(said)]);
  });
});
