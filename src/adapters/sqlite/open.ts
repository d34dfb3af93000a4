import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { StoreFailed } from '../../engine/ports.ts';
import { migrations } from './schema.ts';

export type Db = Database.Database;

/** WAL had a corruption fault with several connections that was mended in 3.51.3. */
const oldestSound = [3, 51, 3] as const;

/** At the start nothing else waits for the event loop, so a lock may be waited for. */
const openPatienceMs = 2_000;

/** `damage` is null for a database that is whole; one that is not can be read where it is readable, and no more. */
export type Opened = {
  readonly db: Db;
  readonly unlock: () => void;
  readonly damage: StoreFailed | null;
};

/**
 * Opens the database for writing, checks that it is whole, brings it to the newest schema, and makes sure that a commit
 * is on disk when it returns. A damaged one is opened for reading: people in an incident still need what is in it.
 * Throws StoreFailed with a sentence that says what to do.
 */
export function openDatabase(file: string): Opened {
  const unlock = lock(file);
  try {
    return { db: openWhole(file), unlock, damage: null };
  } catch (error) {
    const failed = storeFailed(error, file);
    try {
      if (failed.code === 'corrupt') return { db: openDamaged(file), unlock, damage: failed };
    } catch {
      // Not even readable: the first reason is the better one to hear.
    }
    unlock();
    throw failed;
  }
}

function openWhole(file: string): Db {
  let db: Db | undefined;
  try {
    db = new Database(file, { timeout: openPatienceMs });
    checkVersion(db);
    // First of all: what a new schema writes must reach the disk like everything after it.
    db.pragma('synchronous = FULL');
    db.pragma('journal_mode = WAL');
    db.pragma('foreign_keys = ON');
    const damage = db.pragma('quick_check(1)', { simple: true });
    if (damage !== 'ok') throw corrupt(file, String(damage));
    migrate(db);
    checkDurable(db);
    // From here on SQLite never waits for a lock: its waiting would hold up the whole event loop.
    db.pragma('busy_timeout = 0');
    return db;
  } catch (error) {
    db?.close();
    throw error;
  }
}

/**
 * Opens what is left. The end of the log is looked up by two ways that share no page: where they differ, the newest
 * events cannot be found, and an older end would be signed and shown as if it were the newest.
 */
function openDamaged(file: string): Db {
  const db = openForReading(file);
  try {
    const end = db
      .prepare<[], { at: number; hash: string }>(
        'SELECT position AS at, hash FROM events ORDER BY position DESC LIMIT 1',
      )
      .get();
    const indexed = db
      .prepare<[], { at: number | null }>(
        "SELECT max(position) AS at FROM events INDEXED BY sqlite_autoindex_events_1 WHERE stream > ''",
      )
      .get();
    if (end?.at !== (indexed?.at ?? undefined)) throw corrupt(file, 'the end of the log cannot be found');
    if (Number(db.pragma('user_version', { simple: true })) !== migrations.length)
      throw corrupt(file, 'its schema is another');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Throws where a commit could return before it is on disk. It runs a statement before it asks: straight after the
 * switch to WAL the answer is not yet the real one.
 */
export function checkDurable(db: Db): void {
  db.prepare('SELECT count(*) FROM sqlite_schema').get();
  if (db.pragma('synchronous', { simple: true }) === 2) return;
  throw new StoreFailed(
    'failed',
    'SQLite did not accept synchronous=FULL, so a commit could be lost. Genesis does not start.',
  );
}

/**
 * Opens the database for reading beside a running bot. It asks for the same durability as the writer: SQLite itself
 * writes to a file that is opened for reading, when a log is left over from a crash.
 */
export function openForReading(file: string): Db {
  if (!existsSync(file)) {
    throw new StoreFailed(
      'failed',
      `There is no database ${file}. DATABASE_URL says where it is, such as sqlite:/var/lib/genesis/genesis.db.`,
    );
  }
  let db: Db | undefined;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true, timeout: openPatienceMs });
    db.pragma('synchronous = FULL');
    checkDurable(db);
    return db;
  } catch (error) {
    db?.close();
    throw storeFailed(error, file);
  }
}

/**
 * One writer at a time: a lock database beside the real one is held exclusively for as long as the process lives, and
 * the operating system lets go of it even after a kill -9. Readers of the real database are not in its way.
 */
