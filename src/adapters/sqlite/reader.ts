import Database from 'better-sqlite3';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { StreamId, WatchId } from '../../core/stream.ts';
import type { Store } from '../../engine/ports.ts';
import { auditChain } from './audit.ts';
import { createEventTable, toStored } from './eventTable.ts';
import { type Db, openForReading, otherVersion, storeFailed } from './open.ts';
import { namesIn } from './peopleTable.ts';
import { createDefinitionTable, incidentIdsIn } from './smallTables.ts';
import { createStreamCache } from './streamCache.ts';

/** The log for reading alone, beside a running bot or after it: for the command line. Throws StoreFailed. */
export type Reader = Pick<
  Store,
  'state' | 'definition' | 'events' | 'openIncidents' | 'recentIncidents' | 'backup' | 'names'
> & {
  /** All that there ever were, oldest first. */
  watchIds(): Promise<readonly WatchId[]>;
  audit(): ReturnType<typeof auditChain>;
  /** What SQLite finds wrong with the file itself; null where it is whole. */
  damage(): string | null;
  close(): void;
};

export function openSqliteReader(file: string): Reader {
  const db = openForReading(file);
  try {
    return createReader(db, file);
  } catch (error) {
    // What is no database at all is noticed only by the first statement.
    const said = inOurWords(error, db, file);
    db.close();
    throw said;
  }
}

const inOurWords = (error: unknown, db: Db, file: string): unknown =>
  error instanceof Database.SqliteError ? (otherVersion(db, file, error) ?? storeFailed(error, file)) : error;

function createReader(db: Db, file: string): Reader {
  const events = createEventTable(db);
  const streams = createStreamCache(events);
  const incidents = incidentIdsIn(db);
  const definitions = createDefinitionTable(db);
  const states = (ids: readonly StreamId[]): Incident[] =>
    ids
      .map((id) => streams.load(id).state)
      .flatMap((state) => (state?.kind === 'incident' ? [state.incident] : []));

  function told<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw inOurWords(error, db, file);
    }
  }

  return {
    state: async (stream) => told(() => streams.load(stream).state),
    async definition(hash) {
      const canonical = told(() => definitions.get(hash));
      return canonical === null ? null : (JSON.parse(canonical) as Definition);
    },
    events: async (filter) => told(() => events.list(filter).map(toStored)),
    openIncidents: async () => told(() => states(incidents.open()).filter(({ drill }) => !drill)),
    recentIncidents: async (limit) => told(() => states(incidents.recent(limit))),
    async backup(target) {
      try {
        await db.backup(target);
      } catch (error) {
        throw inOurWords(error, db, file);
      }
    },
    names: async (users) => told(() => namesIn(db, users)),
    watchIds: async () => told(() => watchIdsIn(db)),
    audit: () => told(() => auditChain(db)),
    damage() {
      const found = told(() => db.pragma('quick_check(1)', { simple: true }));
      return found === 'ok' ? null : String(found);
    },
    close: () => db.close(),
  };
}

/** All that there ever were, from the log itself: a database that an older version wrote has no table of them. */
function watchIdsIn(db: Db): readonly WatchId[] {
  const rows = db
    .prepare<[], { stream: WatchId }>(
      "SELECT stream FROM events WHERE stream >= 'WCH-' AND stream < 'WCH.' AND version = 1",
    )
    .all();
  const numberOf = (id: WatchId): number => Number(id.slice('WCH-'.length));
  return rows.map(({ stream }) => stream).toSorted((a, b) => numberOf(a) - numberOf(b));
}
