import type { Actor } from '../actor.ts';
import { claimsOf, decide, evolve, incidentOfRun, ledgersOf, routeOf } from '../brain.ts';
import type { Command } from '../command.ts';
import type { Context, Stream } from '../context.ts';
import { type Answer, type Event, refuse } from '../decision.ts';
import type { Effect } from '../effect.ts';
import type { Incident } from '../incident/incident.ts';
import { openingsCounted } from '../incident/storm.ts';
import { judge } from '../indicator/judge.ts';
import type { Definition } from '../playbook/definition.ts';
import type { Room } from '../playbook/room.ts';
import type { CommandOutcome } from '../run/events.ts';
import type { Reading, Run } from '../run/run.ts';
import type { IncidentId, RunId, StreamId } from '../stream.ts';
import type { RunView } from '../view.ts';
import type { Changes, Course } from './scenario.ts';

/**
 * The world that a scenario is played in: it decides as the bot does, folds the events, and keeps what is to be done.
 * Whatever needs nobody (a command from one stream to another) happens at once, and what has a time when the clock gets
 * there; commands and readings of gates wait until they are asked for, so that a scenario can say what comes of each.
 * The clock stands still until it is moved.
 */
export type Stage = {
  readonly now: () => number;
  /** Decides, then does all that needs nobody. */
  readonly give: (command: Command) => Answer;
  /** Moves the clock, stopping at everything that has its time on the way. */
  readonly moveTo: (moment: number) => void;
  /** How indicators are from now on. */
  readonly set: (changes: Changes) => void;
  /** The command that the step waits for, or null. */
  readonly command: (at: StepAt) => CommandEffect | null;
  readonly end: (effect: CommandEffect, outcome: CommandOutcome, output: string) => void;
  /** Takes the next reading of the step's gate, moving the clock to it; false where none is to come. */
  readonly read: (at: StepAt) => boolean;
  /** From now on the readings of the step's gate come with the clock, while other steps are at work. */
  readonly leave: (at: StepAt) => void;
  readonly run: (id: RunId) => Run;
  readonly definition: (id: RunId) => Definition;
  readonly incident: (id: IncidentId) => Incident | null;
  readonly incidents: () => readonly Incident[];
  /** Runs in the order in which they were started. */
  readonly runs: () => readonly Run[];
  /** The same with the definitions they are pinned to. */
  readonly views: () => readonly RunView[];
  /** Every time a step was entered, in order; whoever reads it takes away what was met. */
  readonly entered: StepAt[];
  /** All that happened, in order. */
  readonly log: readonly Happened[];
};

/** One event of the log with the stream that it belongs to. */
export type Happened = { readonly stream: StreamId; readonly event: Event };

export type StepAt = { readonly run: RunId; readonly step: string };
export type CommandEffect = Extract<Effect, { kind: 'run-command' }>;
type ReadingEffect = Extract<Effect, { kind: 'read-indicator' }>;

const bot: Actor = { kind: 'bot' };
/** An ordinary working hour; no scenario depends on the day. */
const beginning = Date.UTC(2026, 0, 14, 10, 0, 0);

