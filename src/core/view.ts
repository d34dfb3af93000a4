import type { Freeze } from './calendar/freeze.ts';
import type { DrillReport } from './drill/report.ts';
import type { StakeholderMoment, Subject } from './effect.ts';
import type { Call } from './incident/calls.ts';
import type { Incident, Note } from './incident/incident.ts';
import type { Reminder } from './people/reminder.ts';
import type { Duty } from './people/roster.ts';
import type { Definition, Step } from './playbook/definition.ts';
import type { RoomNotice } from './playbook/roomChange.ts';
import type { PhaseLimits } from './playbook/routing.ts';
import type { Run, RunUpdate, StepRecord } from './run/run.ts';
import type { PreferencesId } from './stream.ts';
import type { WatchReport } from './watch/report.ts';
import type { Watch } from './watch/watch.ts';

/** A run with the definition it is pinned to: all that a card needs to speak of a step. */
export type RunView = {
  readonly run: Run;
  readonly definition: Definition;
  /** The playbooks in use say something else of what is shown, or nothing any more; what the run carries out is the older version. */
  readonly edited?: 'changed' | 'gone';
  /** Who can approve what waits for it, by the rules as they are now: `@leads`. */
  readonly approvers?: readonly string[];
};

/** `at` is the message where it stands for everybody; null while there is none. */
export type ReminderShown = {
  readonly reminder: Reminder;
  readonly incident: Incident;
  /** The run of a checklist's item. */
  readonly view: RunView | null;
  readonly at: { readonly channel: string; readonly ts: string } | null;
};

/** Minutes, by their beginnings in milliseconds since the epoch, in which the chat dropped what was said to the bot. */
export type DroppedEvents = { readonly from: number; readonly to: number; readonly minutes: number };

/** All that the message of one subject shows, read from the state at the moment of showing. */
export type View =
  | { readonly kind: 'announcement'; readonly incident: Incident; readonly current: RunView | null }
  /** `phases` are the limits of its severity, as they are now. */
  | {
      readonly kind: 'card';
      readonly incident: Incident;
      readonly current: RunView | null;
      readonly phases?: PhaseLimits;
    }
  | { readonly kind: 'note'; readonly incident: Incident; readonly note: Note }
  /** `note` is the update; null for the opening and the end. */
  | {
      readonly kind: 'stakeholders';
      readonly incident: Incident;
      readonly moment: StakeholderMoment;
      readonly at: number;
      readonly note: Note | null;
    }
  | { readonly kind: 'quiet'; readonly incident: Incident }
  | { readonly kind: 'resolved'; readonly incident: Incident }
  | { readonly kind: 'unresolved'; readonly incident: Incident; readonly offer: Definition | null }
  | { readonly kind: 'unattended'; readonly incident: Incident }
  | { readonly kind: 'call'; readonly incident: Incident; readonly call: Call }
  /** `duties` are those of its calls and of whoever comes next, with their telephone numbers. */
  | {
      readonly kind: 'unpaged';
      readonly incident: Incident;
      readonly since: number;
      readonly duties: readonly Duty[];
    }
  | { readonly kind: 'drill-report'; readonly incident: Incident; readonly report: DrillReport }
  /** To one person; `held` where they waited for the end of quiet hours. */
  | {
      readonly kind: 'reminders';
      readonly preferences: PreferencesId;
      readonly number: number;
      readonly shown: readonly ReminderShown[];
      readonly held: boolean;
    }
  | { readonly kind: 'room'; readonly notice: RoomNotice }
  | { readonly kind: 'events-dropped'; readonly dropped: DroppedEvents }
  | { readonly kind: 'freeze' | 'freeze-over'; readonly freeze: Freeze }
  | { readonly kind: 'watch'; readonly watch: Watch }
  /** `messages` is where the cards of its incidents are, by the incident. */
  | {
      readonly kind: 'watch-report';
      readonly report: WatchReport;
      readonly messages: Readonly<Record<string, { readonly channel: string; readonly ts: string }>>;
    }
  /** The message that `of` had before the incident moved; `view` where that was one of a run. */
  | { readonly kind: 'moved'; readonly incident: Incident; readonly of: Subject; readonly view?: RunView }
  | { readonly kind: 'override'; readonly incident: Incident | null; readonly view: RunView }
  | { readonly kind: 'plan'; readonly incident: Incident | null; readonly view: RunView }
  | { readonly kind: 'run'; readonly incident: Incident | null; readonly view: RunView }
  | { readonly kind: 'run-update'; readonly view: RunView; readonly index: number; readonly said: RunUpdate }
  | {
      readonly kind: 'step';
      readonly incident: Incident | null;
      readonly view: RunView;
      readonly step: Step;
      readonly record: StepRecord;
      /** Whether the message shows an attempt that the run has already left behind. */
      readonly superseded: boolean;
    }
  | { readonly kind: 'output'; readonly view: RunView; readonly step: Step; readonly record: StepRecord };
