import type { Incident, Note } from './incident/incident.ts';
import type { Definition, Step } from './playbook/definition.ts';
import type { Run, StepRecord } from './run/run.ts';

/** A run with the definition it is pinned to: all that a card needs to speak of a step. */
export type RunView = { readonly run: Run; readonly definition: Definition };

/** All that the message of one subject shows, read from the state at the moment of showing. */
export type View =
  | { readonly kind: 'announcement'; readonly incident: Incident; readonly current: RunView | null }
  | { readonly kind: 'card'; readonly incident: Incident; readonly current: RunView | null }
  | { readonly kind: 'note'; readonly incident: Incident; readonly note: Note }
  | { readonly kind: 'quiet'; readonly incident: Incident }
  | { readonly kind: 'resolved'; readonly incident: Incident }
  | { readonly kind: 'unresolved'; readonly incident: Incident; readonly offer: Definition | null }
  | { readonly kind: 'unattended'; readonly incident: Incident }
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
