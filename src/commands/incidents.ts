import { openSqliteReader } from '../adapters/sqlite/reader.ts';
import { isSlackId } from '../core/actor.ts';
import type { Incident } from '../core/incident/incident.ts';
import { type Names, namedPerson } from '../core/report/names.ts';
import { incidentNamed, isIncidentId } from '../core/stream.ts';

/** `genesis incidents [id]`: the newest incidents, one line each, or one with its whole log. */
export async function incidents(
  options: { database: string; id: string | null },
  print: (line: string) => void,
): Promise<number> {
  const reader = openSqliteReader(options.database);
  try {
    if (options.id === null) {
      const recent = await reader.recentIncidents(50);
      for (const incident of recent) print(line(incident));
      if (recent.length === 0) print('No incidents yet.');
      return 0;
    }
    const id = incidentNamed(options.id);
    const state = isIncidentId(id) ? await reader.state(id) : null;
    if (state?.kind !== 'incident') {
      print(`There is no incident ${options.id}.`);
      return 1;
    }
    print(line(state.incident));
    for (const stream of [state.incident.id, ...state.incident.runs]) {
      const events = await reader.events({ stream });
      const names = await reader.names([...new Set(events.map(({ event }) => event.by))].filter(isSlackId));
      for (const { event, position } of events) {
        print(
          `${position}\t${new Date(event.at).toISOString()}\t${stream}\t${event.type}\t${by(event.by, names)}\t${JSON.stringify(event.data)}`,
        );
      }
    }
    return 0;
  } finally {
    reader.close();
  }
}

/** Whoever has no name stays as the log has them. */
const by = (id: string, names: Names): string => (names.has(id) ? namedPerson(id, names) : id);

function line({ id, severity, phase, title, service, openedAt, resolved, drill }: Incident): string {
  const end = resolved ? `, resolved ${new Date(resolved.at).toISOString()}` : '';
  return `${id}  ${drill ? 'DRILL  ' : ''}${severity}  ${phase}  ${title}${service ? ` on ${service}` : ''}  opened ${new Date(openedAt).toISOString()}${end}`;
}
