import { access, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { openSqliteReader } from '../adapters/sqlite/reader.ts';
import { syncToDisk } from '../adapters/sqlite/restore.ts';

/** `genesis backup <file>`: a whole and consistent copy, taken while the bot runs. Never replaces a file. */
export async function backup(
  options: { database: string; file: string },
  print: (line: string) => void,
): Promise<number> {
  if (await exists(options.file)) {
    print(`${options.file} is there already; name another file.`);
    return 1;
  }
  const reader = openSqliteReader(options.database);
  try {
    await reader.backup(options.file);
  } catch (error) {
    // A part of a copy must not be taken for one, nor stand in the way of the next attempt.
    await rm(options.file, { force: true });
    throw error;
  } finally {
    reader.close();
  }
  // The copy and its name: a backup that the next loss of power takes away is none.
  await syncToDisk(options.file);
  await syncToDisk(dirname(options.file));
  const copy = openSqliteReader(options.file);
  try {
    const damage = copy.damage();
    if (damage !== null) print(`${options.file} is damaged like what it was copied from: ${damage}`);
    const { findings, position } = copy.audit();
    for (const finding of findings) print(`event ${finding.position}: ${finding.message}`);
    if (damage !== null || findings.length > 0) return 1;
    print(`${options.file}: ${position} events, the chain holds`);
    return 0;
  } finally {
    copy.close();
  }
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
