import type { Effect } from '../../core/effect.ts';
import type { StreamId } from '../../core/stream.ts';
import type { Claimed, Hands } from '../../engine/ports.ts';
import type { Db } from './open.ts';

type Row = {
  readonly id: number;
  readonly stream: string;
  readonly attempts: number;
  readonly created_at: number;
  readonly body: string;
};

const toClaimed = (row: Row): Claimed => ({
  id: row.id,
  stream: row.stream as StreamId,
  effect: JSON.parse(row.body) as Effect,
  attempts: row.attempts,
  createdAt: row.created_at,
});

/** An effect is at the head of its lane when nothing older waits there; one without a lane always is. */
const isHead = '(e.lane IS NULL OR e.id = (SELECT min(h.id) FROM effects h WHERE h.lane = e.lane))';

/** What is done in the chat; everything else is performed without it. */
const inChat = "e.lane GLOB 'chat/*'";
const elsewhere = "(e.lane IS NULL OR e.lane NOT GLOB 'chat/*')";

export function createEffectTable(db: Db) {
  const insert = db.prepare(
    'INSERT INTO effects (stream, lane, coalesce, not_before, created_at, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  // What waits with the same subject shows the newest state anyway; its place in the lane is kept, and so is the time
  // until which the other side asked to be left alone.
  const replace = db.prepare(
    `UPDATE effects SET body = @body,
       not_before = CASE WHEN attempts > 0 THEN max(not_before, @notBefore) ELSE min(not_before, @notBefore) END
     WHERE coalesce = @coalesce AND leased_at IS NULL`,
  );
  const due = (which: string) =>
    db.prepare<[number, number], { id: number }>(
      `SELECT e.id FROM effects e
       WHERE e.leased_at IS NULL AND e.not_before <= ? AND ${which} AND ${isHead} ORDER BY e.id LIMIT ?`,
    );
  const [dueInChat, dueElsewhere] = [due(inChat), due(elsewhere)];
  const lease = db.prepare<[number, number], Row>(
    'UPDATE effects SET leased_at = ?, attempts = attempts + 1 WHERE id = ? RETURNING *',
  );
  const remove = db.prepare('DELETE FROM effects WHERE id = ?');
  const back = db.prepare('UPDATE effects SET leased_at = NULL, not_before = ?, error = ? WHERE id = ?');
  const release = db.prepare('UPDATE effects SET leased_at = NULL WHERE id = ?');
  const leased = db.prepare<[], Row>('SELECT * FROM effects WHERE leased_at IS NOT NULL ORDER BY id');
  const next = (which: string) =>
    db.prepare<[], { at: number | null }>(
      `SELECT min(e.not_before) AS at FROM effects e WHERE e.leased_at IS NULL AND ${which} AND ${isHead}`,
    );
  const [nextInChat, nextElsewhere] = [next(inChat), next(elsewhere)];
  const backlog = db.prepare<[number], { waiting: number; oldest: number | null }>(
    'SELECT count(*) AS waiting, min(max(not_before, created_at)) AS oldest FROM effects WHERE not_before <= ?',
  );

  return {
    add(stream: StreamId, effect: Effect, now: number): void {
      const body = JSON.stringify(effect);
      const { lane, coalesce, notBefore } = effect;
      if (coalesce !== null && replace.run({ body, notBefore, coalesce }).changes > 0) return;
      insert.run(stream, lane, coalesce, notBefore, now, body);
    },
    claim: (now: number, hands: Hands): Claimed[] =>
      [...dueInChat.all(now, hands.chat), ...dueElsewhere.all(now, hands.other)]
        .sort((a, b) => a.id - b.id)
        .map(({ id }) => lease.get(now, id))
        .filter((row) => row !== undefined)
        .map(toClaimed),
    remove: (id: number): boolean => remove.run(id).changes > 0,
    postpone: (id: number, at: number, error: string): void => void back.run(at, error.slice(0, 500), id),
    release: (id: number): void => void release.run(id),
    leased: (): Claimed[] => leased.all().map(toClaimed),
    nextDue(hands: Hands): number | null {
      const times = [
        hands.chat > 0 ? nextInChat.get()?.at : null,
        hands.other > 0 ? nextElsewhere.get()?.at : null,
      ].filter((at) => typeof at === 'number');
      return times.length === 0 ? null : Math.min(...times);
    },
    backlog: (now: number): { waiting: number; oldestDueAt: number | null } => {
      const row = backlog.get(now);
      return { waiting: row?.waiting ?? 0, oldestDueAt: row?.oldest ?? null };
    },
  };
}
