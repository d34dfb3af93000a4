import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { auditChain } from '../../../src/adapters/sqlite/audit.ts';
import { openDatabase, openForReading } from '../../../src/adapters/sqlite/open.ts';
import { migrations } from '../../../src/adapters/sqlite/schema.ts';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { episodeClaim } from '../../../src/core/incident/claims.ts';
import { type Store, StoreFailed } from '../../../src/engine/ports.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';
import { notice } from '../../fakes/world.ts';
import { alert } from '../alertCommand.ts';
import { temporaryDirectory } from './places.ts';

const stores: Store[] = [];
function openStore(file: string): Store {
  const store = openSqliteStore({ file, clock: createClock() });
  stores.push(store);
  return store;
}
const disks: string[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const disk of disks.splice(0)) spawnSync('umount', ['-l', disk]);
});

const newFile = () => join(temporaryDirectory(), 'genesis.db');

async function filled(file: string, alerts = 40): Promise<void> {
  const store = openSqliteStore({ file, clock: createClock() });
  for (let number = 0; number < alerts; number++)
    await store.handle(alert('HighErrorRate', `service-${number}`), room);
  await store.close();
}

/** What a start says of the database: it refuses, or reads only. */
async function damageOf(file: string): Promise<string> {
  try {
    const store = openSqliteStore({ file, clock: createClock() });
    const health = await store.health();
    await store.close();
    return health.ok ? 'nothing' : health.message;
  } catch (error) {
    return error instanceof StoreFailed && error.code === 'corrupt' ? error.message : `not this: ${error}`;
  }
}

/** Whether the store knows the alert of this service. */
async function isHeld(store: Store, service: string): Promise<boolean> {
  const { fingerprint, startsAt } = notice({ name: 'HighErrorRate', service });
  return (await store.holder(episodeClaim({ fingerprint, startsAt }))) !== null;
}

describe('opening a database', () => {
  it('makes every commit reach the disk, and reads that back', { tags: ['trust-2'] }, () => {
    const { db, unlock } = openDatabase(newFile());
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    db.close();
    unlock();
  });

  it('refuses a second process, and lets the next one in when the first has ended', async () => {
    const file = newFile();
    const first = openStore(file);
    expect(() => openStore(file)).toThrow(
      expect.objectContaining({ code: 'busy', message: expect.stringMatching(/Another Genesis is running/) }),
    );
    expect(await first.handle(alert('Slow', 'a'), room)).toMatchObject({ kind: 'accepted' });
    await first.close();
    expect(await openStore(file).openIncidents()).toHaveLength(1);
  });

  it('takes nothing more once the file is not where it was, and goes on when it is back', async () => {
    const file = newFile();
    const store = openStore(file);
    renameSync(file, `${file}.away`);
    await expect(store.handle(alert('Slow', 'a'), room)).rejects.toThrow(/was moved or deleted/);
    expect(await store.health()).toMatchObject({ ok: false });
    renameSync(`${file}.away`, file);
    expect(await store.handle(alert('Slow', 'a'), room)).toMatchObject({ stream: 'INC-1' });
    expect(await store.health()).toEqual({ ok: true });
  });

  it('lets others read while it is open', async () => {
    const file = newFile();
    const store = openStore(file);
    await store.handle(alert('Slow', 'a'), room);
    const reader = openForReading(file);
    expect(reader.prepare('SELECT count(*) AS n FROM incidents').get()).toEqual({ n: 1 });
    reader.close();
  });

  it('finds a damaged page, and says what to do', { tags: ['trust-14'] }, async () => {
    const file = newFile();
    await filled(file);
    const handle = openSync(file, 'r+');
    for (let page = 3; page < 20; page++) writeSync(handle, Buffer.alloc(512, 0x5a), 0, 512, page * 4096);
    closeSync(handle);
    expect(await damageOf(file)).toMatch(/is damaged.*Restore it from the newest backup: genesis restore/s);
    // The lock is not left behind: after a restore it opens.
    for (const ending of ['', '-wal', '-shm']) rmSync(`${file}${ending}`, { force: true });
    expect(await openStore(file).openIncidents()).toEqual([]);
  });

  it('finds a file that is no database', () => {
    const file = newFile();
    writeFileSync(file, 'this is a shopping list, and a long one at that\n'.repeat(100));
    expect(() => openStore(file)).toThrow(
      expect.objectContaining({ code: 'corrupt', message: expect.stringContaining('is damaged') }),
    );
  });

  it('leaves the database of a newer Genesis alone', async () => {
    const file = newFile();
    await filled(file, 1);
    const db = new Database(file);
    db.pragma(`user_version = ${migrations.length + 1}`);
    db.close();
    expect(() => openStore(file)).toThrow(
      `newer Genesis (schema ${migrations.length + 1}, this one knows ${migrations.length})`,
    );
  });

  it('says where it cannot be', () => {
    expect(() => openStore('/nowhere/at/all/genesis.db')).toThrow(
      expect.objectContaining({ code: 'failed', message: expect.stringContaining('/nowhere/at/all') }),
    );
  });
});

