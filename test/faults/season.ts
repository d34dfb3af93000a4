import { expect, vi } from 'vitest';
import { type Account, pendingWork, settleAccount } from './account.ts';
import { chance, pick } from './failpoints.ts';
import { patience } from './killedWalk.ts';
import { mountSmallDisk } from './smallDisk.ts';
import { setStage } from './stage.ts';
import { type Trouble, troublesOf } from './troubles.ts';
import { reaches, walkIncident } from './walk.ts';

export type Season = Account & {
  readonly troubles: readonly string[];
  readonly deaths: number;
  /** The longest from a SIGTERM to the end, in milliseconds. */
  readonly slowestEndMs: number;
};

const services = ['till', 'scale', 'kiosk'];

/**
 * Several incidents are walked side by side by people who do not give up, while one trouble after the other comes and
 * goes, sometimes two at a time. Which ones is a matter of the seed; when exactly each strikes, of the machine.
 */
export async function liveThrough(seed: number, mostTroubles: number): Promise<Season> {
  const random = chance(seed);
  const delivery = random() < 0.7 ? 'socket' : 'http';
  const disk = mountSmallDisk();
  const stage = await setStage({
    delivery,
    services,
    clock: true,
    // One that starts while the disk is full ends by itself, and is started again by its supervisor.
    mostFailedStarts: 60,
    ...(disk === null ? {} : { databaseDirectory: disk.directory }),
  });
  const { bot } = stage;
  const troubles = troublesOf(stage, { random, disk, delivery });
  const happened: string[] = [];
  let isOver = false;

  const pass = async (longestMs: number) => {
    const enough = bot.passed().length + 2 + Math.floor(random() * 40);
    const mostMs = 100 + Math.floor(random() * longestMs);
    await reaches(() => isOver || bot.passed().length >= enough, mostMs);
  };
  const strike = async (trouble: Trouble) => {
    happened.push(trouble.name);
    await trouble.begin();
    await pass(1_200);
    if (random() < 0.4) {
      const second = pick(troubles, random);
      happened.push(`+ ${second.name}`);
      await second.begin();
      await pass(600);
      await second.mend?.();
    }
    await trouble.mend?.();
  };
  const makeTrouble = async () => {
    await bot.ready();
    while (!isOver && happened.length < mostTroubles) {
      await strike(pick(troubles, random));
      await pass(800);
    }
    stage.emulator.faults.clear();
    await stage.setClock(0);
  };

  try {
    const walks = Promise.all(services.map((service) => walkIncident(stage, service, patience))).finally(
      () => {
        isOver = true;
      },
    );
    await Promise.race([Promise.all([walks, makeTrouble()]), bot.gaveUp]);
    await vi.waitFor(() => expect(pendingWork(stage), 'work that waits').toBe(0), patience);
    expect(await bot.stop(), bot.complaints()).toBe(0);
    const account = await settleAccount(stage);
    const ends = bot.lives().map(({ endedAfterMs }) => endedAfterMs ?? 0);
    return {
      ...account,
      troubles: happened,
      deaths: bot.lives().length - 1,
      slowestEndMs: Math.round(Math.max(...ends)),
    };
  } catch (error) {
    const what = `SOAK_SEED=${seed} (${delivery}): ${happened.join(', ')}`;
    throw new Error(`${what}\n${error instanceof Error ? error.message : error}\n${bot.complaints()}`, {
      cause: error,
    });
  } finally {
    isOver = true;
    await stage.close();
    disk?.remove();
  }
}
