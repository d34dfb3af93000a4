import type { Actor } from './actor.ts';
import type { Notice } from './alert/alert.ts';
import type { NoteSource, Role } from './incident/incident.ts';
import type { OthersSilence } from './incident/silence.ts';
import type { Phase } from './playbook/routing.ts';
import type { CommandOutcome } from './run/events.ts';
import type { Reading } from './run/run.ts';
import type { Severity } from './severity.ts';
import type { FreezeId, IncidentId, LedgerRef, RunId } from './stream.ts';

/**
 * Everything that happens arrives as a command: an alert, a click, a timer, the end of a process. `once` is the identity
 * of its delivery where the sender may deliver it again; the second one changes nothing.
 */
export type Command = { readonly actor: Actor; readonly once?: string } & CommandBody;

export type CommandBody = AlertCommand | IncidentCommand | RunCommand | FreezeCommand;

/** What is said at a step, without which step it is. */
export type SaidAtStep = CommandBody extends infer B
  ? B extends { run: string; step: string; attempt: number }
    ? Omit<B, 'run' | 'step' | 'attempt'>
    : never
  : never;

export type FreezeCommand =
  /** `service` null is all of them; `until` is milliseconds since the epoch, null until somebody lifts it. */
  | {
      readonly type: 'freeze.begin';
      readonly service: string | null;
      readonly until: number | null;
      readonly why: string;
    }
  | { readonly type: 'freeze.lift'; readonly freeze: FreezeId; readonly why: string | null }
  /** Its moment has come. */
  | { readonly type: 'freeze.due'; readonly freeze: FreezeId };

export type AlertCommand = { readonly type: 'alert.notice'; readonly notice: Notice };

