import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../../src/adapters/sqlite/store.ts';
import { alert } from '../../adapters/alertCommand.ts';
import { temporaryDirectory } from '../../adapters/sqlite/places.ts';
import { createClock } from '../../fakes/clock.ts';
import { room } from '../../fakes/room.ts';

const main = resolve('src/main.ts');
const openings = join(import.meta.dirname, 'openings.ts');
const serving = {
  SLACK_BOT_TOKEN: 'xoxb-nobody',
  SLACK_APP_TOKEN: 'xapp-nobody',
  // Nothing listens there.
  SLACK_API_URL: 'http://127.0.0.1:9/',
  ALERTMANAGER_TOKEN: 'a-token-of-the-test',
  PLAYBOOKS: resolve('playbooks'),
  PORT: '0',
};

async function filledDatabase(): Promise<string> {
  const directory = temporaryDirectory();
  const store = openSqliteStore({ file: join(directory, 'genesis.db'), clock: createClock() });
  await store.handle(alert('HighErrorRate', 'checkout'), room);
  await store.close();
  return directory;
}

/** Runs one command of the program to its end; `serve` is told to end once it listens. */
async function run(directory: string, args: readonly string[], mode: 'tell' | 'ignore') {
  const child = spawn(process.execPath, ['--import', openings, main, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, OPENINGS: mode, ...serving },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let isAsked = false;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    const url = /"url":"(http:[^"]+)"/.exec(output)?.[1];
    if (url === undefined || isAsked) return;
    isAsked = true;
    // Once it answers it also listens to signals.
    void fetch(`${url}/healthz`).then(() => child.kill('SIGTERM'));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  return {
    code,
    said: output + errors,
    opened: [...errors.matchAll(/^opened (\S+) synchronous=(\d)$/gm)].map(([, file, level]) => ({
      file,
      level,
    })),
  };
}

const commands: readonly (readonly string[])[] = [
  ['serve'],
  ['incidents'],
  ['incidents', 'INC-1'],
  ['postmortem', 'INC-1'],
  ['export'],
  ['backup', 'copy.db'],
  ['audit', 'verify'],
  ['restore', 'copy.db'],
];

describe('every way in which the program opens its database', { timeout: 120_000 }, () => {
  it('asks for synchronous=FULL, and SQLite says that it has it', { tags: ['trust-2'] }, async ({
    annotate,
  }) => {
    const directory = await filledDatabase();
    let openings = 0;
    for (const args of commands) {
      const { code, opened, said } = await run(directory, args, 'tell');
      expect(code, said).toBe(0);
      expect(opened.length, `${args.join(' ')}: ${said}`).toBeGreaterThan(0);
      for (const { level } of opened) expect(level, args.join(' ')).toBe('2');
      openings += opened.length;
    }
    await annotate(
      `${commands.length} commands, ${openings} openings: all read back synchronous=FULL`,
      'figure',
    );
  });

  it('is refused by a SQLite that stays at NORMAL', { tags: ['trust-2'] }, async ({ annotate }) => {
    const directory = await filledDatabase();
    const attempts = [['serve'], ['incidents'], ['backup', 'copy.db']];
    for (const args of attempts) {
      const { code, said } = await run(directory, args, 'ignore');
      expect(code, said).toBe(1);
      expect(said).toContain('SQLite did not accept synchronous=FULL');
    }
    await annotate(`SQLite held at NORMAL: ${attempts.length} of ${attempts.length} refused`, 'figure');
  });

  it('is read back only after a statement, since SQLite says FULL of a database that is not', {
    tags: ['trust-2'],
  }, () => {
    const db = new Database(join(temporaryDirectory(), 'new.db'));
    db.pragma('journal_mode = WAL');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.exec('CREATE TABLE a (b)');
    expect(db.pragma('synchronous', { simple: true })).toBe(1);
    db.close();
  });
});
