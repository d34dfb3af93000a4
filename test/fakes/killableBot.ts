import { createLog } from '../../src/adapters/logging/log.ts';
import { startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';

/**
 * The bot as a process that ends as hard as a process can, at one exact commit: `KILL=17:before` is the moment before
 * the 17th commit reaches the disk, `KILL=17:after` the one after it and before anybody was answered.
 */
const [at, moment] = (process.env.KILL ?? '0:never').split(':');

const dieAt = (phase: string) => (commit: number) => {
  if (process.env.COUNT_COMMITS && phase === 'after') process.stdout.write(`commit ${commit}\n`);
  if (phase === moment && commit === Number(at)) process.kill(process.pid, 'SIGKILL');
};

const result = readConfig(process.env);
if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
const bot = await startBot(result.config, {
  log: createLog({ level: 'error' }),
  hooks: { before: dieAt('before'), after: dieAt('after') },
});
process.once('SIGTERM', () => {
  void bot.stop().then(() => process.exit(0));
});
// Only now: whoever reads this may send the signal at once.
process.stdout.write('ready\n');
