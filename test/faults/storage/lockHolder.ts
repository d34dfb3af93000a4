import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';

/**
 * Another program that writes to the database: `hold` begins a transaction and keeps it, `release` ends it. Each is
 * answered with one line, `held` or `released`.
 */
const db = new Database(process.argv[2] ?? '', { timeout: 5_000 });
for await (const line of createInterface({ input: process.stdin })) {
  db.exec(line === 'hold' ? 'BEGIN IMMEDIATE' : 'ROLLBACK');
  process.stdout.write(line === 'hold' ? 'held\n' : 'released\n');
}
