import { hash } from 'node:crypto';
import { type Digest, genesisHash, type Link, linkHash } from '../../core/audit/chain.ts';
import type { Event } from '../../core/decision.ts';
import type { StreamId } from '../../core/stream.ts';
import type { StoredEvent } from '../../engine/ports.ts';
import type { Db } from './open.ts';

/** Version of the event payloads that this code writes; older ones are lifted when they are read, never rewritten. */
const eventSchema = 1;

export type EventRow = {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly schema: number;
  readonly at: number;
  readonly actor: string;
  readonly data: string | null;
  readonly data_hash: string;
  readonly hash: string;
};

export const linkOf = (row: EventRow): Link => ({
  position: row.position,
  stream: row.stream,
  version: row.version,
  type: row.type,
  schema: row.schema,
  at: row.at,
  by: row.actor,
  payload: row.data_hash,
});

export function toStored(row: EventRow): StoredEvent {
  if (row.schema > eventSchema) throw new Error(`event ${row.position} is of a newer version, ${row.schema}`);
  const data = row.data === null ? {} : JSON.parse(row.data);
  const event = { type: row.type, at: row.at, by: row.actor, data } as Event;
  return {
    position: row.position,
    stream: row.stream as StreamId,
    version: row.version,
    event,
    hash: row.hash,
  };
}

export const sha256: Digest = (text) => hash('sha256', text, 'hex');

export function createEventTable(db: Db) {
  const insert = db.prepare(
    `INSERT INTO events (position, stream, version, type, schema, at, actor, data, data_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const ofStream = db.prepare<[string], EventRow>('SELECT * FROM events WHERE stream = ? ORDER BY version');
  const after = db.prepare<[number, number], EventRow>(
    'SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?',
  );
  const ofStreamAfter = db.prepare<[string, number, number], EventRow>(
    'SELECT * FROM events WHERE stream = ? AND position > ? ORDER BY position LIMIT ?',
  );
  const lastAt = db.prepare<[], { at: number }>('SELECT at FROM events ORDER BY position DESC LIMIT 1');
  const last = db.prepare<[], { position: number; hash: string }>(
    'SELECT position, hash FROM events ORDER BY position DESC LIMIT 1',
  );

  return {
    head: (): { position: number; hash: string } => last.get() ?? { position: 0, hash: genesisHash },
    /** When the newest event was decided, or 0. */
    lastAt: (): number => lastAt.get()?.at ?? 0,
    ofStream: (stream: StreamId): EventRow[] => ofStream.all(stream),
    list: (filter: { stream?: StreamId; after?: number; limit?: number }): EventRow[] => {
      const limit = filter.limit ?? 1_000_000;
      return filter.stream
        ? ofStreamAfter.all(filter.stream, filter.after ?? 0, limit)
        : after.all(filter.after ?? 0, limit);
    },
    /** Appends one event to the log behind `head` and answers the new head. */
    append(
      head: { position: number; hash: string },
      stream: StreamId,
      version: number,
      event: Event,
    ): { position: number; hash: string } {
      const data = JSON.stringify(event.data);
      const link: Link = {
        position: head.position + 1,
        stream,
        version,
        type: event.type,
        schema: eventSchema,
        at: event.at,
        by: event.by,
        payload: sha256(data),
      };
      const linked = linkHash(head.hash, link, sha256);
      insert.run(
        link.position,
        stream,
        version,
        event.type,
        eventSchema,
        event.at,
        event.by,
        data,
        link.payload,
        linked,
      );
      return { position: link.position, hash: linked };
    },
  };
}
