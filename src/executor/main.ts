/**
 * The executor: the process that starts commands, so that the bot does not have to. Starting a process stalls the one
 * that does it for longer the more memory it holds; this one stays small. It is also the only one that knows the
 * secrets which commands need: it reads them from the file named by EXECUTOR_ENV and never says their values.
 *
 * Its life:
 * - Started by the bot with pipes. It says `ready`, or `unfit` with the reason, and exits 1.
 * - Working: `start` and `stop` come in, `started`, `output` and `ended` go out, one JSON object a line.
 * - Closing, on `shutdown`, on SIGTERM, or when its standard input ends because the bot has died: nothing new is
 *   started; everything that runs gets TERM and after its grace KILL; then it exits 0. The choice behind the last case:
 *   a command that nobody watches is worse than one that is known to have been cut. The bot records either as outcome
 *   unknown when it comes back.
 * - Ctrl-C and the end of the terminal are meant for the bot, which then says `shutdown`; they are ignored.
 *
 * If it is killed outright, commands on this host go on without it until the bot, which knows their groups, kills
 * them; those on other hosts end at the latest at their limit, which is kept there. The bot also removes the directory of
 * the connections.
 */

import { spawn } from 'node:child_process';
import { createRedactor } from '../core/redact/redactor.ts';
import { createCommands } from './commands.ts';
import { readSecrets } from './environment.ts';
import type { FromExecutor } from './messages.ts';
import { lineSplitter, parseToExecutor } from './messages.ts';
import type { SshDirectory } from './sshConnection.ts';
import { createSshDirectory } from './sshConnection.ts';

function send(message: FromExecutor): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Ends the process when all that was sent has left it. */
function exit(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

function main(): void {
  const file = process.env.EXECUTOR_ENV;
  let secrets: ReadonlyMap<string, string>;
  try {
    secrets = readSecrets(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    send({ type: 'unfit', message: `EXECUTOR_ENV (${file}): ${why}` });
    exit(1);
    return;
  }

  const ssh = createSshDirectory();
  process.once('exit', () => ssh.remove());
  const commands = createCommands({ secrets, redactor: createRedactor([...secrets.values()]), ssh, send });

  let closing = false;
  const close = async () => {
    if (closing) return;
    closing = true;
    await commands.close();
    await closeConnections(ssh);
    exit(0);
  };

  const onLine = (line: string) => {
    const message = parseToExecutor(line);
    switch (message.type) {
      case 'start':
        return commands.start(message);
      case 'stop':
        return commands.stop(message.id);
      case 'shutdown':
        return void close();
      case 'bad':
        if (message.id !== null) {
          const outcome = { kind: 'refused', code: 'bad-request', message: `${message.message}.` } as const;
          send({ type: 'ended', id: message.id, outcome });
        }
        return;
      default: {
        const never: never = message;
        return never;
      }
    }
  };

  process.stdin.on('data', lineSplitter(onLine));
  process.stdin.once('end', () => void close());
  process.stdin.once('error', () => void close());
  // The bot is gone and cannot be told anything any more; the end of standard input says so too.
  process.stdout.on('error', () => void close());
  process.once('SIGTERM', () => void close());
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  send({ type: 'ready', secrets: [...secrets.keys()], scratch: ssh.path });
}

/** Shared connections would end by themselves after half a minute, but their directory goes now. */
async function closeConnections(ssh: SshDirectory): Promise<void> {
  const closings = ssh.closing().map((args) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const child = spawn('ssh', args, { stdio: 'ignore' });
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
    return promise;
  });
  await Promise.all(closings);
}

main();
