import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import Database from 'better-sqlite3';

/**
 * The least that delivers as durably: a webhook is written into an outbox and answered after the commit, then posted,
 * then removed. Webhooks and ends of one turn of the event loop share a commit. No grouping, no playbooks, no retries,
 * no rate limits, no SDK.
 *
 * `node bench/delivery/reference.ts <file> <hook> [api]` prints its address on a line of its own and ends with its
 * standard input. With the address of Slack's API it calls that through Slack's own SDK instead of the hook.
 */
const [file = ':memory:', hook = '', apiUrl] = process.argv.slice(2);
const db = new Database(file);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('CREATE TABLE outbox (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT');
if (db.pragma('synchronous', { simple: true }) !== 2) throw new Error('synchronous is not FULL');
const insert = db.prepare('INSERT INTO outbox (body) VALUES (?)');
const remove = db.prepare('DELETE FROM outbox WHERE id = ?');
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

let waiting: { readonly write: () => void; readonly done: () => void }[] = [];
const flush = db.transaction((jobs: typeof waiting) => {
  for (const { write } of jobs) write();
});

function commit(write: () => void, done: () => void): void {
  if (waiting.length === 0) {
    setImmediate(() => {
      const jobs = waiting;
      waiting = [];
      flush.immediate(jobs);
      for (const job of jobs) job.done();
    });
  }
  waiting.push({ write, done });
}

const web = apiUrl === undefined ? null : new WebClient('xoxb-bench', { slackApiUrl: apiUrl });

function deliver(id: number | bigint, text: string): void {
  const delivered = () =>
    commit(
      () => void remove.run(id),
      () => {},
    );
  if (web) {
    void web.chat.postMessage(JSON.parse(text)).then(delivered);
    return;
  }
  const posted = request(
    hook,
    {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
    },
    (response) => {
      response.resume();
      response.on('end', delivered);
    },
  );
  posted.end(text);
}

type Webhook = {
  readonly alerts: readonly {
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
  }[];
};

const server = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    const { alerts } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Webhook;
    for (const { labels, annotations } of alerts) {
      const text = JSON.stringify({
        channel: '#genesis-monitoring',
        text: `*${labels.alertname}* ${labels.severity}: ${annotations.summary}`,
      });
      let id: number | bigint = 0;
      commit(
        () => {
          id = insert.run(text).lastInsertRowid;
        },
        () => {
          response.end('{}');
          deliver(id, text);
        },
      );
    }
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/alertmanager\n`);
});
process.stdin.resume().once('end', () => process.exit(0));
