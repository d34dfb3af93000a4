import type { Freeze } from './calendar/freeze.ts';
import type { DrillReport } from './drill/report.ts';
import type { StakeholderMoment } from './effect.ts';
import type { Call } from './incident/calls.ts';
import type { Incident, Note } from './incident/incident.ts';
import type { Duty } from './people/roster.ts';
import type { Definition, Step } from './playbook/definition.ts';
import type { RoomNotice } from './playbook/roomChange.ts';
import type { PhaseLimits } from './playbook/routing.ts';
import type { Run, StepRecord } from './run/run.ts';

/** A run with the definition it is pinned to: all that a card needs to speak of a step. */
export type RunView = {
  readonly run: Run;
  readonly definition: Definition;
  /** The playbook of that name reads differently in the room by now. */
  readonly edited?: boolean;
  /** Who can approve what waits for it, by the rules as they are now: `@leads`. */
  readonly approvers?: readonly string[];
};

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
  | { readonly kind: 'room'; readonly notice: RoomNotice }
  | { readonly kind: 'freeze' | 'freeze-over'; readonly freeze: Freeze }
  | { readonly kind: 'override'; readonly incident: Incident | null; readonly view: RunView }
  | { readonly kind: 'plan'; readonly incident: Incident | null; readonly view: RunView }
  | { readonly kind: 'run'; readonly incident: Incident | null; readonly view: RunView }
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
