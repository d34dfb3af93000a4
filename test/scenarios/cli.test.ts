import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { people } from '../../src/sandbox/emulator/seed.ts';
import { manifestRules, scopesOf } from '../fixtures/slackAppFacts.ts';
import { databaseOf, type Rehearsal, rehearse, type Stops, stopAll } from './rehearsal.ts';
import { genesis, postWebhook } from './servedProcess.ts';
import { createWorkspaceDriver } from './workspaceDriver.ts';

const stops: Stops = [];
let sandbox: Rehearsal;
let database = '';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/alertmanager/${name}.json`, import.meta.url), 'utf8');

type Ended = { readonly code: number | null; readonly out: string };

/** One command as an operator types it, in the directory of the database. */
async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const command = genesis(stops, {
    directory: sandbox.directory,
    args,
    env: {
      DATABASE_URL: `sqlite:${database}`,
      GENESIS_KEY: sandbox.env.GENESIS_KEY ?? '',
      AUDIT_HEAD_FILE: sandbox.env.AUDIT_HEAD_FILE ?? '',
      ...env,
    },
  });
  return { code: await command.exited, out: command.output() };
}

// One resolved incident and one that is open, as a bot has left them.
beforeAll(async () => {
  sandbox = await rehearse(stops);
  database = databaseOf(sandbox.env);
  const { emulator, bot, env } = sandbox;
  await vi.waitFor(() => expect(emulator.sockets.count()).toBe(1), 20_000);
  const token = { authorization: `Bearer ${env.ALERTMANAGER_TOKEN}` };
  expect((await postWebhook(bot.url, fixture('firing'), token)).status).toBe(200);
  const slack = createWorkspaceDriver(emulator);
  const { id: channel } = await slack.incidentChannel(1);
  await slack.withButton(channel, 'Answer');
  await slack.click(people.oncall, channel, 'Acknowledge');
  await emulator.person(people.oncall).slash(channel, '/genesis', 'resolve The pool was enlarged <again>.');
  await slack.message(channel, /post-mortem draft/i);
  await emulator.person(people.oncall).slash(channel, '/genesis', 'declare P3 Slow checkout');
  await slack.message('#genesis-monitoring', /Slow checkout/);
}, 90_000);

afterAll(() => stopAll(stops));

describe('beside the running bot', () => {
  it('lists incidents, and one with its whole log', async () => {
    const all = await run(['incidents']);
    expect(all.code).toBe(0);
    expect(all.out).toMatch(/INC-1 {2}P1 {2}resolved {2}DatabaseConnectionsExhausted on payments/);
    expect(all.out).toMatch(/INC-2 {2}P3 {2}open {2}Slow checkout/);
    const one = await run(['incidents', 'inc-1']);
    expect(one.code).toBe(0);
    expect(one.out).toMatch(
      /IncidentOpened[\s\S]*AlertFired[\s\S]*IncidentAcknowledged[\s\S]*IncidentResolved/,
    );
    expect(await run(['incidents', 'INC-77'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('There is no incident INC-77.'),
    });
  });

  it('writes the post-mortem as Markdown, HTML and JSON', async () => {
    const markdown = await run(['postmortem', 'INC-1']);
    expect(markdown.code).toBe(0);
    expect(markdown.out).toMatch(/^# .*DatabaseConnectionsExhausted/m);
    const html = await run(['postmortem', 'INC-1', '--format', 'html']);
    expect(html.out).toMatch(/^<!doctype html>/i);
    expect(html.out).toContain('&lt;again&gt;');
    expect(html.out).not.toContain('<again>');
    const json = await run(['postmortem', 'INC-1', '--format', 'json']);
    expect(JSON.stringify(JSON.parse(json.out))).toContain('The pool was enlarged');
    expect((await run(['postmortem', 'INC-77'])).code).toBe(1);
  });

  it('exports the whole log, one object a line, and copies the database', async () => {
    const exported = await run(['export']);
    expect(exported.code).toBe(0);
    const lines = exported.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { position: number; type: string; at: string; hash: string });
    expect(lines.map(({ position }) => position)).toEqual(lines.map((_, index) => index + 1));
    expect(lines[0]).toMatchObject({ type: 'IncidentOpened', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });

    const copy = join(sandbox.directory, 'copy.db');
    const copied = await run(['backup', 'copy.db']);
    expect(copied).toMatchObject({ code: 0, out: expect.stringMatching(/events, the chain holds/) });
    expect(existsSync(copy)).toBe(true);
    expect(await run(['backup', 'copy.db'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('is there already'),
    });
    expect((await run(['incidents'], { DATABASE_URL: `sqlite:${copy}` })).out).toContain('INC-2');
  });

  it('says which database is not there or is none', async () => {
    const missing = await run(['incidents'], { DATABASE_URL: 'sqlite:nowhere.db' });
    expect(missing).toMatchObject({ code: 1, out: expect.stringContaining('nowhere.db') });
    writeFileSync(join(sandbox.directory, 'text.db'), 'not a database at all, only text '.repeat(100));
    const text = await run(['export'], { DATABASE_URL: 'sqlite:text.db' });
    expect(text).toMatchObject({ code: 1, out: expect.stringContaining('is damaged') });
    expect(text.out).not.toContain('    at ');
  });
});

describe('the log as it was left', () => {
  /** A copy with one thing changed behind the bot's back. */
  function tampered(name: string, sql: string): string {
    const file = join(sandbox.directory, name);
    copyFileSync(database, file);
    const db = new Database(file);
    expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
    db.close();
    return `sqlite:${file}`;
  }

  beforeAll(async () => {
    await sandbox.bot.stop();
  });

  it('holds, and agrees with the signed head', async () => {
    const verified = await run(['audit', 'verify']);
    expect(verified).toMatchObject({
      code: 0,
      out: expect.stringMatching(/the chain holds and agrees with the head signed at/),
    });
    const unsigned = await run(['audit', 'verify'], { GENESIS_KEY: '' });
    expect(unsigned).toMatchObject({
      code: 0,
      out: expect.stringMatching(/not compared with a signed head/),
    });
  });

  it.each([
    [
      'one letter of a payload',
      `UPDATE events SET data = replace(data, 'enlarged', 'enlargad') WHERE data LIKE '%enlarged%'`,
      /event \d+: the payload is not/,
    ],
    [
      'who did it',
      `UPDATE events SET actor = 'U0SOMEBODY1' WHERE type = 'IncidentResolved'`,
      /event \d+: the event does not fit/,
    ],
    ['an event taken out', `DELETE FROM events WHERE position = 3`, /events 3 to 3 are missing/],
    ['the newest events cut off', `DELETE FROM events WHERE position > 4`, /events were cut off/],
  ])('is found out: %s', async (name, sql, finding) => {
    const DATABASE_URL = tampered(`${name.replaceAll(' ', '-')}.db`, sql);
    const verified = await run(['audit', 'verify'], { DATABASE_URL });
    expect(verified.code).toBe(1);
    expect(verified.out).toMatch(finding);
  });

  it('is found out: one byte of the file', async () => {
    const file = join(sandbox.directory, 'one-byte.db');
    copyFileSync(database, file);
    const bytes = readFileSync(file);
    const at = bytes.lastIndexOf('{"note":"The pool was enlarged') + '{"note":"'.length;
    expect(bytes.toString('utf8', at, at + 8)).toBe('The pool');
    bytes[at] = 't'.charCodeAt(0);
    writeFileSync(file, bytes);
    const verified = await run(['audit', 'verify'], { DATABASE_URL: `sqlite:${file}` });
    expect(verified).toMatchObject({
      code: 1,
      out: expect.stringMatching(/event \d+: the payload is not the one that was written/),
    });
  });

  it('is found out: a head signed with another key', async () => {
    const verified = await run(['audit', 'verify'], { GENESIS_KEY: 'another key, as long as ours' });
    expect(verified).toMatchObject({ code: 1, out: expect.stringContaining('not from this GENESIS_KEY') });
  });
});

describe('playbooks and the Slack app', () => {
  it('lints the shipped playbooks clean and names what is wrong in others', async () => {
    expect(await run(['lint', resolve('playbooks')])).toMatchObject({
      code: 0,
      out: expect.stringContaining('no problems'),
    });
    const broken = resolve('test/fixtures/broken-playbooks');
    const text = await run(['lint', broken]);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/\.yml:\d+:\d+: /);
    const github = await run(['lint', broken, '--format', 'github']);
    expect(github).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^::error file=.*,line=\d+,col=\d+/m),
    });
  });

  it('prints a manifest that Slack takes, in either form', async () => {
    const check = new Ajv({ allErrors: true }).compile(manifestRules);
    const socket = await run(['manifest']);
    const http = await run(['manifest', '--http', 'https://genesis.example.org/']);
    for (const { code, out } of [socket, http]) {
      expect(code).toBe(0);
      expect(check(parse(out)), JSON.stringify(check.errors)).toBe(true);
    }
    expect(parse(socket.out)).toMatchObject({ settings: { socket_mode_enabled: true } });
    const url = 'https://genesis.example.org/slack/events';
    expect(parse(http.out)).toMatchObject({
      settings: {
        socket_mode_enabled: false,
        event_subscriptions: { request_url: url, bot_events: ['app_home_opened', 'app_mention'] },
        interactivity: { request_url: url },
      },
      features: { slash_commands: [{ command: '/genesis', url }] },
    });
    expect((await run(['manifest', '--http', 'http://genesis.example.org'])).code).toBe(2);
  });

  it('asks for the scopes of what it calls and for no others', async () => {
    const { oauth_config } = parse((await run(['manifest'])).out) as {
      oauth_config: { scopes: { bot: string[] } };
    };
    const called = new Set(sandbox.emulator.calls.map(({ method }) => method));
    for (const method of called) expect(Object.keys(scopesOf), method).toContain(method);
    const needed = new Set(['commands', 'app_mentions:read', ...Object.values(scopesOf).flat()]);
    expect(oauth_config.scopes.bot.toSorted()).toEqual([...needed].sort());
  });
});

describe('wrong usage', () => {
  it.each([
    [['nonsense']],
    [['postmortem']],
    [['postmortem', 'INC-1', '--format', 'pdf']],
    [['backup']],
    [['incidents', '--all']],
    [['audit', 'rewrite']],
    [['lint', 'playbooks', '--format', 'xml']],
    [['sandbox', '--port', 'many']],
  ])('ends with 2 and says how it is used: %j', async (args) => {
    const { code, out } = await run(args);
    expect(code).toBe(2);
    expect(out).toMatch(/error: |Usage: /);
  });

  it('is not: asking for help', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('serve') });
    expect(await run(['lint', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('lint') });
  });
});
