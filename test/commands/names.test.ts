import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/store.ts';
import { incidents } from '../../src/commands/incidents.ts';
import { postmortem } from '../../src/commands/postmortem.ts';
import { temporaryDirectory } from '../adapters/sqlite/places.ts';
import { createClock } from '../fakes/clock.ts';

const dump = readFileSync(join(import.meta.dirname, '../fixtures/upgrade/schema-1.sql'), 'utf8');
const now = Date.UTC(2026, 9, 1, 3, 2, 0);

/** Two incidents; somebody who is known by id alone has acknowledged one. */
function asTheReleaseBefore(): string {
  const file = join(temporaryDirectory(), 'genesis.db');
  const db = new Database(file);
  db.exec(dump);
  db.close();
  return file;
}

async function printed(
  command: (print: (line: string) => void) => Promise<number>,
): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const code = await command((line) => lines.push(line));
  return { code, text: lines.join('\n') };
}

async function withNames(names: ReadonlyMap<string, string>): Promise<string> {
  const file = asTheReleaseBefore();
  const store = openSqliteStore({ file, clock: createClock(now) });
  await store.keepNames(names);
  await store.close();
  return file;
}

describe('the command line names people without Slack', () => {
  const named = new Map([['U0RESPONDER', 'Responder']]);

  it('in a post-mortem, by the names that were kept', async () => {
    const database = await withNames(named);
    const draft = (format: 'md' | 'html' | 'json') =>
      printed((print) => postmortem({ database, id: 'INC-1', format, now }, print));
    expect((await draft('md')).text).toContain('- Responder (@U0RESPONDER)');
    expect((await draft('html')).text).toContain('<li>Responder (@U0RESPONDER)');
    expect(JSON.parse((await draft('json')).text)).toMatchObject({ names: { U0RESPONDER: 'Responder' } });
  });

  it('in the log of an incident, where whoever has no name stays as the log has them', async () => {
    const database = await withNames(named);
    const { code, text } = await printed((print) => incidents({ database, id: 'INC-1' }, print));
    expect(code).toBe(0);
    expect(text).toContain('\tResponder (@U0RESPONDER)\t');
    expect(text).toContain('\talertmanager\t');
  });

  it('by their ids where a database that is only read has no names yet', async () => {
    const database = await withNames(named);
    const db = new Database(database);
    db.exec('DROP TABLE people');
    db.close();
    const { text } = await printed((print) => incidents({ database, id: 'INC-1' }, print));
    expect(text).toContain('\tU0RESPONDER\t');
    const draft = await printed((print) => postmortem({ database, id: 'INC-1', format: 'md', now }, print));
    expect(draft.text).toContain('- @U0RESPONDER');
  });
});
