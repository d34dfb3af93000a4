import { openSqliteReader } from '../adapters/sqlite/reader.ts';

/** Events read at a time, so that a large log is never in memory as a whole. */
const page = 1_000;

/** `genesis export`: the whole log, one JSON object a line, oldest first. */
export async function exportLog(
  options: { database: string },
  print: (line: string) => void,
): Promise<number> {
  const reader = openSqliteReader(options.database);
  try {
    let after = 0;
    for (;;) {
      const events = await reader.events({ after, limit: page });
      for (const { position, stream, version, event, hash } of events) {
        print(
          JSON.stringify({ position, stream, version, ...event, at: new Date(event.at).toISOString(), hash }),
        );
        after = position;
      }
      if (events.length < page) return 0;
    }
  } finally {
    reader.close();
  }
}
