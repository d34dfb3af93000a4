import { formatProblem, type Problem } from '../core/playbook/problem.ts';
import type { Room } from '../core/playbook/room.ts';
import {
  changeBetween,
  changeInWords,
  isNoChange,
  type RoomNotice,
  type RoomPrints,
} from '../core/playbook/roomChange.ts';
import type { Health } from './heartbeat.ts';
import type { Log } from './log.ts';
import { type Clock, type Posted, WorkFailed } from './ports.ts';

/**
 * The room that everything is decided by, and how an edit of its files takes effect while the bot runs:
 *
 *   in use ──▶ an edit is seen ──▶ all is quiet ──▶ read ──▶ lints: it takes the place of the room in use, at once
 *                    ▲  └──── edited on ────┘          └──▶ does not: the room in use stays, and that is said
 *
 * A decision keeps the room that it began with, and a run the definition that it began with. What was seen last, good or
 * bad, is not read again before it differs. What waits for a yes is told of every edit that is taken up.
 */
export type RoomKeeper = {
  room(): Room;
  /** Something may have changed: looks soon. */
  nudge(): void;
  /** Looks whether anything has changed, and sends what could not be said before. */
  look(): Promise<void>;
  /** Reads everything now, whether it has changed or not, and says in the log what came of it. */
  reload(): Promise<void>;
  health(): Promise<Health>;
  /** When the room in use was taken up, milliseconds since the epoch, and whether an edit since could not be. */
  standing(): { readonly loadedAt: number; readonly failed: boolean };
  /** Nothing is taken up after this. */
  stop(): Promise<void>;
};

export type RoomSource = {
  digest(): Promise<string>;
  /** Whether each file ends with a newline, by its name: what did and does not any more is in the middle of being written. */
  ends?(): Promise<Ends>;
  load(): Promise<{
    readonly room: Room | null;
    readonly prints: RoomPrints | null;
    readonly problems: readonly Problem[];
  }>;
};

export type Ends = ReadonlyMap<string, boolean>;

/** Posts or changes the message of a notice; throws WorkFailed. */
export type SayRoom = (
  notice: RoomNotice,
  message: { readonly key: string; readonly known: Posted | null; readonly uncertain: boolean },
) => Promise<Posted>;

/** Nothing has changed for this long before a save is taken to be over. */
const quietMs = 300;
/** A file that lost its last newline is half a file, or was meant so: then nothing follows for this long. */
const halfMs = 10_000;
/** Somebody who goes on saving for this many rounds is left alone until the next look. */
const mostRounds = 20;
/** Edits that follow each other this soon are one message. */
const togetherMs = 60_000;
const problemsSaid = 5;

type InUse = { readonly room: Room; readonly prints: RoomPrints; readonly at: number };
type Broken = Extract<RoomNotice, { kind: 'broken' }> & { readonly key: string };

