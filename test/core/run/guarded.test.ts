import { describe, expect, it } from 'vitest';
import type { Actor } from '../../../src/core/actor.ts';
import { undoOf } from '../../../src/core/run/undo.ts';
import type { RunId } from '../../../src/core/stream.ts';
import { hour, minute } from '../../fakes/room.ts';
import { createWorld, ended, notice, type World } from '../../fakes/world.ts';
import { yamlRoom } from '../../fakes/yamlRoom.ts';

/** What was made to take two people does not come down to one by a way round. */

const person = (user: string, ...groups: string[]): Actor => ({ kind: 'person', user, groups });
const alone = person('U1ALONE', 'all');
const other = person('U2OTHER', 'all');

const everybody = `
groups:
  all: { users: [U1ALONE, U2OTHER, U3THIRD] }
rules:
  - { allow: [observe, change, disrupt, destroy, approve, override], to: all, on: any }
`;

const shop = `
service: shop
host: shop
indicators:
  errors:
    query: errors_shop
    objective: { below: 1% }
    rollback:
      - { above: 5%, for: 5m, during: incident }
actions:
  calm: { risk: change, run: [touch, calm], verify: { indicator: errors, for: 30s, within: 6m }, undo: none }
  wipe: { risk: destructive, evidence: { none: nothing }, run: [./wipe.sh], verify: { indicator: errors, for: 30s }, undo: none }
`;

const lasting = (run: RunId, world: World): string => Object.keys(world.run(run).steps).at(-1)!;
const here = (world: World, run: RunId) => {
  const step = lasting(run, world);
  return { run, step, attempt: world.attempt(run, step) };
};
const does = (world: World, who: Actor, run: RunId) =>
  world.by(who, { type: 'run.perform', ...here(world, run) });

function pending(world: World, run: RunId) {
  const state = world.step(run, lasting(run, world));
  if (state.kind !== 'approving') throw new Error(`it is ${state.kind}`);
  return state.approval;
}

