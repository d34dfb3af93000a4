import { decide, routeOf } from '../../core/brain.ts';
import { stands } from '../../core/calendar/freeze.ts';
import { heldBy } from '../../core/claim.ts';
import type { Command } from '../../core/command.ts';
import type { Stream } from '../../core/context.ts';
import { type Answer, refuse } from '../../core/decision.ts';
import type { Effect } from '../../core/effect.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { StreamId } from '../../core/stream.ts';
import { isWatching } from '../../core/watch/watch.ts';
import { type Claimed, type Clock, type Hands, type Store, StoreFailed } from '../../engine/ports.ts';
import { createContextReader } from './contextReader.ts';
import { toStored } from './eventTable.ts';
import { type CommitHooks, createGroupCommit } from './groupCommit.ts';
import { installationOf } from './installation.ts';
import { type Opened, openDatabase, placeKeeper, storeFailed } from './open.ts';
import { createStreamCache } from './streamCache.ts';
import { createTables } from './tables.ts';

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
  const tables = createTables(db);
  const { events, effects, claims, seen, definitions, messages, incidents, runs, freezes, watches, people } =
    tables;
  const streams = createStreamCache(events);
  // Of a damaged database nothing new is decided, so it needs none.
  const installation = damage ? null : installationOf(db);
  const contexts = createContextReader({ tables, streams, installation });

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
        tables.forget();
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
      tables.forget();
    },
  });

  /** Time passes without transactions too; how far the clock was set back is counted from the last look at it. */
  function keepTime(): void {
    now = Math.max(now, clock.now());
    committedNow = now;
  }

  function handleNow(command: Command, room: Room): Answer {
    if (command.once !== undefined && seen.has(command.once)) {
      return refuse('duplicate', 'This was already received; nothing was done a second time.');
    }
    const gathered = contexts.forCommand(command, room, now);
    const stream = routeOf(command, gathered);
    const before = streams.load(stream);
    const context = contexts.forStream(gathered, stream, before.state);
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

  function remember(stream: StreamId, state: Stream | null): void {
    if (state?.kind === 'incident') incidents.put(state.incident);
    if (state?.kind === 'freeze') freezes.put(state.freeze.id, stands(state.freeze));
    if (state?.kind === 'watch') watches.put(state.watch.id, isWatching(state.watch));
    if (stream.startsWith('RUN-')) runs.put(Number(stream.slice('RUN-'.length)));
  }

  /** Reads happen between transactions, where memory and disk agree. */
  async function read<T>(query: () => T): Promise<T> {
    try {
      return query();
    } catch (error) {
      throw storeFailed(error, file);
    }
  }

  return {
    installation,
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
        if (end.forgets) messages.remove(end.forgets);
        workAdded = true;
        return end.follows.map((command) => handleNow(command, room));
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
    definition: (hash) => read(() => contexts.definition(hash)),
    holder: (claim) => read(() => claims.holder(claim)),
    openIncidents: () => read(() => contexts.incidentsOf(incidents.open()).filter(({ drill }) => !drill)),
    openDrills: () => read(() => contexts.incidentsOf(incidents.open()).filter(({ drill }) => drill)),
    recentIncidents: (limit) => read(() => contexts.incidentsOf(incidents.recent(limit))),
    incidentOfChannel: (channel) =>
      read(() => {
        const id = incidents.ofChannel(channel);
        return id === null ? null : contexts.incidentOf(id);
      }),
    freezes: () => read(contexts.standingFreezes),
    watches: () => read(contexts.watchesOn),
    ledgers: (place) => read(() => contexts.ledgers(place)),
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
    names: (users) => read(() => people.get(users)),
    async keepNames(names) {
      const news = people.news(names);
      if (news.size > 0) await group.submit(() => people.put(news));
    },
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
