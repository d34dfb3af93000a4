import { type Subject, subjectKey } from '../../core/effect.ts';
import { type Incident, isOpen } from '../../core/incident/incident.ts';
import { openingsCounted } from '../../core/incident/storm.ts';
import { type IncidentId, incidentId, type StreamId } from '../../core/stream.ts';
import { type Posted, StoreFailed } from '../../engine/ports.ts';
import { sha256 } from './eventTable.ts';
import type { Db } from './open.ts';
import { createRecentMap } from './recentMap.ts';

/** Holders kept in memory; a key with its holder is some two hundred bytes. */
const claimsKept = 10_000;

/**
 * Unique keys that a stream holds; the table's primary key is what makes two holders impossible. Who was asked about
 * lately is kept in memory: the alerts of one incident ask about the same service and group again and again.
 */
export function createClaimTable(db: Db) {
  const holder = db.prepare<[string], { stream: string }>('SELECT stream FROM claims WHERE key = ?');
  const take = db.prepare('INSERT INTO claims (key, stream) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const free = db.prepare('DELETE FROM claims WHERE key = ? AND stream = ?');
  const move = db.prepare(
    'INSERT INTO claims (key, stream) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET stream = excluded.stream',
  );
  const kept = createRecentMap<string, StreamId | null>(claimsKept);

  function holds(key: string): StreamId | null {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const stream = (holder.get(key)?.stream as StreamId | undefined) ?? null;
    kept.set(key, stream);
    return stream;
  }

  return {
    holder: holds,
    /** Null where the stream has the claim now, else who holds it. */
    take(key: string, stream: StreamId): StreamId | null {
      if (kept.get(key) === stream) return null;
      if (take.run(key, stream).changes > 0) {
        kept.set(key, stream);
        return null;
      }
      kept.delete(key);
      const other = holds(key);
      return other === stream ? null : other;
    },
    /** Only what the stream holds itself; a claim that somebody else has in the meantime stays theirs. */
    free(key: string, stream: StreamId): void {
      kept.delete(key);
      free.run(key, stream);
    },
    /** Takes a claim over from whoever holds it. */
    move(key: string, stream: StreamId): void {
      if (holds(key) === stream) return;
      move.run(key, stream);
      kept.set(key, stream);
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget: (): void => kept.clear(),
  };
}

/** Deliveries that must not count twice. Slack retries for minutes; a day is ample. */
export function createSeenTable(db: Db) {
  const has = db.prepare<[string], { at: number }>('SELECT at FROM seen WHERE key = ?');
  const add = db.prepare('INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const remove = db.prepare('DELETE FROM seen WHERE key = ?');
  const forget = db.prepare('DELETE FROM seen WHERE at < ?');
  const touch = db.prepare(
    'INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at',
  );
  const keepMs = 24 * 60 * 60_000;
  return {
    has: (key: string): boolean => has.get(key) !== undefined,
    add: (key: string, at: number): void => void add.run(key, at),
    remove: (key: string): void => void remove.run(key),
    forgetOld: (now: number): void => void forget.run(now - keepMs),
    /** Writes about as much as opening an incident does: less might still fit where that does not. */
    rehearse(at: number): void {
      for (let page = 0; page < 16; page++) touch.run(`health/${page}/${'-'.repeat(3_000)}`, at);
    },
  };
}

export function createDefinitionTable(db: Db) {
  const get = db.prepare<[string], { canonical: string }>('SELECT canonical FROM definitions WHERE hash = ?');
  const put = db.prepare('INSERT INTO definitions (hash, canonical) VALUES (?, ?) ON CONFLICT DO NOTHING');
  return {
    get(hash: string): string | null {
      const canonical = get.get(hash)?.canonical;
      if (canonical === undefined) return null;
      // SQLite does not see a changed letter, and this text says which commands run.
      if (sha256(canonical) !== hash)
        throw new StoreFailed(
          'corrupt',
          `The stored definition ${hash.slice(0, 12)} is not the one that was written. Nothing of its runs goes on; restore the newest backup: genesis restore <backup>.`,
        );
      return canonical;
    },
    put: (hash: string, canonical: string): void => void put.run(hash, canonical),
  };
}

/** Where the message of each subject is. */
export function createMessageTable(db: Db) {
  const get = db.prepare<[string], Posted>('SELECT channel, ts FROM messages WHERE subject = ?');
  const put = db.prepare(
    `INSERT INTO messages (subject, channel, ts) VALUES (?, ?, ?)
     ON CONFLICT (subject) DO UPDATE SET channel = excluded.channel, ts = excluded.ts`,
  );
  const remove = db.prepare('DELETE FROM messages WHERE subject = ?');
  /** An update leaves a message where it is, so most of them change nothing here. */
  const written = createRecentMap<string, string>(rowsKept);
  return {
    get: (subject: Subject): Posted | null => get.get(subjectKey(subject)) ?? null,
    put(subject: Subject, at: Posted): void {
      const [key, place] = [subjectKey(subject), `${at.channel} ${at.ts}`];
      if (written.get(key) === place) return;
      put.run(key, at.channel, at.ts);
      written.set(key, place);
    },
    remove(subject: Subject): void {
      const key = subjectKey(subject);
      written.delete(key);
      remove.run(key);
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget: (): void => written.clear(),
  };
}

const rowsKept = 1_000;

/** Which incidents there are. Asks for no column that the first version did not have, so that any database answers. */
export function incidentIdsIn(db: Db) {
  const open = db.prepare<[], { number: number }>(
    'SELECT number FROM incidents WHERE open = 1 ORDER BY number',
  );
  const recent = db.prepare<[number], { number: number }>(
    'SELECT number FROM incidents ORDER BY number DESC LIMIT ?',
  );
  const ids = (rows: { number: number }[]): IncidentId[] => rows.map(({ number }) => incidentId(number));
  return {
    open: (): IncidentId[] => ids(open.all()),
    recent: (limit: number): IncidentId[] => ids(recent.all(limit)),
  };
}

/** A reading of the log that is kept up with it: which incidents there are, and which are open. */
export function createIncidentTable(db: Db) {
  const put = db.prepare(
    `INSERT INTO incidents (number, open, service, severity, opened_at, channel, drill) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (number) DO UPDATE SET open = excluded.open, severity = excluded.severity, channel = excluded.channel`,
  );
  const ofChannel = db.prepare<[string], { number: number }>(
    'SELECT number FROM incidents WHERE channel = ? ORDER BY number DESC LIMIT 1',
  );
  const last = db.prepare<[], { number: number | null }>('SELECT max(number) AS number FROM incidents');
  const opened = db.prepare<[number], { at: number }>(
    'SELECT opened_at AS at FROM incidents WHERE drill = 0 ORDER BY number DESC LIMIT ?',
  );
  /** What the rows say that were written lately: most events change nothing of them. */
  const written = createRecentMap<number, string>(rowsKept);
  let highest: number | null = null;
  let newest: readonly number[] | null = null;
  return {
    put(incident: Incident): void {
      const { number, service, severity, openedAt } = incident;
      const row = [
        number,
        isOpen(incident) ? 1 : 0,
        service,
        severity,
        openedAt,
        incident.channel?.id ?? null,
        incident.drill ? 1 : 0,
      ];
      const text = JSON.stringify(row);
      if (written.get(number) === text) return;
      put.run(...row);
      written.set(number, text);
      highest = null;
      newest = null;
    },
    /** When the newest incidents were opened, newest first. */
    openings(): readonly number[] {
      newest ??= opened.all(openingsCounted).map(({ at }) => at);
      return newest;
    },
    ...incidentIdsIn(db),
    ofChannel: (channel: string): IncidentId | null => {
      const row = ofChannel.get(channel);
      return row ? incidentId(row.number) : null;
    },
    lastNumber(): number {
      highest ??= last.get()?.number ?? 0;
      return highest;
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget(): void {
      written.clear();
      highest = null;
      newest = null;
    },
  };
}

/** Numbers of runs outside any incident. */
export function createRunTable(db: Db) {
  const put = db.prepare('INSERT INTO runs (number) VALUES (?) ON CONFLICT DO NOTHING');
  const last = db.prepare<[], { number: number | null }>('SELECT max(number) AS number FROM runs');
  let highest: number | null = null;
  return {
    put(number: number): void {
      put.run(number);
      highest = null;
    },
    lastNumber(): number {
      highest ??= last.get()?.number ?? 0;
      return highest;
    },
    /** What was written may have been rolled back: the table alone knows. */
    forget(): void {
      highest = null;
    },
  };
}
