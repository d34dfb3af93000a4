import { createLog } from '../adapters/logging/log.ts';
import { CannotStart, startBot } from '../bot.ts';
import { type Config, readConfig } from '../config.ts';
import { StoreFailed } from '../engine/ports.ts';
import { nextSignal } from './signal.ts';

/** Runs the bot until SIGTERM or SIGINT. Answers the exit code: 0 after an orderly end, 1 for a machine that fails, 2 for bad configuration. */
export async function serve(env: Readonly<Record<string, string | undefined>>): Promise<number> {
  const result = readConfig(env);
  if (result.kind === 'bad') {
    for (const problem of result.problems) process.stderr.write(`${problem}\n`);
    return 2;
  }
  const { config } = result;
  const log = createLog({ level: config.logLevel, secrets: secretsOf(config) });
  try {
    const bot = await startBot(config, { log });
    const signal = await nextSignal();
    log.info('stopping', { signal });
    await bot.stop();
    leaveSoon();
    return 0;
  } catch (error) {
    if (error instanceof CannotStart) {
      for (const problem of error.problems) process.stderr.write(`${problem}\n`);
      return 2;
    }
    const message = error instanceof StoreFailed ? error.message : 'Genesis could not start';
    log.error(message, { error });
    return 1;
  }
}

/** What must never stand in a log line, wherever it came from. */
const secretsOf = ({ slack, alertmanager, key }: Config): readonly string[] => [
  slack.botToken,
  slack.mode.kind === 'socket' ? slack.mode.appToken : slack.mode.signingSecret,
  ...alertmanager.tokens,
  ...(key === null ? [] : [key]),
];

/** What is still on its way, such as an answer that Slack owes, must not keep a process whose work has ended. */
const leaveSoon = (): void => void setTimeout(() => process.exit(), 500).unref();