export function lock(file: string): () => void {
  if (file === ':memory:') return () => {};
  let holder: Db | undefined;
  try {
    const held = new Database(`${file}.lock`, { timeout: 0 });
    holder = held;
    held.pragma('locking_mode = EXCLUSIVE');
    held.exec('BEGIN EXCLUSIVE');
    return () => held.close();
  } catch (error) {
    holder?.close();
    if (isCode(error, 'SQLITE_BUSY')) {
      throw new StoreFailed(
        'busy',
        `Another Genesis is running on ${file}. Stop it first, or give this one another DATABASE_URL.`,
        error,
      );
    }
    throw storeFailed(error, file);
  }
}

/**
 * Throws once the file is no longer where it was opened. SQLite would go on writing into a file without a name, and
 * everything acknowledged from then on would be gone at the next start.
 */
export function placeKeeper(file: string): () => void {
  if (file === ':memory:') return () => {};
  const opened = statSync(file);
  return () => {
    const here = statSync(file, { throwIfNoEntry: false });
    if (here?.ino === opened.ino && here.dev === opened.dev) return;
    throw new StoreFailed(
      'failed',
      `The database ${file} was moved or deleted while Genesis ran, so nothing is taken any more. Put it back, or stop Genesis and restore the newest backup.`,
    );
  };
}

function checkVersion(db: Db): void {
  const version = db.prepare<[], { v: string }>('SELECT sqlite_version() AS v').get()?.v ?? '0';
  const parts = version.split('.').map(Number);
  for (const [index, least] of oldestSound.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new StoreFailed(
        'failed',
        `SQLite ${version} can corrupt a WAL database; ${oldestSound.join('.')} or newer is needed.`,
      );
    }
  }
}

const schemaOf = (db: Db): number => Number(db.pragma('user_version', { simple: true }));

/**
 * What a reader says whose statement the database has no table or column for: that is another version's, and only the
 * bot itself brings one up to date. Null where the schema is this version's.
 */
export function otherVersion(db: Db, file: string, error: unknown): StoreFailed | null {
  if (!isCode(error, 'SQLITE_ERROR')) return null;
  const at = schemaOf(db);
  if (at > migrations.length) return new StoreFailed('failed', newer(at), error);
  if (at === migrations.length) return null;
  return new StoreFailed(
    'older',
    `The database ${file} is of an older Genesis (schema ${at}, this needs ${migrations.length}): start genesis serve on it once, which brings it up to date, and ask again.`,
    error,
  );
}

const newer = (at: number): string =>
  `The database is of a newer Genesis (schema ${at}, this one knows ${migrations.length}).`;

function migrate(db: Db): void {
  const at = schemaOf(db);
  if (at > migrations.length) throw new StoreFailed('failed', newer(at));
  for (let version = at; version < migrations.length; version++) {
    db.transaction(() => {
      db.exec(migrations[version] ?? '');
      db.pragma(`user_version = ${version + 1}`);
    }).immediate();
  }
}

const corrupt = (file: string, detail: string): StoreFailed =>
  new StoreFailed(
    'corrupt',
    `The database ${file} is damaged (${detail}). Restore it from the newest backup: genesis restore <backup>.`,
  );

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Database.SqliteError && error.code.startsWith(code);

/** SQLite's errors in the words of the port. */
export function storeFailed(error: unknown, file: string): StoreFailed {
  if (error instanceof StoreFailed) return error;
  if (isCode(error, 'SQLITE_BUSY') || isCode(error, 'SQLITE_LOCKED')) {
    return new StoreFailed('busy', `The database ${file} is locked by another process.`, error);
  }
  if (isCode(error, 'SQLITE_FULL')) {
    return new StoreFailed(
      'full',
      `The disk of ${file} is full. Free some space; Genesis goes on by itself.`,
      error,
    );
  }
  if (isCode(error, 'SQLITE_CORRUPT') || isCode(error, 'SQLITE_NOTADB')) {
    return new StoreFailed(
      'corrupt',
      `The database ${file} is damaged. Restore it from the newest backup: genesis restore <backup>.`,
      error,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  return new StoreFailed('failed', `The database ${file} did not do its part: ${message}.`, error);
}

/** Whether the fault is the database's own, so that nothing else in the same transaction can be trusted either. */
export const isFatal = (error: unknown): boolean =>
  [
    'SQLITE_BUSY',
    'SQLITE_LOCKED',
    'SQLITE_FULL',
    'SQLITE_CORRUPT',
    'SQLITE_NOTADB',
    'SQLITE_IOERR',
    'SQLITE_READONLY',
  ].some((code) => isCode(error, code));
