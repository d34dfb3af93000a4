import { checkChain, type Finding } from '../../core/audit/chain.ts';
import { type EventRow, linkOf, sha256 } from './eventTable.ts';
import type { Db } from './open.ts';

/** Walks the whole chain in the database; row by row, so that a large log needs no memory. */
export function auditChain(db: Db): {
  findings: readonly Finding[];
  position: number;
  hash: string;
  hashAt: (position: number) => string | null;
} {
  const rows = db.prepare<[], EventRow>('SELECT * FROM events ORDER BY position').iterate();
  const walk = checkChain(links(rows), sha256);
  const findings: Finding[] = [];
  let step = walk.next();
  while (!step.done) {
    findings.push(step.value);
    step = walk.next();
  }
  const at = db.prepare<[number], { hash: string }>('SELECT hash FROM events WHERE position = ?');
  return { findings, ...step.value, hashAt: (position) => at.get(position)?.hash ?? null };
}

function* links(rows: Iterable<EventRow>) {
  for (const row of rows) yield { link: linkOf(row), stored: row.hash, data: row.data };
}
