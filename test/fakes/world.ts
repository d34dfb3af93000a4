import type { Actor } from '../../src/core/actor.ts';
import type { Notice } from '../../src/core/alert/alert.ts';
import {
  asksOfWatches,
  asksOfWindows,
  claimsOf,
  decide,
  evolve,
  incidentOfRun,
  type LedgerPlace,
  ledgersOf,
  routeOf,
} from '../../src/core/brain.ts';
import { type Freeze, stands } from '../../src/core/calendar/freeze.ts';
import type { Command, CommandBody } from '../../src/core/command.ts';
import type { Context, Stream } from '../../src/core/context.ts';
import { type Answer, type Event, refuse } from '../../src/core/decision.ts';
import { type Effect, subjectKey } from '../../src/core/effect.ts';
import { type Incident, isOpen } from '../../src/core/incident/incident.ts';
import { openingsCounted } from '../../src/core/incident/storm.ts';
import { judge } from '../../src/core/indicator/judge.ts';
import type { Definition } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import type { CommandOutcome } from '../../src/core/run/events.ts';
import type { Reading, Run, StepState } from '../../src/core/run/run.ts';
import type { FreezeId, IncidentId, RunId, StreamId, WatchId } from '../../src/core/stream.ts';
import type { RunView } from '../../src/core/view.ts';
import { isWatching, type Watch } from '../../src/core/watch/watch.ts';
import { room as smallRoom } from './room.ts';

type RunCommandEffect = Extract<Effect, { kind: 'run-command' }>;
const bot = { kind: 'bot' } as const;

/**
 * A world in memory: it folds events, keeps claims and definitions, and performs what can be performed without anybody
 * outside. Its clock stands still until it is moved. Observations succeed at once; a command that changes something
 * stays under way until a test says how it ended.
 */
