import type { Definition, Indicator, Step } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { examplesOf } from '../../src/core/run/offer.ts';
import { findStep } from '../../src/core/run/walk.ts';
import type { RunId } from '../../src/core/stream.ts';
import { engineer, second } from '../fakes/room.ts';
import { createWorld, notice, type World } from '../fakes/world.ts';

/** What people do on one walk through an alert's playbook or a procedure, and how the world answers them. */
export type Walk = {
  readonly playbook: string;
  /** Options that are chosen or answered, in their order, as they stand on the buttons. Free text is always given. */
  readonly answers?: readonly string[];
  /** Indicators that miss their objective from the beginning. */
  readonly sick?: readonly string[];
  /** Indicators without any data from the beginning. */
  readonly blind?: readonly string[];
  /** The action after which everything meets its objective; without one nothing ever does. */
  readonly mendedBy?: string;
  readonly skips?: readonly string[];
  /** Actions whose own command ends with an exit code that it may not end with. */
  readonly breaks?: readonly string[];
  /** What the second person says of what is destructive; without one the request is left waiting. */
  readonly second?: 'approve' | 'refuse';
  /** Indicators that an action puts on the missed side, such as those that are about being gone. */
  readonly turns?: Readonly<
    Record<string, { readonly met: readonly string[]; readonly missed: readonly string[] }>
  >;
};

export type Walked = {
  readonly world: World;
  readonly run: RunId;
  /** Actions that were offered, in their order. */
  readonly offers: readonly string[];
  /** Names of the actions whose commands ran and changed something, in their order. */
  readonly carriedOut: readonly string[];
  /** Actions that only look, in their order; they ran by themselves. */
  readonly looked: readonly string[];
  /** `completed`, `stopped: why`, or where it stands and how: `failed at verify health`. */
  readonly end: string;
};

const mostMoves = 400;
const quarter = 15_000;
const place = { kind: 'channel', channel: 'C1' } as const;

/** A value on the wanted side of an objective, or on the other one. */
export function valueFor({ unit, objective }: Indicator, side: 'met' | 'missed'): number {
  const { kind, value } = objective;
  const more = unit === 'ratio' ? (value + 1) / 2 : value * 2 + 1;
  const less = value / 2;
  switch (kind) {
    case 'below':
    case 'at-most':
      return side === 'met' ? less : more;
    case 'above':
    case 'at-least':
      return side === 'met' ? more : less;
    case 'equals':
      return side === 'met' ? value : value - 1;
    default: {
      const never: never = kind;
      return never;
    }
  }
}

export function definitionIn(room: Room, name: string): Definition {
  const definition = room.definitions[name];
  if (!definition) throw new Error(`no playbook ${name}`);
  return definition;
}

const wordOf = (step: Step): string => {
  switch (step.kind) {
    case 'do':
    case 'observe':
      return `${step.kind} ${step.action}`;
    case 'verify':
      return `verify ${step.target.indicator}`;
    default:
      return `${step.kind} ${step.id}`;
  }
};

