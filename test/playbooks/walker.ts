import type { Definition, Indicator, Step } from '../../src/core/playbook/definition.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { findStep } from '../../src/core/run/walk.ts';
import type { RunId } from '../../src/core/stream.ts';
import { engineer, second } from '../fakes/room.ts';
import { createWorld, notice, type World } from '../fakes/world.ts';

/** What the people of one walk do, and how the world answers them. */
export type Walk = {
  readonly playbook: string;
  /** Answers to the questions, in their order, as they stand on the buttons. */
  readonly answers?: readonly string[];
  /** Indicators that miss their objective from the beginning. */
  readonly sick?: readonly string[];
  /** Indicators without any data from the beginning. */
  readonly blind?: readonly string[];
  /** The action after which everything meets its objective; without one nothing ever does. */
  readonly mendedBy?: string;
  readonly skips?: readonly string[];
  /** Actions whose command ends with an exit code that is not among those it may end with. */
  readonly breaks?: readonly string[];
};

export type Walked = {
  readonly world: World;
  readonly run: RunId;
  /** Actions that were offered, in their order. */
  readonly offers: readonly string[];
  /** Actions that only look, in their order; they ran by themselves. */
  readonly looked: readonly string[];
  /** `completed`, or where the walk stands and how: `failed at verify test_pass_rate`. */
  readonly end: string;
};

const mostMoves = 200;
const quarter = 15_000;

/** A value on the wanted side of an objective, or on the other one. */
export function valueFor({ unit, objective }: Indicator, side: 'met' | 'missed'): number {
  const { kind, value } = objective;
  const more = unit === 'ratio' ? (value + 1) / 2 : value * 2 + 1;
  const less = value / 2;
  switch (kind) {
    case 'below':
      return side === 'met' ? less : more;
    case 'above':
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

/** Fires the alert of a playbook in a world with the shipped room, and walks its run as far as people and world let it. */
export function walk(room: Room, given: Walk): Walked {
  const definition = definitionIn(room, given.playbook);
  const { playbook, service } = definition;
  const world = createWorld({ room });
  const readings = (mended: boolean): void => {
    for (const [name, indicator] of Object.entries(service.indicators)) {
      const missed = !mended && given.sick?.includes(name) === true;
      const unknown = !mended && given.blind?.includes(name) === true;
      world.values.set(name, unknown ? null : valueFor(indicator, missed ? 'missed' : 'met'));
    }
  };
  readings(false);
  world.notice(notice({ name: playbook.answers.alertname ?? '', service: service.name }));
  // What is only logged is walked once somebody thinks more of it.
  if (playbook.severity === 'P4')
    world.by(second, { type: 'incident.severity', incident: 'INC-1', severity: 'P3', why: null });
  const run: RunId = 'INC-1.1';
  const offers: string[] = [];
  const answers = [...(given.answers ?? [])];

  const move = (step: Step): string | null => {
    const state = world.step(run, step.id);
    const here = { run, step: step.id, attempt: world.attempt(run, step.id) };
    switch (state.kind) {
      case 'asking': {
        if (step.kind !== 'choose') {
          world.by(engineer, { type: 'run.answer', ...here, answer: 'done' });
          return null;
        }
        const wanted = answers.shift();
        const option = step.options.find(({ label }) => label === wanted);
        if (!option) throw new Error(`"${step.question}" has no answer "${wanted}"`);
        world.by(engineer, { type: 'run.choose', ...here, option: option.id });
        return null;
      }
      case 'offering': {
        if (step.kind !== 'do') throw new Error(`${step.id} offers nothing`);
        offers.push(step.action);
        const skips = given.skips?.includes(step.action) === true;
        world.by(engineer, { type: skips ? 'run.skip' : 'run.perform', ...here });
        return null;
      }
      case 'running': {
        if (step.kind !== 'do') throw new Error(`${step.id} does nothing`);
        const broken = given.breaks?.includes(step.action) === true;
        if (!broken && given.mendedBy === step.action) readings(true);
        world.ends(broken ? 99 : 0);
        return null;
      }
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
      const { result, at } = world.run(run);
      if (result) return result.kind;
      const step = at === null ? null : findStep(playbook.steps, at);
      if (!step) throw new Error(`${run} stands nowhere`);
      const stopped = move(step);
      if (stopped !== null) return stopped;
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
  return { world, run, offers, looked, end };
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
