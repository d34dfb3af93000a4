import { createLog } from '../../src/adapters/logging/log.ts';
import { startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';

/** The whole bot as a process of its own; prints its address and ends with its standard input. */
const result = readConfig(process.env);
if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
const bot = await startBot(result.config, { log: createLog({ level: 'error' }) });
process.stdout.write(`${bot.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  void bot.stop().then(() => process.exit(0));
});
