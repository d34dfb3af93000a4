import { type Freeze, stands } from '../../core/calendar/freeze.ts';
import type { FreezeId } from '../../core/stream.ts';
import type { Db } from './open.ts';

/** A reading of the log that is kept up with it: which freezes there are, and which of them stand. */
export function createFreezeTable(db: Db) {
  const put = db.prepare(
    'INSERT INTO freezes (number, stands) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET stands = excluded.stands',
  );
  const standing = db.prepare<[], { number: number }>(
    'SELECT number FROM freezes WHERE stands = 1 ORDER BY number',
  );
  const last = db.prepare<[], { number: number | null }>('SELECT max(number) AS number FROM freezes');
  let kept: readonly FreezeId[] | null = null;
  let highest: number | null = null;
  return {
    put(freeze: Freeze): void {
      put.run(Number(freeze.id.slice('FRZ-'.length)), stands(freeze) ? 1 : 0);
      kept = null;
      highest = null;
    },
    standing(): readonly FreezeId[] {
      kept ??= standing.all().map(({ number }): FreezeId => `FRZ-${number}`);
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