export function createStage(room: Room): Stage {
  let now = beginning;
  const states = new Map<StreamId, Stream>();
  const claims = new Map<string, StreamId>();
  const definitions = new Map<string, Definition>();
  const seen = new Set<string>();
  const courses = new Map<string, { readonly since: number; readonly course: Course }>();
  const entered: StepAt[] = [];
  const log: Happened[] = [];
  let tells: Extract<Effect, { kind: 'tell' }>[] = [];
  let commands: CommandEffect[] = [];
  let readings: ReadingEffect[] = [];
  /** Gates whose readings come with the clock, by run, step and attempt. */
  const left = new Set<string>();

  const incident = (id: StreamId | null): Incident | null => {
    const state = id === null ? undefined : states.get(id);
    return state?.kind === 'incident' ? state.incident : null;
  };
  const incidents = (): Incident[] =>
    [...states.values()].flatMap((state) => (state.kind === 'incident' ? [state.incident] : []));
  const runs = (): Run[] =>
    [...states.values()].flatMap((state) => (state.kind === 'run' ? [state.run] : []));
  const run = (id: RunId): Run => {
    const state = states.get(id);
    if (state?.kind !== 'run') throw new Error(`there is no run ${id}`);
    return state.run;
  };
  const definition = (id: RunId): Definition => {
    const found = definitions.get(run(id).definition);
    if (!found) throw new Error(`the definition of ${id} was not kept`);
    return found;
  };

  const views = (): RunView[] => runs().map((each) => ({ run: each, definition: definition(each.id) }));

  function ledgersFor(command: Command): readonly RunView[] {
    const place = ledgersOf(command);
    if (!place) return [];
    return views().filter(({ run: each }) =>
      place.kind === 'incident'
        ? each.incident === place.incident
        : each.incident === null && each.channel === place.channel,
    );
  }

  function contextFor(command: Command): Context {
    const holders = new Map<string, { stream: StreamId; state: Stream }>();
    for (const claim of claimsOf(command, room)) {
      const stream = claims.get(claim);
      const state = stream && states.get(stream);
      if (stream && state) holders.set(claim, { stream, state });
    }
    const openings = incidents()
      .filter(({ drill }) => !drill)
      .map(({ openedAt }) => openedAt)
      .toReversed()
      .slice(0, openingsCounted);
    return {
      now,
      room,
      holders,
      nextIncident: incidents().length + 1,
      nextRun: runs().length + 1,
      nextFreeze: 1,
      nextWatch: 1,
      watches: [],
      // What is rehearsed is a playbook; when it may be started is another matter.
      freezes: [],
      openIncidents: [],
      openings,
      ledgers: ledgersFor(command),
      definition: null,
      incident: null,
    };
  }

  function decideOne(command: Command): Answer {
    if (command.once !== undefined && seen.has(command.once)) return refuse('duplicate', 'Seen before.');
    const gathered = contextFor(command);
    const stream = routeOf(command, gathered);
    const before = states.get(stream) ?? null;
    const decision = decide(command, stream, before, {
      ...gathered,
      definition: before?.kind === 'run' ? (definitions.get(before.run.definition) ?? null) : null,
      incident: incident(incidentOfRun(stream)),
    });
    if (decision.kind === 'refused') return decision;
    const { taken, freed } = decision;
    const holder = taken
      .map((claim) => claims.get(claim))
      .find((other, index) => other !== undefined && other !== stream && !freed.includes(taken[index] ?? ''));
    if (holder !== undefined) return refuse('busy', `${holder} is at work on the same thing.`);
    for (const claim of freed) if (claims.get(claim) === stream) claims.delete(claim);
    for (const claim of taken) claims.set(claim, stream);
    if (command.once !== undefined) seen.add(command.once);
    for (const [hash, text] of Object.entries(decision.definitions)) definitions.set(hash, JSON.parse(text));
    for (const event of decision.events) {
      log.push({ stream, event });
      states.set(stream, evolve(stream, states.get(stream) ?? null, event));
      if (event.type === 'StepEntered') entered.push({ run: stream as RunId, step: event.data.step });
    }
    for (const effect of decision.effects) keep(effect);
    return { kind: 'accepted', stream, events: decision.events };
  }

  function keep(effect: Effect): void {
    switch (effect.kind) {
      case 'tell':
        tells.push(effect);
        return;
      case 'run-command':
        commands.push(effect);
        return;
      case 'read-indicator':
        if (effect.purpose === 'gate') readings.push(effect);
        else take(effect);
        return;
      // What is only shown, sent or asked of the chat changes nothing in a walk.
      default:
        return;
    }
  }

  function take({ run: id, step, attempt, purpose, indicator }: ReadingEffect): void {
    const reading = readingOf(indicator, definition(id));
    tells.push({
      kind: 'tell',
      command: { actor: bot, type: 'run.reading', run: id, step, attempt, purpose, reading },
      lane: null,
      coalesce: null,
      notBefore: now,
    });
  }

  function readingOf(name: string, { service }: Definition): Reading {
    const set = courses.get(name);
    const value = set?.course.findLast(({ afterMs }) => set.since + afterMs <= now)?.value ?? null;
    const objective = service.indicators[name]?.objective;
    const verdict = objective ? judge(objective, value) : 'inconclusive';
    return verdict === 'inconclusive' || value === null
      ? { at: now, verdict: 'inconclusive', why: 'There is no data.', value }
      : { at: now, verdict, value };
  }

  function settle(): void {
    for (;;) {
      const due = tells.find(({ notBefore }) => notBefore <= now);
      if (!due) return;
      tells = tells.filter((each) => each !== due);
      // Refused is what came too late: a timer of something that is over.
      decideOne(due.command);
    }
  }

  const isAt = ({ run: id, step }: StepAt) => {
    const attempt = states.has(id) ? run(id).steps[step]?.attempt : undefined;
    return (effect: CommandEffect | ReadingEffect) =>
      effect.run === id && effect.step === step && effect.attempt === attempt;
  };

  const gateOf = ({ run: id, step, attempt }: Pick<ReadingEffect, 'run' | 'step' | 'attempt'>) =>
    `${id}/${step}/${attempt}`;

  function takeDue(): void {
    const due = readings.filter((each) => left.has(gateOf(each)) && each.notBefore <= now);
    readings = readings.filter((each) => !due.includes(each));
    for (const each of due) take(each);
    settle();
  }

  const stage: Stage = {
    now: () => now,
    give(command) {
      const answer = decideOne(command);
      settle();
      return answer;
    },
    moveTo(moment) {
      for (;;) {
        const timed = [...tells, ...readings.filter((each) => left.has(gateOf(each)))];
        const next = Math.min(...timed.map(({ notBefore }) => notBefore));
        if (!(next <= moment)) break;
        now = Math.max(now, next);
        settle();
        takeDue();
      }
      now = Math.max(now, moment);
    },
    set(changes) {
      for (const [name, course] of Object.entries(changes)) courses.set(name, { since: now, course });
    },
    command: (at) => commands.find(isAt(at)) ?? null,
    end(effect, outcome, output) {
      commands = commands.filter((each) => each !== effect);
      const { run: id, step, attempt, command } = effect;
      const of = { actor: bot, run: id, step, attempt, command } as const;
      if (output !== '') stage.give({ ...of, type: 'run.output', text: output, cut: false });
      // A file that was written had some content before.
      const previous = effect.planned.does.kind === 'write' ? '' : undefined;
      stage.give({ ...of, type: 'run.command-ended', outcome, previous });
    },
    read(at) {
      const next = readings.find(isAt(at));
      if (!next) return false;
      readings = readings.filter((each) => each !== next);
      stage.moveTo(next.notBefore);
      take(next);
      settle();
      return true;
    },
    leave: (at) => void left.add(gateOf({ ...at, attempt: run(at.run).steps[at.step]?.attempt ?? 1 })),
    run,
    definition,
    incident,
    incidents,
    runs,
    views,
    entered,
    log,
  };
  return stage;
}
