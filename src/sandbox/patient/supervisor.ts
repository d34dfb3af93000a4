import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fault } from './faults.ts';
import type { Journal } from './journal.ts';
import { type News, newsSchema, type Order } from './messages.ts';

/**
 * What systemd is to the real service. The unit is *inactive* until started, *starting* until the process says that it
 * is ready, then *active*; a process that ends by itself leaves it *failed*, and nothing starts it again but a person
 * (or the bot). Orders to start and stop are carried out one after the other. Times are milliseconds since the epoch.
 */
export type UnitState =
  | Readonly<{ kind: 'inactive'; since: number }>
  | Readonly<{ kind: 'starting'; since: number; pid: number }>
  | Readonly<{ kind: 'active'; since: number; pid: number; running: Running }>
  | Readonly<{ kind: 'failed'; since: number; result: string }>;

/** What the process said about itself when it was ready. */
export type Running = Omit<Extract<News, { kind: 'ready' }>, 'kind'>;

export type SupervisorOptions = Readonly<{
  checkout: string;
  port: number;
  pace: number;
  journal: Journal;
  faults: () => readonly Fault[];
  onSample: (sample: Extract<News, { kind: 'sample' }>) => void;
  onRecovered: (fault: Fault) => void;
  now: () => number;
}>;

export type Supervisor = Readonly<{
  state: () => UnitState;
  /** False when the process ended before it was ready. */
  start: () => Promise<boolean>;
  stop: () => Promise<void>;
  restart: () => Promise<boolean>;
  /** Told to the process if there is one. */
  order: (order: Order) => void;
}>;

const UNIT = 'genesis-orchestration.service - Genesis orchestration layer';
const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 5_000;

// Compiled, this file and the service's end in .js.
const SERVICE = fileURLToPath(new URL(`./service${extname(import.meta.url)}`, import.meta.url));

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { journal, now } = options;
  let state: UnitState = { kind: 'inactive', since: now() };
  let child: ChildProcess | undefined;
  let stopping = false;
  let last: Promise<unknown> = Promise.resolve();
  const systemd = (text: string): void => journal.write('systemd[1]', text);
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  const launch = (): Promise<boolean> => {
    systemd(`Starting ${UNIT}...`);
    const started = fork(SERVICE, [], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH ?? '',
        GENESIS_CHECKOUT: options.checkout,
        GENESIS_PORT: String(options.port),
        GENESIS_PACE: String(options.pace),
        GENESIS_FAULTS: options.faults().join(','),
      },
    });
    const pid = started.pid ?? 0;
    child = started;
    stopping = false;
    state = { kind: 'starting', since: now(), pid };
    const kill = (): void => void started.kill('SIGKILL');
    process.once('exit', kill);
    started.stdout?.on('data', (chunk: Buffer) => journal.write(`genesis[${pid}]`, chunk.toString('utf8')));
    started.stderr?.on('data', (chunk: Buffer) => journal.write(`genesis[${pid}]`, chunk.toString('utf8')));

    return new Promise<boolean>((resolve) => {
      const deadline = setTimeout(() => started.kill('SIGKILL'), START_DEADLINE_MS);
      started.on('message', (message) => {
        const news = newsSchema.parse(message);
        switch (news.kind) {
          case 'ready': {
            clearTimeout(deadline);
            const { kind: _, ...running } = news;
            state = { kind: 'active', since: now(), pid, running };
            systemd(`Started ${UNIT}.`);
            return resolve(true);
          }
          case 'sample':
            return options.onSample(news);
          case 'recovered':
            return options.onRecovered(news.fault);
          default: {
            const never: never = news;
            return never;
          }
        }
      });
      started.once('error', (cause) => {
        clearTimeout(deadline);
        child = undefined;
        state = { kind: 'failed', since: now(), result: 'code=exited, status=203/EXEC' };
        systemd(`genesis-orchestration.service: Failed to execute: ${cause.message}`);
        resolve(false);
      });
      // `close` comes after the last line of output, `exit` may come before it.
      started.once('close', (code, signal) => {
        clearTimeout(deadline);
        process.removeListener('exit', kill);
        child = undefined;
        if (stopping) {
          state = { kind: 'inactive', since: now() };
          systemd('genesis-orchestration.service: Deactivated successfully.');
          systemd(`Stopped ${UNIT}.`);
        } else {
          const result =
            signal === null ? `code=exited, status=${code}/FAILURE` : `code=killed, status=${signal}`;
          state = { kind: 'failed', since: now(), result };
          systemd(`genesis-orchestration.service: Main process exited, ${result}`);
          systemd("genesis-orchestration.service: Failed with result 'exit-code'.");
        }
        resolve(false);
      });
    });
  };

  const start = async (): Promise<boolean> => (state.kind === 'active' ? true : launch());

  const stop = async (): Promise<void> => {
    const running = child;
    if (running === undefined) {
      state = { kind: 'inactive', since: now() };
      return;
    }
    stopping = true;
    systemd(`Stopping ${UNIT}...`);
    await new Promise<void>((resolve) => {
      const force = setTimeout(() => running.kill('SIGKILL'), STOP_DEADLINE_MS);
      running.once('close', () => {
        clearTimeout(force);
        resolve();
      });
      running.kill('SIGTERM');
    });
  };

  return {
    state: () => state,
    start: () => inTurn(start),
    stop: () => inTurn(stop),
    restart: () =>
      inTurn(async () => {
        await stop();
        return start();
      }),
    order(order) {
      if (child?.connected === true) child.send(order);
    },
  };
}
