import {
  asksOfWatches,
  asksOfWindows,
  claimsOf,
  incidentOfRun,
  type LedgerPlace,
  ledgersOf,
} from '../../core/brain.ts';
import type { Freeze } from '../../core/calendar/freeze.ts';
import type { Command } from '../../core/command.ts';
import type { Context, Stream } from '../../core/context.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { StreamId } from '../../core/stream.ts';
import type { RunView } from '../../core/view.ts';
import type { Watch } from '../../core/watch/watch.ts';
import type { createStreamCache } from './streamCache.ts';
import type { Tables } from './tables.ts';

/** How many of the newest runs outside incidents are looked through for those of one channel. */
const runsLookedAt = 100;

/**
 * What a decision may know besides its own stream, as it is within the transaction. Every alert comes through here, so
 * what most commands do not ask for is not read for them.
 */
export function createContextReader({
  tables: { claims, incidents, runs, freezes, watches, definitions },
  streams,
  installation,
}: {
  readonly tables: Tables;
  readonly streams: ReturnType<typeof createStreamCache>;
  /** Null where nothing new is decided. */
  readonly installation: string | null;
}) {
  const compiled = new Map<string, Definition>();

  function definition(hash: string): Definition | null {
    const known = compiled.get(hash);
    if (known) return known;
    const canonical = definitions.get(hash);
    if (canonical === null) return null;
    const parsed = JSON.parse(canonical) as Definition;
    compiled.set(hash, parsed);
    return parsed;
  }

  function statesOf<K extends Stream['kind']>(
    kind: K,
    ids: readonly StreamId[],
  ): readonly Extract<Stream, { kind: K }>[] {
    const isOfKind = (state: Stream | null): state is Extract<Stream, { kind: K }> => state?.kind === kind;
    return ids.map((id) => streams.load(id).state).filter(isOfKind);
  }

  const incidentsOf = (ids: readonly StreamId[]): readonly Incident[] =>
    statesOf('incident', ids).map(({ incident }) => incident);

  const incidentOf = (id: StreamId): Incident | null => incidentsOf([id])[0] ?? null;

  const standingFreezes = (): readonly Freeze[] =>
    statesOf('freeze', freezes.standing()).map(({ freeze }) => freeze);

  const watchesOn = (): readonly Watch[] => statesOf('watch', watches.standing()).map(({ watch }) => watch);

  function ledgers(place: LedgerPlace): readonly RunView[] {
    return statesOf('run', runsIn(place)).flatMap(({ run }): RunView[] => {
      if (place.kind === 'channel' && run.channel !== place.channel) return [];
      const pinned = definition(run.definition);
      return pinned ? [{ run, definition: pinned }] : [];
    });
  }

  function runsIn(place: LedgerPlace): readonly StreamId[] {
    if (place.kind === 'incident') return incidentOf(place.incident)?.runs ?? [];
    const last = runs.lastNumber();
    const first = Math.max(1, last - runsLookedAt + 1);
    return Array.from({ length: last - first + 1 }, (_, index): StreamId => `RUN-${first + index}`);
  }

  return {
    definition,
    ledgers,
    incidentsOf,
    incidentOf,
    standingFreezes,
    watchesOn,
    /** All but what depends on the stream that decides, which is found by this. */
    forCommand(command: Command, room: Room, now: number): Context {
      const holders = new Map<string, { stream: StreamId; state: Stream }>();
      for (const claim of claimsOf(command, room)) {
        const stream = claims.holder(claim);
        const state = stream === null ? null : streams.load(stream).state;
        if (stream !== null && state) holders.set(claim, { stream, state });
      }
      const place = ledgersOf(command);
      const windows = asksOfWindows(command);
      return {
        now,
        room,
        holders,
        nextIncident: incidents.lastNumber() + 1,
        nextRun: runs.lastNumber() + 1,
        nextFreeze: freezes.lastNumber() + 1,
        nextWatch: watches.lastNumber() + 1,
        openings: incidents.openings(),
        ledgers: place ? ledgers(place) : [],
        freezes: windows ? standingFreezes() : [],
        openIncidents: windows ? incidentsOf(incidents.open()) : [],
        watches: asksOfWatches(command) ? watchesOn() : [],
        definition: null,
        incident: null,
        ...(installation === null ? {} : { installation }),
      };
    },
    /** The same for the stream that decides: a run knows its definition, and its incident as it stands. */
    forStream(context: Context, stream: StreamId, state: Stream | null): Context {
      const incident = incidentOfRun(stream);
      return {
        ...context,
        definition: state?.kind === 'run' ? definition(state.run.definition) : null,
        incident: incident === null ? null : incidentOf(incident),
      };
    },
  };
}
