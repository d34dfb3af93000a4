import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';

/**
 * What a user would write in an afternoon: a plain server that commits every webhook by itself before it answers. It
 * promises the same durability (WAL, every commit synchronised) and knows nothing of incidents.
 *
 * `node bench/ingest/reference.ts <file>` prints its address on a line of its own and ends with its standard input.
 */
export function startReference(file: string): Promise<{ url: string; stop(): Promise<void> }> {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec(
    'CREATE TABLE IF NOT EXISTS webhook (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL) STRICT',
  );
  // The driver's default is NORMAL, and it is only what is read back after a first statement that can be believed.
  if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('synchronous is not FULL');
  const insert = db.prepare('INSERT INTO webhook (at, body) VALUES (?, ?)');

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      try {
        JSON.parse(body);
        insert.run(Date.now(), body);
        response.end('{}');
      } catch (error) {
        response.statusCode = error instanceof SyntaxError ? 400 : 503;
        response.end(String(error));
      }
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alertmanager`,
        stop: () =>
          new Promise((stopped) => {
            server.close(() => {
              db.close();
              stopped();
            });
            server.closeAllConnections();
          }),
      }),
    );
  });
}

if (import.meta.main) {
  const { url, stop } = await startReference(process.argv[2] ?? ':memory:');
  console.log(url);
  process.stdin.resume().once('end', () => void stop());
}
