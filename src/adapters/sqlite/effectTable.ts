import type { Effect } from '../../core/effect.ts';
import type { Waiting } from '../../core/incident/audit.ts';
import type { StreamId } from '../../core/stream.ts';
import type { Claimed, Hands } from '../../engine/ports.ts';
import type { Db } from './open.ts';

type Row = {
  readonly lane: string | null;
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

/** What is done in the chat; everything else is performed without it. */
const inChat = (lane: string | null): 0 | 1 => (lane?.startsWith('chat/') ? 1 : 0);

export function createEffectTable(db: Db) {
  // An effect is at the head of its lane when nothing older waits there; one without a lane always is.
  const insert = db.prepare(
    `INSERT INTO effects (stream, lane, coalesce, not_before, created_at, body, in_chat, is_head)
     VALUES (@stream, @lane, @coalesce, @notBefore, @now, @body, @inChat,
       @lane IS NULL OR NOT EXISTS (SELECT 1 FROM effects WHERE lane = @lane))`,
  );
  // What waits with the same subject shows the newest state anyway; its place in the lane is kept, and so is the time
  // until which the other side asked to be left alone. A timer shows nothing: it has the moment that was set last, also
  // where that is a later one.
  const replace = db.prepare(
    `UPDATE effects SET body = @body,
       not_before = CASE
         WHEN @timer THEN @notBefore
         WHEN attempts > 0 THEN max(not_before, @notBefore)
         ELSE min(not_before, @notBefore)
       END
     WHERE coalesce = @coalesce AND leased_at IS NULL`,
  );
  const due = db.prepare<[number, number, number], { id: number }>(
    `SELECT id FROM effects INDEXED BY effects_heads
     WHERE is_head = 1 AND leased_at IS NULL AND in_chat = ? AND not_before <= ? ORDER BY id LIMIT ?`,
  );
  const lease = db.prepare<[number, number], Row>(
    'UPDATE effects SET leased_at = ?, attempts = attempts + 1 WHERE id = ? RETURNING *',
  );
  const remove = db.prepare<[number], { lane: string | null }>(
    'DELETE FROM effects WHERE id = ? RETURNING lane',
  );
  const moveUp = db.prepare(
    'UPDATE effects SET is_head = 1 WHERE id = (SELECT min(id) FROM effects WHERE lane = ?)',
  );
  // Came with the same subject while this one was tried: waiting side by side, they would show the same state twice.
  const sameSubject = db.prepare<[number, number], Pick<Row, 'lane' | 'body'>>(
    `DELETE FROM effects
     WHERE id <> ? AND leased_at IS NULL AND coalesce = (SELECT coalesce FROM effects WHERE id = ?)
     RETURNING lane, body`,
  );
  const rewrite = db.prepare('UPDATE effects SET body = ? WHERE id = ?');
  const setTo = db.prepare('UPDATE effects SET not_before = ? WHERE id = ?');
  const back = db.prepare('UPDATE effects SET leased_at = NULL, not_before = ?, error = ? WHERE id = ?');
  const release = db.prepare('UPDATE effects SET leased_at = NULL WHERE id = ?');
  const setBack = db.prepare(
    `UPDATE effects SET created_at = created_at - @ms, not_before = max(0, not_before - @ms),
       body = json_set(body, '$.notBefore', max(0, (body ->> '$.notBefore') - @ms))`,
  );
  const newest = db.prepare<[], { at: number | null }>(
    'SELECT max(max(created_at, coalesce(leased_at, 0))) AS at FROM effects',
  );
  const leased = db.prepare<[], Row>('SELECT * FROM effects WHERE leased_at IS NOT NULL ORDER BY id');
  const next = db.prepare<[number], { at: number | null }>(
    `SELECT min(not_before) AS at FROM effects INDEXED BY effects_wake
     WHERE is_head = 1 AND leased_at IS NULL AND in_chat = ?`,
  );
  const backlog = db.prepare<[number], { waiting: number; oldest: number | null }>(
    'SELECT count(*) AS waiting, min(max(not_before, created_at)) AS oldest FROM effects WHERE not_before <= ?',
  );

  // Whatever was tried and must wait for a pause to end waits all the same; only a timer that is not due does not.
  const chatBacklog = db.prepare<[], { waiting: number; oldest: number | null }>(
    `SELECT count(*) AS waiting, min(created_at) AS oldest FROM effects
     WHERE in_chat = 1 AND (attempts > 0 OR not_before <= created_at)`,
  );
  const work = db.prepare<[], Pick<Row, 'stream' | 'body'> & { not_before: number }>(
    "SELECT stream, not_before, body FROM effects WHERE lane IS NULL OR lane NOT GLOB 'chat/*' ORDER BY id",
  );
  // A delay between attempts moves `not_before`, so what was due first stands in the effect itself. Commands under way
  // take as long as they may.
  const undelivered = db.prepare<[number], { since: number | null }>(
    `SELECT min(since) AS since FROM (
       SELECT max(created_at, body ->> '$.notBefore') AS since FROM effects
       WHERE leased_at IS NULL OR body ->> '$.kind' <> 'run-command'
     ) WHERE since <= ?`,
  );

  // What was added without knowing of heads, such as by the schema before, is put right here.
  if (!db.readonly)
    db.exec(`
    UPDATE effects SET in_chat = 1 WHERE in_chat = 0 AND lane GLOB 'chat/*';
    UPDATE effects SET is_head = 1
    WHERE is_head = 0 AND (lane IS NULL OR id = (SELECT min(h.id) FROM effects h WHERE h.lane = effects.lane));
  `);
  /** What was last written of each subject since something else happened to the table; a storm says the same often. */
  const repeated = new Map<string, string>();

  /**
   * An effect that waits again keeps its place and its attempts, and becomes what was asked for last. Answers the moment
   * that a timer was set to meanwhile, which is no sooner for having been in hand; else null.
   */
  function takeOver(id: number): number | null {
    const others = sameSubject.all(id, id);
    for (const { lane } of others) if (lane !== null) moveUp.run(lane);
    const newest = others.at(-1);
    if (!newest) return null;
    rewrite.run(newest.body, id);
    const { kind, notBefore } = JSON.parse(newest.body) as Effect;
    return kind === 'tell' ? notBefore : null;
  }

  return {
    add(stream: StreamId, effect: Effect, now: number): void {
      const body = JSON.stringify(effect);
      const { lane, coalesce, notBefore } = effect;
      if (coalesce !== null) {
        if (repeated.get(coalesce) === body) return;
        repeated.set(coalesce, body);
        const timer = effect.kind === 'tell' ? 1 : 0;
        if (replace.run({ body, notBefore, coalesce, timer }).changes > 0) return;
      }
      insert.run({ stream, lane, coalesce, notBefore, now, body, inChat: inChat(lane) });
    },
    claim(now: number, hands: Hands): Claimed[] {
      repeated.clear();
      return [...due.all(1, now, hands.chat), ...due.all(0, now, hands.other)]
        .sort((a, b) => a.id - b.id)
        .map(({ id }) => lease.get(now, id))
        .filter((row) => row !== undefined)
        .map(toClaimed);
    },
    remove(id: number): boolean {
      repeated.clear();
      const removed = remove.get(id);
      if (removed === undefined) return false;
      if (removed.lane !== null) moveUp.run(removed.lane);
      return true;
    },
    postpone(id: number, at: number, error: string): void {
      repeated.clear();
      back.run(Math.max(at, takeOver(id) ?? 0), error.slice(0, 500), id);
    },
    release(id: number): void {
      repeated.clear();
      const moment = takeOver(id);
      if (moment !== null) setTo.run(moment, id);
      release.run(id);
    },
    /** The clock was set back by this much: what waits for a time waits as long as it would have, and not longer. */
    setBack: (ms: number): void => void setBack.run({ ms }),
    /** The latest moment at which anything here was written, as far as that is known. */
    newestAt: (): number => newest.get()?.at ?? 0,
    leased: (): Claimed[] => leased.all().map(toClaimed),
    nextDue(hands: Hands): number | null {
      const times = [
        hands.chat > 0 ? next.get(1)?.at : null,
        hands.other > 0 ? next.get(0)?.at : null,
      ].filter((at) => typeof at === 'number');
      return times.length === 0 ? null : Math.min(...times);
    },
    chatBacklog(): { waiting: number; oldestAt: number | null } {
      const row = chatBacklog.get();
      return { waiting: row?.waiting ?? 0, oldestAt: row?.oldest ?? null };
    },
    backlog: (now: number): { waiting: number; oldestDueAt: number | null } => {
      const row = backlog.get(now);
      return { waiting: row?.waiting ?? 0, oldestDueAt: row?.oldest ?? null };
    },
    work: (): Waiting[] =>
      work.all().map(({ stream, not_before, body }) => ({
        stream: stream as StreamId,
        effect: JSON.parse(body) as Effect,
        dueAt: not_before,
      })),
    undeliveredSince: (now: number): number | null => undelivered.get(now)?.since ?? null,
    /** What was written may have been rolled back: the table alone knows. */
    forget: (): void => repeated.clear(),
  };
}
