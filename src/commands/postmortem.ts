import { openSqliteReader } from '../adapters/sqlite/reader.ts';
import { incidentNamed, isIncidentId } from '../core/stream.ts';
import { readPostMortem } from '../engine/postMortem.ts';

export type PostMortemFormat = 'md' | 'html' | 'json';

/** `genesis postmortem <id>`: the draft, written from the log as it stands. */
export async function postmortem(
  options: { database: string; id: string; format: PostMortemFormat; now: number; pace?: number },
  print: (line: string) => void,
): Promise<number> {
  const reader = openSqliteReader(options.database);
  try {
    const id = incidentNamed(options.id);
    if (!isIncidentId(id) || (await reader.state(id)) === null) {
      print(`There is no incident ${options.id}.`);
      return 1;
    }
    const { now, pace = 1 } = options;
    const { markdown, html, report, names } = await readPostMortem(reader, id, {
      ...{ now, pace },
      namesOf: reader.names,
    });
    print(
      options.format === 'md'
        ? markdown
        : options.format === 'html'
          ? html
          : JSON.stringify({ ...report, names: Object.fromEntries(names) }, null, 2),
    );
    return 0;
  } finally {
    reader.close();
  }
}
