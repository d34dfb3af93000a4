import type { FreezeEvent } from './calendar/freeze.ts';
import type { Effect } from './effect.ts';
import type { IncidentEvent } from './incident/events.ts';
import type { PreferencesEvent } from './people/preferences.ts';
import type { RunEvent } from './run/events.ts';
import type { StreamId } from './stream.ts';
import type { WatchEvent } from './watch/watch.ts';

export type Event = IncidentEvent | RunEvent | FreezeEvent | WatchEvent | PreferencesEvent;

/**
 * What a decision comes to. A refusal changes nothing and says why in a sentence for the person who asked; its code is
 * for programs. `taken` and `freed` are claims: keys that at most one stream holds, which is how two streams, two
 * deliveries or two people are kept from doing one thing twice.
 */
export type Decision<E = Event> =
  | {
      readonly kind: 'accepted';
      readonly events: readonly E[];
      readonly effects: readonly Effect[];
      readonly taken: readonly string[];
      readonly freed: readonly string[];
      /** Canonical definitions to keep under their hashes. */
      readonly definitions: Readonly<Record<string, string>>;
    }
  | Refusal;

export type Refusal = { readonly kind: 'refused'; readonly code: RefusalCode; readonly message: string };

export type RefusalCode =
  | 'not-allowed'
  | 'stale'
  | 'already'
  | 'not-found'
  | 'busy'
  | 'own-request'
  | 'plan-changed'
  | 'expired'
  | 'invalid'
  /** Outside its window, in a freeze, or with an incident open. */
  | 'closed'
  | 'duplicate';

export const refuse = (code: RefusalCode, message: string): Refusal => ({ kind: 'refused', code, message });

export const accept = <E = Event>(
  events: readonly E[],
  effects: readonly Effect[] = [],
  more: {
    taken?: readonly string[];
    freed?: readonly string[];
    definitions?: Readonly<Record<string, string>>;
  } = {},
): Decision<E> => ({
  kind: 'accepted',
  events,
  effects,
  taken: more.taken ?? [],
  freed: more.freed ?? [],
  definitions: more.definitions ?? {},
});

/** What the asker gets back after the commit. */
export type Answer =
  | { readonly kind: 'accepted'; readonly stream: StreamId | null; readonly events: readonly Event[] }
  | Refusal;
