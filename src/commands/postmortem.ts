import { openSqliteReader } from '../adapters/sqlite/reader.ts';
import { incidentNamed, isIncidentId } from '../core/stream.ts';
import { readPostMortem } from '../engine/postMortem.ts';

export const postMortemFormats = ['md', 'html', 'json'] as const;
export type PostMortemFormat = (typeof postMortemFormats)[number];

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
    const { markdown, html, report } = await readPostMortem(reader, id, options.now, options.pace);
    print(
      options.format === 'md' ? markdown : options.format === 'html' ? html : JSON.stringify(report, null, 2),
    );
    return 0;
  } finally {
    reader.close();
  }
}
