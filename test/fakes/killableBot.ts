import { writeSync } from 'node:fs';
import { createLog } from '../../src/adapters/logging/log.ts';
import { startBot } from '../../src/bot.ts';
import { readConfig } from '../../src/config.ts';
import type { Claimed } from '../../src/engine/ports.ts';

/**
 * The bot as a process that says at which point of its work it is, one line each, and can be told to send itself a
 * signal at the first of several that it comes to: `SIGNAL_AT='SIGKILL effect:show:called 5'` is the fifth time in this life that the call of a
 * `show` has ended and nothing of that is on disk.
 *
 *   commit:before, commit:after            a transaction, before and after it reaches the disk; nobody is answered yet
 *   effect:<kind>:leased|called|finished   handed out; the call has ended; its end is on disk
 */
const ends = (process.env.SIGNAL_AT ?? '').split(',').map((end) => end.split(' '));
let isEnding = false;

// The executor is started with the program that runs us, and has to live by the same clock.
if (process.env.NODE_WRAPPER) process.execPath = process.env.NODE_WRAPPER;

const reached = new Map<string, number>();
function reach(point: string): void {
  const times = (reached.get(point) ?? 0) + 1;
  reached.set(point, times);
  writeSync(1, `at ${point}\n`);
  const end = ends.find(([, at, number]) => at === point && Number(number) === times);
  if (!end || isEnding) return;
  isEnding = true;
  process.kill(process.pid, end[0]);
}
const around = (moment: string) => (claimed: Claimed) => reach(`effect:${claimed.effect.kind}:${moment}`);

const result = readConfig(process.env);
if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
// Before the start, which may be interrupted like anything else.
const told = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
const bot = await startBot(result.config, {
  log: createLog({ level: result.config.logLevel }),
  hooks: {
    before: () => reach('commit:before'),
    after: () => reach('commit:after'),
    leased: around('leased'),
    called: around('called'),
    finished: around('finished'),
  },
});
// Only now: whoever reads this may send the signal at once.
writeSync(1, 'ready\n');
await told;
await bot.stop();
process.exit(0);
