import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { StreamId } from '../../core/stream.ts';
import type { Store } from '../../engine/ports.ts';
import { auditChain } from './audit.ts';
import { createEventTable, toStored } from './eventTable.ts';
import { openForReading } from './open.ts';
import { createDefinitionTable, createIncidentTable } from './smallTables.ts';
import { createStreamCache } from './streamCache.ts';

/** The log for reading alone, beside a running bot or after it: for the command line. Throws StoreFailed. */
export type Reader = Pick<
  Store,
  'state' | 'definition' | 'events' | 'openIncidents' | 'recentIncidents' | 'backup'
> & {
  audit(): ReturnType<typeof auditChain>;
  close(): void;
};

export function openSqliteReader(file: string): Reader {
  const db = openForReading(file);
  const events = createEventTable(db);
  const streams = createStreamCache(events);
  const incidents = createIncidentTable(db);
  const definitions = createDefinitionTable(db);
  const states = (ids: readonly StreamId[]): Incident[] =>
    ids
      .map((id) => streams.load(id).state)
      .flatMap((state) => (state?.kind === 'incident' ? [state.incident] : []));
  return {
    state: async (stream) => streams.load(stream).state,
    async definition(hash) {
      const canonical = definitions.get(hash);
      return canonical === null ? null : (JSON.parse(canonical) as Definition);
    },
    events: async (filter) => events.list(filter).map(toStored),
    openIncidents: async () => states(incidents.open()),
    recentIncidents: async (limit) => states(incidents.recent(limit)),
    async backup(target) {
      await db.backup(target);
    },
    audit: () => auditChain(db),
    close: () => db.close(),
  };
}
