import type { Answer } from '../core/decision.ts';
import { sayGivenUp } from './givenUp.ts';
import { longestPageWaitMs, pageFailure } from './paging.ts';
import { type Ports, perform, type Result } from './performEffect.ts';
import { type Claimed, type Hands, StoreFailed, WorkFailed } from './ports.ts';

/**
 * From a pending effect to the world and back. The store hands out what is due, head by head of its lanes; each one ends
 * in exactly one of these ways:
 *
 *   done         removed, and what came of it is decided in the same transaction
 *   postponed    given back with a time, because trying again can help; its lane waits behind it
 *   given up     removed, said in the incident and in the log, because trying again cannot help
 *
 * Commands on hosts know no second try: they are done, whatever came of them.
 */

/** Called around each effect; tests stop the process here to see what survives. */
export type EffectHooks = {
  /** Handed out, and that is on disk; the call has not been made. */
  readonly leased?: (claimed: Claimed) => void;
  /** The call has ended, well or badly; nothing of that is on disk. */
  readonly called?: (claimed: Claimed) => void;
  /** The end is on disk. */
  readonly finished?: (claimed: Claimed) => void;
};

/** Enough to keep many channels busy, few enough that memory stays small while Slack is slow. */
const atOnce: Hands = { chat: 64, other: 64 };
const longestWaitMs = 5 * 60_000;
/** While the database refuses, the same end is offered again until it is taken. */
const storeRetryMs = 250;
/** A clock that was set forward is noticed this soon, whatever the next timer had counted on. */
const longestSleepMs = 60_000;

