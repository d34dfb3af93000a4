import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import type { Definition, Step } from '../../../src/core/playbook/definition.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';
import { tillFails, yamlRoom } from '../../fakes/yamlRoom.ts';

const run = 'INC-1.1' as const;
const minute = 60_000;
const person = (user: string, groups: readonly string[]): Actor => ({ kind: 'person', user, groups });
const cashier = person('U1CASHIER', ['cashiers']);
const bookkeeper = person('U2BOOKKEEPER', ['bookkeepers']);
const keeper = person('U1KEEPER', ['keepers']);
const visitor = person('U5VISITOR', []);

const access = `
groups:
  cashiers: { users: [U1CASHIER] }
  bookkeepers: { users: [U2BOOKKEEPER] }
  keepers: { users: [U1KEEPER] }
rules:
  - { allow: [observe, change, disrupt, destroy, approve], to: [cashiers, keepers], on: [till] }
  - { allow: [observe, change, disrupt, destroy, approve], to: [bookkeepers, keepers], on: [ledger] }
`;

const ledger = `
service: ledger
host: store
indicators:
  lag: { query: lag_ledger, objective: { at_most: 10s } }
actions:
  look: { risk: observe, run: [tail, -n, '5', log] }
  find: { risk: observe, parameters: { who: { pattern: '[a-z]+' } }, run: [grep, { parameter: who }, log] }
  nudge: { risk: change, parameters: { who: { pattern: '[a-z]+' } }, run: [nudge, { parameter: who }], verify: { indicator: lag, for: 10s }, undo: { none: it is only a nudge } }
  restart: { risk: disruptive, run: [systemctl, restart, ledger], verify: { indicator: lag, for: 10s }, undo: { none: it starts again } }
`;

function walked(steps: string, more: Readonly<Record<string, string>> = {}) {
  const room = yamlRoom({
    ...more,
    'access.yml': access,
    'services/ledger.yml': ledger,
    'alerts/till-fails.yml': tillFails(steps),
  });
  const world = createWorld({ room });
  world.values.set('ledger/lag', 60);
  world.notice(notice({ name: 'TillFails', service: 'till' }));
  const { steps: written } = (room.definitions['till-fails'] as Definition).playbook;
  return { world, written };
}

const restartThere = 'do: ledger/restart, automatic: live, after: 1m, verify: ledger/lag, for: 10s';

function asked(option = `{ ${restartThere} }`) {
  const { world, written } = walked(`
  - choose: What is slow?
    among:
      The Ledger: { hint: it lags, steps: [ ${option} ] }
      The Till: { hint: it hangs, steps: [ { observe: look } ] }
`);
  const [question] = written as [Extract<Step, { kind: 'choose' }>];
  const steps = question.options[0]?.steps ?? [];
  const step = steps.at(-1)?.id ?? '';
  const choose = (actor: Actor) =>
    world.by(actor, {
      type: 'run.choose',
      run,
      step: question.id,
      attempt: world.attempt(run, question.id),
      option: question.options[0]?.id ?? '',
    });
  return { world, step, first: steps[0]?.id ?? '', choose };
}

const nudges = `
playbook: nudge-ledger
title: Nudge the ledger
service: till
inputs:
  who: { ask: Whom?, pattern: '[a-z]+', example: ann }
steps:
  - { do: ledger/nudge, with: { who: input.who }, automatic: live, after: 1m }
  - { observe: ledger/find, with: { who: input.who } }
  - verify: ledger/lag
`;

const at = (world: World, step: string) => ({ run, step, attempt: world.attempt(run, step) });
const announced = (world: World, step: string) => world.run(run).steps[step]?.automatic;

