import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Figure, median, quantile, ratio, rounded } from '../figure.ts';
import { botEnvironment } from '../measure/bot.ts';
import { onServerCore } from '../measure/cores.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { startFakeSlack } from '../slack/fakeSlack.ts';

const program = '/bin/true';
const rounds = 4;
const each = 40;
const grownMb = 400;

/** What an action costs above the program that it runs, and how long the bot hears nobody meanwhile. */
export async function* actionFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  const bare = await startAsked(['bench/action/bareSpawn.ts'], {});
  const bot = await startAsked(
    ['bench/action/actions.ts', program, directory.path],
    botEnvironment({ slack, database: join(directory.path, 'genesis.db') }),
  );
  try {
    const spawned: number[] = [];
    const ran: number[] = [];
    const stalls: number[] = [];
    const ownStalls: number[] = [];
    await times(5, () => bot.ask('run'));
    for (let round = 0; round < rounds; round++) {
      // Half of the rounds with the memory of a bot that has much to do: starting a process takes longer then.
      if (round === rounds / 2) await bot.ask(`grow ${grownMb}`);
      spawned.push(...(await times(each, () => bare.ask(program))));
      await bot.ask('watch');
      ran.push(...(await times(each, () => bot.ask('run'))));
      stalls.push(await bot.ask('stall'));
      await bot.ask('watch');
      await times(each, () => bot.ask('spawn'));
      ownStalls.push(await bot.ask('stall'));
    }
    const [action, least] = [median(ran), median(spawned)];
    const against = `a bare spawn of ${program} by a small process ${rounded(least)} ms, as an action ${rounded(action)} ms (p99 ${rounded(quantile(ran, 0.99))} ms); ${ran.length} each, interleaved`;
    yield {
      name: 'an action over a bare spawn of the same program',
      value: ratio(action, least),
      unit: '×',
      against,
    };
    yield {
      name: 'longest stall of the event loop while actions run',
      value: rounded(Math.max(...stalls)),
      unit: 'ms',
      against: `${rounded(Math.max(...ownStalls))} ms where the bot's process spawns by itself; half of it with ${grownMb} MB more memory`,
    };
  } finally {
    await bare.stop();
    await bot.stop();
    await slack.stop();
    await directory.remove();
  }
}

async function times(count: number, call: () => Promise<number>): Promise<readonly number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index++) all.push(await call());
  return all;
}

/** A script that answers each line with a number. */
async function startAsked(args: readonly string[], env: Readonly<Record<string, string>>) {
  const command = [...onServerCore, process.execPath, ...args];
  const child = spawn(command[0] ?? '', command.slice(1), {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const over = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${args[0]} ended`);
    return value;
  };
  await next();
  return {
    async ask(line: string): Promise<number> {
      child.stdin.write(`${line}\n`);
      return Number(await next());
    },
    async stop(): Promise<void> {
      child.stdin.end();
      await over;
    },
  };
}
