import { type Subject, subjectKey } from '../../core/effect.ts';
import { type Incident, isOpen } from '../../core/incident/incident.ts';
import { type IncidentId, incidentId, type StreamId } from '../../core/stream.ts';
import type { Posted } from '../../engine/ports.ts';
import type { Db } from './open.ts';

/** Unique keys that a stream holds; the table's primary key is what makes two holders impossible. */
export function createClaimTable(db: Db) {
  const holder = db.prepare<[string], { stream: string }>('SELECT stream FROM claims WHERE key = ?');
  const take = db.prepare('INSERT INTO claims (key, stream) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const free = db.prepare('DELETE FROM claims WHERE key = ? AND stream = ?');
  const move = db.prepare(
    'INSERT INTO claims (key, stream) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET stream = excluded.stream',
  );
  const holds = (key: string): StreamId | null => (holder.get(key)?.stream as StreamId | undefined) ?? null;
  return {
    holder: holds,
    /** Null where the stream has the claim now, else who holds it. */
    take(key: string, stream: StreamId): StreamId | null {
      if (take.run(key, stream).changes > 0) return null;
      const other = holds(key);
      return other === stream ? null : other;
    },
    /** Only what the stream holds itself; a claim that somebody else has in the meantime stays theirs. */
    free: (key: string, stream: StreamId): void => void free.run(key, stream),
    /** Takes a claim over from whoever holds it. */
    move: (key: string, stream: StreamId): void => void move.run(key, stream),
  };
}

/** Deliveries that must not count twice. Slack retries for minutes; a day is ample. */
export function createSeenTable(db: Db) {
  const has = db.prepare<[string], { at: number }>('SELECT at FROM seen WHERE key = ?');
  const add = db.prepare('INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const forget = db.prepare('DELETE FROM seen WHERE at < ?');
  const touch = db.prepare(
    'INSERT INTO seen (key, at) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET at = excluded.at',
  );
  const keepMs = 24 * 60 * 60_000;
  return {
    has: (key: string): boolean => has.get(key) !== undefined,
    add: (key: string, at: number): void => void add.run(key, at),
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
    get: (hash: string): string | null => get.get(hash)?.canonical ?? null,
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
  return {
    get: (subject: Subject): Posted | null => get.get(subjectKey(subject)) ?? null,
    put: (subject: Subject, at: Posted): void => void put.run(subjectKey(subject), at.channel, at.ts),
  };
}

/** A reading of the log that is kept up with it: which incidents there are, and which are open. */
export function createIncidentTable(db: Db) {
  const put = db.prepare(
    `INSERT INTO incidents (number, open, service, severity, opened_at, channel) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (number) DO UPDATE SET open = excluded.open, severity = excluded.severity, channel = excluded.channel`,
  );
  const open = db.prepare<[], { number: number }>(
    'SELECT number FROM incidents WHERE open = 1 ORDER BY number',
  );
  const recent = db.prepare<[number], { number: number }>(
    'SELECT number FROM incidents ORDER BY number DESC LIMIT ?',
  );
  const ofChannel = db.prepare<[string], { number: number }>(
    'SELECT number FROM incidents WHERE channel = ? ORDER BY number DESC LIMIT 1',
  );
  const last = db.prepare<[], { number: number | null }>('SELECT max(number) AS number FROM incidents');
  const ids = (rows: { number: number }[]): IncidentId[] => rows.map(({ number }) => incidentId(number));
  return {
    put: (incident: Incident): void =>
      void put.run(
        incident.number,
        isOpen(incident) ? 1 : 0,
        incident.service,
        incident.severity,
        incident.openedAt,
        incident.channel?.id ?? null,
      ),
    open: (): IncidentId[] => ids(open.all()),
    recent: (limit: number): IncidentId[] => ids(recent.all(limit)),
    ofChannel: (channel: string): IncidentId | null => {
      const row = ofChannel.get(channel);
      return row ? incidentId(row.number) : null;
    },
    lastNumber: (): number => last.get()?.number ?? 0,
  };
}

/** Numbers of runs outside any incident. */
export function createRunTable(db: Db) {
  const put = db.prepare('INSERT INTO runs (number) VALUES (?) ON CONFLICT DO NOTHING');
  const last = db.prepare<[], { number: number | null }>('SELECT max(number) AS number FROM runs');
  return {
    put: (number: number): void => void put.run(number),
    lastNumber: (): number => last.get()?.number ?? 0,
  };
}
