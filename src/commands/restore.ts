import { restoreDatabase } from '../adapters/sqlite/restore.ts';

/** `genesis restore <backup>`: puts a backup in the place of the database, with the bot stopped. */
export async function restore(
  options: { database: string; backup: string; now: number },
  print: (line: string) => void,
): Promise<number> {
  const stamp = new Date(options.now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const { events, before } = await restoreDatabase({
    file: options.database,
    backup: options.backup,
    stamp,
  });
  if (before !== null) print(`${before}: what was there before`);
  print(`${options.database}: ${events} events, the chain holds`);
  print(
    'Commands that were waiting when the backup was taken are shown as outcome unknown; none is started by itself.',
  );
  return 0;
}
