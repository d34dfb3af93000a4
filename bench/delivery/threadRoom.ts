import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The room as it is delivered, except that every incident lives in a thread of one channel: its first message is its
 * card, as one message is all that the others send.
 */
export async function threadRoom(directory: string): Promise<string> {
  const room = join(directory, 'playbooks');
  await cp('playbooks', room, { recursive: true });
  const place = "{ place: { thread: '#genesis-monitoring' } }";
  const severities = ['P0', 'P1', 'P2', 'P3'].map((severity) => `  ${severity}: ${place}\n`);
  await writeFile(
    join(room, 'routing.yml'),
    `reopen_within: 24h\n\nseverities:\n${severities.join('')}  P4: { place: log }\n`,
  );
  return room;
}
