import { constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { openForReading } from '../../adapters/sqlite/open.ts';
import { migrations } from '../../adapters/sqlite/schema.ts';
import { StoreFailed } from '../../engine/ports.ts';
import { type Finding, findingsOf } from './finding.ts';
import { may } from './permission.ts';

const { ok, warning, failed } = findingsOf('database');

/** Enough for months of incidents, and the least with which a start makes sense. */
const roomyBytes = 1_000_000_000;
const leastBytes = 100_000_000;
/** Looking through a larger one holds up everything else for many seconds. */
const largestLookedThrough = 512 * 1024 * 1024;

/** Reads and changes nothing, also beside a running bot. */
export function databaseFindings(file: string): readonly Finding[] {
  return [...fileFindings(file), ...diskFindings(file)];
}

function fileFindings(file: string): readonly Finding[] {
  const directory = dirname(file);
  const owner = 'Give it to the user that Genesis runs as: chown, or another DATABASE_URL.';
  if (!existsSync(directory)) return [failed(`There is no directory ${directory}.`, `mkdir -p ${directory}`)];
  if (!may(directory, constants.W_OK)) return [failed(`${directory} cannot be written to.`, owner)];
  if (!existsSync(file)) return [ok(`${file} is made at the first start.`)];
  if (!may(file, constants.R_OK | constants.W_OK))
    return [failed(`${file} cannot be read and written.`, owner)];
  try {
    return look(file);
  } catch (error) {
    if (!(error instanceof StoreFailed)) throw error;
    return [failed(error.message, 'Restore the newest backup: genesis restore <backup>.')];
  }
}

function look(file: string): readonly Finding[] {
  // Opening it has made sure that SQLite accepts synchronous=FULL.
  const db = openForReading(file);
  try {
    const schema = Number(db.pragma('user_version', { simple: true }));
    if (schema > migrations.length)
      return [
        failed(
          `${file} is of a newer Genesis (schema ${schema}, this one knows ${migrations.length}).`,
          'Install the newer version again.',
        ),
      ];
    const newer = schema < migrations.length ? `, brought to ${migrations.length} at the next start` : '';
    const opened = ok(`${file} can be opened (schema ${schema}${newer}), synchronous=FULL.`);
    if (statSync(file).size > largestLookedThrough)
      return [opened, warning('It is too large to be looked through here.', 'genesis audit verify')];
    const damage = db.pragma('quick_check(1)', { simple: true });
    return [
      opened,
      damage === 'ok'
        ? ok('It is whole (quick_check).')
        : failed(
            `It is damaged: ${String(damage).split('\n')[0]}.`,
            'Restore the newest backup: genesis restore <backup>.',
          ),
    ];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [failed(`${file} is damaged: ${why}.`, 'Restore the newest backup: genesis restore <backup>.')];
  } finally {
    db.close();
  }
}

function diskFindings(file: string): readonly Finding[] {
  const directory = dirname(file);
  if (!existsSync(directory)) return [];
  const { bavail, bsize } = statfsSync(directory);
  return [spaceFinding(bavail * bsize)];
}

/** `free`: bytes. */
export function spaceFinding(free: number): Finding {
  const said = `${Math.round(free / 1_000_000).toLocaleString('en')} MB are free on its disk.`;
  if (free < leastBytes) return failed(said, 'Free some space, or move the database: DATABASE_URL.');
  return free < roomyBytes ? warning(said, 'Free some space.') : ok(said);
}