describe('what the bot would do to another service', () => {
  it('is announced where whoever answered may do it', () => {
    const { world, step, choose } = asked();
    expect(choose(keeper).kind).toBe('accepted');
    expect(announced(world, step)).toMatchObject({ mode: 'live', state: { kind: 'pending' } });
    world.pass(minute);
    expect(world.step(run, step)).toMatchObject({ kind: 'running', by: 'bot' });
  });

  it('is offered with the reason where they may not', () => {
    const { world, step, choose } = asked();
    expect(choose(cashier).kind).toBe('accepted');
    expect(announced(world, step)?.state).toMatchObject({
      kind: 'withheld',
      why: 'Whoever answered may not carry out disruptive actions on ledger. @bookkeepers, @keepers can.',
    });
    world.pass(10 * minute);
    expect(world.step(run, step).kind).toBe('offering');
    expect(world.underWay()).toEqual([]);
    expect(world.by(bookkeeper, { type: 'run.perform', ...at(world, step) }).kind).toBe('accepted');
    expect(world.refolded()).toEqual(world.states);
  });

  it('is withheld as well where something else was walked after the answer', () => {
    const { world, step, first, choose } = asked(`{ observe: look }, { ${restartThere} }`);
    choose(cashier);
    expect(world.step(run, first).kind).toBe('settled');
    expect(world.step(run, step).kind).toBe('offering');
    expect(announced(world, step)?.state.kind).toBe('withheld');
  });

  it('is withheld where a condition went by the answer', () => {
    const { world, written } = walked(`
  - ask: Does the ledger lag?
    as: lags
    options: ['Yes', 'No']
  - { ${restartThere}, if: answers.lags == "Yes" }
  - observe: look
`);
    const [question, step] = written.map(({ id }) => id) as [string, string];
    world.by(cashier, { type: 'run.answer', ...at(world, question), answer: 'Yes' });
    expect(announced(world, step)?.state.kind).toBe('withheld');
  });

  it('is withheld where a condition went by what somebody skipped', () => {
    for (const [actor, state] of [
      [cashier, 'withheld'],
      [keeper, 'pending'],
    ] as const) {
      const { world, written } = walked(`
  - do: calm
    as: calm
  - { ${restartThere}, if: steps.calm == "skipped" }
  - ask: What now?
`);
      const [calm, step] = written.map(({ id }) => id) as [string, string];
      world.by(actor, { type: 'run.skip', ...at(world, calm) });
      expect(announced(world, step)?.state).toMatchObject({
        kind: state,
        ...(state === 'withheld' && {
          why: 'Whoever skipped it may not carry out disruptive actions on ledger. @bookkeepers, @keepers can.',
        }),
      });
      expect(world.refolded()).toEqual(world.states);
    }
  });

  it('is withheld where somebody who may not there said that it is to be done', () => {
    const unjudged = 'if: "int(answers.many) > 3"';
    for (const [steps, where] of [
      [`{ ${restartThere}, ${unjudged} }`, 'do'],
      [`{ stage: There, budget: 10m, ${unjudged}, steps: [ { ${restartThere} } ] }`, 'stage'],
      [`{ choose: Which?, ${unjudged}, among: { This: [ { ${restartThere} } ], That: [] } }`, 'choose'],
      [`{ do: calm, ${unjudged}, on_fail: [ { ${restartThere} } ] }`, 'on_fail'],
    ] as const) {
      for (const [actor, state] of [
        [cashier, 'withheld'],
        [keeper, 'pending'],
      ] as const) {
        const { world, written } = walked(`
  - { ask: How many?, as: many }
  - ${steps}
  - ask: What now?
`);
        world.by(keeper, { type: 'run.answer', ...at(world, written[0]?.id ?? ''), answer: 'a lot' });
        const asks = world.run(run).at ?? '';
        expect(world.step(run, asks)).toMatchObject({ kind: 'inconclusive', of: 'condition' });
        expect(world.by(actor, { type: 'run.try-again', ...at(world, asks) }).kind).toBe('accepted');
        if (where === 'choose') {
          const [, question] = written as [Step, Extract<Step, { kind: 'choose' }>];
          const option = question.options[0]?.id ?? '';
          world.by(keeper, { type: 'run.choose', ...at(world, asks), option });
        }
        if (where === 'on_fail') {
          world.by(keeper, { type: 'run.perform', ...at(world, asks) });
          world.ends(1);
        }
        const step = world.run(run).at ?? '';
        expect(announced(world, step)?.state).toMatchObject({
          kind: state,
          ...(state === 'withheld' && {
            why: 'Whoever said that it is to be done may not carry out disruptive actions on ledger. @bookkeepers, @keepers can.',
          }),
        });
        expect(world.refolded()).toEqual(world.states);
      }
    }
  });

  it('is withheld where whoever started the run filled in what it is done with, and may not', () => {
    for (const [actor, state] of [
      [cashier, 'withheld'],
      [keeper, 'pending'],
    ] as const) {
      const { world } = walked('  - ask: What now?\n', { 'procedures/nudge-ledger.yml': nudges });
      const start = { incident: 'INC-1', playbook: 'nudge-ledger', reason: null } as const;
      world.by(actor, { type: 'incident.start-run', ...start, inputs: { who: 'ann' } });
      expect(world.run('INC-1.2').steps['1']?.automatic?.state).toMatchObject({
        kind: state,
        ...(state === 'withheld' && {
          why: expect.stringMatching(/^Whoever started this may not act on ledger/),
        }),
      });
      expect(world.step('INC-1.2', '1').kind).toBe('offering');
      expect(world.refolded()).toEqual(world.states);
    }
  });

  it('may be held by the people of that service and by those of the run, and by nobody else', () => {
    for (const [actor, kind] of [
      [bookkeeper, 'accepted'],
      [cashier, 'accepted'],
      [visitor, 'refused'],
    ] as const) {
      const { world, step, choose } = asked();
      choose(keeper);
      expect(world.by(actor, { type: 'run.hold', ...at(world, step) }).kind).toBe(kind);
      world.pass(minute);
      expect(world.step(run, step).kind).toBe(kind === 'accepted' ? 'offering' : 'running');
    }
  });

  it('stays held when another answer was looked for and the same one given again', () => {
    const { world, step, choose } = asked();
    choose(keeper);
    world.by(bookkeeper, { type: 'run.hold', ...at(world, step) });
    for (const _ of [1, 2]) {
      expect(world.by(keeper, { type: 'run.choose-again', ...at(world, step) }).kind).toBe('accepted');
      choose(keeper);
      expect(announced(world, step)?.state).toMatchObject({
        kind: 'withheld',
        why: expect.stringMatching(/^It was held at /),
      });
      world.pass(10 * minute);
      expect(world.step(run, step).kind).toBe('offering');
    }
    expect(world.underWay()).toEqual([]);
  });
});