describe('the glass', { tags: ['trust-31'] }, () => {
  const run = 'INC-1.1';
  function inShop(steps = '  - do: wipe', severity = 'P1', lasting = '5m'): World {
    const room = yamlRoom({
      'access.yml': everybody,
      'services/shop.yml': shop.replace('for: 5m', `for: ${lasting}`),
      'procedures/rollback-shop.yml':
        'playbook: rollback-shop\ntitle: Roll back\nservice: shop\nseverity: P1\nsteps:\n  - do: wipe\n',
      'alerts/shop.yml': `
playbook: shop-fails
title: Shop fails
answers: { alertname: ShopFails }
service: shop
severity: ${severity}
on_unresolved: { after: 30m, offer: rollback-shop }
steps:
${steps}
`,
    });
    const world = createWorld({ room });
    world.notice(fires);
    world.by(alone, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U1ALONE' });
    return world;
  }
  const fires = notice({ name: 'ShopFails', service: 'shop' });
  const raises = (world: World, who: Actor) =>
    world.by(who, { type: 'incident.severity', incident: 'INC-1', severity: 'P0', why: null });
  const breaks = (world: World) =>
    world.by(alone, {
      type: 'run.break-glass',
      ...here(world, run),
      hash: pending(world, run).hash,
      reason: 'It gets worse.',
    });

  it('is not opened by the commander alone, who makes a P0 of it', () => {
    const world = inShop();
    does(world, alone, run);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    expect(raises(world, alone).kind).toBe('accepted');
    expect(breaks(world)).toMatchObject({ message: expect.stringContaining('yourself') });
    expect(world.underWay()).toEqual([]);
  });

  it('is opened by somebody else who does, and where it was opened as P0', () => {
    const world = inShop();
    does(world, alone, run);
    raises(world, other);
    expect(breaks(world).kind).toBe('accepted');
    const opened = inShop('  - do: wipe', 'P0');
    does(opened, alone, run);
    expect(breaks(opened).kind).toBe('accepted');
  });

  it('is closed while all alerts are quiet, however long it took', () => {
    const world = inShop();
    world.pass(31 * minute);
    world.notice(ended(fires));
    world.pass(3 * hour);
    expect(world.incident()).toMatchObject({ unresolvedSaid: true, allQuietSince: expect.any(Number) });
    does(world, alone, run);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    world.notice({ ...fires, startsAt: world.now() });
    expect(breaks(world).kind).toBe('accepted');
  });

  const calmed = `
  - verify: errors
    for: 30s
    within: 6m
    on_fail:
      - do: wipe
`;

  it('is opened by readings past a trigger that reach until now, and not by those of before', () => {
    const world = inShop(calmed);
    world.values.set('errors', 0.09);
    world.pass(7 * minute);
    does(world, alone, run);
    const late = inShop(calmed);
    late.values.set('errors', 0.09);
    late.pass(7 * minute);
    does(late, alone, run);
    // Nobody knows what it is now.
    late.values.delete('errors');
    late.pass(3 * minute);
    expect(breaks(late)).toMatchObject({ message: expect.stringContaining('past a rollback trigger') });
    expect(breaks(world).kind).toBe('accepted');
  });

  it('is opened where nothing but the request waits, since what has a trigger is read meanwhile', () => {
    const world = inShop();
    world.values.set('errors', 0.09);
    does(world, alone, run);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    world.pass(4 * minute);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    const shown = () =>
      world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'step').length;
    const before = shown();
    world.pass(2 * minute);
    // The request has got its button.
    expect(shown()).toBe(before + 1);
    expect(breaks(world).kind).toBe('accepted');
    const reads = () => world.effects().filter(({ kind }) => kind === 'read-trigger').length;
    const all = reads();
    world.pass(hour);
    expect(reads()).toBe(all);
    expect([...world.refolded()]).toEqual([...world.states]);
  });

  it('closes again while the request waits, as soon as it is better or not known any more', () => {
    const world = inShop();
    world.values.set('errors', 0.09);
    does(world, alone, run);
    world.pass(6 * minute);
    world.values.set('errors', 0.001);
    world.pass(minute);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    world.values.set('errors', 0.09);
    world.pass(2 * minute);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
  });

  it('gets its button, and is looked through, when the incident is raised while the request waits', () => {
    const world = inShop('  - do: wipe', 'P2');
    does(world, alone, run);
    const asked = pending(world, run);
    const shown = () =>
      world.effects().filter((each) => each.kind === 'show' && each.subject.kind === 'step').length;
    const before = shown();
    const severity = (to: 'P0' | 'P1' | 'P2') =>
      world.by(other, { type: 'incident.severity', incident: 'INC-1', severity: to, why: null });
    severity('P0');
    expect(shown()).toBeGreaterThan(before);
    severity('P1');
    world.values.set('errors', 0.09);
    expect(breaks(world)).toMatchObject({ code: 'not-allowed' });
    world.pass(6 * minute);
    expect(pending(world, run)).toEqual(asked);
    // Lowered and raised again, it is still one look each time.
    severity('P2');
    world.pass(minute);
    const reads = () => world.effects().filter(({ kind }) => kind === 'read-trigger').length;
    const all = reads();
    severity('P1');
    world.pass(minute);
    expect(reads()).toBeLessThanOrEqual(all + 4);
    expect(breaks(world).kind).toBe('accepted');
  });

  it('stays open between two looks where its trigger asks for a short time only', () => {
    const world = inShop('  - do: wipe', 'P1', '15s');
    world.values.set('errors', 0.09);
    does(world, alone, run);
    world.pass(minute + 14_000);
    expect(breaks(world).kind).toBe('accepted');
  });

  it('is not looked through in a lesser incident, nor in a drill', () => {
    const lesser = inShop('  - do: wipe', 'P2');
    does(lesser, alone, run);
    lesser.pass(2 * minute);
    expect(lesser.effects().some(({ kind }) => kind === 'read-trigger')).toBe(false);
    const drill = inShop();
    drill.by(alone, { type: 'incident.resolve', incident: 'INC-1', note: null });
    drill.by(alone, { type: 'incident.drill', playbook: 'shop-fails', firstFails: false });
    does(drill, alone, 'INC-2.1');
    expect(pending(drill, 'INC-2.1').state.kind).toBe('pending');
    expect(drill.effects().some(({ kind }) => kind === 'read-trigger')).toBe(false);
  });

  it('is not opened where what was measured got better for a moment, or nothing was measured for a while', () => {
    const better = inShop(calmed);
    better.values.set('errors', 0.09);
    better.pass(3 * minute);
    better.values.set('errors', 0.02);
    better.pass(minute);
    better.values.set('errors', 0.09);
    better.pass(3 * minute);
    does(better, alone, run);
    expect(breaks(better)).toMatchObject({ code: 'not-allowed' });
    const blind = inShop(calmed);
    blind.values.set('errors', 0.09);
    blind.pass(2 * minute);
    blind.down(3 * minute);
    blind.pass(2 * minute);
    does(blind, alone, run);
    expect(breaks(blind)).toMatchObject({ code: 'not-allowed' });
  });
});

