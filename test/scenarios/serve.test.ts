import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { oncall, type SlackServer, startSlackServer, stranger } from '../fakes/slackServer.ts';
import { runningWith } from './processes.ts';
import { type Stops, stopAll } from './rehearsal.ts';
import { roomWithSlowAction } from './rooms.ts';
import { genesis, postWebhook, type Served, webhookToken, workingDirectory } from './servedProcess.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8');

const waiting = { timeout: 40_000, interval: 50 };

/** The same alert as one that a shipped playbook answers. */
const highErrorRate = (): string =>
  fixture('firing')
    .replaceAll('DatabaseConnectionsExhausted', 'HighErrorRate')
    .replaceAll('dfbe6daa971f5592', '0123456789abcdef')
    .replaceAll('payments', 'genesis-orchestration');

type Setting = {
  readonly stops: Stops;
  readonly slack: SlackServer;
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
};

async function setting(
  onTestFinished: (end: () => Promise<void>) => void,
  mode: 'socket' | 'http' = 'socket',
): Promise<Setting> {
  const stops: Stops = [];
  onTestFinished(() => stopAll(stops));
  const slack = await startSlackServer();
  stops.push(() => slack.stop());
  const env = {
    SLACK_BOT_TOKEN: slack.tokens.bot,
    ...(mode === 'socket'
      ? { SLACK_APP_TOKEN: slack.tokens.app }
      : { SLACK_SIGNING_SECRET: slack.tokens.signingSecret }),
    SLACK_API_URL: slack.apiUrl,
    ALERTMANAGER_TOKEN: webhookToken,
    // Nothing listens there.
    PROMETHEUS_URL: 'http://127.0.0.1:9',
    PLAYBOOKS: resolve('playbooks'),
    PORT: '0',
  };
  return { stops, slack, directory: await workingDirectory(stops), env };
}

const said = (slack: SlackServer, words: RegExp) =>
  vi.waitFor(() => {
    const found = slack.messages.find(({ text, blocks }) => words.test(`${text}\n${blocks}`));
    if (!found)
      throw new Error(
        `nobody said ${words}; said was:\n${slack.messages.map(({ text }) => text).join('\n')}`,
      );
    return found;
  }, waiting);

/** What /readyz says of each part. */
async function standing(url: string): Promise<unknown> {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: unknown };
  return ready.checks;
}

/** Ends within ten seconds, whatever it is at. */
async function endsInTime(served: Served): Promise<void> {
  let code: number | null | 'running' = 'running';
  void served.exited.then((ended) => {
    code = ended;
  });
  await vi.waitFor(() => expect(code, served.output()).not.toBe('running'), {
    timeout: 10_000,
    interval: 20,
  });
  expect(code, served.output()).toBe(0);
}

