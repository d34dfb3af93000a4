import type { Freeze } from './calendar/freeze.ts';
import type { Incident } from './incident/incident.ts';
import type { Preferences } from './people/preferences.ts';
import type { Definition } from './playbook/definition.ts';
import type { Room } from './playbook/room.ts';
import type { Run } from './run/run.ts';
import type { StreamId } from './stream.ts';
import type { RunView } from './view.ts';
import type { Watch } from './watch/watch.ts';

export type Stream =
  | { readonly kind: 'incident'; readonly incident: Incident }
  | { readonly kind: 'run'; readonly run: Run }
  | { readonly kind: 'freeze'; readonly freeze: Freeze }
  | { readonly kind: 'watch'; readonly watch: Watch }
  | { readonly kind: 'preferences'; readonly preferences: Preferences };

/** All that a decision may know besides the state of its own stream, gathered in the transaction that it is part of. */
export type Context = {
  /** Milliseconds since the epoch; one for all commands of a transaction. */
  readonly now: number;
  readonly room: Room;
  /** Twelve hex digits by which others tell the pages of this installation; left out where nobody is ever paged. */
  readonly installation?: string;
  /** The numbers that the next incident, the next run outside an incident and the next freeze will have. */
  readonly nextIncident: number;
  readonly nextRun: number;
  readonly nextFreeze: number;
  readonly nextWatch: number;
  /** Freezes that stand, and open incidents, where the command may be held to windows; see `asksOfWindows`. */
  readonly freezes: readonly Freeze[];
  readonly openIncidents: readonly Incident[];
  /** Watches that are on, where the command may open an incident; see `asksOfWatches`. */
  readonly watches: readonly Watch[];
  /** When the newest incidents were opened, newest first, at most as many as ever count. */
  readonly openings: readonly number[];
  /** Who holds the claims that the command asked about. */
  readonly holders: ReadonlyMap<string, { readonly stream: StreamId; readonly state: Stream }>;
  /** The runs whose ledgers the command is about, oldest first; see `ledgersOf`. */
  readonly ledgers: readonly RunView[];
  /** For a run: the definition it is pinned to, and its incident as it stands. */
  readonly definition: Definition | null;
  readonly incident: Incident | null;
};

/** A playbook by a name that came from outside: only what operators wrote counts, never a property every object has. */
export const playbookNamed = (name: string, { room }: Pick<Context, 'room'>): Definition | undefined =>
  Object.hasOwn(room.definitions, name) ? room.definitions[name] : undefined;