describe('going past windows', { tags: ['trust-20'] }, () => {
  const procedure = (authority: string) => `
playbook: planned
title: Planned change
service: till
severity: P2
window: required
authority: ${authority}
steps:
  - do: calm
  - do: ledger/pause
`;
  const rules = `
groups:
  tillers: { users: [U1ALONE, U2OTHER] }
  keepers: { users: [U3THIRD] }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: [tillers, keepers], on: [till, ledger] }
  - { allow: override, to: [tillers, keepers], on: till }
  - { allow: override, to: keepers, on: ledger }
`;

  it.each(['each', 'whole'])('takes the right on all that is changed, decided %s', (authority) => {
    const room = yamlRoom({
      'access.yml': rules,
      'procedures/planned.yml': procedure(authority),
      'procedures/pause.yml':
        'playbook: pause\ntitle: Pause\nservice: ledger\nseverity: P3\nsteps:\n  - do: pause\n',
    });
    const world = createWorld({ room });
    const keeper = person('U3THIRD', 'keepers');
    world.by(keeper, { type: 'freeze.begin', service: 'ledger', until: null, why: 'Year end' });
    world.by(person('U1ALONE', 'tillers'), {
      ...{ type: 'run.start', run: null, incident: null, playbook: 'planned', reason: null },
      place: { kind: 'channel', channel: 'C1' },
      override: 'A certificate ends tonight.',
    });
    const { whole } = world.run('RUN-1');
    expect(whole?.plan.override?.services).toEqual([{ service: 'till' }, { service: 'ledger' }]);
    const yes = (who: Actor) =>
      world.by(who, { type: 'run.plan-decide', run: 'RUN-1', verdict: 'approve', hash: whole?.hash ?? '' });
    expect(yes(person('U2OTHER', 'tillers'))).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('ledger'),
    });
    expect(yes(keeper).kind).toBe('accepted');
  });
});

