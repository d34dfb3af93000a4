import type { HomeView } from '@slack/types';
import type { Log } from '../../engine/log.ts';
import type { Clock, Desk } from '../../engine/ports.ts';
import type { Private } from './asked.ts';
import { homeView } from './cards/home.ts';
import type { SlackClient } from './slackClient.ts';

/**
 * Home tabs: drawn when somebody opens theirs, and drawn anew for those who have looked within the last day when
 * something has changed. Best effort: a tab is a reading that is whole again the next time it is opened or anything
 * happens, so one that Slack did not take is not kept as work. Each person has at most one update waiting, and all of them
 * together stay far below what Slack allows, since each also asks who that person is.
 */
export type HomeTab = {
  /** Somebody looks at theirs. */
  opened(user: string): Promise<void>;
  /** An answer for somebody who asked for something there. */
  say(user: string, said: Private): Promise<void>;
  /** Something happened that may show. */
  changed(): void;
  stop(): void;
};

const lookedForMs = 24 * 60 * 60_000;
/** Milliseconds between two tabs; what happens meanwhile is shown by the same update. */
const everyMs = 3_000;
/** What follows at once, such as the next step of a walk, belongs to the same picture. */
const settleMs = 700;
/** What is answered stays this long, so that the update that follows does not take it away. */
const saidForMs = 60_000;
/** Whoever looked last is kept; a tab that is left out is drawn when it is opened. */
const mostKept = 200;

export function createHomeTab({
  client,
  desk,
  clock,
  log,
}: {
  readonly client: Pick<SlackClient, 'atOnce' | 'identity'>;
  readonly desk: Pick<Desk, 'home'>;
  readonly clock: Clock;
  readonly log: Log;
}): HomeTab {
  /** When each person looked, the longest ago first. */
  const looked = new Map<string, number>();
  /** What each tab shows, apart from the time of its reading. */
  const shows = new Map<string, string>();
  const answers = new Map<string, { readonly at: number; readonly said: Private }>();
  const waiting = new Set<string>();
  let cancel: (() => void) | null = null;
  let stopped = false;

  async function publish(user: string, always: boolean): Promise<void> {
    const reading = await desk.home(user);
    const { url } = await client.identity();
    const answer = answers.get(user);
    const said = answer && clock.now() - answer.at < saidForMs ? answer.said : null;
    const view = homeView(reading, { url: url.replace(/\/?$/, '/'), said });
    const shown = withoutTime(view);
    if (!always && shows.get(user) === shown) return;
    await client.atOnce({ method: 'views.publish' }, (web) => web.views.publish({ user_id: user, view }));
    shows.set(user, shown);
  }

  async function tryTo(user: string, always: boolean): Promise<boolean> {
    try {
      await publish(user, always);
      return true;
    } catch (error) {
      log.warn('A Home tab could not be shown', { user, error });
      return false;
    }
  }

  function look(user: string): void {
    looked.delete(user);
    looked.set(user, clock.now());
    const [oldest] = looked.keys();
    if (looked.size > mostKept && oldest !== undefined) leave(oldest);
  }

  function leave(user: string): void {
    looked.delete(user);
    shows.delete(user);
    answers.delete(user);
    waiting.delete(user);
  }

  function schedule(afterMs: number): void {
    if (cancel || stopped || waiting.size === 0) return;
    cancel = clock.at(clock.now() + afterMs, () => {
      const [user] = waiting;
      if (user === undefined) return;
      waiting.delete(user);
      // What changes while it is being drawn waits for its turn again.
      void tryTo(user, false).finally(() => {
        cancel = null;
        schedule(everyMs);
      });
    });
  }

  return {
    async opened(user) {
      look(user);
      answers.delete(user);
      waiting.delete(user);
      if (await tryTo(user, true)) return;
      waiting.add(user);
      schedule(everyMs);
    },
    async say(user, said) {
      look(user);
      answers.set(user, { at: clock.now(), said });
      await tryTo(user, true);
    },
    changed() {
      if (stopped || waiting.size === looked.size) return;
      const now = clock.now();
      for (const [user, at] of looked)
        if (now - at < lookedForMs) waiting.add(user);
        else leave(user);
      schedule(settleMs);
    },
    stop() {
      stopped = true;
      cancel?.();
      waiting.clear();
    },
  };
}

/** The last line says when it was read, which alone is no reason to draw it anew. */
const withoutTime = ({ blocks }: HomeView): string => JSON.stringify(blocks.slice(0, -1));
