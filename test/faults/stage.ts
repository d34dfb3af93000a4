import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from '../../src/sandbox/alerts/program.ts';
import { type Emulator, startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { type CountingRoom, createCountingRoom } from '../fakes/countingRoom.ts';
import { startFakePrometheus } from '../fakes/prometheus.ts';
import { createWorkspaceDriver, type WorkspaceDriver } from '../scenarios/workspaceDriver.ts';
import { type KeptBot, keepBot, type Target } from './keptBot.ts';
import { startSlackProxy } from './slackProxy.ts';

/** Everything around one bot, and the bot as a process that may be killed. */
export type Stage = {
  readonly directory: string;
  readonly database: string;
  readonly url: string;
  readonly services: readonly string[];
  readonly room: CountingRoom;
  readonly emulator: Emulator;
  readonly slack: WorkspaceDriver;
  readonly prometheus: Awaited<ReturnType<typeof startFakePrometheus>>;
  readonly bot: KeptBot;
  /** Sets the clock of the bot and of its executor off by this many milliseconds. */
  setClock(offsetMs: number): Promise<void>;
  clockOffset(): number;
  close(): Promise<void>;
};

export type StageOptions = {
  readonly delivery: 'socket' | 'http';
  readonly targets?: readonly Target[];
  readonly services?: readonly string[];
  /** Of the playbooks: a P2 begins in a thread of a shared channel. */
  readonly severity?: 'P1' | 'P2';
  /** Whether the clock can be moved; Slack's own stays right. */
  readonly clock?: boolean;
  /** Where the database is, when it is not to be among the rest. */
  readonly databaseDirectory?: string;
  readonly mostFailedStarts?: number;
};

export async function setStage(options: StageOptions): Promise<Stage> {
  const { delivery, services = ['till'] } = options;
  const directory = await mkdtemp(join(tmpdir(), 'genesis-faults-'));
  const room = await createCountingRoom(directory, services, options.severity);
  let offset = 0;
  const clockFile = join(directory, 'clock');
  const setClock = async (offsetMs: number) => {
    offset = offsetMs;
    // Always as long as before: a reader never sees half of it.
    await writeFile(clockFile, String(offsetMs).padEnd(32));
  };
  await setClock(0);
  const prometheus = await startFakePrometheus({ now: () => Date.now() + offset });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const emulator = await startEmulator({
    delivery:
      delivery === 'socket' ? { kind: 'socket' } : { kind: 'http', requestUrl: `${url}/slack/events` },
    rateLimits: 'off',
  });
  const proxy = await startSlackProxy(emulator.apiUrl, (method, moment) =>
    bot.reach(`slack:${method}:${moment}`),
  );
  const database = join(options.databaseDirectory ?? directory, 'genesis.db');
  const bot: KeptBot = keepBot({
    directory,
    targets: options.targets ?? [],
    mostFailedStarts: options.mostFailedStarts ?? 5,
    env: {
      PATH: process.env.PATH ?? '',
      SLACK_BOT_TOKEN: emulator.botToken,
      ...(delivery === 'socket'
        ? { SLACK_APP_TOKEN: emulator.appToken }
        : { SLACK_SIGNING_SECRET: emulator.signingSecret }),
      SLACK_API_URL: proxy.apiUrl,
      ALERTMANAGER_TOKEN: alertToken,
      PROMETHEUS_URL: prometheus.url,
      DATABASE_URL: `sqlite:${database}`,
      PLAYBOOKS: room.playbooks,
      PORT: String(port),
      PACE: '100',
      LOG_LEVEL: process.env.BOT_LOG ?? 'error',
      ...(options.clock
        ? { CLOCK_OFFSET_FILE: clockFile, NODE_WRAPPER: await nodeWithClock(directory, clockFile) }
        : {}),
    },
  });
  return {
    directory,
    database,
    url,
    services,
    room,
    emulator,
    slack: createWorkspaceDriver(emulator),
    prometheus,
    bot,
    setClock,
    clockOffset: () => offset,
    async close() {
      await bot.abandon();
      await proxy.stop();
      await emulator.stop();
      await prometheus.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export const alertToken = 'the-alertmanager-token';

/** A program that starts Node by the moved clock, for the executor, which inherits nothing of the environment. */
async function nodeWithClock(directory: string, clockFile: string): Promise<string> {
  const file = join(directory, 'node');
  const preload = resolve('test/fakes/shiftedClock.ts');
  await writeFile(
    file,
    `#!/bin/sh\nCLOCK_OFFSET_FILE='${clockFile}' exec '${process.execPath}' --import '${preload}' "$@"\n`,
    { mode: 0o755 },
  );
  return file;
}
