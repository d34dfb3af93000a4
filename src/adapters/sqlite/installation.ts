import type { Db } from './open.ts';

/**
 * Twelve hex digits, made when the database was, by which others tell this installation from those beside it. Null in a
 * database that an older version wrote and that was not started since.
 */
export function installationOf(db: Db): string | null {
  const known = db
    .prepare<[], { name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'installation'",
    )
    .get();
  if (!known) return null;
  return db.prepare<[], { mark: string }>('SELECT mark FROM installation').get()?.mark ?? null;
}
