import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Figure, median, ratio, rounded } from '../figure.ts';
import { botEnvironment, startBotProcess } from '../measure/bot.ts';
import { family, residentMb, type Server, startScript } from '../measure/server.ts';
import { tempDirectory } from '../measure/tempDirectory.ts';
import { startFakeSlack } from '../slack/fakeSlack.ts';

const rounds = 5;
/** Until what only the start needed has been given back, on both sides: V8 returns pages some eight seconds later. */
const settleMs = 10_000;

type Seen = { readonly startMs: number; readonly ownMb: number; readonly allMb: number };

/** From the start of the process until it listens, and the memory it then keeps, beside a bare Bolt app. */
export async function* startFigures(): AsyncGenerator<Figure> {
  const directory = await tempDirectory();
  const slack = await startFakeSlack();
  const database = join(directory.path, 'genesis.db');
  try {
    const bolt: Seen[] = [];
    const own: Seen[] = [];
    for (let round = 0; round < rounds; round++) {
      const env = botEnvironment({ slack, database });
      bolt.push(await look(await startScript({ args: ['bench/start/bolt.ts'], env })));
      own.push(await look(await startBotProcess({ slack, database })));
    }
    const of = (all: readonly Seen[], pick: (seen: Seen) => number) => rounded(median(all.map(pick)));
    const figure = (name: string, unit: string, mine: number, bare: number): Figure => ({
      name: `${name}, over a bare Bolt app`,
      value: ratio(mine, bare),
      unit: '×',
      against: `${mine} ${unit} beside ${bare} ${unit} of a bare Bolt app; medians of ${rounds}, interleaved`,
    });
    const [boltMb, startMs] = [of(bolt, ({ ownMb }) => ownMb), of(own, (seen) => seen.startMs)];
    yield figure(
      'start until it listens',
      'ms',
      startMs,
      of(bolt, (seen) => seen.startMs),
    );
    yield figure(
      "memory of the bot's process",
      'MB',
      of(own, ({ ownMb }) => ownMb),
      boltMb,
    );
    yield figure(
      'memory with the executor',
      'MB',
      of(own, ({ allMb }) => allMb),
      boltMb,
    );
  } finally {
    await slack.stop();
    await rm(database, { force: true });
    await directory.remove();
  }
}

async function look(server: Server): Promise<Seen> {
  await sleep(settleMs);
  const seen = {
    startMs: server.startMs,
    ownMb: residentMb(server.pid),
    allMb: family(server.pid).reduce((sum, pid) => sum + residentMb(pid), 0),
  };
  await server.stop();
  return seen;
}