export function createWorld(
  options: { room?: Room /** How what only looks ends. */; looked?: CommandOutcome } = {},
) {
  const room = options.room ?? smallRoom;
  let now = Date.UTC(2026, 10, 21, 14, 0, 0);
  const states = new Map<StreamId, Stream>();
  const claims = new Map<string, StreamId>();
  const definitions = new Map<string, Definition>();
  const seen = new Set<string>();
  const log: { stream: StreamId; event: Event }[] = [];
  const decided: { at: number; effect: Effect }[] = [];
  const refusals: { command: Command; message: string }[] = [];
  let waiting: Effect[] = [];
  let underWay: RunCommandEffect[] = [];
  /** What Prometheus would answer; null is no data. */
  const values = new Map<string, number | null>();

  const count = (pattern: RegExp) => [...states.keys()].filter((id) => pattern.test(id)).length;
  const incidentState = (id: StreamId | null): Incident | null => {
    const state = id === null ? undefined : states.get(id);
    return state?.kind === 'incident' ? state.incident : null;
  };

  function contextFor(command: Command): Context {
    const holders = new Map<string, { stream: StreamId; state: Stream }>();
    for (const claim of claimsOf(command, room)) {
      const stream = claims.get(claim);
      const state = stream && states.get(stream);
      if (stream && state) holders.set(claim, { stream, state });
    }
    const nextIncident = count(/^INC-\d+$/) + 1;
    const nextRun = count(/^RUN-/) + 1;
    const openings = [...states.values()]
      .flatMap((state) =>
        state.kind === 'incident' && !state.incident.drill ? [state.incident.openedAt] : [],
      )
      .toReversed()
      .slice(0, openingsCounted);
    const place = ledgersOf(command);
    const ledgers = place ? ledgersIn(place) : [];
    const all = [...states.values()];
    const windows = asksOfWindows(command);
    return {
      ...{ now, room, holders, nextIncident, nextRun, openings, ledgers, definition: null, incident: null },
      nextFreeze: count(/^FRZ-/) + 1,
      nextWatch: count(/^WCH-/) + 1,
      watches: asksOfWatches(command)
        ? all.flatMap((state) => (state.kind === 'watch' && isWatching(state.watch) ? [state.watch] : []))
        : [],
      freezes: windows
        ? all.flatMap((state) => (state.kind === 'freeze' && stands(state.freeze) ? [state.freeze] : []))
        : [],
      openIncidents: windows
        ? all.flatMap((state) =>
            state.kind === 'incident' && isOpen(state.incident) ? [state.incident] : [],
          )
        : [],
    };
  }

  const ledgersIn = (place: LedgerPlace): readonly RunView[] =>
    [...states.values()].flatMap((state) => {
      if (state.kind !== 'run') return [];
      const { run } = state;
      const here =
        place.kind === 'incident'
          ? run.incident === place.incident
          : place.kind === 'channel'
            ? run.channel === place.channel
            : run.incident === null;
      const definition = definitions.get(run.definition);
      return here && definition ? [{ run, definition }] : [];
    });

  /** Decides one command as a store would, without performing anything. */
  function decideOne(command: Command): Answer {
    if (command.once !== undefined && seen.has(command.once)) return refuse('duplicate', 'Seen before.');
    const gathered = contextFor(command);
    const stream = routeOf(command, gathered);
    const before = states.get(stream) ?? null;
    const definition = before?.kind === 'run' ? (definitions.get(before.run.definition) ?? null) : null;
    const decision = decide(command, stream, before, {
      ...gathered,
      definition,
      incident: incidentState(incidentOfRun(stream)),
    });
    if (decision.kind === 'refused') return decision;
    const { events, effects, taken, freed } = decision;
    for (const claim of taken) {
      const holder = claims.get(claim);
      if (holder !== undefined && holder !== stream && !freed.includes(claim))
        return refuse('busy', `${holder} is at work on the same thing (${claim}).`);
    }
    for (const claim of freed) if (claims.get(claim) === stream) claims.delete(claim);
    for (const claim of taken) claims.set(claim, stream);
    if (command.once !== undefined) seen.add(command.once);
    for (const [hash, text] of Object.entries(decision.definitions)) definitions.set(hash, JSON.parse(text));
    for (const event of events) {
      log.push({ stream, event });
      states.set(stream, evolve(stream, states.get(stream) ?? null, event));
    }
    for (const effect of effects) {
      decided.push({ at: now, effect });
      if (effect.coalesce !== null) waiting = waiting.filter((each) => each.coalesce !== effect.coalesce);
      waiting.push(effect);
    }
    return { kind: 'accepted', stream, events };
  }

  function reading(indicator: string, definition: Definition): Reading {
    const value = values.get(indicator) ?? null;
    const { objective } = definition.service.indicators[indicator]!;
    const verdict = judge(objective, value);
    return verdict === 'inconclusive' || value === null
      ? { at: now, verdict: 'inconclusive', why: 'There is no data.', value }
      : { at: now, verdict, value };
  }

  function follow(command: Command): void {
    const answer = decideOne(command);
    if (answer.kind === 'refused') refusals.push({ command, message: answer.message });
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'tell':
        follow(effect.command);
        return;
      case 'read-indicator': {
        const { run, step, attempt, purpose } = effect;
        const state = states.get(run);
        const definition = state?.kind === 'run' ? definitions.get(state.run.definition) : undefined;
        if (definition)
          follow({
            actor: bot,
            type: 'run.reading',
            run,
            step,
            attempt,
            purpose,
            reading: reading(effect.indicator, definition),
          });
        return;
      }
      case 'run-command':
        if (!effect.planned.observes) underWay.push(effect);
        else ended(effect, options.looked ?? { kind: 'exited', code: 0, tookMs: 10, truncatedBytes: 0 });
        return;
      case 'open-channel':
        follow({
          actor: bot,
          type: 'incident.channel-opened',
          incident: effect.incident,
          id: `C${effect.incident}`,
          name: effect.name,
        });
        return;
      case 'read-trigger': {
        const { run, indicator } = effect;
        const state = states.get(run);
        const definition = state?.kind === 'run' ? definitions.get(state.run.definition) : undefined;
        if (definition) {
          const readings = [reading(indicator, definition)];
          follow({ actor: bot, type: 'run.trigger-read', run, indicator, readings });
        }
        return;
      }
      case 'move':
        follow({ actor: bot, type: 'incident.moved', incident: effect.incident });
        return;
      default:
        return;
    }
  }

  function ended(effect: RunCommandEffect, outcome: CommandOutcome, previous?: string | null): void {
    const { run, step, attempt, command } = effect;
    follow({ actor: bot, type: 'run.command-ended', run, step, attempt, command, outcome, previous });
  }

  function drain(): void {
    for (;;) {
      const due = waiting.find((effect) => effect.notBefore <= now);
      if (!due) return;
      waiting = waiting.filter((effect) => effect !== due);
      perform(due);
    }
  }

  const run = (id: RunId): Run => {
    const state = states.get(id);
    if (state?.kind !== 'run') throw new Error(`there is no run ${id}`);
    return state.run;
  };

  const world = {
    ledgers: ledgersIn,
    room,
    values,
    refusals,
    claims,
    now: () => now,
    /** Decides, then performs all that is due. */
    handle(command: Command): Answer {
      const answer = decideOne(command);
      drain();
      return answer;
    },
    by: (actor: Actor, body: CommandBody): Answer => world.handle({ actor, ...body }),
    notice: (notice: Notice): Answer =>
      world.handle({ actor: { kind: 'alertmanager' }, type: 'alert.notice', notice }),
    /** Moves the clock, stopping at everything that becomes due on the way. */
    pass(ms: number): void {
      const until = now + ms;
      for (;;) {
        const next = Math.min(...waiting.map((effect) => effect.notBefore));
        if (!(next <= until)) break;
        now = Math.max(now, next);
        drain();
      }
      now = until;
    },
    /** Nothing is performed meanwhile, as when the bot is down. */
    down(ms: number): void {
      now += ms;
    },
    underWay: () => underWay,
    /** Ends the oldest command under way. */
    ends(outcome: CommandOutcome | number = 0, previous?: string | null): void {
      const [first, ...rest] = underWay;
      if (!first) throw new Error('no command is under way');
      underWay = rest;
      ended(
        first,
        typeof outcome === 'number'
          ? { kind: 'exited', code: outcome, tookMs: 1_000, truncatedBytes: 0 }
          : outcome,
        previous,
      );
      drain();
    },
    incident: (id: IncidentId = 'INC-1'): Incident => {
      const found = incidentState(id);
      if (!found) throw new Error(`there is no ${id}`);
      return found;
    },
    freeze: (id: FreezeId = 'FRZ-1'): Freeze => {
      const state = states.get(id);
      if (state?.kind !== 'freeze') throw new Error(`there is no ${id}`);
      return state.freeze;
    },
    watch: (id: WatchId = 'WCH-1'): Watch => {
      const state = states.get(id);
      if (state?.kind !== 'watch') throw new Error(`there is no ${id}`);
      return state.watch;
    },
    incidents: (): Incident[] =>
      [...states.values()].flatMap((state) => (state.kind === 'incident' ? [state.incident] : [])),
    runs: (): RunId[] => [...states.keys()].filter((id) => states.get(id)?.kind === 'run') as RunId[],
    run,
    step: (id: RunId, step: string): StepState => {
      const record = run(id).steps[step];
      if (!record) throw new Error(`${id} never entered ${step}`);
      return record.state;
    },
    attempt: (id: RunId, step: string): number => run(id).steps[step]?.attempt ?? 0,
    events: (stream?: StreamId): Event[] =>
      log.filter((each) => stream === undefined || each.stream === stream).map(({ event }) => event),
    effects: (): Effect[] => decided.map(({ effect }) => effect),
    /** Subjects shown so far, each once, in the order of their first showing. */
    shown: (): string[] => [
      ...new Set(
        decided.flatMap(({ effect }) => (effect.kind === 'show' ? [subjectKey(effect.subject)] : [])),
      ),
    ],
    timers: (): Effect[] => waiting.filter((effect) => effect.notBefore > now),
    /** The state as a fold of the log, to compare with the one that was kept. */
    refolded: (): Map<StreamId, Stream> => {
      const folded = new Map<StreamId, Stream>();
      for (const { stream, event } of log)
        folded.set(stream, evolve(stream, folded.get(stream) ?? null, event));
      return folded;
    },
    states,
  };
  return world;
}

export type World = ReturnType<typeof createWorld>;

/** A notice of the service that the small room knows. */
export function notice(more: Partial<Notice> & { name?: string; service?: string | null } = {}): Notice {
  const { name = 'HighErrorRate', service = 'checkout', ...rest } = more;
  return {
    fingerprint: `f-${name}-${service}`,
    status: 'firing',
    startsAt: Date.UTC(2026, 10, 21, 13, 58, 0),
    labels: { alertname: name, ...(service === null ? {} : { service }) },
    annotations: { summary: `${name} on ${service}` },
    groupKey: `{}:{service="${service}"}`,
    ...rest,
  };
}

export const ended = (firing: Notice, endsAt = firing.startsAt + 5 * 60_000): Notice => ({
  ...firing,
  status: 'resolved',
  endsAt,
});
