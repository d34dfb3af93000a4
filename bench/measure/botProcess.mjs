import { createLog } from '../../dist/adapters/logging/log.js';
import { startBot } from '../../dist/bot.js';
import { readConfig } from '../../dist/config.js';

// The whole bot as it is published, in a process of its own: prints its address and ends with its standard input. It is
// JavaScript itself, since what strips types would count as memory of the bot.
const result = readConfig(process.env);
if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
// Beyond what a rehearsal may ask for: where Slack's limits, or what makes a storm, are not what is measured, they must
// not be what is felt.
const pace = Number(process.env.BENCH_PACE ?? result.config.pace);
const slackPace = Number(process.env.BENCH_SLACK_PACE ?? pace);
const bot = await startBot({ ...result.config, pace }, { log: createLog({ level: 'error' }), slackPace });
process.stdout.write(`${bot.url}\n`);
process.stdin.resume();
process.stdin.once('end', () => {
  void bot.stop().then(() => process.exit(0));
});