describe('an outcome that nobody knew, claimed long after', { tags: ['trust-31'] }, () => {
  const run = 'INC-1.1';
  const unknown = { kind: 'unknown', message: 'The bot stopped.' } as const;

  function interrupted(prepare: string): World {
    const room = yamlRoom({
      'access.yml': everybody,
      'services/shop.yml': `
service: shop
host: shop
indicators:
  up: { query: up_shop, objective: { equals: 1 } }
actions:
  look: { risk: observe, run: [tail, log] }
  prepare: { ${prepare}, run: [./prepare.sh], verify: up, undo: none, then: apply }
  apply: { risk: change, run: [./apply.sh], verify: exit, undo: none }
`,
      'alerts/shop.yml': `
playbook: shop-fails
title: Shop fails
answers: { alertname: ShopFails }
service: shop
severity: P1
steps:
  - do: prepare
`,
    });
    const world = createWorld({ room });
    world.notice(notice({ name: 'ShopFails', service: 'shop' }));
    return world;
  }
  const yes = (world: World, who: Actor, typed = 'apply') =>
    world.by(who, {
      type: 'run.approval-decide',
      ...here(world, run),
      verdict: 'approve',
      hash: pending(world, run).hash,
      typed,
    });
  const happened = (world: World) =>
    world.by(alone, { type: 'run.claim', ...here(world, run), claim: 'worked' });
  const runs = (world: World) => world.underWay().map(({ planned }) => planned.action);

  it('is booked, and what is left of it is approved anew', () => {
    const world = interrupted('risk: destructive, evidence: [look], confirm: apply');
    does(world, alone, run);
    yes(world, other);
    world.ends(unknown);
    world.down(11 * minute);
    expect(happened(world).kind).toBe('accepted');
    expect(runs(world)).toEqual([]);
    expect(world.run(run).ledger.map(({ action }) => action)).toEqual(['prepare']);
    expect(pending(world, run)).toMatchObject({
      requestedBy: 'U1ALONE',
      plan: { rest: true, commands: [{ action: 'apply' }] },
    });
    expect(yes(world, other, 'nothing')).toMatchObject({ code: 'invalid' });
    expect(yes(world, alone)).toMatchObject({ code: 'own-request' });
    // Nobody answers, and asking once more is for the same rest.
    world.pass(11 * minute);
    expect(does(world, alone, run).kind).toBe('accepted');
    expect(pending(world, run).plan.commands).toHaveLength(1);
    expect(yes(world, other).kind).toBe('accepted');
    expect(runs(world)).toEqual(['apply']);
    world.values.set('up', 1);
    world.ends(0);
    world.pass(minute);
    expect(world.run(run)).toMatchObject({
      ledger: [{ action: 'prepare' }, { action: 'apply' }],
      result: { kind: 'completed' },
    });
  });

  it('takes the word again where the word was all that it took', () => {
    const world = interrupted('risk: change, confirm: apply');
    world.by(alone, { type: 'run.perform', ...here(world, run), typed: 'apply' });
    world.ends(unknown);
    world.down(11 * minute);
    happened(world);
    expect(runs(world)).toEqual([]);
    expect(does(world, alone, run)).toMatchObject({ code: 'invalid' });
    world.by(alone, { type: 'run.perform', ...here(world, run), typed: 'apply' });
    expect(runs(world)).toEqual(['apply']);
  });

  it('goes on within ten minutes, and where nobody else was asked', () => {
    const soon = interrupted('risk: destructive, evidence: [look], confirm: apply');
    does(soon, alone, run);
    yes(soon, other);
    soon.ends(unknown);
    soon.pass(9 * minute);
    happened(soon);
    expect(runs(soon)).toEqual(['apply']);
    const plain = interrupted('risk: change');
    does(plain, alone, run);
    plain.ends(unknown);
    plain.pass(hour);
    happened(plain);
    expect(runs(plain)).toEqual(['apply']);
  });
});

