import type { AcknowledgeWithin } from '../people/targets.ts';
import type { Severity } from '../severity.ts';
import type { IncidentId, RunId } from '../stream.ts';
import type { CallMade } from './calls.ts';
import type { AttachedAlert, NoteOffer, NoteSource, Place, Role } from './incident.ts';
import type { SilenceEvent } from './silence.ts';
import type { Backlog, Collected } from './storm.ts';

/** Facts about an incident. `at` is milliseconds since the epoch, `by` an actor's id. */
export type IncidentEvent = { readonly at: number; readonly by: string } & (
  | {
      readonly type: 'IncidentOpened';
      readonly data: {
        readonly id: IncidentId;
        readonly number: number;
        readonly title: string;
        readonly service: string | null;
        readonly playbook: string;
        readonly severity: Severity;
        readonly place: Place;
        readonly summary: string;
        /** Address of the message that it was declared from. */
        readonly source?: string;
        /** Where it collects the alerts of a storm: how many incidents had been opened just before. */
        readonly storm?: { readonly openedBefore: number };
        readonly drill?: true;
        readonly firstFails?: true;
        /** Left out where the usual limits applied. */
        readonly acknowledgeWithin?: AcknowledgeWithin;
      };
    }
  | {
      readonly type: 'AlertFired';
      readonly data: {
        readonly episode: string;
        readonly alert: Omit<AttachedAlert, 'endsAt' | 'trouble'>;
        readonly why: string;
        /** In a storm, what of it the alert is about. */
        readonly collected?: Collected;
      };
    }
  | { readonly type: 'AlertResolved'; readonly data: { readonly episode: string; readonly endsAt: number } }
  /** A person opened an incident of its own for a part of a storm; the alerts went along. */
  | {
      readonly type: 'AlertsMoved';
      readonly data: { readonly trouble: string; readonly name: string; readonly to: IncidentId };
    }
  | { readonly type: 'BacklogSeen'; readonly data: Backlog }
  /** Messages get through as they come again; `waitedMs` is how long the oldest of them had waited when last seen. */
  | { readonly type: 'BacklogDrained'; readonly data: { readonly waitedMs: number } }
  /**
   * `afterMs` is counted from when it was last opened or reopened, and so is `limitMs`, within which it had to be; that is
   * left out where nobody was to.
   */
  | {
      readonly type: 'IncidentAcknowledged';
      readonly data: { readonly afterMs?: number; readonly severity?: Severity; readonly limitMs?: number };
    }
  /** Somebody is called, from this moment on, by whatever way reaches them. */
  | { readonly type: 'Called'; readonly data: CallMade }
  /** Somebody who was called when another one had it already is on it; `afterMs` is counted from their call. */
  | {
      readonly type: 'CallAnswered';
      readonly data: { readonly call: number; readonly title: string; readonly afterMs: number };
    }
  /** What became of a page: it is with PagerDuty, or nobody needed it any more when PagerDuty could be reached. */
  | {
      readonly type: 'PageAnswered';
      readonly data: { readonly call: number; readonly outcome: 'paged' | 'needless' };
    }
  /** The first attempt of a page that failed, or, `final`, the last. */
  | {
      readonly type: 'PageFailed';
      readonly data: { readonly call: number; readonly message: string; readonly final: boolean };
    }
  | {
      readonly type: 'SeverityChanged';
      readonly data: {
        readonly severity: Severity;
        readonly from: Severity;
        readonly why: string | null;
        /** Where the incident lives from now on, where that changed too. */
        readonly place?: Place;
        /** By when it must be acknowledged now, where that changed too. */
        readonly acknowledgeBy?: number;
      };
    }
  | { readonly type: 'RoleAssigned'; readonly data: { readonly role: Role; readonly user: string } }
  | { readonly type: 'ResponderJoined'; readonly data: { readonly user: string } }
  | {
      readonly type: 'MitigationStarted';
      readonly data: { readonly run: RunId; readonly title: string; readonly by: string | null };
    }
  | { readonly type: 'RunAttached'; readonly data: { readonly run: RunId; readonly playbook: string } }
  | {
      readonly type: 'RunFinished';
      readonly data: { readonly run: RunId; readonly result: string; readonly back: RunId | null };
    }
  | {
      readonly type: 'NoteAdded';
      readonly data: {
        readonly number: number;
        readonly kind: 'update' | 'note' | 'bot';
        readonly text: string;
        readonly from?: NoteSource;
        /** What it is said about, where it must not be said twice. */
        readonly about?: string;
        /** Ids of those whom a remark of the bot addresses besides the people of the incident. */
        readonly people?: readonly string[];
        /** What the message lets people do, for as long as there is something to do. */
        readonly offers?: NoteOffer;
      };
    }
  | {
      readonly type: 'UnresolvedForLong';
      readonly data: { readonly afterMs: number; readonly offer: string | null };
    }
  /** Nobody had taken it within its time, and nothing waited that would have brought somebody back. */
  | { readonly type: 'LeftUnattended'; readonly data: { readonly since: number } }
  /** The whole picture as the alert source gives it, each time that it has changed. */
  | {
      readonly type: 'AlertsCompared';
      readonly data: {
        readonly gone: Readonly<Record<string, number>>;
        readonly staleSince: number | null;
      };
    }
  | { readonly type: 'ChannelOpened'; readonly data: { readonly id: string; readonly name: string } }
  /** Out of the thread that it lived in; `from` is the channel of the thread, as the routing names it. */
  | { readonly type: 'MovedToChannel'; readonly data: { readonly from: string; readonly name: string } }
  | { readonly type: 'IncidentResolved'; readonly data: { readonly note: string | null } }
  | {
      readonly type: 'IncidentReopened';
      readonly data: { readonly why: string; readonly acknowledgeWithin?: AcknowledgeWithin };
    }
  | SilenceEvent
);