/** Starts the playbook as its alert or a person would, and goes on as far as people and the world let it. */
export function walk(room: Room, given: Walk): Walked {
  const definition = definitionIn(room, given.playbook);
  const { playbook } = definition;
  const world = createWorld({ room });
  setReadings(world, definition, given, false);
  const run = begin(world, definition);
  const offers: string[] = [];
  const carriedOut: string[] = [];
  const answers = [...(given.answers ?? [])];

  const answer = (step: Step, here: { run: RunId; step: string; attempt: number }): void => {
    if (step.kind === 'choose') {
      const wanted = answers.shift();
      const option = step.options.find(({ label }) => label === wanted);
      if (!option) throw new Error(`"${step.question}" has no answer "${wanted}"`);
      world.by(engineer, { type: 'run.choose', ...here, option: option.id });
      return;
    }
    const options = step.kind === 'ask' && step.input.kind === 'options' ? step.input.options : null;
    const text = options ? (answers.shift() ?? '') : typedAnswer(step);
    if (options && !options.includes(text)) throw new Error(`${step.id} cannot be answered "${text}"`);
    world.by(engineer, { type: 'run.answer', ...here, answer: text });
  };

  /** A procedure that is approved as a whole goes on by itself, so each command is its own. */
  const carryOut = (): void => {
    for (let first = world.underWay()[0]; first !== undefined; first = world.underWay()[0]) {
      const { action, evidence } = first.planned;
      if (evidence) {
        world.ends(0);
        continue;
      }
      const broken = given.breaks?.includes(action) === true;
      carriedOut.push(action);
      if (!broken) {
        if (given.mendedBy === action) setReadings(world, definition, given, true);
        turn(world, definition, given, action);
      }
      world.ends(broken ? 99 : 0);
    }
  };

  const move = (step: Step): string | null => {
    const state = world.step(run, step.id);
    const here = { run, step: step.id, attempt: world.attempt(run, step.id) };
    switch (state.kind) {
      case 'asking':
        if (step.kind === 'offer') world.by(engineer, { type: 'run.skip', ...here });
        else answer(step, here);
        return null;
      case 'offering': {
        if (step.kind !== 'do') throw new Error(`${step.id} offers nothing`);
        offers.push(step.action);
        const skips = given.skips?.includes(step.action) === true;
        const { confirm } = state.plan;
        const typed = confirm === undefined ? {} : { typed: confirm };
        world.by(
          engineer,
          skips ? { type: 'run.skip', ...here } : { type: 'run.perform', ...here, ...typed },
        );
        return null;
      }
      case 'approving': {
        if (given.second === undefined) return `waits for a second person at ${wordOf(step)}`;
        const { hash } = state.approval;
        world.by(second, { type: 'run.approval-decide', ...here, verdict: given.second, hash });
        return given.second === 'approve' ? null : `refused at ${wordOf(step)}`;
      }
      case 'running':
        carryOut();
        return null;
      case 'verifying':
      case 'waiting':
        world.pass(quarter);
        return null;
      case 'failed':
      case 'inconclusive':
        return `${state.kind} at ${wordOf(step)}`;
      default:
        throw new Error(`${step.id} is ${state.kind}, and nobody is asked anything`);
    }
  };

  const ended = (): string => {
    for (let moves = 0; moves < mostMoves; moves += 1) {
      const { result, at, whole } = world.run(run);
      if (result) return result.kind === 'stopped' ? `stopped: ${result.why}` : result.kind;
      if (at === null && whole?.state.kind === 'pending') {
        if (given.second === undefined) return 'waits for a second person';
        world.by(second, { type: 'run.plan-decide', run, verdict: given.second, hash: whole.hash });
        continue;
      }
      const step = at === null ? null : findStep(playbook.steps, at);
      if (!step) throw new Error(`${run} stands nowhere`);
      const stopped = move(step);
      if (stopped !== null && playbook.authority === 'each') return stopped;
    }
    throw new Error(`${run} did not end in ${mostMoves} moves`);
  };
  const end = ended();
  if (answers.length > 0) throw new Error(`nobody asked for ${answers.join(', ')}`);
  const looked = world
    .effects()
    .flatMap((effect) =>
      effect.kind === 'run-command' && effect.planned.observes ? [effect.planned.action] : [],
    );
  return { world, run, offers, carriedOut, looked, end };
}

/** What the bot's own reports were refused for, but for the clock of a phase that had ended in time. */
export const unexpectedRefusals = ({ refusals }: World) =>
  refusals.filter(({ command }) => command.type !== 'incident.phase-due');

/** What a question takes that is no choice: its example, the least that it takes, or any text. */
function typedAnswer(step: Step): string {
  if (step.kind !== 'ask') return '';
  const { input, example } = step;
  if (example !== undefined) return example;
  return 'min' in input && input.min !== undefined ? `${input.min}` : 'The on-call engineer, until Friday.';
}

function begin(world: World, definition: Definition): RunId {
  const { playbook, service } = definition;
  if (playbook.kind === 'alert') {
    const firing = notice({ name: playbook.answers.alertname ?? '', service: service.name });
    world.notice({ ...firing, labels: { ...firing.labels, ...playbook.answers } });
    // What is only logged is walked once somebody thinks more of it.
    if (playbook.severity === 'P4')
      world.by(second, { type: 'incident.severity', incident: 'INC-1', severity: 'P3', why: null });
    return 'INC-1.1';
  }
  const start = { type: 'run.start', run: null, incident: null, playbook: playbook.name, place } as const;
  const answer = world.by(engineer, { ...start, reason: null, inputs: examplesOf(definition) });
  if (answer.kind === 'refused') throw new Error(answer.message);
  return 'RUN-1';
}

function setReadings(world: World, { service }: Definition, given: Walk, mended: boolean): void {
  for (const [name, indicator] of Object.entries(service.indicators)) {
    const missed = !mended && given.sick?.includes(name) === true;
    const unknown = !mended && given.blind?.includes(name) === true;
    world.values.set(name, unknown ? null : valueFor(indicator, missed ? 'missed' : 'met'));
  }
}

function turn(world: World, { service }: Definition, given: Walk, action: string): void {
  const { met = [], missed = [] } = given.turns?.[action] ?? {};
  const set = (name: string, side: 'met' | 'missed') => {
    const indicator = service.indicators[name];
    if (!indicator) throw new Error(`no indicator ${name}`);
    world.values.set(name, valueFor(indicator, side));
  };
  for (const name of met) set(name, 'met');
  for (const name of missed) set(name, 'missed');
}

/** Every way through the questions of a playbook, as answers. */
export function waysThrough(steps: readonly Step[]): readonly (readonly string[])[] {
  return steps.reduce<readonly (readonly string[])[]>(
    (ways, step) => {
      if (step.kind === 'stage') return crossed(ways, waysThrough(step.steps));
      if (step.kind !== 'choose') return ways;
      const onwards = step.options.flatMap((option) =>
        waysThrough(option.steps).map((rest) => [option.label, ...rest]),
      );
      return crossed(ways, onwards);
    },
    [[]],
  );
}

const crossed = (first: readonly (readonly string[])[], then: readonly (readonly string[])[]) =>
  first.flatMap((before) => then.map((after) => [...before, ...after]));
