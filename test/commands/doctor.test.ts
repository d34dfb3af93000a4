import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../src/adapters/logging/log.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { runCommandLine } from '../../src/commands/commandLine.ts';
import { spaceFinding } from '../../src/commands/doctor/database.ts';
import { doctor } from '../../src/commands/doctor.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { channelIds } from '../../src/sandbox/emulator/seed.ts';
import { startSandbox } from '../../src/sandbox/start.ts';
import { type Stops, stopAll } from '../scenarios/rehearsal.ts';
import { workingDirectory } from '../scenarios/servedProcess.ts';
import { shopFiles } from '../scenarios/smallBot.ts';
import { failures, manifest, manifestScopes, slackThrough, surgery, warnings } from './doctorRig.ts';

const stops: Stops = [];
afterEach(() => stopAll(stops));

const failed = (of: string, says: RegExp, fix: RegExp) => [
  { level: 'failed', of, says: expect.stringMatching(says), fix: expect.stringMatching(fix) },
];

describe('where all is well', () => {
  it('says so line by line, changes nothing and posts nothing', async () => {
    const { read, emulator } = await surgery(stops);
    const { code, lines } = await read();
    expect(code).toBe(0);
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
    expect(lines).toContain('ok       configuration: Every variable is as it should be.');
    expect(lines.at(-1)).toMatch(/^Genesis can start here, \d+ warnings\.$/);
    const reading = /^(auth\.test|apps\.connections\.open|conversations\.list|usergroups\.list)$/;
    expect(emulator.calls.map(({ method }) => method).filter((method) => !reading.test(method))).toEqual([]);
    expect(emulator.sockets.count()).toBe(0);
  });

  it('finds nothing wrong with the sandbox', async () => {
    const directory = await workingDirectory(stops);
    const sandbox = await startSandbox({
      directory,
      playbooks: 'playbooks',
      pace: 60,
      delivery: 'socket',
      pagePort: null,
      alertSource: 'stand-in',
      log: createLog({ level: 'error' }),
      // Only its surroundings are looked at.
      startBot: async () => ({
        url: '',
        routes: [],
        reloadPlaybooks: async () => undefined,
        stop: async () => undefined,
      }),
    });
    stops.push(() => sandbox.stop());
    const lines: string[] = [];
    const code = await doctor({ env: sandbox.env, manifest, json: false }, (line) => void lines.push(line));
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
    expect(code).toBe(0);
    expect(lines).toContainEqual(
      expect.stringMatching(/^ok {7}host genesis: .*28 programs|^ok {7}host genesis/),
    );
  });

  it('takes no other words', async () => {
    expect(await runCommandLine(['doctor', '--loud'], {})).toBe(2);
  });
});

describe('the configuration', () => {
  it('is named with all its problems at once, and what does not need it is looked at all the same', async () => {
    const { examine } = await surgery(stops);
    const { code, said } = await examine({ SLACK_BOT_TOKEN: 'nonsense', PORT: 'x', SLACK_APP_TOKEN: null });
    expect(code).toBe(1);
    expect(failures(said).map(({ says }) => says)).toEqual([
      expect.stringMatching(/^SLACK_BOT_TOKEN /),
      expect.stringMatching(/^PORT /),
      expect.stringMatching(/^SLACK_APP_TOKEN or /),
    ]);
    expect(said).toContainEqual(expect.objectContaining({ level: 'ok', of: 'playbooks' }));
  });

  it('never shows a secret, in lines or as JSON', async () => {
    const { examine, env } = await surgery(stops);
    const secrets = {
      GENESIS_KEY: 'a-key-nobody-may-see',
      PAGERDUTY_TOKEN: 'pagerduty-token-nobody-may-see',
      PAGERDUTY_ROUTING_KEY: 'routing-key-nobody-may-see',
      PROMETHEUS_URL: 'http://user:prometheus-password@127.0.0.1:9',
      ALERTMANAGER_URL: 'http://user:alertmanager-password@127.0.0.1:9',
      SMTP_URL: 'smtp://genesis:mail-password@127.0.0.1:9?from=a@b.test&to=c@d.test',
      HEARTBEAT_URL: 'https://alarm.test/secret-path',
      PAGERDUTY_API_URL: 'http://127.0.0.1:9',
    };
    const text = JSON.stringify(await examine(secrets));
    for (const secret of ['nobody-may-see', '-password', 'secret-path', env.SLACK_BOT_TOKEN ?? '', 'xapp-'])
      expect(text).not.toContain(secret);
  });
});

