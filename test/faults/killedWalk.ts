import { expect, vi } from 'vitest';
import { type Account, leftInThread, pendingWork, settleAccount } from './account.ts';
import { type Point, pointText } from './failpoints.ts';
import type { Life, Target } from './keptBot.ts';
import { setStage } from './stage.ts';
import { walkIncident, walkRaised } from './walk.ts';

/** A machine that also does other things gets the time it needs. */
export const patience = { timeout: 120_000, interval: 50 };

export type KilledWalk = {
  readonly passed: readonly Point[];
  readonly lives: readonly Life[];
  /** The targets that were met. */
  readonly met: readonly Target[];
  readonly account: Account;
};

/** In a channel from the beginning, or in a thread until it is raised to what has a channel of its own. */
export type Path = 'in-channel' | 'raised';

/** One incident from its alert to its post-mortem, while the bot ends at each of the targets and is started again. */
export async function walkWith(
  targets: readonly Target[],
  delivery: 'socket' | 'http',
  path: Path = 'in-channel',
): Promise<KilledWalk> {
  const isRaised = path === 'raised';
  const stage = await setStage({ delivery, targets, severity: isRaised ? 'P2' : 'P1' });
  try {
    const walk = isRaised ? walkRaised : walkIncident;
    await Promise.race([walk(stage, 'till', patience), stage.bot.gaveUp]);
    await vi.waitFor(() => expect(pendingWork(stage), 'work that waits').toBe(0), patience);
    expect(await stage.bot.stop(), stage.bot.complaints()).toBe(0);
    const settled = await settleAccount(stage);
    const account = isRaised
      ? { ...settled, violations: [...settled.violations, ...(await leftInThread(stage))] }
      : settled;
    return {
      passed: stage.bot.passed(),
      lives: stage.bot.lives(),
      met: stage.bot.met(),
      account,
    };
  } catch (error) {
    const at = targets.map((target) => `${target.signal}@${pointText(target)}`).join(',');
    throw new Error(`POINTS='${at}' DELIVERY=${delivery} WALK=${path}\n${stage.bot.complaints()}`, {
      cause: error,
    });
  } finally {
    await stage.close();
  }
}

/** Does the work of each item, some at a time; the first failure ends it. */
export async function sideBySide<T>(items: readonly T[], hands: number, work: (item: T) => Promise<void>) {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: hands }, worker));
}
