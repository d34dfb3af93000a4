import { spawn } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { built } from '../measure/built.ts';

/**
 * The bot's process with its executor, asked line by line: `run` runs the program as an action and answers the
 * milliseconds, `spawn` starts it out of this process instead, `grow 200` takes that many MB of memory, `watch` begins
 * to watch the event loop, and `stall` answers the longest time that it stood still since.
 */
const { createLog } =
  await built<typeof import('../../src/adapters/logging/log.ts')>('adapters/logging/log.js');
const { startRunner } =
  await built<typeof import('../../src/adapters/runner/runner.ts')>('adapters/runner/runner.js');
const { startBot } = await built<typeof import('../../src/bot.ts')>('bot.js');
const { readConfig } = await built<typeof import('../../src/config.ts')>('config.js');

const [program = '/bin/true', directory = '/'] = process.argv.slice(2);
const result = readConfig(process.env);
if (result.kind === 'bad') throw new Error(result.problems.join('\n'));
const bot = await startBot(result.config, { log: createLog({ level: 'error' }) });
const runner = await startRunner();
const resolutionMs = 1;
const delay = monitorEventLoopDelay({ resolution: resolutionMs });
const ballast: Buffer[] = [];
let actions = 0;

async function answer(line: string): Promise<number> {
  const [what, argument] = line.split(' ');
  switch (what) {
    case 'run': {
      actions += 1;
      const begun = performance.now();
      const outcome = await runner.run(
        {
          id: `action-${actions}`,
          target: { kind: 'local', host: 'bench', directory },
          argv: [program],
          timeoutMs: 10_000,
          notAfter: Date.now() + 10_000,
        },
        { onOutput: () => undefined },
      );
      if (outcome.kind !== 'exited' || outcome.code !== 0) throw new Error(JSON.stringify(outcome));
      return performance.now() - begun;
    }
    case 'spawn': {
      const begun = performance.now();
      await new Promise((resolve, reject) => {
        const child = spawn(program, { stdio: ['ignore', 'pipe', 'pipe'] });
        child.once('error', reject);
        child.once('close', resolve);
      });
      return performance.now() - begun;
    }
    case 'grow':
      ballast.push(Buffer.alloc(Number(argument) * 1_048_576, 1));
      return process.memoryUsage().rss / 1_048_576;
    case 'watch':
      delay.enable();
      await sleep(50);
      delay.reset();
      return 0;
    case 'stall':
      await sleep(5);
      delay.disable();
      // The histogram holds the whole interval of its timer.
      return Math.max(0, delay.max / 1e6 - resolutionMs);
    default:
      throw new Error(`${line} is not known`);
  }
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await answer(line)}\n`);
}
await runner.close();
await bot.stop();
process.exit(0);
