import { createLog } from '../adapters/logging/log.ts';
import { CannotStart, startBot } from '../bot.ts';
import { readConfig, secretsOf } from '../config.ts';
import { createRedactor } from '../core/redact/redactor.ts';
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
  const secrets = secretsOf(config);
  const log = createLog({ level: config.logLevel, secrets });
  // Node's own words for the same would hold whatever the error holds.
  process.once('uncaughtException', (error) => {
    log.error('Genesis ends because of a fault of its own', { error });
    process.exit(1);
  });
  // Heard from now on: one that comes while the bot still starts ends it in order as well.
  const signalled = nextSignal();
  // Heard from now on as well: left alone it would end the process.
  let reload: () => Promise<void> = async () => log.info('the playbooks are being read already');
  process.on('SIGHUP', () => void reload());
  try {
    const bot = await startBot(config, { log });
    reload = bot.reloadPlaybooks;
    const signal = await signalled;
    log.info('stopping', { signal });
    await bot.stop();
    leaveSoon();
    return 0;
  } catch (error) {
    if (error instanceof CannotStart) {
      const { redact } = createRedactor(secrets);
      for (const problem of error.problems) process.stderr.write(`${redact(problem)}\n`);
      return 2;
    }
    const message = error instanceof StoreFailed ? error.message : 'Genesis could not start';
    log.error(message, { error });
    return 1;
  }
}

/** What is still on its way, such as an answer that Slack owes, must not keep a process whose work has ended. */
const leaveSoon = (): void => void setTimeout(() => process.exit(), 500).unref();
