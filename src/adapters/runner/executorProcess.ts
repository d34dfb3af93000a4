import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FromExecutor, ToExecutor } from '../../executor/messages.ts';
import { lineSplitter, parseFromExecutor } from '../../executor/messages.ts';

/** Beside this file's own kind: TypeScript in the source tree, JavaScript in the published package. */
const MAIN = fileURLToPath(new URL(`../../executor/main${extname(import.meta.url)}`, import.meta.url));
/** Starting takes well under a second; a machine that swaps may take longer. */
const READY_MS = 20_000;

export interface ExecutorProcess {
  readonly pid: number;
  /** Names of the variables that it holds. */
  readonly secrets: readonly string[];
  send(message: ToExecutor): void;
  kill(): void;
  /** Resolves, with how it ended in words, when the process is gone and all its messages have been delivered. */
  readonly ended: Promise<string>;
}

export interface ExecutorProcessOptions {
  /** Path of the file of variables for commands; read by the executor alone. */
  environmentFile: string | undefined;
  onMessage(message: FromExecutor): void;
  /** What it writes to standard error: nothing, unless it is broken. */
  onComplaint(text: string): void;
}

/** Starts an executor and waits until it is ready. Rejects with the reason when it says that it is unfit, or ends. */
export function spawnExecutor(options: ExecutorProcessOptions): Promise<ExecutorProcess> {
  const child = spawn(process.execPath, [MAIN], {
    // Only what commands are to inherit. The bot's own tokens are not in reach of anything that runs below it.
    env: environment(options.environmentFile),
    stdio: ['pipe', 'pipe', 'pipe'],
    // Out of the terminal's foreground group: the bot, not Ctrl-C, decides when it ends.
    detached: true,
  });
  return whenReady(child, options);
}

function whenReady(child: ChildProcess, options: ExecutorProcessOptions): Promise<ExecutorProcess> {
  const ready = Promise.withResolvers<ExecutorProcess>();
  const ended = Promise.withResolvers<string>();
  let scratch: string | null = null;
  const kill = () => void child.kill('SIGKILL');
  const timer = setTimeout(() => {
    kill();
    ready.reject(new Error('The executor did not become ready in time.'));
  }, READY_MS);

  const onLine = (line: string) => {
    const message = parseFromExecutor(line);
    if (message === null)
      return options.onComplaint(`The executor said something unknown: ${line.slice(0, 200)}`);
    switch (message.type) {
      case 'ready':
        clearTimeout(timer);
        scratch = message.scratch;
        return ready.resolve({
          pid: child.pid ?? 0,
          secrets: message.secrets,
          send: (out) => void child.stdin?.write(`${JSON.stringify(out)}\n`),
          kill,
          ended: ended.promise,
        });
      case 'unfit':
        return ready.reject(new Error(`The executor cannot work: ${message.message}`));
      default:
        return options.onMessage(message);
    }
  };

  child.stdout?.on('data', lineSplitter(onLine));
  child.stderr?.on('data', (chunk: Buffer) => options.onComplaint(chunk.toString('utf8')));
  // The end of the process follows and is what counts.
  child.stdin?.on('error', () => child.stdin?.destroy());
  child.once('error', (error) => {
    clearTimeout(timer);
    ready.reject(new Error('The executor could not be started.', { cause: error }));
  });
  child.once('close', (code, signal) => {
    clearTimeout(timer);
    const how = signal === null ? `with code ${code}` : `by ${signal}`;
    ready.reject(new Error(`The executor ended ${how} before it was ready.`));
    ended.resolve(how);
    if (scratch !== null) {
      // Gone already unless it was killed.
      rm(scratch, { recursive: true, force: true }).catch((error: unknown) =>
        options.onComplaint(`${scratch} could not be removed: ${error}`),
      );
    }
  });
  return ready.promise;
}

function environment(environmentFile: string | undefined): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    LANG: 'C.UTF-8',
    ...(PATH === undefined ? {} : { PATH }),
    ...(HOME === undefined ? {} : { HOME }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    ...(environmentFile === undefined ? {} : { EXECUTOR_ENV: environmentFile }),
  };
}
