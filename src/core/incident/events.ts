import type { Severity } from '../severity.ts';
import type { IncidentId, RunId } from '../stream.ts';
import type { AttachedAlert, Place, Role } from './incident.ts';

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
      };
    }
  | {
      readonly type: 'AlertFired';
      readonly data: {
        readonly episode: string;
        readonly alert: Omit<AttachedAlert, 'endsAt'>;
        readonly why: string;
      };
    }
  | { readonly type: 'AlertResolved'; readonly data: { readonly episode: string; readonly endsAt: number } }
  | { readonly type: 'IncidentAcknowledged'; readonly data: Record<never, never> }
  | {
      readonly type: 'SeverityChanged';
      readonly data: {
        readonly severity: Severity;
        readonly from: Severity;
        readonly why: string | null;
        /** Where the incident lives from now on, where that changed too. */
        readonly place?: Place;
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
      };
    }
  | {
      readonly type: 'UnresolvedForLong';
      readonly data: { readonly afterMs: number; readonly offer: string | null };
    }
  | { readonly type: 'ChannelOpened'; readonly data: { readonly id: string; readonly name: string } }
  | { readonly type: 'IncidentResolved'; readonly data: { readonly note: string | null } }
  | { readonly type: 'IncidentReopened'; readonly data: { readonly why: string } }
);
