import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreFailed } from '../../engine/ports.ts';
import { checkDurable, lock, storeFailed } from './open.ts';
import { openSqliteReader } from './reader.ts';

export type Restored = {
  /** How many events the log has now. */
  readonly events: number;
  /** Where the database that was there before is now; null where there was none. */
  readonly before: string | null;
};

/**
 * Puts a backup in the place of the database, which nobody may be using. What was there is moved aside whole and never
 * deleted. Until the last rename the old files can be put back by hand; the backup itself is only read.
 *
 * Whatever the backup holds as still to be done may have been done since it was taken. So all of it counts as tried
 * once: a command on a host is then not started but shown as *outcome unknown*, and a message is looked for in the
 * channel before it is posted.
 *
 * Throws StoreFailed where the backup is not whole or the database is in use. `stamp` names what is moved aside.
 */
export async function restoreDatabase(options: {
  readonly backup: string;
  readonly file: string;
  readonly stamp: string;
}): Promise<Restored> {
  const { backup, file } = options;
  const unlock = lock(file);
  try {
    const next = `${file}.restoring`;
    await removeDatabase(next);
    const events = await copyChecked(backup, next);
    countAsTried(next);
    const aside = `${file}.before-${options.stamp}`;
    const before = existsSync(file) ? aside : null;
    // The log of the old database must never meet the new one: SQLite would replay it into a file it knows nothing of.
    for (const ending of ['-wal', '-shm', ''])
      if (existsSync(file + ending)) await rename(file + ending, aside + ending);
    await rename(next, file);
    await syncToDisk(dirname(file));
    return { events, before };
  } finally {
    unlock();
  }
}

async function copyChecked(backup: string, target: string): Promise<number> {
  const reader = openSqliteReader(backup);
  try {
    const damage = reader.damage();
    const { findings, position } = reader.audit();
    if (damage !== null || findings.length > 0) {
      const why = damage ?? `event ${findings[0]?.position}: ${findings[0]?.message}`;
      throw new StoreFailed(
        'corrupt',
        `The backup ${backup} is not whole (${why}). Nothing was changed; take an older one.`,
      );
    }
    await reader.backup(target);
    return position;
  } finally {
    reader.close();
  }
}

function countAsTried(file: string): void {
  const db = new Database(file, { timeout: 0 });
  try {
    db.pragma('synchronous = FULL');
    checkDurable(db);
    db.exec('UPDATE effects SET attempts = attempts + 1');
  } catch (error) {
    throw storeFailed(error, file);
  } finally {
    db.close();
  }
}

async function removeDatabase(file: string): Promise<void> {
  for (const ending of ['', '-wal', '-shm', '-journal']) await rm(file + ending, { force: true });
}

/** A file, or the names in a directory. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
