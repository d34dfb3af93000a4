import type { Db } from './open.ts';

/** Where the streams of a kind stand: their table, the column that says which of them stand, how their ids begin. */
type Standing<P extends string> = {
  readonly table: 'freezes' | 'watches';
  readonly flag: 'stands' | 'is_on';
  readonly prefix: P;
};

/** A reading of the log that is kept up with it: which streams of a kind there are, and which of them stand. */
export function createStandingTable<P extends string>(db: Db, { table, flag, prefix }: Standing<P>) {
  type Id = `${P}-${number}`;
  const put = db.prepare(
    `INSERT INTO ${table} (number, ${flag}) VALUES (?, ?)
     ON CONFLICT (number) DO UPDATE SET ${flag} = excluded.${flag}`,
  );
  const standing = db.prepare<[], { number: number }>(
    `SELECT number FROM ${table} WHERE ${flag} = 1 ORDER BY number`,
  );
  const last = db.prepare<[], { number: number | null }>(`SELECT max(number) AS number FROM ${table}`);
  let kept: readonly Id[] | null = null;
  let highest: number | null = null;
  return {
    put(id: Id, stands: boolean): void {
      put.run(Number(id.slice(prefix.length + 1)), stands ? 1 : 0);
      kept = null;
      highest = null;
    },
    /** The oldest first. */
    standing(): readonly Id[] {
      kept ??= standing.all().map(({ number }): Id => `${prefix}-${number}`);
      return kept;
    },
    lastNumber(): number {
      highest ??= last.get()?.number ?? 0;
      return highest;
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget(): void {
      kept = null;
      highest = null;
    },
  };
}
