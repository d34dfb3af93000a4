import type { Names } from '../../core/report/names.ts';
import type { Db } from './open.ts';
import { createRecentMap } from './recentMap.ts';

/** A few times as many people as ever work on incidents. */
const peopleKept = 1_000;

/** How people are called, and nothing else of them; the log itself has their ids alone. */
export function createPeopleTable(db: Db) {
  const put = db.prepare(
    'INSERT INTO people (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name',
  );
  const written = createRecentMap<string, string>(peopleKept);
  return {
    get: (ids: readonly string[]): Names => namesIn(db, ids),
    /** Those of them who are not called so yet. */
    news: (names: Names): Names => new Map([...names].filter(([id, name]) => written.get(id) !== name)),
    put(names: Names): void {
      for (const [id, name] of names) {
        put.run(id, name);
        written.set(id, name);
      }
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget: (): void => written.clear(),
  };
}

/** Of a database that an older version wrote and that is only read, there are no names. */
export function namesIn(db: Db, ids: readonly string[]): Names {
  const there = db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'people'").get();
  if (there === undefined) return new Map();
  const get = db.prepare<[string], { name: string }>('SELECT name FROM people WHERE id = ?');
  return new Map(
    ids.flatMap((id): readonly (readonly [string, string])[] => {
      const name = get.get(id)?.name;
      return name === undefined ? [] : [[id, name]];
    }),
  );
}
