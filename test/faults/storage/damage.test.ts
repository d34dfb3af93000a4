import { closeSync, copyFileSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { restore } from '../../../src/commands/restore.ts';
import type { Command } from '../../../src/core/command.ts';
import { createDesk } from '../../../src/engine/desk.ts';
import { createPerformer } from '../../../src/engine/perform.ts';
import { type Clock, type Store, StoreFailed } from '../../../src/engine/ports.ts';
import { alert } from '../../adapters/alertCommand.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import {
  createFakeChat,
  createFakeDirectory,
  createFakeGauge,
  createFakeLog,
  createFakeObserver,
  createFakeRunner,
  fakePainter,
} from '../../fakes/ports.ts';
import { engineer, hour, room } from '../../fakes/room.ts';
import { startSlackServer } from '../../fakes/slackServer.ts';
import { type Stops, stopAll } from '../../scenarios/rehearsal.ts';
import { genesis, postWebhook, webhookToken, workingDirectory } from '../../scenarios/servedProcess.ts';

const pageSize = 4_096;
const waiting = { timeout: 40_000, interval: 50 };
const webhook = readFileSync(new URL('../../fixtures/alertmanager/firing.json', import.meta.url), 'utf8');

/** A log with open incidents, and with work that nobody has done yet; how many incidents there are. */
async function fill(file: string): Promise<number> {
  const clock = createClock();
  const store = openSqliteStore({ file, clock });
  for (let number = 0; number < 40; number++) {
    await store.handle(alert('HighErrorRate', `service-${number}`, clock.now()), room);
    // One after another: many at once would be one trouble.
    clock.advance(hour);
  }
  const { length } = await store.openIncidents();
  await store.close();
  return length;
}

function overwritePage(file: string, page: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(pageSize, 0x5a), 0, pageSize, (page - 1) * pageSize);
  closeSync(handle);
}

/** The pages of a table, in the order in which SQLite walks them. */
function pagesOf(file: string, table: string): number[] {
  const db = new Database(file, { readonly: true });
  const rows = db
    .prepare<[string], { pageno: number }>('SELECT pageno FROM dbstat WHERE name = ? ORDER BY path')
    .all(table);
  db.close();
  return rows.map(({ pageno }) => pageno);
}

const pagesIn = (file: string): number => readFileSync(file).length / pageSize;