describe('genesis serve, by its environment alone', { timeout: 90_000 }, () => {
  it('takes every webhook that Alertmanager sends, and says what it cannot see or reach', async ({
    onTestFinished,
  }) => {
    const { stops, slack, directory, env } = await setting(onTestFinished);
    const served = genesis(stops, { directory, env });
    const url = await served.url();
    await vi.waitFor(() => expect(slack.connections()).toBe(1), waiting);

    for (const name of ['firing', 'firing-truncated', 'partially-resolved', 'resolved']) {
      const response = await postWebhook(url, fixture(name));
      expect(response.status, name).toBe(200);
    }
    await vi.waitFor(
      () =>
        expect(slack.channels.map(({ name }) => name)).toContainEqual(
          expect.stringMatching(/^incident-.*-1$/),
        ),
      waiting,
    );
    await said(slack, /DatabaseConnectionsExhausted/);

    expect((await postWebhook(url, highErrorRate())).status).toBe(200);
    await said(slack, /P1 · High error rate on genesis-orchestration/);
    await said(slack, /Could not be seen: \*Last 100 errors by kind\*.*genesis-rebuild/s);
    await said(slack, /Error rate: no data, so nothing is known/);

    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(JSON.stringify(await ready.json())).toMatch(
      /ALERTMANAGER_URL is not set.*GENESIS_KEY and AUDIT_HEAD/,
    );
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('genesis_');

    served.child.kill('SIGTERM');
    await endsInTime(served);
  });

  it('hears people by Socket Mode, and ends in order while their command runs', {
    tags: ['trust-21'],
  }, async ({ onTestFinished }) => {
    const { stops, slack, directory, env } = await setting(onTestFinished);
    const seconds = `700.${process.pid}`;
    const room = await roomWithSlowAction(stops, { seconds, timeout: '10m' });
    const hosts = join(directory, 'hosts.yml');
    await writeFile(hosts, `hosts: { genesis: { kind: local, directory: ${JSON.stringify(directory)} } }\n`);
    const served = genesis(stops, { directory, env: { ...env, PLAYBOOKS: room, HOSTS_FILE: hosts } });
    await served.url();
    await vi.waitFor(() => expect(slack.connections()).toBe(1), waiting);

    const [place] = slack.channels;
    const by = (user: string, trigger: string) => ({
      user: { id: user, team_id: 'T00SECOND' },
      user_id: user,
      trigger_id: trigger,
      channel_id: place?.id,
      channel: { id: place?.id },
    });
    const slash = (user: string, text: string) =>
      slack.envelope('slash_commands', { ...by(user, `1.1.${user}`), command: '/genesis', text });
    await slash(stranger, 'playbook run drain-slow-thing');
    await vi.waitFor(() => expect(slack.ephemerals.at(-1)?.text).toMatch(/You may not/), waiting);
    await slash(oncall, 'playbook run drain-slow-thing');
    const offer = await said(slack, /Drain the Queue/);
    const value = /"value":"((?:[^"\\]|\\.)*)"/.exec(offer.blocks)?.[1] ?? '';
    await slack.envelope('interactive', {
      ...by(oncall, '1.2.click'),
      type: 'block_actions',
      message: { ts: offer.ts },
      actions: [
        { type: 'button', block_id: 'b', action_id: 'step.perform', value: JSON.parse(`"${value}"`) },
      ],
    });
    await vi.waitFor(() => expect(runningWith(seconds)).toBe(1), waiting);

    served.child.kill('SIGTERM');
    await endsInTime(served);
    expect(runningWith(seconds)).toBe(0);

    // Whoever comes back reads that nobody knows how it ended, and nothing is started again by itself.
    const next = genesis(stops, { directory, env: { ...env, PLAYBOOKS: room, HOSTS_FILE: hosts } });
    await next.url();
    await said(slack, /Drain the queue.*(may or may not have happened|was stopped before it ended)/s);
    expect(runningWith(seconds)).toBe(0);
  });

  it('ends in order in the middle of a webhook', { tags: ['trust-21'] }, async ({ onTestFinished }) => {
    const { stops, slack, directory, env } = await setting(onTestFinished, 'http');
    const served = genesis(stops, { directory, env });
    const url = new URL(await served.url());
    await vi.waitFor(
      async () => expect(await standing(url.origin)).toMatchObject({ slack: { status: 'ok' } }),
      waiting,
    );

    const body = '{"type":"url_verification","challenge":"of the second Slack"}';
    const verified = await fetch(`${url}slack/events`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...slack.sign(body) },
    });
    expect(await verified.text()).toContain('of the second Slack');

    const socket = connect(Number(url.port), url.hostname);
    stops.push(async () => socket.destroy());
    let heard = '';
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
    });
    socket.write(
      `POST /alertmanager HTTP/1.1\r\nHost: genesis\r\nAuthorization: Bearer ${webhookToken}\r\nContent-Type: application/json\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n`,
    );
    await vi.waitFor(() => expect(heard).toContain('100 Continue'), waiting);
    socket.write('{"version":"4"');
    served.child.kill('SIGTERM');
    await endsInTime(served);
  });

  it('starts, takes alerts and ends in order while Slack does not answer', { tags: ['trust-21'] }, async ({
    onTestFinished,
  }) => {
    const { stops, directory, env } = await setting(onTestFinished);
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    stops.push(async () => {
      silent.close();
      silent.closeAllConnections();
    });
    const asked = vi.fn();
    silent.on('request', asked);
    const slackUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const served = genesis(stops, { directory, env: { ...env, SLACK_API_URL: slackUrl } });
    const url = await served.url();
    expect((await postWebhook(url, highErrorRate())).status).toBe(200);
    expect(await standing(url)).toMatchObject({
      store: { status: 'ok' },
      slack: { status: 'failing', message: 'Slack was not reached yet.' },
    });
    await vi.waitFor(() => expect(asked).toHaveBeenCalled(), waiting);
    served.child.kill('SIGTERM');
    await endsInTime(served);
  });

  it('names every mistake of its environment at once', async ({ onTestFinished }) => {
    const { stops, directory } = await setting(onTestFinished);
    const served = genesis(stops, {
      directory,
      env: {
        SLACK_BOT_TOKEN: 'nonsense',
        PORT: 'many',
        PROMETHEUS_URL: 'ftp://x',
        LOG_LEVEL: 'loud',
        DATABASE_URL: 'postgres://x',
      },
    });
    expect(await served.exited).toBe(2);
    for (const name of [
      'SLACK_BOT_TOKEN',
      'SLACK_APP_TOKEN or SLACK_SIGNING_SECRET',
      'ALERTMANAGER_TOKEN',
      'PORT',
      'PROMETHEUS_URL',
      'LOG_LEVEL',
      'DATABASE_URL',
    ])
      expect(served.output()).toContain(name);
  });

  it('says in one line that it cannot listen, or has no file for the executor', async ({
    onTestFinished,
  }) => {
    const { stops, directory, env } = await setting(onTestFinished);
    const nowhere = genesis(stops, { directory, env: { ...env, HOST: '203.0.113.1' } });
    expect(await nowhere.exited).toBe(2);
    expect(nowhere.output()).toMatch(/^HOST and PORT: 203\.0\.113\.1:\d+ cannot be listened on: /m);
    const without = genesis(stops, {
      directory,
      env: { ...env, EXECUTOR_ENV: join(directory, 'nowhere.env') },
    });
    expect(await without.exited).toBe(2);
    expect(without.output()).toMatch(/EXECUTOR_ENV/);
  });

  it('does not start with playbooks that are wrong, and says where', async ({ onTestFinished }) => {
    const { stops, directory, env } = await setting(onTestFinished);
    const served = genesis(stops, {
      directory,
      env: { ...env, PLAYBOOKS: resolve('test/fixtures/broken-playbooks') },
    });
    expect(await served.exited).toBe(2);
    expect(served.output()).toMatch(/\.yml:\d+:\d+/);
  });

  it('does not share a database with another, nor open a damaged one', { tags: ['trust-14'] }, async ({
    onTestFinished,
  }) => {
    const { stops, directory, env } = await setting(onTestFinished);
    const first = genesis(stops, { directory, env });
    await first.url();
    const second = genesis(stops, { directory, env });
    expect(await second.exited).toBe(1);
    expect(second.output()).toMatch(/Another Genesis is running on genesis\.db/);
    expect(first.child.exitCode).toBeNull();

    await writeFile(join(directory, 'damaged.db'), Buffer.alloc(64 * 1024, 'not a database '));
    const third = genesis(stops, { directory, env: { ...env, DATABASE_URL: 'sqlite:damaged.db' } });
    expect(await third.exited).toBe(1);
    expect(third.output()).toMatch(/The database damaged\.db is damaged\. Restore it from the newest backup/);
  });

  it('asks Alertmanager to come back while somebody else holds the database', { tags: ['trust-13'] }, async ({
    onTestFinished,
  }) => {
    const { stops, directory, env } = await setting(onTestFinished);
    const served = genesis(stops, { directory, env });
    const url = await served.url();
    await vi.waitFor(
      async () => expect(await standing(url)).toMatchObject({ slack: { status: 'ok' } }),
      waiting,
    );

    const other = new Database(join(directory, 'genesis.db'));
    stops.push(async () => other.close());
    other.exec('BEGIN IMMEDIATE');
    const refused = await postWebhook(url, highErrorRate());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBeTruthy();
    expect(JSON.stringify(await refused.json())).toContain('Send it again');
    other.exec('ROLLBACK');
    expect((await postWebhook(url, highErrorRate())).status).toBe(200);
    const kept = other.prepare(`SELECT count(*) AS opened FROM events WHERE type = 'IncidentOpened'`).get();
    expect(kept).toEqual({ opened: 1 });
    served.child.kill('SIGTERM');
    await endsInTime(served);
  });
});
