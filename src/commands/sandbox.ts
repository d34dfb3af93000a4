import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createLog } from '../adapters/logging/log.ts';
import { startSandbox } from '../sandbox/start.ts';
import { nextSignal } from './signal.ts';

/** Runs the sandbox until SIGINT or SIGTERM and leaves nothing behind. */
export async function sandbox(options: {
  port: number;
  pace: number;
  standIn: boolean;
  print: (line: string) => void;
}): Promise<number> {
  const { print, pace } = options;
  const directory = await mkdtemp(join(tmpdir(), 'genesis-sandbox-'));
  print(
    'Starting the sandbox: an emulated Slack, a service to break, something that watches it, and Genesis.',
  );
  try {
    const running = await startSandbox({
      directory,
      playbooks: fileURLToPath(new URL('../../playbooks', import.meta.url)),
      pace,
      delivery: 'socket',
      pagePort: options.port,
      pageCache: fileURLToPath(new URL('../../node_modules/.cache/genesis-page', import.meta.url)),
      ...(options.standIn ? { alertSource: 'stand-in' as const } : {}),
      log: createLog({ level: 'warn', pretty: true }),
    });
    print('');
    print(`  Open ${running.pageUrl}`);
    print('');
    print(running.alerts.reason);
    print(
      `Time runs ${pace} times as fast: a hold of ten minutes takes ${Math.round(600 / pace)} seconds. Ctrl-C ends it.`,
    );
    await nextSignal();
    print('Stopping.');
    await running.stop();
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
    print(`Port ${options.port} is taken. Choose another: npm start -- --port ${options.port + 1}`);
    return 2;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
