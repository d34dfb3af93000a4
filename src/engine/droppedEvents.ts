import type { DroppedEvents } from '../core/view.ts';
import type { Log } from './log.ts';
import { type Clock, type Posted, WorkFailed } from './ports.ts';

/**
 * The chat says for each minute in which it dropped events, because there were more than it delivers in an hour. What
 * was dropped is gone: only people can say it again, so they are told, in one message for minutes that follow each
 * other. It belongs to no stream, so it is no effect of the log: it is tried again until the chat takes it, and one that
 * the bot did not get rid of before its end stays unsaid. The count is in the metrics in any case.
 */
export type DropTeller = {
  /** `minute` is when it began, milliseconds since the epoch; null where the chat did not say. The same one counts once. */
  heard(minute: number | null): void;
  /** Minutes heard of since the start. */
  minutes(): number;
  stop(): void;
};

/** Posts or changes the message; throws WorkFailed. */
export type SayDropped = (
  dropped: DroppedEvents,
  message: { readonly key: string; readonly known: Posted | null; readonly uncertain: boolean },
) => Promise<Posted>;

const minuteMs = 60_000;
/** Minutes this far apart are trouble of their own, and a message of their own. */
const togetherMs = 30 * minuteMs;
/** What the chat says of a time further away than this is not believed. */
const farMs = 24 * 60 * minuteMs;
const againMs = 30_000;

type Letter = {
  readonly key: string;
  dropped: DroppedEvents;
  posted: Posted | null;
  uncertain: boolean;
  due: boolean;
};

export function createDropTeller({
  say,
  clock,
  log,
}: {
  readonly say: SayDropped;
  readonly clock: Clock;
  readonly log: Log;
}): DropTeller {
  let letter: Letter | null = null;
  let counted = 0;
  let sending = false;
  let stopped = false;
  let cancel: (() => void) | null = null;
  /** Of the last day: the chat says the same again where it was not heard. */
  const seen = new Set<number>();

  async function send(): Promise<void> {
    if (sending) return;
    sending = true;
    cancel?.();
    cancel = null;
    try {
      while (letter?.due && !stopped) await deliver(letter);
    } finally {
      sending = false;
    }
  }

  async function deliver(mine: Letter): Promise<void> {
    const { key, posted: known, uncertain, dropped } = mine;
    mine.due = false;
    try {
      mine.posted = await say(dropped, { key, known, uncertain });
      mine.uncertain = false;
    } catch (error) {
      log.warn('that events were dropped could not be said in the chat', { error });
      if (!(error instanceof WorkFailed) || !error.retry || stopped) return;
      mine.uncertain = true;
      const wait = error.retry.afterMs ?? againMs;
      cancel = clock.at(clock.now() + wait, () => {
        mine.due = true;
        void send();
      });
    }
  }

  return {
    heard(minute) {
      const now = clock.now();
      const said = minute !== null && Math.abs(now - minute) < farMs ? minute : now;
      const at = Math.floor(said / minuteMs) * minuteMs;
      if (seen.has(at)) return;
      for (const each of seen) if (Math.abs(now - each) > farMs) seen.delete(each);
      seen.add(at);
      counted += 1;
      log.warn('Slack dropped events because there are too many of them', {
        minute: new Date(at).toISOString(),
      });
      if (stopped) return;
      const before = letter?.dropped;
      // What could not be said yet is said with what came since, however far apart they are.
      const together = letter?.posted === null || (before && Math.abs(at - before.to) <= togetherMs);
      if (letter && before && together) {
        const { from, to, minutes } = before;
        letter.dropped = { from: Math.min(from, at), to: Math.max(to, at), minutes: minutes + 1 };
        letter.due = true;
      } else {
        const dropped = { from: at, to: at, minutes: 1 };
        letter = { key: `events-dropped/${at}`, dropped, posted: null, uncertain: false, due: true };
      }
      void send();
    },
    minutes: () => counted,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
