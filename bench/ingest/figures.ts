import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startEmulator } from '../../src/sandbox/emulator/emulator.ts';
import { load } from './load.ts';

export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly against: string;
};

const token = 'bench-alertmanager-token';
const rounds = 3;
const seconds = 3;

/** A server of its own, on a core of its own where there are two, so that the load does not take its time. */
async function start(script: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const pinned = availableParallelism() > 1 && existsSync('/usr/bin/taskset');
  const command = [...(pinned ? ['/usr/bin/taskset', '-c', '0'] : []), process.execPath, script, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const over = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const url of createInterface({ input: child.stdout })) {
    return {
      url,
      stop: () => {
        child.stdin.end();
        return over;
      },
    };
  }
  throw new Error(`${script} ended before it listened`);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Webhooks accepted durably a second, beside a plain server that commits each request; interleaved, medians. */
export async function* figures(): AsyncGenerator<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'genesis-bench-'));
  const emulator = await startEmulator({ delivery: { kind: 'socket' } });
  const reference = await start('bench/ingest/reference.ts', [join(directory, 'reference.db')], {});
  const bot = await start('bench/ingest/bot.ts', [], {
    SLACK_BOT_TOKEN: emulator.botToken,
    SLACK_APP_TOKEN: emulator.appToken,
    SLACK_API_URL: emulator.apiUrl,
    ALERTMANAGER_TOKEN: token,
    DATABASE_URL: `sqlite:${join(directory, 'genesis.db')}`,
    PLAYBOOKS: 'playbooks',
    PORT: '0',
  });
  try {
    for (const alertsPerWebhook of [1, 20]) {
      const plain: number[] = [];
      const own: number[] = [];
      for (let round = 0; round < rounds; round++) {
        plain.push((await load({ url: reference.url, seconds, alertsPerWebhook })).perSecond);
        const headers = { authorization: `Bearer ${token}` };
        own.push(
          (await load({ url: `${bot.url}/alertmanager`, seconds, alertsPerWebhook, headers })).perSecond,
        );
      }
      const what = alertsPerWebhook === 1 ? 'webhooks' : `webhooks of ${alertsPerWebhook} alerts`;
      const against = `${median(plain)} of a plain server that commits each request`;
      yield { name: `${what} accepted durably`, value: median(own), unit: '1/s', against };
      const ratio = Math.round((median(own) / median(plain)) * 100) / 100;
      yield { name: `${what} accepted durably, ratio`, value: ratio, unit: '×', against };
    }
  } finally {
    await bot.stop();
    await reference.stop();
    await emulator.stop();
    await rm(directory, { recursive: true, force: true });
  }
}