describe('another process writes to the database', { tags: ['trust-13'] }, () => {
  it('refuses without waiting long, goes on reading, and recovers by itself', async () => {
    const file = newFile();
    const store = openStore(file);
    await store.handle(alert('Slow', 'a'), room);
    const other = new Database(file);
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    const results = await Promise.allSettled([
      store.handle(alert('Slow', 'b'), room),
      store.handle(alert('Slow', 'c'), room),
    ]);
    for (const result of results)
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreFailed', code: 'busy' } });
    expect(await store.openIncidents()).toHaveLength(1);
    expect(await store.health()).toMatchObject({ ok: false, code: 'busy' });
    other.exec('ROLLBACK');
    expect(await store.health()).toEqual({ ok: true });
    expect(await store.handle(alert('Slow', 'b'), room)).toMatchObject({ stream: 'INC-2' });
  });
});

/** A file system of 3 MB, where the machine lets us make one. */
function smallDisk(): string | null {
  const directory = temporaryDirectory();
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory]).status === 0) return directory;
  const message = 'a small disk could not be mounted (root is needed)';
  if (process.env.CI && process.getuid?.() === 0) throw new Error(message);
  console.warn(`SKIPPED: ${message}`);
  return null;
}

describe('the disk is full', { tags: ['trust-12'] }, () => {
  it('refuses what it cannot keep, goes on reading, and recovers by itself', async ({ skip }) => {
    const disk = smallDisk();
    if (disk === null) return skip('file systems cannot be mounted here');
    disks.push(disk);
    const store = openStore(join(disk, 'genesis.db'));
    await store.handle(alert('Slow', 'first'), room);
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(2 * 1024 * 1024));
    const acked: number[] = [];
    let failure: unknown = null;
    for (let number = 0; failure === null; number++) {
      await store.handle(alert('HighErrorRate', `service-${number}`), room).then(
        () => acked.push(number),
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({
      name: 'StoreFailed',
      code: 'full',
      message: expect.stringMatching(/is full\. Free some space; Genesis goes on by itself\.$/),
    });
    for (const number of acked) expect(await isHeld(store, `service-${number}`)).toBe(true);
    expect(() => writeFileSync(join(disk, 'last'), Buffer.alloc(3 * 1024 * 1024))).toThrow(/ENOSPC/);
    expect(await store.health()).toMatchObject({ ok: false, code: 'full' });
    rmSync(filler);
    expect(await store.health()).toEqual({ ok: true });
    expect(await store.handle(alert('Slow', 'last'), room)).toMatchObject({ kind: 'accepted' });
    await store.close();
    const db = new Database(join(disk, 'genesis.db'));
    onTestFinished(() => void db.close());
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(auditChain(db).findings).toEqual([]);
  });

  it('refuses at a limit on the size of files as well, and goes on when it is lifted', async () => {
    const file = newFile();
    await filled(file, 1);
    const program = join(import.meta.dirname, 'storeProcess.ts');
    const child = spawn(
      'sh',
      ['-c', 'ulimit -S -f 2000; exec "$0" "$@"', process.execPath, program, file, '0'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const gone = once(child, 'exit');
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, more = ''] = line.split(' ');
      if (word === 'acked') continue;
      said.push(word === 'failed' ? word : line);
      if (word === 'failed') expect(['full', 'failed']).toContain(more);
      if (word === 'read') spawnSync('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
    }
    expect(await gone).toEqual([0, null]);
    expect(said).toEqual(['failed', 'read 3', 'recovered']);
  });
});

describe('a backup', { tags: ['trust-14'] }, () => {
  it('is taken while the bot works, opens, and holds the same chain', async () => {
    const file = newFile();
    const store = openStore(file);
    for (let number = 0; number < 30; number++) await store.handle(alert('Slow', `s-${number}`), room);
    const copy = join(temporaryDirectory(), 'backup.db');
    const [, ...answers] = await Promise.all([
      store.backup(copy),
      ...Array.from({ length: 20 }, (_, number) => store.handle(alert('Slow', `t-${number}`), room)),
    ]);
    expect(answers.every(({ kind }) => kind === 'accepted')).toBe(true);

    const db = new Database(copy, { readonly: true });
    const { findings, position, hashAt } = auditChain(db);
    expect(findings).toEqual([]);
    expect(position).toBeGreaterThanOrEqual(30);
    const [same] = await store.events({ after: position - 1, limit: 1 });
    expect(hashAt(position)).toBe(same?.hash);
    db.close();

    const restored = openStore(copy);
    expect(await restored.openIncidents()).not.toEqual([]);
    expect((await restored.head()).position).toBe(position);
    expect(await restored.handle(alert('Slow', 'after'), room)).toMatchObject({ kind: 'accepted' });
  });
});
