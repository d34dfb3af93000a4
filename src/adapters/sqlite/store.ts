import {
  asksOfWindows,
  claimsOf,
  decide,
  incidentOfRun,
  type LedgerPlace,
  ledgersOf,
  routeOf,
} from '../../core/brain.ts';
import type { Freeze } from '../../core/calendar/freeze.ts';
import { heldBy } from '../../core/claim.ts';
import type { Command } from '../../core/command.ts';
import type { Context, Stream } from '../../core/context.ts';
import { type Answer, refuse } from '../../core/decision.ts';
import type { Effect } from '../../core/effect.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Definition } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { StreamId } from '../../core/stream.ts';
import type { RunView } from '../../core/view.ts';
import { type Claimed, type Clock, type Hands, type Store, StoreFailed } from '../../engine/ports.ts';
import { createEffectTable } from './effectTable.ts';
import { createEventTable, toStored } from './eventTable.ts';
import { createFreezeTable } from './freezeTable.ts';
import { type CommitHooks, createGroupCommit } from './groupCommit.ts';
import { type Opened, openDatabase, placeKeeper, storeFailed } from './open.ts';
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
export function openSqliteStore(options: StoreOptions): Store {
  const opened = openDatabase(options.file);
  try {
    return createStore(opened, options);
  } catch (error) {
    // Of a damaged database not even the beginning may be readable.
    opened.db.close();
    opened.unlock();
    throw opened.damage ?? storeFailed(error, options.file);
  }
}

type Told = Extract<Effect, { kind: 'tell' }>;

function partition<T, U extends T>(
  all: readonly T[],
  isFirst: (each: T) => each is U,
): [readonly U[], readonly T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))];
}

type StoreOptions = { file: string; clock: Clock; hooks?: CommitHooks };