export function createPerformer(ports: Ports & { readonly hooks?: EffectHooks }) {
  const { store, desk, clock, room, observer, log, hooks = {} } = ports;
  const underWay = new Map<Promise<void>, keyof Hands>();
  let stopping = false;
  let pumping = false;
  let again = false;
  let lookedAt = clock.now();
  /** The clock may have been set back while nothing ran, so the first look asks the store whatever is due. */
  let claimedAt = Number.POSITIVE_INFINITY;
  let cancelTimer: (() => void) | null = null;
  let pumped: Promise<void> = Promise.resolve();

  function freeHands(): Hands {
    const busy = { chat: 0, other: 0 };
    for (const kind of underWay.values()) busy[kind] += 1;
    return { chat: atOnce.chat - busy.chat, other: atOnce.other - busy.other };
  }

  function wake(): void {
    again = true;
    if (!pumping && !stopping) pumped = pump();
  }

  async function pump(): Promise<void> {
    pumping = true;
    try {
      let due: number | null = null;
      while (again && !stopping) {
        again = false;
        const free = freeHands();
        // With all hands full there is nothing to wake up for: the first one that is free looks again.
        due = isFree(free) ? await store.nextDue(free) : null;
        lookedAt = clock.now();
        // Where the clock was set back, what waits has to move with it; the store sees to that when it gives out work.
        const isBack = lookedAt < claimedAt;
        claimedAt = lookedAt;
        if (!isBack && (due === null || due > lookedAt)) continue;
        take(await store.claim(clock.now(), freeHands()));
        again = true;
      }
      if (!stopping) sleepUntil(due);
    } catch (error) {
      // It is the database that does not answer, not the one who asks.
      lookedAt = clock.now();
      log.error('work could not be claimed', { error });
      sleepUntil(clock.now() + storeRetryMs * 4);
    } finally {
      pumping = false;
    }
    if (again && !stopping && isFree(freeHands())) pumped = pump();
  }

  function sleepUntil(due: number | null): void {
    cancelTimer?.();
    const now = clock.now();
    cancelTimer =
      due === null ? null : clock.at(Math.min(Math.max(due, now + 1), now + longestSleepMs), wake);
  }

  function take(claimed: readonly Claimed[]): void {
    for (const each of claimed) begin(each);
  }

  function begin(claimed: Claimed): void {
    const work: Promise<void> = performOne(claimed)
      .catch((error: unknown) => {
        // It stays handed out, and the next start finds it as interrupted.
        log.error('work has no recorded end', { effect: claimed.effect.kind, stream: claimed.stream, error });
      })
      .finally(() => {
        underWay.delete(work);
        wake();
      });
    underWay.set(work, claimed.effect.lane?.startsWith('chat/') ? 'chat' : 'other');
  }

  async function performOne(claimed: Claimed): Promise<void> {
    const began = clock.now();
    hooks.leased?.(claimed);
    let result: Result;
    try {
      result = await perform(claimed, ports, settle);
      hooks.called?.(claimed);
    } catch (error) {
      hooks.called?.(claimed);
      await failed(claimed, error, clock.now() - began);
      return;
    }
    try {
      const answers = await finish(claimed, result);
      hooks.finished?.(claimed);
      await followRefusals(claimed, answers);
      observer.performed(claimed, 'done', clock.now() - began, null);
    } catch (error) {
      // A database that is gone for good says nothing about the work: it was done, and must not be recorded as given up.
      if (error instanceof StoreFailed) throw error;
      await failed(claimed, error, clock.now() - began);
    }
  }

  /** What follows is decided like everything else, so it is told of like everything else. */
  async function finish({ id }: Claimed, result: Result): Promise<readonly Answer[]> {
    const began = clock.now();
    const answers = await settle(() => store.finish({ id, ...result }, room()));
    const tookMs = clock.now() - began;
    for (const [index, command] of result.follows.entries()) {
      const answer = answers[index];
      if (answer) observer.decided(command, answer, tookMs);
    }
    return answers;
  }

  /** Most refusals say that the state has moved on. A run that does not start leaves people waiting, so that is said. */
  async function followRefusals({ effect, stream }: Claimed, answers: readonly Answer[]): Promise<void> {
    for (const answer of answers) {
      if (answer.kind !== 'refused') continue;
      log.info('what followed was refused', { stream, code: answer.code, message: answer.message });
      if (effect.kind !== 'tell' || effect.command.type !== 'run.start') continue;
      const { incident, run, playbook } = effect.command;
      if (incident === null || run === null || answer.code === 'already') continue;
      const actor = { kind: 'bot' } as const;
      const title = room().definitions[playbook]?.playbook.title ?? playbook;
      await settle(() =>
        desk.handle({
          actor,
          type: 'incident.note',
          incident,
          kind: 'bot',
          text: `*${title}* did not start: ${answer.message}`,
        }),
      );
      await settle(() =>
        desk.handle({ actor, type: 'incident.run-ended', incident, run, result: 'refused' }),
      );
    }
  }

  async function failed(claimed: Claimed, error: unknown, tookMs: number): Promise<void> {
    const failure = asWorkFailed(error, claimed);
    const fields = {
      effect: claimed.effect.kind,
      stream: claimed.stream,
      attempts: claimed.attempts,
      code: failure.code,
      error: failure,
    };
    if (failure.retry) {
      const { kind } = claimed.effect;
      const longest = kind === 'page' || kind === 'page-end' ? longestPageWaitMs : longestWaitMs;
      const wait = failure.retry.afterMs ?? Math.min(longest, 500 * 2 ** Math.min(claimed.attempts, 12));
      const unpaged = pageFailure(claimed, failure);
      // Said before the next try, since who cannot be paged must be reached by another way meanwhile.
      if (unpaged) await settle(() => desk.handle(unpaged));
      await settle(() => store.postpone(claimed.id, clock.now() + wait, failure.message));
      log.warn('work was postponed', { ...fields, waitMs: wait });
      observer.performed(claimed, 'postponed', tookMs, failure.code);
      return;
    }
    log.error('work was given up', fields);
    await finish(claimed, { follows: sayGivenUp(claimed, clock.now(), failure) });
    observer.performed(claimed, 'given-up', tookMs, failure.code);
  }

  /** Keeps offering the end of an effect to a database that does not take it: what happened must not be forgotten. */
  async function settle<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        // A damaged database takes nothing more until it is restored; the next start finds the effect as interrupted.
        if (!(error instanceof StoreFailed) || error.code === 'corrupt' || stopping) throw error;
        log.error('an end could not be recorded; trying again', { code: error.code, error });
        await new Promise<void>((resolve) => clock.at(clock.now() + storeRetryMs, resolve));
      }
    }
  }

  return {
    start(): void {
      store.handOut(() => (stopping ? noHands : freeHands()), take);
      store.onWork(wake);
      wake();
    },
    wake,
    /** When due work was last looked for, or would have been had a hand been free. */
    lookedAt: () => lookedAt,
    inFlight: () => underWay.size,
    /** Takes up nothing new and waits for what is under way, at most `withinMs`; what is cut off is found at the next start. */
    async stop(withinMs: number): Promise<void> {
      stopping = true;
      cancelTimer?.();
      let isLate = false;
      const late = new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          isLate = true;
          resolve();
        }, withinMs);
        timer.unref();
      });
      // What was being handed out when the stop came is under way as well.
      await Promise.race([pumped, late]);
      while (underWay.size > 0 && !isLate) await Promise.race([Promise.all(underWay.keys()), late]);
    },
  };
}

const noHands: Hands = { chat: 0, other: 0 };

const isFree = ({ chat, other }: Hands): boolean => chat > 0 || other > 0;

/** A database that cannot be read now may be readable soon; only a command on a host must never be tried again. */
function asWorkFailed(error: unknown, { effect }: Claimed): WorkFailed {
  if (error instanceof WorkFailed) return error;
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof StoreFailed && effect.kind !== 'run-command'
    ? new WorkFailed('store', message, { retry: { afterMs: null }, cause: error })
    : new WorkFailed('fault', message, { cause: error });
}
