import type { Notice } from '../alert/alert.ts';
import type { Phase } from '../playbook/routing.ts';
import type { OfferedAt, UndoWish } from '../run/commands.ts';
import type { RunUpdate } from '../run/run.ts';
import type { Severity } from '../severity.ts';
import type { IncidentId, RunId } from '../stream.ts';
import type { NoteSource, Role } from './incident.ts';
import type { OthersSilence } from './silence.ts';

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
          /** Whom a note of the bot speaks to, by id. */
          readonly people?: readonly string[];
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
          readonly shown?: string;
        }
      | { readonly type: 'incident.channel-opened'; readonly id: string; readonly name: string }
      /** From its thread to the channel that was opened for it, between two messages. */
      | { readonly type: 'incident.moved' }
      | { readonly type: 'incident.channel-failed'; readonly message: string }
      | {
          readonly type: 'incident.mitigation-started';
          readonly run: RunId;
          readonly title: string;
          readonly by: string | null;
        }
      /** What a run says of itself, and when it says something again, null for no more. */
      | {
          readonly type: 'incident.run-update';
          readonly run: RunId;
          readonly moment: RunUpdate['moment'];
          readonly text: string;
          readonly people: readonly string[];
          readonly nextAt: number | null;
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
      /**
       * Whoever was called when somebody had it already is on it; ends that call alone. `handles` are the user groups
       * that Slack says they are in, filled in where commands come in, never by a surface.
       */
      | {
          readonly type: 'incident.answer-call';
          readonly call: number;
          readonly handles?: readonly string[];
        }
      /** Nobody acknowledged in time. `armed` is the timer that counts; an earlier one says nothing. */
      | { readonly type: 'incident.escalation-due'; readonly since: number; readonly armed: number }
      /** The time of a phase is over; `since` names the opening that it was counted from. */
      | { readonly type: 'incident.phase-due'; readonly phase: Phase; readonly since: number }
      /** `since` is when it was last said how it stands. */
      | { readonly type: 'incident.update-due'; readonly since: number }
      /** It is not over in the time that whoever was called last has for it. */
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
