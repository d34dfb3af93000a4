import type { Actor } from './actor.ts';
import type { Notice } from './alert/alert.ts';
import type { Role } from './incident/incident.ts';
import type { CommandOutcome } from './run/events.ts';
import type { Reading } from './run/run.ts';
import type { Severity } from './severity.ts';
import type { IncidentId, LedgerRef, RunId } from './stream.ts';

/**
 * Everything that happens arrives as a command: an alert, a click, a timer, the end of a process. `once` is the identity
 * of its delivery where the sender may deliver it again; the second one changes nothing.
 */
export type Command = { readonly actor: Actor; readonly once?: string } & CommandBody;

export type CommandBody = AlertCommand | IncidentCommand | RunCommand;

export type AlertCommand = { readonly type: 'alert.notice'; readonly notice: Notice };

export type IncidentCommand =
  | {
      readonly type: 'incident.declare';
      readonly title: string;
      readonly service: string | null;
      readonly severity: Severity;
      readonly playbook: string | null;
      readonly summary: string;
    }
  | ({ readonly incident: IncidentId } & (
      | { readonly type: 'incident.acknowledge' }
      | { readonly type: 'incident.severity'; readonly severity: Severity; readonly why: string | null }
      | { readonly type: 'incident.role'; readonly role: Role; readonly user: string }
      | { readonly type: 'incident.note'; readonly kind: 'update' | 'note' | 'bot'; readonly text: string }
      | { readonly type: 'incident.resolve'; readonly note: string | null }
      | { readonly type: 'incident.reopen'; readonly why: string }
      | {
          readonly type: 'incident.start-run';
          readonly playbook: string;
          readonly reason: string | null;
          readonly undo?: UndoWish;
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
      /** `since` names the opening that was looked at. */
      | { readonly type: 'incident.left-unattended'; readonly since: number }
      /** What the alert source says of this incident's firing alerts. */
      | {
          readonly type: 'incident.alerts-compared';
          readonly gone: Readonly<Record<string, number>>;
          readonly staleSince: number | null;
        }
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
    }
  | ({ readonly run: RunId } & (
      | { readonly type: 'run.plan-decide'; readonly verdict: 'approve' | 'refuse'; readonly hash: string }
      | {
          readonly type: 'run.plan-break-glass';
          readonly hash: string;
          readonly reason: string;
        }
      | { readonly type: 'run.end'; readonly why: string | null }
      | ({ readonly step: string; readonly attempt: number } & (
          | { readonly type: 'run.choose'; readonly option: string }
          | { readonly type: 'run.answer'; readonly answer: string }
          | { readonly type: 'run.perform' }
          | { readonly type: 'run.skip' }
          | { readonly type: 'run.stop' }
          | {
              readonly type: 'run.approval-decide';
              readonly verdict: 'approve' | 'refuse';
              readonly hash: string;
            }
          | {
              readonly type: 'run.break-glass';
              readonly hash: string;
              readonly reason: string;
            }
          | { readonly type: 'run.try-again' }
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
              readonly purpose: 'gate' | 'before' | 'probe';
              readonly reading: Reading;
            }
          | { readonly type: 'run.wait-over' }
          | { readonly type: 'run.approval-expired'; readonly hash: string }
        ))
      | { readonly type: 'run.plan-expired'; readonly hash: string }
    ));

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
  'incident.alerts-compared',
  'run.output',
  'run.command-ended',
  'run.reading',
  'run.wait-over',
  'run.approval-expired',
  'run.plan-expired',
];

export const isReport = (command: Command): boolean => reports.includes(command.type);