describe('Slack', () => {
  it('does not accept the bot token', async () => {
    const { examine } = await surgery(stops);
    const { code, said } = await examine({ SLACK_BOT_TOKEN: 'xoxb-0-not-this-one' });
    expect(code).toBe(1);
    expect(failures(said)).toEqual(
      failed('slack', /SLACK_BOT_TOKEN: it answered invalid_auth/, /Copy the Bot/),
    );
  });

  it('is not there', async () => {
    const { examine } = await surgery(stops);
    const { said } = await examine({ SLACK_API_URL: `http://127.0.0.1:${await freePort()}/` });
    expect(failures(said)[0]).toMatchObject(failed('slack', /does not answer.*ECONNREFUSED/, /reach/)[0]!);
    // No token is to blame for a network that is away.
    expect(said).not.toContain('Generate an app-level token');
  });

  it('does not let Socket Mode be opened', async () => {
    const { examine } = await surgery(stops);
    const { said } = await examine({ SLACK_APP_TOKEN: 'xapp-1-not-this-one' });
    expect(failures(said)).toEqual(failed('slack', /SLACK_APP_TOKEN/, /connections:write/));
  });

  it('has granted fewer scopes than the manifest asks for, or more', async () => {
    const scopes = manifestScopes.filter((scope) => scope !== 'pins:write' && scope !== 'files:write');
    const { examine } = await surgery(stops, { seed: { app: { scopes: [...scopes, 'users:write'] } } });
    const { said } = await examine();
    expect(failures(said)).toEqual(
      failed('slack', /lacks the scopes files:write, pins:write/, /reinstall the app/),
    );
    expect(warnings(said, 'slack')).toEqual([
      expect.objectContaining({
        says: expect.stringContaining('more scopes than Genesis needs: users:write'),
      }),
    ]);
  });

  it('has another time than this machine', async () => {
    const { examine, emulator } = await surgery(stops);
    const at = (ms: number) => ({ date: new Date(Date.now() - ms).toUTCString() });
    const late = await slackThrough(stops, emulator, { headers: at(120_000) });
    expect(failures((await examine({ SLACK_API_URL: late })).said)).toEqual(
      failed('slack', /1[12]\d s away from Slack's. Requests are refused/, /timedatectl/),
    );
    const slightly = await slackThrough(stops, emulator, { headers: at(20_000) });
    const { code, said } = await examine({ SLACK_API_URL: slightly });
    expect(code).toBe(0);
    expect(warnings(said, 'slack')[0]?.says).toMatch(/s away from Slack's/);
  });

  it('has no channel of that name, or an archived one', async () => {
    const routing = `severities:
  P0: { place: own-channel, announce: '#nowhere' }
  P1: { place: own-channel, announce: '#genesis-alerts' }
  P2: { place: { thread: '#genesis-monitoring' } }
  P3: { place: { thread: '#genesis-monitoring' } }
  P4: { place: log }
`;
    const { examine, emulator } = await surgery(stops, { files: { 'routing.yml': routing } });
    const archived = await fetch(`${emulator.apiUrl}conversations.archive`, {
      method: 'POST',
      headers: { authorization: `Bearer ${emulator.botToken}` },
      body: new URLSearchParams({ channel: channelIds.monitoring }),
    });
    expect(await archived.json()).toMatchObject({ ok: true });
    const { said } = await examine();
    expect(failures(said)).toEqual([
      ...failed('slack', /no public channel #nowhere/, /Create #nowhere/),
      ...failed('slack', /#genesis-monitoring is archived/, /Unarchive/),
    ]);
  });

  it('has channels that the bot is not in and may not join', async () => {
    const scopes = manifestScopes.filter((scope) => scope !== 'channels:join');
    const channels = ['alerts', 'monitoring', 'incidents'].map((name, index) => ({
      id: `C000000000${index}`,
      name: `genesis-${name}`,
      memberIds: [],
    }));
    const may = await surgery(stops, { seed: { app: { scopes: [...manifestScopes] }, channels } });
    expect((await may.examine()).code).toBe(0);
    const mayNot = await surgery(stops, { seed: { app: { scopes }, channels } });
    const { said } = await mayNot.examine();
    expect(failures(said).map(({ fix }) => fix)).toEqual([
      expect.stringMatching(/reinstall/),
      ...['alerts', 'monitoring', 'incidents'].map((name) => `Type /invite @Genesis in #genesis-${name}.`),
    ]);
  });

  it('has user groups that are missing, empty or disabled, or none at all', async () => {
    const access = `groups: { oncall: { usergroup: oncall }, others: { usergroup: others }, few: { usergroup: leads } }
rules:
  - { allow: [observe, change], to: [oncall, others, few], on: any }
`;
    const { examine, emulator } = await surgery(stops, {
      files: { 'access.yml': access },
      seed: {
        app: { scopes: [...manifestScopes] },
        usergroups: [
          { id: 'S01', handle: 'oncall', name: 'On call', userIds: [] },
          { id: 'S02', handle: 'leads', name: 'Leads', userIds: [] },
        ],
      },
    });
    const disabled = await slackThrough(stops, emulator, {
      body: (method, body) =>
        method !== 'usergroups.list'
          ? body
          : {
              ok: true,
              usergroups: [
                { id: 'S01', handle: 'oncall', date_delete: 0, users: [] },
                { id: 'S02', handle: 'leads', date_delete: 1_763_000_000, users: ['U1'] },
              ],
            },
    });
    const { said } = await examine({ SLACK_API_URL: disabled });
    expect(failures(said)).toEqual(failed('slack', /no user group @others \(access\.yml\)/, /Create/));
    expect(warnings(said, 'slack').map(({ says }) => says)).toEqual([
      expect.stringMatching(/@oncall .* has no members/),
      expect.stringMatching(/@leads .* is disabled/),
    ]);
    emulator.faults.add({ kind: 'api_error', method: 'usergroups.list', error: 'plan_upgrade_required' });
    expect(failures((await examine()).said)).toEqual(failed('slack', /paid plan/, /ids under `users`/));
  });
});

describe('people and playbooks', () => {
  it('names duties that nobody is entered for, and who would call them', async () => {
    const { examine } = await surgery(stops, {
      files: {
        'roster.yml': 'roster: { night: { title: Night watch }, day: { usergroup: oncall } }\n',
        'escalation.yml': `chains:
  shop:
    on: any
    levels:
      - { call: day, answer_within: 5m }
      - { call: night, answer_within: 5m }
`,
        'alerts/shop-errors.yml': `${shopFiles['alerts/shop-errors.yml']}experts: [night]\n`,
      },
    });
    const { code, said } = await examine();
    expect(code).toBe(0);
    expect(warnings(said, 'roster')).toEqual([
      expect.objectContaining({
        says: 'Nobody is entered for the duty night (Night watch); called by the chain shop, level 2, the playbook shop-errors.',
      }),
    ]);
  });

  it('names each mistake in the playbooks with its place', async () => {
    const { examine } = await surgery(stops, {
      files: { 'alerts/shop-errors.yml': 'playbook: shop-errors\ntitle: The shop fails\nstepz: []\n' },
    });
    const { code, said } = await examine();
    expect(code).toBe(1);
    expect(failures(said)[0]).toMatchObject({
      of: 'playbooks',
      says: expect.stringMatching(/shop-errors\.yml:\d+:\d+/),
      fix: expect.stringContaining('genesis lint'),
    });
    expect(failures((await examine({ PLAYBOOKS: '/nowhere/at/all' })).said)[0]).toMatchObject({
      of: 'playbooks',
    });
  });
});

describe('the database', () => {
  it('can be opened and is whole, also beside a running bot', async () => {
    const { examine, directory } = await surgery(stops);
    const store = openSqliteStore({ file: join(directory, 'genesis.db'), clock: systemClock });
    stops.push(() => store.close());
    const { said } = await examine();
    expect(said.filter(({ of }) => of === 'database').map(({ says }) => says)).toEqual([
      expect.stringMatching(/can be opened \(schema \d+\), synchronous=FULL/),
      'It is whole (quick_check).',
      expect.stringMatching(/MB are free/),
    ]);
  });

  it('is of a newer version, or no database at all', async () => {
    const { examine, directory } = await surgery(stops);
    const file = join(directory, 'newer.db');
    const db = new Database(file);
    db.pragma('user_version = 999');
    db.close();
    expect(failures((await examine({ DATABASE_URL: `sqlite:${file}` })).said)).toEqual(
      failed('database', /newer Genesis \(schema 999/, /newer version/),
    );
    const text = join(directory, 'text.db');
    await writeFile(text, 'This is no database. '.repeat(500));
    expect(failures((await examine({ DATABASE_URL: `sqlite:${text}` })).said)).toEqual(
      failed('database', /damaged|did not do its part/, /genesis restore/),
    );
    expect(failures((await examine({ DATABASE_URL: 'sqlite:/nowhere/at/all/genesis.db' })).said)).toEqual(
      failed('database', /no directory/, /mkdir -p/),
    );
  });

  it.each([
    [5_000_000_000, 'ok'],
    [900_000_000, 'warning'],
    [90_000_000, 'failed'],
  ])('with %s bytes free is %s', (free, level) => {
    expect(spaceFinding(free).level).toBe(level);
  });
});

describe('settings', () => {
  it('that are off are said, and files that they name can be written', async () => {
    const { examine } = await surgery(stops);
    const { said } = await examine({ GENESIS_KEY: null });
    const off = warnings(said, 'settings').map(({ says }) => says.split(' ')[0]);
    expect(off).toEqual(
      expect.arrayContaining(['PROMETHEUS_URL', 'HEARTBEAT_URL', 'GENESIS_KEY', 'SMTP_URL']),
    );
    const key = { GENESIS_KEY: 'a-key-of-enough-letters', AUDIT_HEAD_FILE: '/nowhere/at/all/head.json' };
    expect(failures((await examine(key)).said)).toEqual(failed('settings', /AUDIT_HEAD_FILE/, /mkdir -p/));
  });
});