export type IncidentCommand =
  | {
      readonly type: 'incident.declare';
      readonly title: string;
      readonly service: string | null;
      readonly severity: Severity;
      readonly playbook: string | null;
      readonly summary: string;
      /** Address of the message that it was declared from. */
      readonly source?: string;
    }
  /** A walk through a playbook where stand-ins take the place of everything that acts, reads or calls anybody. */
  | { readonly type: 'incident.drill'; readonly playbook: string; readonly firstFails: boolean }
  | ({ readonly incident: IncidentId } & (
      | { readonly type: 'incident.acknowledge' }
      | { readonly type: 'incident.severity'; readonly severity: Severity; readonly why: string | null }
      | { readonly type: 'incident.role'; readonly role: Role; readonly user: string }
      | {
          readonly type: 'incident.note';
          readonly kind: 'update' | 'note' | 'bot';
          readonly text: string;
          readonly from?: NoteSource;
        }
      | { readonly type: 'incident.resolve'; readonly note: string | null }
      | { readonly type: 'incident.reopen'; readonly why: string }
      | {
          readonly type: 'incident.start-run';
          readonly playbook: string;
          readonly reason: string | null;
          readonly undo?: UndoWish;
          readonly inputs?: Readonly<Record<string, string>>;
          readonly offeredAt?: OfferedAt;
          readonly override?: string;
        }
      | { readonly type: 'incident.channel-opened'; readonly id: string; readonly name: string }
      | { readonly type: 'incident.channel-failed'; readonly message: string }
      | {
          readonly type: 'incident.mitigation-started';
          readonly run: RunId;
          readonly title: string;
          readonly by: string | null;
        }
      | { readonly type: 'incident.run-ended'; readonly run: RunId; readonly result: string }
      | {
          readonly type: 'incident.unresolved-check';
          readonly afterMs: number;
          readonly offer: string | null;
          readonly opened: number;
        }
      | { readonly type: 'incident.effect-given-up'; readonly what: string; readonly message: string }
      /** `incident` is the storm; what comes of it is a new one. */
      | { readonly type: 'incident.open-own'; readonly trouble: string }
      | { readonly type: 'incident.alerts-moved'; readonly trouble: string; readonly to: IncidentId }
      /** What waits for the chat, and since when the oldest of it does. */
      | { readonly type: 'incident.backlog'; readonly waiting: number; readonly oldestAt: number | null }
      /** Calls a duty of the roster by hand. */
      | { readonly type: 'incident.call'; readonly duty: string; readonly why: string | null }
      /** Nobody acknowledged in time. `armed` is the timer that counts; an earlier one says nothing. */
      | { readonly type: 'incident.escalation-due'; readonly since: number; readonly armed: number }
      /** It is not over in the time that whoever was called last has for it. */
      /** The time of a phase is over; `since` names the opening that it was counted from. */
      | { readonly type: 'incident.phase-due'; readonly phase: Phase; readonly since: number }
      /** `since` is when it was last said how it stands. */
      | { readonly type: 'incident.update-due'; readonly since: number }
      | { readonly type: 'incident.response-due'; readonly since: number; readonly armed: number }
      | {
          readonly type: 'incident.page-answered';
          readonly call: number;
          readonly outcome: 'paged' | 'needless';
        }
      | {
          readonly type: 'incident.page-failed';
          readonly call: number;
          readonly message: string;
          readonly final: boolean;
        }
      /** Something happened to its page in PagerDuty that people here should know. */
      | { readonly type: 'incident.pager-said'; readonly text: string; readonly offers?: 'resolve' }
      /** `since` names the opening that was looked at. */
      | { readonly type: 'incident.left-unattended'; readonly since: number }
      /** What the alert source says of this incident's firing alerts. */
      | {
          readonly type: 'incident.alerts-compared';
          readonly gone: Readonly<Record<string, number>>;
          readonly staleSince: number | null;
          /** Over while they were silenced, when nothing is delivered; since when, by fingerprint. */
          readonly resolved?: Readonly<Record<string, number>>;
        }
      /** While somebody works, or for this long at most. */
      | { readonly type: 'incident.silence'; readonly forMs: number | null }
      | { readonly type: 'incident.silence-stop' }
      /** An action starts that is known to make noise; `service` is the one it acts on, `by` null where the bot starts it. */
      | {
          readonly type: 'incident.silence-action';
          readonly run: RunId;
          readonly title: string;
          readonly by: string | null;
          readonly service: string;
          readonly forMs: number;
          readonly alerts?: readonly string[];
        }
      /** The run's action is over, well or badly. */
      | { readonly type: 'incident.silence-over'; readonly run: RunId }
      /** What became of a silence in Alertmanager, by its number in the incident. */
      | {
          readonly type: 'incident.silence-held';
          readonly number: number;
          readonly ids: readonly string[];
          readonly endsAt: number;
        }
      | { readonly type: 'incident.silence-removed'; readonly number: number }
      | {
          readonly type: 'incident.silence-failed';
          readonly number: number;
          readonly does: 'hold' | 'remove';
          readonly message: string;
        }
      /** The moment of a renewal, and when people were last active. */
      | {
          readonly type: 'incident.silence-seen';
          readonly number: number;
          readonly activeAt: number | null;
        }
      /** All that others have made over this incident's alerts. */
      | { readonly type: 'incident.silences-of-others'; readonly others: readonly OthersSilence[] }
    ));

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
    }
  | ({ readonly run: RunId } & (
      | {
          readonly type: 'run.plan-decide';
          readonly verdict: Verdict;
          readonly hash: string;
          /** In a drill: for a second person who is not there. */
          readonly standIn?: true;
          /** The word that had to be typed, as it was typed. */
          readonly typed?: string;
          /** Those who said yes before, as they stand now; filled in where commands come in, never by a surface. */
          readonly earlier?: readonly Earlier[];
        }
      | {
          readonly type: 'run.plan-break-glass';
          readonly hash: string;
          readonly reason: string;
        }
      | { readonly type: 'run.end'; readonly why: string | null }
      | ({ readonly step: string; readonly attempt: number } & (
          | { readonly type: 'run.choose'; readonly option: string }
          | { readonly type: 'run.answer'; readonly answer: string }
          /** One item of a checklist, by its index: done, or after all not. */
          | { readonly type: 'run.tick'; readonly item: number; readonly done: boolean }
          | { readonly type: 'run.perform'; readonly typed?: string }
          | { readonly type: 'run.skip' }
          | { readonly type: 'run.stop' }
          | {
              readonly type: 'run.approval-decide';
              readonly verdict: Verdict;
              readonly hash: string;
              readonly standIn?: true;
              readonly typed?: string;
              readonly earlier?: readonly Earlier[];
            }
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

/** What only machines report: an end, a reading, a moment. No surface may let a person say it. */
const reports: readonly Command['type'][] = [
  'alert.notice',
  'incident.channel-opened',
  'incident.channel-failed',
  'incident.mitigation-started',
  'incident.run-ended',
  'incident.unresolved-check',
  'incident.effect-given-up',
  'incident.alerts-moved',
  'incident.backlog',
  'incident.left-unattended',
  'incident.escalation-due',
  'incident.response-due',
  'incident.phase-due',
  'incident.update-due',
  'incident.page-answered',
  'incident.page-failed',
  'incident.pager-said',
  'incident.alerts-compared',
  'incident.silence-action',
  'incident.silence-over',
  'incident.silence-held',
  'incident.silence-removed',
  'incident.silence-failed',
  'incident.silence-seen',
  'incident.silences-of-others',
  'run.output',
  'run.command-ended',
  'run.reading',
  'run.wait-over',
  'run.item-due',
  'run.retry',
  'run.offer-taken',
  'run.automatic-due',
  'run.automatic-decide',
  'run.approval-expired',
  'run.plan-expired',
  'freeze.due',
];

export const isReport = (command: Command): boolean => reports.includes(command.type);
