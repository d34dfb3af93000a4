import { access } from 'node:fs/promises';
import { openSqliteReader } from '../adapters/sqlite/reader.ts';

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
  } finally {
    reader.close();
  }
  const copy = openSqliteReader(options.file);
  try {
    const { findings, position } = copy.audit();
    for (const finding of findings) print(`event ${finding.position}: ${finding.message}`);
    if (findings.length > 0) return 1;
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