function createStore({ db, unlock, damage }: Opened, options: StoreOptions): Store {
  const { file, clock } = options;
  const checkPlace = placeKeeper(file);
  const events = createEventTable(db);
  const effects = createEffectTable(db);
  const claims = createClaimTable(db);
  const seen = createSeenTable(db);
  const definitions = createDefinitionTable(db);
  const messages = createMessageTable(db);
  const incidents = createIncidentTable(db);
  const runs = createRunTable(db);
  const freezes = createFreezeTable(db);
  const streams = createStreamCache(events);
  const compiled = new Map<string, Definition>();

  let head = events.head();
  let committedHead = head;
  // What the last process wrote tells whether the clock was set back while nothing ran.
  let now = (damage ? 0 : Math.max(events.lastAt(), effects.newestAt())) || clock.now();
  let committedNow = now;
  let forgotAt = 0;
  let remindedAt = 0;
  let workAdded = false;
  let onWork: () => void = () => {};
  let performer: { free: () => Hands; take: (claimed: readonly Claimed[]) => void } | null = null;
  let handedOut: readonly Claimed[] = [];

  const group = createGroupCommit({
    db,
    file,
    hooks: options.hooks ?? {},
    damage,
    begun() {
      checkPlace();
      streams.begun();
      const moment = momentAfter(now, clock.now());
      if (moment < now) effects.setBack(now - moment);
      now = moment;
      workAdded = false;
      handedOut = [];
    },
    ending() {
      if (workAdded && performer) handedOut = effects.claim(now, performer.free());
    },
    mark() {
      const before = head;
      const restore = streams.mark();
      return () => {
        head = before;
        restore();
        forget();
      };
    },
    committed() {
      streams.committed();
      committedHead = head;
      committedNow = now;
      if (handedOut.length > 0) performer?.take(handedOut);
      if (workAdded) onWork();
    },
    abandoned() {
      streams.abandoned();
      head = committedHead;
      now = committedNow;
      forget();
    },
  });

  /** Time passes without transactions too; how far the clock was set back is counted from the last look at it. */
  function keepTime(): void {
    now = Math.max(now, clock.now());
    committedNow = now;
  }

  /** What the tables keep in memory of what they wrote is no longer true once it was rolled back. */
  function forget(): void {
    for (const table of [effects, claims, messages, incidents, runs, freezes]) table.forget();
  }

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
    const openings = incidents.openings();
    const place = ledgersOf(command);
    const ledgers = place ? ledgersIn(place) : [];
    const windows = asksOfWindows(command);
    return {
      ...{ now, room, holders, nextIncident, nextRun, openings, ledgers, definition: null, incident: null },
      nextFreeze: freezes.lastNumber() + 1,
      freezes: windows ? freezesIn(freezes.standing()) : [],
      openIncidents: windows ? states(incidents.open()) : [],
    };
  }

  function ledgersIn(place: LedgerPlace): readonly RunView[] {
    return runsIn(place).flatMap((id): RunView[] => {
      const { state } = streams.load(id);
      if (state?.kind !== 'run') return [];
      if (place.kind === 'channel' && state.run.channel !== place.channel) return [];
      const pinned = definition(state.run.definition);
      return pinned ? [{ run: state.run, definition: pinned }] : [];
    });
  }

  function runsIn(place: LedgerPlace): readonly StreamId[] {
    if (place.kind === 'incident') {
      const { state } = streams.load(place.incident);
      return state?.kind === 'incident' ? state.incident.runs : [];
    }
    const last = runs.lastNumber();
    const first = Math.max(1, last - runsLookedAt + 1);
    return Array.from({ length: last - first + 1 }, (_, index): StreamId => `RUN-${first + index}`);
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

    // Sets, since a part of a storm moves with thousands of claims.
    const [wanted, freed] = [new Set(decision.taken), new Set(decision.freed)];
    const taken = decision.taken.find((claim) => heldByAnother(claim, stream, freed));
    if (taken !== undefined) return refuse('busy', heldBy(claims.holder(taken) ?? stream, taken));
    for (const claim of freed) if (!wanted.has(claim)) claims.free(claim, stream);
    for (const claim of decision.taken) {
      if (freed.has(claim)) claims.move(claim, stream);
      else claims.take(claim, stream);
    }
    // What changed nothing may come again: it could mean something by then.
    if (command.once !== undefined && decision.events.length > 0) {
      deliveredNow(command.once);
    }
    for (const [hash, canonical] of Object.entries(decision.definitions)) definitions.put(hash, canonical);
    const after = streams.after(stream, before, decision.events);
    for (const [index, event] of decision.events.entries()) {
      head = events.append(head, stream, before.version + index + 1, event);
    }
    if (decision.events.length > 0) remember(stream, after.state);
    streams.change(stream, after);
    const [told, rest] = partition(decision.effects, isToldNow);
    for (const effect of rest) effects.add(stream, effect, now);
    for (const effect of told) if (!isHeard(effect, room)) effects.add(stream, effect, now);
    if (decision.effects.length > 0) workAdded = true;
    return { kind: 'accepted', stream, events: decision.events };
  }

  /**
   * What one stream tells another at once is decided in the same transaction, which saves the way through the effects
   * and shows people both at once. A refusal takes that way all the same: its consequences are the performer's.
   */
  const isHeard = ({ command }: Told, room: Room): boolean => handleNow(command, room).kind === 'accepted';

  const isToldNow = (effect: Effect): effect is Told => effect.kind === 'tell' && effect.notBefore <= now;

  function deliveredNow(delivery: string): void {
    seen.add(delivery, now);
    if (Math.abs(now - forgotAt) < forgetEveryMs) return;
    seen.forgetOld(now);
    forgotAt = now;
  }

  function heldByAnother(claim: string, stream: StreamId, freed: ReadonlySet<string>): boolean {
    const holder = freed.has(claim) ? null : claims.holder(claim);
    return holder !== null && holder !== stream;
  }

  function incidentOf(stream: StreamId): Incident | null {
    const id = incidentOfRun(stream);
    const state = id === null ? null : streams.load(id).state;
    return state?.kind === 'incident' ? state.incident : null;
  }

  function remember(stream: StreamId, state: Stream | null): void {
    if (state?.kind === 'incident') incidents.put(state.incident);
    if (state?.kind === 'freeze') freezes.put(state.freeze);
    if (stream.startsWith('RUN-')) runs.put(Number(stream.slice('RUN-'.length)));
  }

  const states = (ids: readonly StreamId[]): Incident[] =>
    ids
      .map((id) => streams.load(id).state)
      .flatMap((state) => (state?.kind === 'incident' ? [state.incident] : []));

  const freezesIn = (ids: readonly StreamId[]): Freeze[] =>
    ids
      .map((id) => streams.load(id).state)
      .flatMap((state) => (state?.kind === 'freeze' ? [state.freeze] : []));

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
    async claim(at, hands) {
      if (!group.isDamaged()) return group.submit(() => effects.claim(at, hands));
      // Nothing is handed out any more; once a minute the reason goes to whoever asks for work, and so into the log.
      if (Math.abs(at - remindedAt) < remindEveryMs) return [];
      remindedAt = at;
      throw new StoreFailed('corrupt', group.failure()?.message ?? '');
    },
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
    interrupted: () => read(() => (group.isDamaged() ? [] : effects.leased())),
    release: (id) => group.submit(() => effects.release(id)),
    nextDue: (hands) =>
      read(() => {
        keepTime();
        return group.isDamaged() ? remindedAt + remindEveryMs : effects.nextDue(hands);
      }),
    posted: (subject) => read(() => messages.get(subject)),
    state: (stream) => read(() => streams.load(stream).state),
    definition: (hash) => read(() => definition(hash)),
    holder: (claim) => read(() => claims.holder(claim)),
    openIncidents: () => read(() => states(incidents.open()).filter(({ drill }) => !drill)),
    openDrills: () => read(() => states(incidents.open()).filter(({ drill }) => drill)),
    recentIncidents: (limit) => read(() => states(incidents.recent(limit))),
    incidentOfChannel: (channel) =>
      read(() => {
        const id = incidents.ofChannel(channel);
        return id === null ? null : (states([id])[0] ?? null);
      }),
    freezes: () => read(() => freezesIn(freezes.standing())),
    ledgers: (place) => read(() => ledgersIn(place)),
    events: (filter) => read(() => events.list(filter).map(toStored)),
    backlog: () => read(() => effects.backlog(clock.now())),
    chatBacklog: () => read(effects.chatBacklog),
    work: () => read(effects.work),
    undeliveredSince: () => read(() => effects.undeliveredSince(clock.now())),
    rehearse: () => group.submit(() => seen.rehearse(clock.now())),
    firstTime: async (delivery) =>
      // Where nothing can be changed nothing can be changed twice, and people may still ask.
      group.isDamaged() ||
      group.submit(() => {
        if (seen.has(delivery)) return false;
        deliveredNow(delivery);
        return true;
      }),
    seenBefore: (delivery) => read(() => seen.has(delivery)),
    forget: (delivery) => group.submit(() => seen.remove(delivery)),
    head: () => read(() => committedHead),
    async backup(target) {
      await db.backup(target);
    },
    onWork(call) {
      onWork = call;
    },
    handOut(free, take) {
      performer = { free, take };
    },
    async health() {
      if (group.failure()) {
        // Finds out by itself whether the fault has passed; a transaction that writes nothing would not touch the disk.
        await group.submit(() => seen.rehearse(clock.now())).then(group.recovered, () => undefined);
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

/** How many of the newest runs outside incidents are looked through for those of one channel. */
const runsLookedAt = 100;

/** How often it is said of a damaged database that it is damaged. */
const remindEveryMs = 60_000;

/** How often deliveries too old to come again are forgotten. */
const forgetEveryMs = 60 * 60_000;

/** Steps back of the machine's clock up to this long are corrections, and the log waits them out. */
const correctionMs = 5_000;

/**
 * One moment for all commands of a transaction, and not an earlier one than before. A clock that was set back by more
 * than a correction is followed all the same, and whatever waits for a time moves with it: a timer of half an hour takes
 * half an hour, not a day and a half hour.
 */
const momentAfter = (before: number, clock: number): number =>
  clock < before && before - clock <= correctionMs ? before : clock;
