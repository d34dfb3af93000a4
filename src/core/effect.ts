import type { Command } from './command.ts';
import type { Reminder } from './people/reminder.ts';
import type { PlannedCommand } from './run/plan.ts';
import type { FreezeId, IncidentId, PreferencesId, RunId, WatchId } from './stream.ts';

/**
 * Work for the outside, decided together with the events and performed only after the commit.
 *
 * Effects of one `lane` are performed one after the other, in the order in which they were decided; effects without a
 * lane stand alone. The lanes of what is done in the chat, and only those, begin with `chat/`. `coalesce` names a subject: a newer effect replaces the one that is still waiting, because what is
 * shown is read from the state at the moment of showing.
 */
export type Effect = EffectBody & {
  readonly lane: string | null;
  readonly coalesce: string | null;
  /** Milliseconds since the epoch before which it is not performed. */
  readonly notBefore: number;
};

export type EffectBody =
  /** Make sure that a subject is shown in its present state: posted once, updated in place ever after. */
  | {
      readonly kind: 'show';
      readonly subject: Subject;
      readonly where: Where;
      /** Changes the message that there is, and posts none where there is none. */
      readonly onlyThere?: true;
    }
  | { readonly kind: 'open-channel'; readonly incident: IncidentId; readonly name: string }
  /** All that was to be said in its thread is said by now: the incident moves to the channel that was opened for it. */
  | { readonly kind: 'move'; readonly incident: IncidentId }
  /** The incident has moved: the message says where it goes on, without buttons, and when shown next is posted there. */
  | { readonly kind: 'leave'; readonly incident: IncidentId; readonly subject: Subject }
  | { readonly kind: 'set-topic'; readonly incident: IncidentId }
  | {
      readonly kind: 'invite';
      readonly incident: IncidentId;
      readonly groups: readonly string[];
      readonly users: readonly string[];
    }
  | { readonly kind: 'pin'; readonly subject: Subject; readonly where: Where }
  | { readonly kind: 'bookmark'; readonly incident: IncidentId; readonly title: string; readonly url: string }
  /** A chart of an indicator as a picture, with the mitigations marked. */
  | {
      readonly kind: 'chart';
      readonly run: RunId;
      readonly step: string;
      readonly indicator: string;
      readonly fromMs: number;
      readonly subject: Subject;
      readonly where: Where;
    }
  | { readonly kind: 'post-mortem'; readonly incident: IncidentId; readonly where: Where }
  /** Performed at most once: an interrupted one is never tried again, its outcome is unknown. */
  | {
      readonly kind: 'run-command';
      readonly run: RunId;
      readonly step: string;
      readonly attempt: number;
      readonly command: number;
      readonly planned: PlannedCommand;
      /** The hash of the approval that it runs by; absent where none was needed. */
      readonly approved?: string;
      /** Of a drill: whatever is asked to run it must refuse. */
      readonly drill?: true;
    }
  | {
      readonly kind: 'stop-command';
      readonly run: RunId;
      readonly step: string;
      readonly attempt: number;
      readonly command: number;
    }
  | {
      readonly kind: 'read-indicator';
      readonly run: RunId;
      readonly step: string;
      readonly attempt: number;
      readonly indicator: string;
      readonly purpose: 'gate' | 'before' | 'probe' | 'automatic';
    }
  /** An indicator as it is and as it was for `forMs`, for a request that waits while its triggers may open the glass. */
  | {
      readonly kind: 'read-trigger';
      readonly run: RunId;
      readonly indicator: string;
      readonly forMs: number;
    }
  /** A call of the incident, by its number, as a page. */
  | { readonly kind: 'page'; readonly incident: IncidentId; readonly call: number }
  /** That page is answered or over here, and must not ring on. */
  | {
      readonly kind: 'page-end';
      readonly incident: IncidentId;
      readonly call: number;
      readonly routingKey: string;
      readonly as: 'acknowledged' | 'resolved';
      /** Part of the page's key, where the call has one. */
      readonly installation?: string;
    }
  /** How much waits for the chat. */
  | { readonly kind: 'read-backlog'; readonly incident: IncidentId }
  /** A summary by e-mail; `at` is when that happened, so that one that is sent twice is the same mail. */
  | {
      readonly kind: 'email';
      readonly incident: IncidentId;
      readonly moment: MailMoment;
      readonly at: number;
    }
  /**
   * One of the incident's silences, in Alertmanager: make it, or make it last `forMs` from then on; remove it; or look, at
   * the moment of a renewal, whether people are still active.
   */
  | {
      readonly kind: 'silence';
      readonly does: 'hold';
      readonly incident: IncidentId;
      readonly number: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'silence';
      readonly does: 'remove';
      readonly incident: IncidentId;
      readonly number: number;
    }
  | {
      readonly kind: 'silence';
      readonly does: 'look';
      readonly incident: IncidentId;
      readonly number: number;
    }
  /**
   * Says to one person, in a direct message, what of these reminders still holds; nothing where none does. `held` where
   * they waited for the end of quiet hours.
   */
  | {
      readonly kind: 'remind';
      readonly preferences: PreferencesId;
      readonly number: number;
      readonly reminders: readonly Reminder[];
      readonly held: boolean;
    }
  /** A command for a stream: at once, or as a timer when `notBefore` lies ahead. */
  | { readonly kind: 'tell'; readonly command: Command };