describe('a page of the database is overwritten', { tags: ['trust-14'] }, () => {
  it('is found at the start, whichever page it is; nothing is taken or handed out then', {
    timeout: 60_000,
  }, async ({ annotate }) => {
    const directory = temporaryDirectory();
    const whole = join(directory, 'whole.db');
    const open = await fill(whole);
    const file = join(directory, 'genesis.db');
    const counts = { refused: 0, readOnly: 0, readable: 0 };
    for (let page = 1; page <= pagesIn(whole); page++) {
      for (const ending of ['-wal', '-shm']) rmSync(file + ending, { force: true });
      copyFileSync(whole, file);
      overwritePage(file, page);
      let store: Store;
      try {
        store = openSqliteStore({ file, clock: createClock() });
      } catch (error) {
        expect(error, `page ${page}`).toMatchObject({
          name: 'StoreFailed',
          code: 'corrupt',
          message: expect.stringMatching(/is damaged.*Restore it from the newest backup: genesis restore/s),
        });
        counts.refused += 1;
        continue;
      }
      expect(await store.health(), `page ${page}`).toMatchObject({ ok: false, code: 'corrupt' });
      await expect(store.handle(alert('Slow', 'new'), room)).rejects.toMatchObject({ code: 'corrupt' });
      await expect(store.claim(Date.now(), { chat: 9, other: 9 })).rejects.toMatchObject({ code: 'corrupt' });
      expect(await store.claim(Date.now(), { chat: 9, other: 9 })).toEqual([]);
      counts.readOnly += 1;
      const incidents = await store.openIncidents().catch((error: unknown) => {
        expect(error).toBeInstanceOf(StoreFailed);
        return [];
      });
      if (incidents.length === open) counts.readable += 1;
      await store.close();
    }
    expect(counts.refused + counts.readOnly).toBe(pagesIn(whole));
    expect(counts.readable).toBeGreaterThan(0);
    await annotate(
      `${pagesIn(whole)} pages, each overwritten once: all found at the start; ${counts.readOnly} starts to read only (${counts.readable} with every open incident), ${counts.refused} refused`,
      'figure',
    );
  });

  it('leaves people what can be read, and a backup takes its place with the chain whole', {
    timeout: 120_000,
  }, async ({ onTestFinished, annotate }) => {
    const stops: Stops = [];
    onTestFinished(() => stopAll(stops));
    const slack = await startSlackServer();
    stops.push(() => slack.stop());
    const directory = await workingDirectory(stops);
    const file = join(directory, 'genesis.db');
    const env = {
      SLACK_BOT_TOKEN: slack.tokens.bot,
      SLACK_APP_TOKEN: slack.tokens.app,
      SLACK_API_URL: slack.apiUrl,
      ALERTMANAGER_TOKEN: webhookToken,
      PLAYBOOKS: resolve('playbooks'),
      PORT: '0',
    };
    const run = async (...args: string[]) => {
      const program = genesis(stops, { directory, args, env });
      return { code: await program.exited, said: program.output() };
    };
    const open = await fill(file);
    expect(await run('backup', 'copy.db')).toMatchObject({
      code: 0,
      said: expect.stringContaining('chain holds'),
    });
    overwritePage(file, pagesOf(file, 'claims')[1] ?? 0);

    const damaged = genesis(stops, { directory, env });
    const url = await damaged.url();
    await vi.waitFor(() => expect(slack.connections()).toBe(1), waiting);
    expect((await postWebhook(url, webhook)).status).toBe(503);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      checks: {
        store: { status: 'failing', message: expect.stringMatching(/is damaged.*genesis restore/s) },
      },
    });
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      `genesis_bot_incidents_open{severity="P1"} ${open}`,
    );
    expect((await run('incidents')).said.trim().split('\n')).toHaveLength(open);
    // Channels wait to be opened, and cards to be posted.
    expect(slack.calls.filter((method) => /create|post|update|upload/.test(method))).toEqual([]);
    expect(damaged.output()).toMatch(/"level":"error".*is damaged.*Restore it from the newest backup/);

    expect(await run('restore', 'copy.db')).toMatchObject({
      code: 1,
      said: expect.stringContaining('Another Genesis is running'),
    });
    damaged.child.kill('SIGTERM');
    expect(await damaged.exited, damaged.output()).toBe(0);

    const began = performance.now();
    const restored = await run('restore', 'copy.db');
    expect(restored, restored.said).toMatchObject({
      code: 0,
      said: expect.stringContaining('the chain holds'),
    });
    expect(await run('audit', 'verify')).toMatchObject({
      code: 0,
      said: expect.stringContaining('chain holds'),
    });
    const next = genesis(stops, { directory, env });
    const nextUrl = await next.url();
    expect((await fetch(`${nextUrl}/readyz`)).status).toBe(200);
    const tookMs = performance.now() - began;
    expect((await postWebhook(nextUrl, webhook)).status).toBe(200);
    expect((await run('incidents')).said.trim().split('\n')).toHaveLength(open + 1);
    next.child.kill('SIGTERM');
    await next.exited;
    expect(tookMs).toBeLessThan(5 * 60_000);
    await annotate(
      `restored, chain verified and ready again after ${(tookMs / 1_000).toFixed(1)} s`,
      'figure',
    );
  });
});

