import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/adapters/logging/log.ts';
import { openSqliteReader } from '../../src/adapters/sqlite/reader.ts';
import { type Bot, startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';
import type { StoredEvent } from '../../src/engine/ports.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/start.ts';

/** What a scenario leaves to be ended, last first. */
export type Stops = (() => Promise<unknown>)[];

export async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
}

export type Rehearsal = Sandbox & { readonly directory: string };

/** The whole product in a directory of its own, gone with everything that it wrote when the stops are called. */
export async function rehearse(stops: Stops, options: Partial<SandboxOptions> = {}): Promise<Rehearsal> {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-rehearsal-'));
  stops.push(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  const sandbox = await startSandbox({
    directory,
    playbooks: 'playbooks',
    pace: 60,
    delivery: 'socket',
    pagePort: null,
    alertSource: 'stand-in',
    log: createLog({ level: 'error' }),
    ...options,
  });
  stops.push(() => sandbox.stop());
  return { ...sandbox, directory };
}

/** The bot once more, in the same environment: what is there after the first one was stopped. */
export async function startAgain(stops: Stops, env: Readonly<Record<string, string>>): Promise<Bot> {
  const config = readConfig(env);
  if (config.kind === 'bad') throw new Error(config.problems.join('\n'));
  const bot = await startBot(config.config, { log: createLog({ level: 'error' }) });
  stops.push(() => bot.stop());
  return bot;
}

export const databaseOf = (env: Readonly<Record<string, string>>): string =>
  (env.DATABASE_URL ?? '').slice('sqlite:'.length);

/** The log as it stands, read beside the running bot. */
export async function eventsOf(env: Readonly<Record<string, string>>): Promise<readonly StoredEvent[]> {
  const reader = openSqliteReader(databaseOf(env));
  try {
    return await reader.events({});
  } finally {
    reader.close();
  }
}
