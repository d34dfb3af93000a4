import type { IncidentId, LedgerRef, RunId } from '../stream.ts';
import type { CommandOutcome } from './events.ts';
import type { Reading } from './run.ts';

/** `attempt` is the one that the clicked message showed; a step that has moved on refuses it as stale. */
export type RunCommand =
  | {
      readonly type: 'run.start';
      readonly run: RunId | null;
      readonly incident: IncidentId | null;
      readonly playbook: string;
      readonly place: { readonly kind: 'incident' } | { readonly kind: 'channel'; readonly channel: string };
      readonly reason: string | null;
      readonly undo?: UndoWish;
      /** By the names of the playbook's inputs. */
      readonly inputs?: Readonly<Record<string, string>>;
      readonly offeredAt?: OfferedAt;
      /** Why it is to start although it is held to windows; says nothing where nothing stands against it. */
      readonly override?: string;
      /** What the form showed from which it is started, see `shownPrint`; absent where nothing was shown before. */
      readonly shown?: string;
    }
  | ({ readonly run: RunId } & (
      | ({ readonly type: 'run.plan-decide' } & Deciding)
      | {
          readonly type: 'run.plan-break-glass';
          readonly hash: string;
          readonly reason: string;
        }
      | { readonly type: 'run.end'; readonly why: string | null }
      /** The playbooks say something else now; `at` is since when they are in use, null where that is not known. */
      | { readonly type: 'run.room-changed'; readonly at: number | null }
      /** It is time to say how it stands; `number` is that of the update. */
      | { readonly type: 'run.update-due'; readonly number: number }
      /** Its incident has a channel of its own now: what the run waits for is asked there. */
      | { readonly type: 'run.moved' }
      /** Its incident has become as urgent, or is no longer as urgent, as what may open the glass. */
      | { readonly type: 'run.severity-changed' }
      /** An indicator whose triggers may open the glass, oldest reading first. */
      | {
          readonly type: 'run.trigger-read';
          readonly indicator: string;
          readonly readings: readonly Reading[];
        }
      | ({ readonly step: string; readonly attempt: number } & (
          | { readonly type: 'run.choose'; readonly option: string }
          | { readonly type: 'run.answer'; readonly answer: string }
          /** One item of a checklist, by its index: done, or after all not. */
          | { readonly type: 'run.tick'; readonly item: number; readonly done: boolean }
          | { readonly type: 'run.perform'; readonly typed?: string }
          | { readonly type: 'run.skip' }
          | { readonly type: 'run.stop' }
          | ({ readonly type: 'run.approval-decide' } & Deciding)
          | {
              readonly type: 'run.break-glass';
              readonly hash: string;
              readonly reason: string;
            }
          | { readonly type: 'run.try-again'; readonly typed?: string }
          | { readonly type: 'run.choose-again' }
          | { readonly type: 'run.claim'; readonly claim: 'worked' | 'did-not' }
          | {
              readonly type: 'run.output';
              readonly command: number;
              readonly text: string;
              readonly cut: boolean;
            }
          | {
              readonly type: 'run.command-ended';
              readonly command: number;
              readonly outcome: CommandOutcome;
              readonly previous: string | null | undefined;
            }
          | {
              readonly type: 'run.reading';
              readonly purpose: 'gate' | 'before' | 'probe' | 'automatic';
              readonly reading: Reading;
            }
          | { readonly type: 'run.wait-over' }
          /** An item of a checklist is due, by its index. */
          | { readonly type: 'run.item-due'; readonly item: number }
          /** The moment of another try has come. */
          | { readonly type: 'run.retry'; readonly command: number; readonly try: number }
          /** Starts the procedure that the step offers. */
          | {
              readonly type: 'run.start-offered';
              readonly reason: string | null;
              readonly inputs?: Readonly<Record<string, string>>;
              readonly override?: string;
              readonly shown?: string;
            }
          | { readonly type: 'run.offer-taken'; readonly started: RunId }
          /** Somebody keeps the bot from carrying the step out by itself. */
          | { readonly type: 'run.hold' }
          /** The moment that was announced has come. */
          | { readonly type: 'run.automatic-due' }
          /** What was read at that moment, and the targets that have to be free. */
          | {
              readonly type: 'run.automatic-decide';
              readonly reading: Reading;
              readonly targets: readonly string[];
            }
          | { readonly type: 'run.approval-expired'; readonly hash: string }
        ))
      | { readonly type: 'run.plan-expired'; readonly hash: string }
    ));

/** What somebody says to a request, bound by the hash to what it showed. */
type Deciding = {
  readonly verdict: Verdict;
  readonly hash: string;
  /** In a drill: for a second person who is not there. */
  readonly standIn?: true;
  /** The word that had to be typed, as it was typed. */
  readonly typed?: string;
  /** Those who said yes before, as they stand now; filled in where commands come in, never by a surface. */
  readonly earlier?: readonly Earlier[];
};

/** `withdraw` is for whoever asked; their refusal is taken as one. */
export type Verdict = 'approve' | 'refuse' | 'withdraw';

/** Somebody who approved before, looked up again at a later yes. */
export type Earlier =
  | {
      readonly kind: 'known';
      readonly user: string;
      readonly groups: readonly string[];
      readonly unknown?: readonly string[];
      readonly resolved?: readonly string[];
    }
  | { readonly kind: 'outsider'; readonly user: string; readonly why: string }
  | { readonly kind: 'unreachable'; readonly user: string };

/** The step of another run that offered what is started; it is told which run came of it. */
export type OfferedAt = { readonly run: RunId; readonly step: string; readonly attempt: number };

/**
 * To take back what was done to a service, newest first, down to and including `through`; null is all of it. `hash` is
 * that of the steps that were shown. Where it is given, the name of the playbook says nothing.
 */
export type UndoWish = {
  readonly service: string;
  readonly through: LedgerRef | null;
  readonly hash: string;
};