export type MailMoment = 'opened' | 'reopened' | 'resolved';

/** What those who are affected are told of. */
export type StakeholderMoment = 'opened' | 'update' | 'reopened' | 'resolved';

/** What a message is about; one subject is one message. */
export type Subject =
  | { readonly kind: 'announcement'; readonly incident: IncidentId }
  | { readonly kind: 'card'; readonly incident: IncidentId }
  | { readonly kind: 'note'; readonly incident: IncidentId; readonly number: number }
  | { readonly kind: 'quiet'; readonly incident: IncidentId; readonly time: number }
  | { readonly kind: 'resolved'; readonly incident: IncidentId; readonly time: number }
  /** `number` is that of the update, and for the others when it happened; 0 for the opening. */
  | {
      readonly kind: 'stakeholders';
      readonly incident: IncidentId;
      readonly moment: StakeholderMoment;
      readonly number: number;
    }
  /** `opened` counts the reopenings before: each opening has its own time limit, and says so in its own message. */
  | { readonly kind: 'unresolved'; readonly incident: IncidentId; readonly opened: number }
  /** Somebody was called, where the card does not say so already. */
  | { readonly kind: 'call'; readonly incident: IncidentId; readonly number: number }
  /** Whom to telephone while pages do not get through; `time` is when that began. */
  | { readonly kind: 'unpaged'; readonly incident: IncidentId; readonly time: number }
  /** `time` is when the incident was opened or reopened. */
  | { readonly kind: 'unattended'; readonly incident: IncidentId; readonly time: number }
  | { readonly kind: 'plan'; readonly run: RunId }
  | { readonly kind: 'run'; readonly run: RunId }
  /** What a run outside an incident says of itself, by its place among all that it said. */
  | { readonly kind: 'run-update'; readonly run: RunId; readonly index: number }
  | { readonly kind: 'step'; readonly run: RunId; readonly step: string; readonly attempt: number }
  | { readonly kind: 'output'; readonly run: RunId; readonly step: string; readonly attempt: number }
  | {
      readonly kind: 'chart';
      readonly run: RunId;
      readonly step: string;
      readonly attempt: number;
      readonly moment: string;
    }
  | { readonly kind: 'post-mortem'; readonly incident: IncidentId; readonly time: number }
  | { readonly kind: 'drill-report'; readonly incident: IncidentId; readonly time: number }
  /** A freeze as it stands, and that it is over. */
  | { readonly kind: 'freeze' | 'freeze-over'; readonly freeze: FreezeId }
  /** A watch as it stands, and what came of it. */
  | { readonly kind: 'watch' | 'watch-report'; readonly watch: WatchId }
  /** The direct messages to a person, by their number. */
  | { readonly kind: 'reminder'; readonly preferences: PreferencesId; readonly number: number }
  /** A planned change was started past its window. */
  | { readonly kind: 'override'; readonly run: RunId }
  /** The message that a subject had before the incident moved. */
  | { readonly kind: 'moved'; readonly incident: IncidentId; readonly of: Subject };

/** Stable text of a subject: the key of its message, also written into the message's metadata. */
export function subjectKey(subject: Subject): string {
  switch (subject.kind) {
    case 'announcement':
    case 'card':
      return `${subject.kind}/${subject.incident}`;
    case 'unresolved':
      return `unresolved/${subject.incident}/${subject.opened}`;
    case 'stakeholders':
      return `stakeholders/${subject.incident}/${subject.moment}/${subject.number}`;
    case 'call':
      return `call/${subject.incident}/${subject.number}`;
    case 'note':
      return `note/${subject.incident}/${subject.number}`;
    case 'quiet':
    case 'unpaged':
    case 'unattended':
    case 'resolved':
    case 'post-mortem':
    case 'drill-report':
      return `${subject.kind}/${subject.incident}/${subject.time}`;
    case 'plan':
    case 'run':
    case 'override':
      return `${subject.kind}/${subject.run}`;
    case 'freeze':
    case 'freeze-over':
      return `${subject.kind}/${subject.freeze}`;
    case 'watch':
    case 'watch-report':
      return `${subject.kind}/${subject.watch}`;
    case 'run-update':
      return `run-update/${subject.run}/${subject.index}`;
    case 'reminder':
      return `reminder/${subject.preferences}/${subject.number}`;
    case 'step':
    case 'output':
      return `${subject.kind}/${subject.run}/${subject.step}/${subject.attempt}`;
    case 'chart':
      return `chart/${subject.run}/${subject.step}/${subject.attempt}/${subject.moment}`;
    case 'moved':
      return `moved/${subjectKey(subject.of)}`;
    default: {
      const never: never = subject;
      return never;
    }
  }
}

/** Where a message goes: a channel by name or id, or wherever the incident lives, and perhaps the thread of another subject. */
export type Where = {
  readonly in:
    | { readonly kind: 'incident'; readonly incident: IncidentId }
    | { readonly kind: 'channel'; readonly channel: string };
  readonly thread: Subject | null;
};
