import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The room as it is delivered, except that every incident lives in a thread of one channel: its first message is its
 * card, as one message is all that the others send. Nobody is called: with the pace that lifts what makes a storm, chains
 * of people would be through in a millisecond.
 */
export async function threadRoom(directory: string): Promise<string> {
  const room = join(directory, 'playbooks');
  await cp('playbooks', room, { recursive: true });
  const escalation = join(room, 'escalation.yml');
  const chains = await readFile(escalation, 'utf8');
  await writeFile(escalation, chains.replaceAll('severities: [P0, P1, P2]', 'severities: [P4]'));
  const place = "{ place: { thread: '#genesis-monitoring' } }";
  const severities = ['P0', 'P1', 'P2', 'P3'].map((severity) => `  ${severity}: ${place}\n`);
  await writeFile(
    join(room, 'routing.yml'),
    `reopen_within: 24h\n\nseverities:\n${severities.join('')}  P4: { place: log }\n`,
  );
  return room;
}
