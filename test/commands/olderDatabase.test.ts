import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { restoreDatabase } from '../../src/adapters/sqlite/restore.ts';
import { migrations } from '../../src/adapters/sqlite/schema.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { auditVerify } from '../../src/commands/audit.ts';
import { backup } from '../../src/commands/backup.ts';
import { exportLog } from '../../src/commands/export.ts';
import { incidents } from '../../src/commands/incidents.ts';
import { postmortem } from '../../src/commands/postmortem.ts';
import { watch } from '../../src/commands/watch.ts';
import { temporaryDirectory } from '../adapters/sqlite/places.ts';
import { createClock } from '../fakes/clock.ts';

const dump = readFileSync(join(import.meta.dirname, '../fixtures/upgrade/schema-1.sql'), 'utf8');
const now = Date.UTC(2026, 9, 1, 3, 2, 0);

function databaseWith(sql: string): string {
  const file = join(temporaryDirectory(), 'genesis.db');
  const db = new Database(file);
  db.exec(sql);
  db.close();
  return file;
}

/** As the release left it whose schema was this one. */
const ofSchema = (version: number): string =>
  databaseWith(
    version === 1
      ? dump
      : `${dump}${migrations.slice(1, version).join('')} PRAGMA user_version = ${version};`,
  );

const commands = (database: string, print: (line: string) => void) => ({
  incidents: () => incidents({ database, id: null }, print),
  'incidents INC-1': () => incidents({ database, id: 'INC-1' }, print),
  postmortem: () => postmortem({ database, id: 'INC-1', format: 'md', now }, print),
  watch: () => watch({ database, id: null, json: false, now, pace: 1 }, print),
  export: () => exportLog({ database }, print),
  audit: () => auditVerify({ database, key: null, headFile: null }, print),
  backup: () => backup({ database, file: `${database}.copy` }, print),
});

describe('a database that this version has not been started on', { tags: ['trust-22'] }, () => {
  it('is read by every command as it is, whichever version wrote it', async ({ annotate }) => {
    let read = 0;
    for (const version of migrations.keys()) {
      const database = ofSchema(version + 1);
      for (const [name, command] of Object.entries(commands(database, () => undefined))) {
        expect({ name, version, code: await command() }).toEqual({ name, version, code: 0 });
        read += 1;
      }
    }
    const lines: string[] = [];
    await commands(ofSchema(1), (line) => lines.push(line)).incidents();
    expect(lines.map((line) => line.split('  ')[0])).toEqual(['INC-2', 'INC-1']);
    await annotate(`${read} answers from databases of ${migrations.length} versions`, 'figure');
  });

  it('can be restored from its backup, and is brought up to date by the start', async () => {
    const copy = ofSchema(1);
    const file = join(temporaryDirectory(), 'genesis.db');
    expect(await restoreDatabase({ backup: copy, file, stamp: 'before' })).toMatchObject({ before: null });
    const store = openSqliteStore({ file, clock: createClock(now) });
    expect((await store.openIncidents()).map(({ id }) => id)).toEqual(['INC-1', 'INC-2']);
    await store.close();
  });

  it('says in a sentence what to do where it has not what a command needs', async () => {
    for (const sql of ['', `${dump} DROP TABLE incidents;`]) {
      const database = databaseWith(sql);
      const refusal = incidents({ database, id: null }, () => undefined);
      await expect(refusal).rejects.toMatchObject({
        code: 'older',
        message: expect.stringMatching(
          /is of an older Genesis \(schema [01], this needs \d+\): start genesis serve on it once, which brings it up to date, and ask again\.$/,
        ),
      });
    }
    const newer = databaseWith(`${dump} DROP TABLE incidents; PRAGMA user_version = 999;`);
    await expect(incidents({ database: newer, id: null }, () => undefined)).rejects.toThrow(
      /is of a newer Genesis \(schema 999/,
    );
  });
});