describe('a letter of a stored definition changes', { tags: ['trust-14'] }, () => {
  it('is found before anything of it runs, though the file is whole for SQLite', async () => {
    const clock = createClock();
    const file = join(temporaryDirectory(), 'genesis.db');
    await startQuickFix(file, clock);
    const db = new Database(file);
    db.exec(`UPDATE definitions SET canonical = replace(canonical, '"quick"', '"quack"')`);
    db.close();
    const store = openSqliteStore({ file, clock });
    await expect(store.handle(performQuick, room)).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('is not the one that was written'),
    });
    expect(await store.handle(alert('Slow', 'another'), room)).toMatchObject({ kind: 'accepted' });
    await store.close();
  });
});

/** A run whose first command can be started. */
async function startQuickFix(file: string, clock: Clock): Promise<void> {
  const store = openSqliteStore({ file, clock });
  const start: Command = {
    actor: engineer,
    type: 'run.start',
    run: null,
    incident: null,
    playbook: 'quick-fix',
    place: { kind: 'channel', channel: 'C1' },
    reason: null,
  };
  expect(await store.handle(start, room)).toMatchObject({ stream: 'RUN-1' });
  await store.close();
}

const performQuick: Command = {
  actor: engineer,
  type: 'run.perform',
  run: 'RUN-1',
  step: 'quick',
  attempt: 1,
};

describe('a backup is restored', { tags: ['trust-14', 'trust-4'] }, () => {
  const clock = createClock();

  /** A run whose command was asked for, and not yet started, when the backup was taken. */
  async function backedUpBeforeTheCommand(directory: string): Promise<string> {
    const file = join(directory, 'genesis.db');
    await startQuickFix(file, clock);
    const store = openSqliteStore({ file, clock });
    expect(await store.handle(performQuick, room)).toMatchObject({ kind: 'accepted' });
    const backup = join(directory, 'backup.db');
    await store.backup(backup);
    await store.close();
    return backup;
  }

  it('and starts no command a second time that was waiting when it was taken', async ({ annotate }) => {
    const directory = temporaryDirectory();
    const backup = await backedUpBeforeTheCommand(directory);
    const database = join(directory, 'genesis.db');
    const said: string[] = [];
    expect(await restore({ database, backup, now: Date.UTC(2026, 10, 21) }, (line) => said.push(line))).toBe(
      0,
    );
    expect(said.join('\n')).toContain('genesis.db.before-20261121T000000Z');

    const store = openSqliteStore({ file: database, clock });
    const runner = createFakeRunner();
    const { log } = createFakeLog();
    const parts = { store, clock, room: () => room, observer: createFakeObserver().port, log };
    const performer = createPerformer({
      ...parts,
      desk: createDesk({ ...parts, directory: createFakeDirectory().port, log: createFakeLog().log }),
      chat: createFakeChat().port,
      gauge: createFakeGauge().port,
      painter: fakePainter,
      runner: runner.port,
    });
    performer.start();
    await expect
      .poll(async () => {
        const state = await store.state('RUN-1');
        return state?.kind === 'run' ? state.run.steps.quick?.state.kind : null;
      })
      .toBe('unknown');
    expect(runner.started).toEqual([]);
    await performer.stop(1_000);
    await store.close();
    await annotate('a command that waited in the backup: shown as unknown, started 0 times', 'figure');
  });

  it('never from a copy that is not whole, and then nothing is changed', async () => {
    const directory = temporaryDirectory();
    const database = join(directory, 'genesis.db');
    await fill(database);
    const bad = join(directory, 'bad.db');
    copyFileSync(database, bad);
    const db = new Database(bad);
    db.exec(`UPDATE events SET actor = 'somebody else' WHERE position = 3`);
    db.close();
    const before = readFileSync(database);
    const restored = restore({ database, backup: bad, now: 0 }, () => undefined);
    await expect(restored).rejects.toThrow(
      /is not whole \(event 3: .*Nothing was changed; take an older one/,
    );
    overwritePage(bad, pagesOf(bad, 'claims')[0] ?? 0);
    await expect(restore({ database, backup: bad, now: 0 }, () => undefined)).rejects.toThrow(/is not whole/);
    expect(readFileSync(database).equals(before)).toBe(true);
  });
});
