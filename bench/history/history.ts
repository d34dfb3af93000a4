import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createEventTable } from '../../src/adapters/sqlite/eventTable.ts';
import { openDatabase } from '../../src/adapters/sqlite/open.ts';
import { migrations } from '../../src/adapters/sqlite/schema.ts';
import { createClaimTable, createIncidentTable } from '../../src/adapters/sqlite/smallTables.ts';
import { episodeKey, type Notice } from '../../src/core/alert/alert.ts';
import { episodeClaim } from '../../src/core/incident/claims.ts';
import type { IncidentEvent } from '../../src/core/incident/events.ts';
import { evolveIncident, type Incident } from '../../src/core/incident/incident.ts';
import { incidentId } from '../../src/core/stream.ts';

/**
 * A log of a year or so: incidents of twenty events each, all resolved, written through the bot's own tables, so that
 * the chain is whole and every claim is there. Built once for each schema and kept in the directory for temporary
 * files.
 */
const eventsPerIncident = 20;
const incidentsPerCommit = 500;
const minute = 60_000;
const begin = 1_730_000_000_000;
const self = fileURLToPath(import.meta.url);

/** The file that holds this many events; builds it first where there is none. */
export function historyOf(events: number): string {
  const built = createHash('sha256').update(migrations.join()).update(readFileSync(self)).digest('hex');
  const file = join(tmpdir(), `genesis-bench-history-${events}-${built.slice(0, 12)}.db`);
  if (existsSync(file)) return file;
  process.stderr.write(`Writing a log of ${events} events once, into ${file}\n`);
  const part = `${file}.part`;
  for (const old of [part, `${part}-wal`, `${part}-shm`]) rmSync(old, { force: true });
  execFileSync(process.execPath, [self, part, String(events)], { stdio: 'inherit' });
  rmSync(`${part}.lock`, { force: true });
  renameSync(part, file);
  return file;
}

type Draft = IncidentEvent extends infer Each
  ? Each extends IncidentEvent
    ? Omit<Each, 'at' | 'by'>
    : never
  : never;

/** What happened in one incident, in order. */
function* incidentEvents(number: number): Generator<Draft> {
  const id = incidentId(number);
  const service = `service-${number % 200}`;
  const at = begin + number * 10 * minute;
  const run = `${id}.1` as const;
  const alerts = Array.from({ length: 6 }, (_, index) => ({
    name: 'HighErrorRate',
    fingerprint: (number * 8 + index).toString(16).padStart(16, '0'),
    labels: {
      alertname: 'HighErrorRate',
      service,
      severity: 'critical',
      instance: `worker-${index}`,
      job: 'genesis',
    },
    summary: `Errors on worker-${index}`,
    startsAt: at + index,
  }));
  yield {
    type: 'IncidentOpened',
    data: {
      id,
      number,
      title: 'High error rate',
      service,
      playbook: 'high-error-rate',
      severity: 'P1',
      place: { kind: 'channel', name: `incident-high-error-rate-${number}` },
      summary: 'More than 0.1 % of operations have failed for two minutes.',
    },
  };
  for (const alert of alerts) {
    const episode = episodeKey(alert);
    yield { type: 'AlertFired', data: { episode, alert, why: `${service} has this incident open` } };
  }
  yield { type: 'RunAttached', data: { run, playbook: 'high-error-rate' } };
  yield { type: 'ChannelOpened', data: { id: `C${number}`, name: `incident-high-error-rate-${number}` } };
  yield { type: 'IncidentAcknowledged', data: {} };
  for (const count of [1, 2, 3]) {
    yield {
      type: 'NoteAdded',
      data: { number: count, kind: 'note', text: 'What was seen and what was tried. '.repeat(5) },
    };
  }
  for (const alert of alerts.slice(0, 5)) {
    yield { type: 'AlertResolved', data: { episode: episodeKey(alert), endsAt: at + 8 * minute } };
  }
  yield { type: 'RunFinished', data: { run, result: 'completed', back: null } };
  yield { type: 'IncidentResolved', data: { note: 'The configuration was taken back.' } };
}

function build(file: string, events: number): void {
  const { db, unlock } = openDatabase(file);
  const table = createEventTable(db);
  const claims = createClaimTable(db);
  const incidents = createIncidentTable(db);
  const total = events / eventsPerIncident;
  let head = table.head();
  const write = db.transaction((from: number, to: number) => {
    for (let number = from; number <= to; number++) {
      const id = incidentId(number);
      let incident: Incident | null = null;
      let version = 0;
      const fired: Pick<Notice, 'fingerprint' | 'startsAt' | 'labels'>[] = [];
      for (const draft of incidentEvents(number)) {
        version += 1;
        const event = {
          ...draft,
          at: begin + number * 10 * minute + version * 1_000,
          by: 'alertmanager',
        } as IncidentEvent;
        incident = evolveIncident(incident, event);
        if (event.type === 'AlertFired') fired.push(event.data.alert);
        head = table.append(head, id, version, event);
      }
      if (!incident || version !== eventsPerIncident) throw new Error(`${id} has ${version} events`);
      incidents.put(incident);
      for (const alert of fired) {
        for (const claim of [episodeClaim(alert), `recent:${alert.fingerprint}`]) {
          claims.take(claim, id);
        }
      }
      claims.take(`open-group:{}:{incident="${number}"}`, id);
    }
  });
  for (let number = 1; number <= total; number += incidentsPerCommit) {
    write(number, Math.min(total, number + incidentsPerCommit - 1));
  }
  // All of it in the one file, so that it can be copied.
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
  unlock();
}

if (import.meta.main) {
  const [file, events] = process.argv.slice(2);
  if (!file || !events) throw new Error('usage: node bench/history/history.ts <file> <events>');
  build(file, Number(events));
}