describe('taking back what took two people', () => {
  const files = {
    'access.yml': `
groups:
  stagers: { users: [U1ALONE] }
  all: { users: [U2OTHER, U3THIRD] }
  leads: { users: [U4LEAD, U5LEAD, U6LEAD] }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve], to: stagers, on: any, in: staging }
  - { allow: [change, disrupt, destroy, approve], to: [all, leads], on: any }
`,
    'services/guarded.yml': `
service: guarded
host: shop
indicators:
  up: { query: up_guarded, objective: { equals: 1 } }
actions:
  look: { risk: observe, run: [tail, log] }
  limits: { risk: change, approvals: { count: 2, from: [leads] }, confirm: limits, evidence: [look], write: { file: limits.yml, content: new }, verify: exit, undo: previous }
  grow: { risk: change, approvals: 2, confirm: grow, run: [./grow.sh], verify: exit, undo: shrink }
  shrink: { risk: change, approvals: { count: 1, from: [leads] }, run: [./shrink.sh], verify: exit, undo: none }
`,
    'services/stage.yml': `
service: stage
environment: staging
host: shop
indicators:
  up: { query: up_stage, objective: { equals: 1 } }
actions:
  off: { risk: change, write: { file: conf.yml, content: 'off' }, verify: exit, undo: previous }
`,
    'alerts/stage.yml': `
playbook: stage-fails
title: Stage fails
answers: { alertname: StageFails }
service: stage
severity: P2
steps:
  - do: off
  - ask: What now?
`,
    'alerts/guarded.yml': `
playbook: guarded-fails
title: Guarded fails
answers: { alertname: GuardedFails }
service: guarded
severity: P2
steps:
  - do: limits
  - ask: What now?
`,
    'alerts/small.yml': `
playbook: guarded-small
title: Guarded is small
answers: { alertname: GuardedSmall }
service: guarded
severity: P2
steps:
  - do: grow
  - ask: What now?
`,
  };

  /** Changes what the first step of the playbook does, by as many as it takes, and begins to take it back. */
  function undoing(
    name: string,
    service: string,
    people: readonly [Actor, ...Actor[]],
    word = '',
  ): [World, RunId] {
    const world = createWorld({ room: yamlRoom(files) });
    world.notice(notice({ name, service }));
    const [first, ...others] = people;
    expect(does(world, first, 'INC-1.1').kind).toBe('accepted');
    for (const who of others) {
      const { hash } = pending(world, 'INC-1.1');
      const at = here(world, 'INC-1.1');
      world.by(who, { type: 'run.approval-decide', ...at, verdict: 'approve', hash, typed: word });
    }
    world.ends(0, 'old');
    const through = { service, through: null };
    const hash = undoOf(world.ledgers({ kind: 'incident', incident: 'INC-1' }), through)?.hash ?? '';
    world.by(first, {
      ...{ type: 'incident.start-run', incident: 'INC-1', playbook: 'undo', reason: null },
      undo: { ...through, hash },
    });
    return [world, world.runs().at(-1)!];
  }
  const leads = [person('U4LEAD', 'leads'), person('U5LEAD', 'leads'), person('U6LEAD', 'leads')] as const;

  it('takes as many and the same word, when content is put back', () => {
    const [world, run] = undoing('GuardedFails', 'guarded', leads, 'limits');
    expect(does(world, leads[0], run).kind).toBe('accepted');
    expect(world.underWay()).toEqual([]);
    expect(pending(world, run).plan).toMatchObject({
      approvals: [{ count: 2, from: ['leads'] }],
      confirm: 'limits',
      commands: [{ title: 'Look', evidence: true }, { does: { kind: 'put-back' } }],
    });
  });

  it('takes what both ask for, when another action takes it back', () => {
    const [world, run] = undoing('GuardedSmall', 'guarded', leads, 'grow');
    does(world, leads[0], run);
    expect(pending(world, run).plan).toMatchObject({
      approvals: [{ count: 1, from: ['leads'] }, { count: 2 }],
      confirm: 'grow',
    });
  });

  it('stays in the environment where it was changed', () => {
    const stager = person('U1ALONE', 'stagers');
    const [world, run] = undoing('StageFails', 'stage', [stager]);
    expect(does(world, stager, run).kind).toBe('accepted');
    expect(world.underWay()).toMatchObject([
      { planned: { environment: 'staging', does: { kind: 'put-back' } } },
    ]);
  });
});
