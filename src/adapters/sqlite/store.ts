import { claimsOf, decide, incidentOfRun, routeOf } from '../../core/brain.ts';
import { heldBy } from '../../core/claim.ts';
import type { Command } from '../../core/command.ts';
import type { Context, Stream } from '../../core/context.ts';
import { type Answer, refuse } from '../../core/decision.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { StreamId } from '../../core/stream.ts';
import type { Clock, Store } from '../../engine/ports.ts';
import { createEffectTable } from './effectTable.ts';
import { createEventTable, toStored } from './eventTable.ts';
import { type CommitHooks, createGroupCommit } from './groupCommit.ts';
import { openDatabase, placeKeeper, storeFailed } from './open.ts';
import {
  createClaimTable,
  createDefinitionTable,
  createIncidentTable,
  createMessageTable,
  createRunTable,
  createSeenTable,
} from './smallTables.ts';
import { createStreamCache } from './streamCache.ts';

/** The store on SQLite, for one process. `file` may be `:memory:`. Throws StoreFailed where it cannot be opened. */
export function openSqliteStore(options: { file: string; clock: Clock; hooks?: CommitHooks }): Store {
  const { file, clock } = options;
  const { db, unlock } = openDatabase(file);
  const checkPlace = placeKeeper(file);
  const events = createEventTable(db);
  const effects = createEffectTable(db);
  const claims = createClaimTable(db);
  const seen = createSeenTable(db);
  const definitions = createDefinitionTable(db);
  const messages = createMessageTable(db);
  const incidents = createIncidentTable(db);
  const runs = createRunTable(db);
  const streams = createStreamCache(events);
  const compiled = new Map<string, Definition>();

  let head = events.head();
  let committedHead = head;
  let now = clock.now();
  let forgotAt = 0;
  let workAdded = false;
  let onWork: () => void = () => {};

  const group = createGroupCommit({
    db,
    file,
    hooks: options.hooks ?? {},
    begun() {
      checkPlace();
      streams.begun();
      now = momentAfter(now, clock.now());
      workAdded = false;
    },
    mark() {
      const before = head;
      const restore = streams.mark();
      return () => {
        head = before;
        restore();
      };
    },
    committed() {
      streams.committed();
      committedHead = head;
      if (workAdded) onWork();
    },
    abandoned() {
      streams.abandoned();
      head = committedHead;
    },
  });

  function definition(hash: string): Definition | null {
    const known = compiled.get(hash);
    if (known) return known;
    const canonical = definitions.get(hash);
    if (canonical === null) return null;
    const parsed = JSON.parse(canonical) as Definition;
    compiled.set(hash, parsed);
    return parsed;
  }

  function contextFor(command: Command, room: Room): Context {
    const holders = new Map<string, { stream: StreamId; state: Stream }>();
    for (const claim of claimsOf(command, room)) {
      const stream = claims.holder(claim);
      const state = stream === null ? null : streams.load(stream).state;
      if (stream !== null && state) holders.set(claim, { stream, state });
    }
    const nextIncident = incidents.lastNumber() + 1;
    const nextRun = runs.lastNumber() + 1;
    return { now, room, holders, nextIncident, nextRun, definition: null, incident: null };
  }

  function handleNow(command: Command, room: Room): Answer {
    if (command.once !== undefined && seen.has(command.once)) {
      return refuse('duplicate', 'This was already received; nothing was done a second time.');
    }
    const gathered = contextFor(command, room);
    const stream = routeOf(command, gathered);
    const before = streams.load(stream);
    const context: Context = {
      ...gathered,
      definition: before.state?.kind === 'run' ? definition(before.state.run.definition) : null,
      incident: incidentOf(stream),
    };
    const decision = decide(command, stream, before.state, context);
    if (decision.kind === 'refused') return decision;

    const taken = decision.taken.find((claim) => heldByAnother(claim, stream, decision.freed));
    if (taken !== undefined) return refuse('busy', heldBy(claims.holder(taken) ?? stream, taken));
    for (const claim of decision.freed) if (!decision.taken.includes(claim)) claims.free(claim, stream);
    for (const claim of decision.taken) {
      if (decision.freed.includes(claim)) claims.move(claim, stream);
      else claims.take(claim, stream);
    }
    // What changed nothing may come again: it could mean something by then.
    if (command.once !== undefined && decision.events.length > 0) {
      seen.add(command.once, now);
      if (Math.abs(now - forgotAt) >= forgetEveryMs) {
        seen.forgetOld(now);
        forgotAt = now;
      }
    }
    for (const [hash, canonical] of Object.entries(decision.definitions)) definitions.put(hash, canonical);
    const after = streams.after(stream, before, decision.events);
    for (const [index, event] of decision.events.entries()) {
      head = events.append(head, stream, before.version + index + 1, event);
    }
    for (const effect of decision.effects) effects.add(stream, effect, now);
    if (decision.events.length > 0) remember(stream, after.state);
    streams.change(stream, after);
    if (decision.effects.length > 0) workAdded = true;
    return { kind: 'accepted', stream, events: decision.events };
  }

  function heldByAnother(claim: string, stream: StreamId, freed: readonly string[]): boolean {
    const holder = freed.includes(claim) ? null : claims.holder(claim);
    return holder !== null && holder !== stream;
  }

  function incidentOf(stream: StreamId): Incident | null {
    const id = incidentOfRun(stream);
    const state = id === null ? null : streams.load(id).state;
    return state?.kind === 'incident' ? state.incident : null;
  }

  function remember(stream: StreamId, state: Stream | null): void {
    if (state?.kind === 'incident') incidents.put(state.incident);
    if (stream.startsWith('RUN-')) runs.put(Number(stream.slice('RUN-'.length)));
  }

  const states = (ids: readonly StreamId[]): Incident[] =>
    ids
      .map((id) => streams.load(id).state)
      .flatMap((state) => (state?.kind === 'incident' ? [state.incident] : []));

  /** Reads happen between transactions, where memory and disk agree. */
  async function read<T>(query: () => T): Promise<T> {
    try {
      return query();
    } catch (error) {
      throw storeFailed(error, file);
    }
  }

  return {
    handle: (command, room) => group.submit(() => handleNow(command, room)),
    claim: (at, hands) => group.submit(() => effects.claim(at, hands)),
    finish: (end, room) =>
      group.submit(() => {
        // An effect that was finished before must not have its consequences twice.
        if (!effects.remove(end.id)) return [];
        if (end.posted) messages.put(end.posted.subject, end.posted.at);
        workAdded = true;
        return end.follows
          .map((command) => handleNow(command, room))
          .filter((answer) => answer.kind === 'refused');
      }),
    postpone: (id, at, error) =>
      group.submit(() => {
        effects.postpone(id, at, error);
        workAdded = true;
      }),
    interrupted: () => read(effects.leased),
    release: (id) => group.submit(() => effects.release(id)),
    nextDue: (hands) => read(() => effects.nextDue(hands)),
    posted: (subject) => read(() => messages.get(subject)),
    state: (stream) => read(() => streams.load(stream).state),
    definition: (hash) => read(() => definition(hash)),
    holder: (claim) => read(() => claims.holder(claim)),
    openIncidents: () => read(() => states(incidents.open())),
    recentIncidents: (limit) => read(() => states(incidents.recent(limit))),
    incidentOfChannel: (channel) =>
      read(() => {
        const id = incidents.ofChannel(channel);
        return id === null ? null : (states([id])[0] ?? null);
      }),
    events: (filter) => read(() => events.list(filter).map(toStored)),
    backlog: () => read(() => effects.backlog(clock.now())),
    head: () => read(() => committedHead),
    async backup(target) {
      await db.backup(target);
    },
    onWork(call) {
      onWork = call;
    },
    async health() {
      if (group.failure()) {
        // Finds out by itself whether the fault has passed; a transaction that writes nothing would not touch the disk.
        await group.submit(() => seen.rehearse(clock.now())).catch(() => undefined);
      }
      const failure = group.failure();
      return failure ? { ok: false, ...failure } : { ok: true };
    },
    async close() {
      // Whatever was submitted before is committed first.
      await group.submit(() => undefined).catch(() => undefined);
      db.close();
      unlock();
    },
  };
}

/** How often deliveries too old to come again are forgotten. */
const forgetEveryMs = 60 * 60_000;

/** Steps back of the machine's clock up to this long are corrections, and the log waits them out. */
const correctionMs = 5_000;

/**
 * One moment for all commands of a transaction, and not an earlier one than before. A clock that was set back by more
 * than a correction is followed all the same: timers count from it, and would stand still until it has caught up.
 */
const momentAfter = (before: number, clock: number): number =>
  clock < before && before - clock <= correctionMs ? before : clock;