describe('what is looked up on another service with an answer', () => {
  const withAnswer = `
  - ask: Whose entries?
    as: whose
  - observe: ledger/find
    with: { who: answer.whose }
  - ask: What now?
`;

  it('is looked up for whoever may look there', () => {
    const { world, written } = walked(withAnswer);
    const [question, step] = written.map(({ id }) => id) as [string, string];
    world.by(keeper, { type: 'run.answer', ...at(world, question), answer: 'ann' });
    expect(world.step(run, step)).toMatchObject({ kind: 'settled', how: { kind: 'done' } });
  });

  it('is not with what somebody filled in who may not look there', () => {
    const { world } = walked('  - ask: What now?\n', { 'procedures/nudge-ledger.yml': nudges });
    const start = { incident: 'INC-1', playbook: 'nudge-ledger', reason: null } as const;
    world.by(cashier, { type: 'incident.start-run', ...start, inputs: { who: 'ann' } });
    world.by(keeper, { type: 'run.skip', run: 'INC-1.2', step: '1', attempt: 1 });
    expect(world.step('INC-1.2', '2')).toMatchObject({
      how: { kind: 'unseen', message: expect.stringMatching(/^Whoever started this may not look at ledger/) },
    });
  });

  it('is not for anybody else, and the walk goes on with that said', () => {
    const { world, written } = walked(withAnswer);
    const [question, step, next] = written.map(({ id }) => id) as [string, string, string];
    world.by(cashier, { type: 'run.answer', ...at(world, question), answer: 'ann' });
    expect(world.step(run, step)).toMatchObject({
      kind: 'settled',
      how: {
        kind: 'unseen',
        message: 'Whoever answered may not look at ledger. @bookkeepers, @keepers can.',
      },
    });
    expect(world.events(run).map(({ type }) => type)).not.toContain('CommandEnded');
    expect(world.step(run, next).kind).toBe('asking');
    expect(world.refolded()).toEqual(world.states);
  });
});