export function createRoomKeeper(parts: {
  readonly first: {
    readonly room: Room;
    readonly prints: RoomPrints;
    readonly digest: string;
    readonly ends?: Ends;
  };
  readonly source: RoomSource;
  readonly say: SayRoom;
  /** Called with the moment when an edit is in use; a look ends when this has. Must not reject. */
  readonly takenUp?: (at: number) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}): RoomKeeper {
  const { source, clock, log } = parts;
  let inUse: InUse = { room: parts.first.room, prints: parts.first.prints, at: clock.now() };
  let seen = parts.first.digest;
  let ended: Ends = parts.first.ends ?? new Map();
  let half: { readonly digest: string; readonly since: number } | null = null;
  let cancelHalf: (() => void) | null = null;
  let broken: Broken | null = null;
  let warned = new Set<string>();
  let turn: Promise<void> = Promise.resolve();
  let cancelNudge: (() => void) | null = null;
  let stopped = false;
  let endPause: (() => void) | null = null;
  const teller = createTeller({ say: parts.say, clock, log });

  /** One at a time, in the order of asking. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    turn = turn.then(async () => {
      if (stopped) return;
      try {
        await work();
      } catch (error) {
        log.error('the playbooks could not be looked at', { error });
      }
    });
    return turn;
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.at(clock.now() + ms, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });

  /** `before` is the digest that may be of half a save; null reads at once. */
  async function takeUp(before: string | null): Promise<void> {
    let last = before;
    for (let round = 0; round < mostRounds && !stopped; round++) {
      if (last !== null) {
        await pause(quietMs);
        const now = await source.digest();
        if (now !== last) {
          last = now;
          continue;
        }
        if (now === seen) return;
      }
      const start = last ?? (await source.digest());
      const ends = (await source.ends?.()) ?? new Map();
      if (isHalf(start, ends)) return;
      const loaded = await source.load();
      last = await source.digest();
      if (last !== start) continue;
      seen = last;
      ended = ends;
      if (!stopped) await adopt(loaded);
      return;
    }
    if (!stopped) log.warn('the playbooks are being edited without a pause; they are read later');
  }

  /** Half a file may lint and leave out what is denied at its end, so it is waited for; a look follows in any case. */
  function isHalf(digest: string, ends: Ends): boolean {
    const files = [...ended].flatMap(([file, whole]) => (whole && ends.get(file) === false ? [file] : []));
    const now = clock.now();
    if (files.length === 0) {
      half = null;
      return false;
    }
    if (half?.digest !== digest) half = { digest, since: now };
    const left = half.since + halfMs - now;
    if (left <= 0) {
      half = null;
      return false;
    }
    log.info('a file of playbooks ends in the middle of a line; its end is waited for', { files });
    cancelHalf?.();
    cancelHalf = stopped ? null : clock.at(now + left, () => void look());
    return true;
  }

  async function adopt({ room, prints, problems }: Awaited<ReturnType<RoomSource['load']>>): Promise<void> {
    const now = clock.now();
    if (!room || !prints) {
      refused(problems, now);
      return;
    }
    const change = changeBetween(inUse.prints, prints);
    const mended = broken !== null;
    const before = inUse.prints;
    inUse = { room, prints, at: now };
    broken = null;
    const warnings = problems.map(formatProblem);
    for (const warning of warnings) if (!warned.has(warning)) log.warn(warning);
    warned = new Set(warnings);
    log.info('the playbooks were read anew', { change: changeInWords(change), mended });
    if (mended || !isNoChange(change))
      teller.tell({ kind: 'reloaded', at: now, change, mended }, { before, after: prints });
    if (!isNoChange(change)) await parts.takenUp?.(now);
  }

  function refused(problems: readonly Problem[], now: number): void {
    const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
    const key = errors.join('\n');
    const shown = errors.slice(0, problemsSaid);
    const more = errors.length - shown.length;
    log.error('the edited playbooks do not lint; those before stay in use', { problems: shown, more });
    if (broken?.key === key) return;
    broken = { kind: 'broken', at: now, problems: shown, more, since: inUse.at, key };
    const { key: _, ...notice } = broken;
    teller.tell(notice, null);
  }

  const look = (): Promise<void> => {
    void teller.deliver();
    return inTurn(async () => {
      const now = await source.digest();
      if (now !== seen) await takeUp(now);
    });
  };

  return {
    room: () => inUse.room,
    nudge() {
      if (stopped) return;
      cancelNudge ??= clock.at(clock.now() + quietMs, () => {
        cancelNudge = null;
        void look();
      });
    },
    look,
    reload: () => inTurn(() => takeUp(null)),
    async health() {
      if (!broken) return { ok: true };
      const { at, problems, more, since } = broken;
      const now = clock.now();
      const others = more > 0 ? ` and ${more} more` : '';
      return {
        ok: false,
        message: `The edit of ${moment(at, now)} does not lint: ${problems.join(' ')}${others}; the playbooks of ${moment(since, now)} are in use.`,
      };
    },
    standing: () => ({ loadedAt: inUse.at, failed: broken !== null }),
    async stop() {
      stopped = true;
      cancelNudge?.();
      cancelHalf?.();
      endPause?.();
      teller.stop();
      await turn;
    },
  };
}

/** `10:32 UTC`, with the day where it is another one. */
function moment(at: number, now: number): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  const hours = `${time.slice(0, 5)} UTC`;
  return new Date(now).toISOString().startsWith(day) ? hours : `${day} ${hours}`;
}

type Letter = {
  readonly key: string;
  readonly since: number;
  /** The prints before the first edit that it tells of. */
  readonly before: RoomPrints | null;
  notice: RoomNotice;
  posted: Posted | null;
  uncertain: boolean;
  /** Says something that was not sent yet. */
  due: boolean;
};

/**
 * Says what became of edits. There is no stream that an edit belongs to, so it is no effect of the log: the newest message
 * is tried again at every look until the chat takes it, and one that the bot did not get rid of before its end stays unsaid.
 * The state itself is at /readyz and in the metrics in any case.
 */
function createTeller({
  say,
  clock,
  log,
}: {
  readonly say: SayRoom;
  readonly clock: Clock;
  readonly log: Log;
}) {
  let letter: Letter | null = null;
  let sending: Promise<void> | null = null;
  let stopped = false;

  async function send(): Promise<void> {
    while (letter?.due && !stopped) {
      const mine = letter;
      const { key, posted: known, uncertain } = mine;
      mine.due = false;
      try {
        mine.posted = await say(mine.notice, { key, known, uncertain });
        mine.uncertain = false;
      } catch (error) {
        const failure = error instanceof WorkFailed ? error : null;
        log.warn('the edit of the playbooks could not be said in the chat', { error });
        if (failure && !failure.retry) continue;
        mine.due = true;
        mine.uncertain = true;
        return;
      }
    }
  }

  const deliver = (): Promise<void> => {
    sending ??= send().finally(() => {
      sending = null;
    });
    return sending;
  };

  return {
    deliver,
    tell(
      notice: RoomNotice,
      prints: { readonly before: RoomPrints; readonly after: RoomPrints } | null,
    ): void {
      const now = clock.now();
      const goesOn = letter !== null && letter.notice.kind === notice.kind && now - letter.since < togetherMs;
      if (goesOn && letter !== null) {
        const whole =
          notice.kind === 'reloaded' && prints && letter.before
            ? { ...notice, change: changeBetween(letter.before, prints.after) }
            : notice;
        const mended = letter.notice.kind === 'reloaded' && letter.notice.mended;
        letter.notice = whole.kind === 'reloaded' ? { ...whole, mended: whole.mended || mended } : whole;
        letter.due = true;
      } else {
        const before = prints?.before ?? null;
        const key = `room/${now}`;
        letter = { key, since: now, before, notice, posted: null, uncertain: false, due: true };
      }
      void deliver();
    },
    stop(): void {
      stopped = true;
    },
  };
}
