import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../src/core/stream.ts';
import { engineer, hour, minute, second, room as smallRoom, trainee } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const run = 'INC-1.1' as const;
const target = 'target:web/checkout';

/** The run of the high error rate, standing at its question. */
function asked(): World {
  const world = createWorld();
  world.notice(notice());
  return world;
}

const choose = (world: World, option: string, by = engineer) =>
  world.by(by, { type: 'run.choose', run, step: 'kind', attempt: world.attempt(run, 'kind'), option });

/** Standing at the offer of the mitigation that is verified afterwards. */
function offered(): World {
  const world = asked();
  world.values.set('error_ratio', 0.009);
  choose(world, 'limits');
  return world;
}

const at = (world: World, step: string, id: RunId = run) => ({
  run: id,
  step,
  attempt: world.attempt(id, step),
});

/** A run of its own, asked for in a channel. */
function started(playbook: string, by = engineer): World {
  const world = createWorld();
  world.by(by, startRun(playbook));
  return world;
}

describe('a playbook is walked from its first step to its last', () => {
  it('observes, asks, does, verifies, and ends', () => {
    const world = offered();
    expect(world.step(run, 'fallback')).toMatchObject({ kind: 'offering', plan: { risk: 'change' } });
    world.by(engineer, { type: 'run.perform', ...at(world, 'fallback') });
    expect(world.step(run, 'fallback')).toMatchObject({ kind: 'running', by: 'U1ENGINEER' });
    expect(world.claims.get(target)).toBe(run);
    expect(world.incident()).toMatchObject({ phase: 'mitigating', responders: ['U1ENGINEER'] });
    world.ends(0);
    expect(world.step(run, 'fallback').kind).toBe('verifying');
    world.values.set('error_ratio', 0.0004);
    world.pass(11 * minute);
    expect(world.step(run, 'fallback')).toMatchObject({
      kind: 'settled',
      by: 'U1ENGINEER',
      how: { kind: 'done', verified: { indicator: 'error_ratio', before: 0.009, after: 0.0004 } },
    });
    expect(world.claims.has(target)).toBe(false);
    // The gate of the playbook itself holds once more, then the checklist is left.
    world.pass(11 * minute);
    expect(world.step(run, 'verify')).toMatchObject({ how: { kind: 'held' } });
    world.by(engineer, { type: 'run.answer', ...at(world, 'after'), answer: 'done' });
    expect(world.run(run).result).toMatchObject({ kind: 'completed' });
    expect(world.incident()).toMatchObject({ currentRun: null, phase: 'mitigating' });
    expect(world.run(run).ledger).toMatchObject([{ action: 'fallback', by: 'U1ENGINEER', undo: 'none' }]);
    expect(world.refolded()).toEqual(world.states);
  });

  it('tells a late click what was chosen and by whom', () => {
    const world = asked();
    choose(world, 'limits');
    expect(choose(world, 'memory', second)).toMatchObject({
      code: 'already',
      message: expect.stringMatching(/^<@U1ENGINEER> already chose \*Rate limits\* at /),
    });
  });

  it('goes on without an observation that could not be made, and looks again when asked to', () => {
    const world = asked();
    const look = world.events(run).filter(({ type }) => type === 'CommandEnded');
    expect(look).toHaveLength(1);
    expect(world.step(run, 'look')).toMatchObject({ kind: 'settled' });
    expect(world.by(engineer, { type: 'run.try-again', ...at(world, 'look') })).toMatchObject({
      code: 'already',
    });
  });

  it('waits as long as the playbook says, or until somebody skips it', () => {
    const world = started('waiting');
    world.pass(minute - 1);
    expect(world.step('RUN-1', 'wait').kind).toBe('waiting');
    world.pass(1);
    expect(world.step('RUN-1', 'quick').kind).toBe('offering');

    const impatient = started('waiting');
    impatient.by(engineer, { type: 'run.skip', ...at(impatient, 'wait', 'RUN-1') });
    expect(impatient.step('RUN-1', 'quick').kind).toBe('offering');
    impatient.pass(hour);
    expect(impatient.attempt('RUN-1', 'quick')).toBe(1);
  });

  it('skips an offer and comes to the end', () => {
    const world = started('quick-fix');
    world.by(engineer, { type: 'run.skip', ...at(world, 'quick', 'RUN-1') });
    world.by(engineer, { type: 'run.skip', ...at(world, 'restart', 'RUN-1') });
    expect(world.run('RUN-1')).toMatchObject({ result: { kind: 'completed' }, ledger: [] });
  });

  it('lets nobody skip a step who could not carry it out', { tags: ['trust-29'] }, () => {
    const world = started('quick-fix');
    expect(world.by(trainee, { type: 'run.skip', ...at(world, 'quick', 'RUN-1') }).kind).toBe('accepted');
    expect(world.by(trainee, { type: 'run.skip', ...at(world, 'restart', 'RUN-1') })).toMatchObject({
      code: 'not-allowed',
    });
    expect(world.step('RUN-1', 'restart').kind).toBe('offering');
  });

  it('chooses again, and the buttons of the first way are stale', () => {
    const world = offered();
    const old = at(world, 'fallback');
    world.by(engineer, { type: 'run.choose-again', ...old });
    expect(world.step(run, 'kind')).toMatchObject({ kind: 'asking' });
    expect(world.attempt(run, 'kind')).toBe(2);
    // Two people at once go back one question, not two.
    expect(world.by(second, { type: 'run.choose-again', ...old })).toMatchObject({ code: 'stale' });
    choose(world, 'memory');
    expect(world.step(run, 'restart').kind).toBe('offering');
    expect(world.by(engineer, { type: 'run.perform', ...old }).kind).toBe('refused');
    choose(world, 'limits');
    expect(world.underWay()).toEqual([]);
  });

  it('keeps what a written file held before, for the way back', () => {
    const world = started('write-flag');
    world.by(engineer, { type: 'run.perform', ...at(world, 'flag', 'RUN-1') });
    world.ends(0, 'off\n');
    expect(world.run('RUN-1').ledger).toMatchObject([
      { action: 'flag', undo: 'previous', file: { path: 'config/flag.yaml', previous: 'off\n' } },
    ]);
  });

  it('does not pretend to know what a file held when nobody reported it', () => {
    const world = started('write-flag');
    world.by(engineer, { type: 'run.perform', ...at(world, 'flag', 'RUN-1') });
    world.ends({ kind: 'unknown', message: 'lost' });
    world.by(engineer, { type: 'run.claim', ...at(world, 'flag', 'RUN-1'), claim: 'worked' });
    expect(world.run('RUN-1').ledger).toMatchObject([{ action: 'flag', file: null }]);
  });

  it('asks for the right that the risk of the action needs', () => {
    const world = started('quick-fix', trainee);
    expect(world.by(trainee, { type: 'run.perform', ...at(world, 'quick', 'RUN-1') }).kind).toBe('accepted');
    world.ends(0);
    expect(world.by(trainee, { type: 'run.perform', ...at(world, 'restart', 'RUN-1') })).toMatchObject({
      code: 'not-allowed',
      message: expect.stringContaining('@oncall, @leads can'),
    });
    world.by(engineer, { type: 'run.perform', ...at(world, 'restart', 'RUN-1') });
    world.ends(1);
    // Trying again is doing it.
    expect(world.by(trainee, { type: 'run.try-again', ...at(world, 'restart', 'RUN-1') })).toMatchObject({
      code: 'not-allowed',
    });
  });
});

describe('a gate', () => {
  function verifying(): World {
    const world = offered();
    world.by(engineer, { type: 'run.perform', ...at(world, 'fallback') });
    world.values.set('error_ratio', 0.0004);
    world.ends(0);
    return world;
  }

  it('holds only after the whole time', () => {
    const world = verifying();
    world.pass(10 * minute - 1);
    expect(world.step(run, 'fallback').kind).toBe('verifying');
    world.pass(minute);
    expect(world.step(run, 'fallback').kind).toBe('settled');
  });

  it('starts the hold anew after a break', () => {
    const world = verifying();
    world.pass(9 * minute);
    world.values.set('error_ratio', 0.002);
    world.pass(30_000);
    expect(world.step(run, 'fallback')).toMatchObject({ kind: 'verifying', gate: { heldSince: null } });
    world.values.set('error_ratio', 0.0004);
    world.pass(9 * minute);
    expect(world.step(run, 'fallback').kind).toBe('verifying');
    world.pass(2 * minute);
    expect(world.step(run, 'fallback').kind).toBe('settled');
  });

  it('fails when the objective is not met in time, and gives the target back', () => {
    const world = verifying();
    world.values.set('error_ratio', 0.009);
    world.pass(11 * minute);
    expect(world.step(run, 'fallback')).toMatchObject({ kind: 'failed', code: 'not-verified' });
    expect(world.claims.has(target)).toBe(false);
  });

  it('is inconclusive without data, never passed', () => {
    const world = verifying();
    world.pass(5 * minute);
    world.values.set('error_ratio', null);
    world.pass(minute);
    expect(world.step(run, 'fallback')).toMatchObject({ kind: 'inconclusive', message: 'There is no data.' });
    world.by(engineer, { type: 'run.try-again', ...at(world, 'fallback') });
    expect(world.step(run, 'fallback').kind).toBe('running');
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('does not take %s for an answer', (value) => {
    const world = verifying();
    world.values.set('error_ratio', value);
    world.pass(2 * minute);
    expect(world.step(run, 'fallback').kind).toBe('inconclusive');
  });

  it('does not take for its answer what was measured before the command ended', () => {
    const verify = { indicator: 'up', holdMs: 0, withinMs: minute };
    const { definitions } = smallRoom;
    const down = definitions['service-down']!;
    const actions = { ...down.service.actions, restart: { ...down.service.actions.restart!, verify } };
    const definition = { ...down, service: { ...down.service, actions } };
    const world = createWorld({
      room: { ...smallRoom, definitions: { ...definitions, 'service-down': definition } },
    });
    world.notice(notice({ name: 'ServiceDown' }));
    world.by(engineer, { type: 'run.perform', ...at(world, 'restart') });
    world.values.set('up', 1);
    world.ends(0);
    expect(world.step(run, 'restart').kind).toBe('verifying');
    world.pass(15_000);
    expect(world.step(run, 'restart').kind).toBe('settled');
  });

  it('starts the hold anew where nobody looked for a while', () => {
    const world = verifying();
    world.pass(minute);
    world.down(12 * minute);
    world.pass(minute);
    expect(world.step(run, 'fallback').kind).toBe('verifying');
    world.pass(10 * minute);
    expect(world.step(run, 'fallback')).toMatchObject({ how: { kind: 'done' } });
  });

  it('is not fooled by a clock that is set forward or back', () => {
    for (const jump of [24 * hour, -24 * hour]) {
      const world = verifying();
      world.pass(minute);
      world.down(jump);
      world.pass(jump < 0 ? -jump + 5 * minute : 5 * minute);
      const state = world.step(run, 'fallback');
      expect(state.kind, `${jump}`).toBe('verifying');
      world.pass(10 * minute);
      expect(world.step(run, 'fallback'), `${jump}`).toMatchObject({ how: { kind: 'done' } });
    }
  });

  it('gives the target back when it is skipped, left for another choice, or the run ends', () => {
    const skipped = verifying();
    expect(skipped.claims.get(target)).toBe(run);
    skipped.by(engineer, { type: 'run.skip', ...at(skipped, 'fallback') });
    expect(skipped.claims.has(target)).toBe(false);

    const left = verifying();
    left.by(engineer, { type: 'run.choose-again', ...at(left, 'fallback') });
    expect(left.claims.has(target)).toBe(false);

    const ended = verifying();
    ended.by(engineer, { type: 'run.end', run, why: 'enough' });
    expect(ended.claims.has(target)).toBe(false);
    ended.pass(hour);
    expect(ended.step(run, 'fallback').kind).toBe('verifying');
    expect(ended.shown()).toContain(`step/${run}/fallback/1`);
  });

  it('is skipped by a person where the playbook itself verifies, and the walk goes on', () => {
    const world = verifying();
    world.by(engineer, { type: 'run.skip', ...at(world, 'fallback') });
    world.by(engineer, { type: 'run.skip', ...at(world, 'verify') });
    expect(world.step(run, 'after').kind).toBe('asking');
  });
});

describe('a command does not end as it should', () => {
  function running(): World {
    const world = asked();
    choose(world, 'memory');
    world.by(engineer, { type: 'run.perform', ...at(world, 'restart') });
    return world;
  }

  it('fails with what it said, gives the target back, and is tried again as a new attempt', () => {
    const world = running();
    const first = at(world, 'restart');
    world.ends(5);
    expect(world.step(run, 'restart')).toMatchObject({ kind: 'failed', message: 'Exit 5 after 1 s.' });
    expect(world.claims.has(target)).toBe(false);
    expect(world.run(run).ledger).toEqual([]);
    world.by(engineer, { type: 'run.try-again', ...first });
    expect(world.attempt(run, 'restart')).toBe(2);
    expect(world.by(second, { type: 'run.try-again', ...first })).toMatchObject({ code: 'stale' });
    world.ends(0);
    expect(world.step(run, 'restart')).toMatchObject({ how: { kind: 'done', tookMs: 0 } });
  });

  it('is started once, however many click', () => {
    const world = asked();
    choose(world, 'memory');
    const clicks = Array.from({ length: 100 }, (_, click) =>
      world.by(click % 2 ? second : engineer, { type: 'run.perform', run, step: 'restart', attempt: 1 }),
    );
    expect(clicks.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
    expect(clicks.filter((answer) => answer.kind === 'refused' && answer.code === 'already')).toHaveLength(
      99,
    );
    expect(world.underWay()).toHaveLength(1);
  });

  it('is stopped once, and says so', () => {
    const world = running();
    const stop = { type: 'run.stop', ...at(world, 'restart') } as const;
    expect(world.by(engineer, stop).kind).toBe('accepted');
    expect(world.by(second, stop)).toMatchObject({ code: 'already' });
    expect(world.effects()).toContainEqual(
      expect.objectContaining({ kind: 'stop-command', step: 'restart' }),
    );
    world.ends({ kind: 'stopped', tookMs: 10 });
    expect(world.step(run, 'restart')).toMatchObject({ kind: 'failed', code: 'stopped' });
  });

  it('cannot be ended with the run while it runs', () => {
    const world = running();
    expect(world.by(engineer, { type: 'run.end', run, why: null })).toMatchObject({ code: 'busy' });
    expect(world.by(engineer, { type: 'run.choose-again', ...at(world, 'restart') })).toMatchObject({
      code: 'busy',
    });
  });

  it('is unknown after an interruption: the probe speaks, and a person decides', () => {
    const world = running();
    world.values.set('up', 1);
    world.ends({ kind: 'unknown', message: 'The bot stopped while this ran.' });
    expect(world.step(run, 'restart')).toMatchObject({
      kind: 'unknown',
      probe: { verdict: 'pass', value: 1 },
    });
    expect(world.underWay()).toEqual([]);
    expect(world.by(engineer, { type: 'run.skip', ...at(world, 'restart') }).kind).toBe('refused');
    expect(world.by(trainee, { type: 'run.claim', ...at(world, 'restart'), claim: 'worked' })).toMatchObject({
      code: 'not-allowed',
    });
    world.by(engineer, { type: 'run.claim', ...at(world, 'restart'), claim: 'worked' });
    expect(world.step(run, 'restart')).toMatchObject({ how: { kind: 'done' } });
    expect(world.run(run).ledger).toMatchObject([{ action: 'restart', by: 'U1ENGINEER' }]);
    expect(world.claims.has(target)).toBe(false);
  });

  it('is offered again when a person says that it did not happen', () => {
    const world = running();
    world.ends({ kind: 'unknown', message: 'lost' });
    world.by(engineer, { type: 'run.claim', ...at(world, 'restart'), claim: 'did-not' });
    expect(world.step(run, 'restart')).toMatchObject({ kind: 'failed', code: 'did-not' });
    world.by(engineer, { type: 'run.try-again', ...at(world, 'restart') });
    expect(world.underWay()).toHaveLength(1);
  });

  it('says which of several commands failed', () => {
    const world = started('chain');
    world.values.set('error_ratio', 0);
    world.by(engineer, { type: 'run.perform', ...at(world, 'reload', 'RUN-1') });
    world.ends(0);
    world.ends(3);
    expect(world.step('RUN-1', 'reload')).toMatchObject({
      kind: 'failed',
      message: 'At "warm": Exit 3 after 1 s.',
    });
  });

  it('locks the target again before the rest of an unknown plan goes on', () => {
    const world = started('chain');
    world.values.set('error_ratio', 0);
    world.by(engineer, { type: 'run.perform', ...at(world, 'reload', 'RUN-1') });
    world.ends({ kind: 'unknown', message: 'lost' });
    const start = { incident: null, place: { kind: 'channel', channel: 'C1' }, reason: null } as const;
    world.by(second, { type: 'run.start', run: null, playbook: 'quick-fix', ...start });
    world.by(second, { type: 'run.perform', ...at(world, 'quick', 'RUN-2') });
    const claim = { type: 'run.claim', ...at(world, 'reload', 'RUN-1'), claim: 'worked' } as const;
    expect(world.by(engineer, claim)).toMatchObject({ code: 'busy' });
    expect(world.claims.get(target)).toBe('RUN-2');
    world.ends(0);
    expect(world.by(engineer, claim).kind).toBe('accepted');
    expect(world.claims.get(target)).toBe('RUN-1');
    world.ends(0);
    world.pass(11 * minute);
    expect(world.run('RUN-1').result).toMatchObject({ kind: 'completed' });
    expect(world.claims.has(target)).toBe(false);
  });

  it('does not hear the end of an attempt that was left behind', () => {
    const world = running();
    const late = at(world, 'restart');
    world.ends(5);
    world.by(engineer, { type: 'run.try-again', ...late });
    const answer = world.by(
      { kind: 'bot' },
      {
        type: 'run.command-ended',
        ...late,
        command: 0,
        outcome: { kind: 'exited', code: 0, tookMs: 1, truncatedBytes: 0 },
        previous: undefined,
      },
    );
    expect(answer).toMatchObject({ code: 'stale' });
    expect(world.step(run, 'restart').kind).toBe('running');
  });
});

describe('two runs and one target', () => {
  it('lets one act at a time', () => {
    const world = createWorld();
    const start = { incident: null, place: { kind: 'channel', channel: 'C1' }, reason: null } as const;
    world.by(engineer, { type: 'run.start', run: null, playbook: 'quick-fix', ...start });
    world.by(engineer, { type: 'run.start', run: null, playbook: 'quick-fix', ...start });
    world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 });
    const other = { type: 'run.perform', run: 'RUN-2', step: 'quick', attempt: 1 } as const;
    expect(world.by(second, other)).toMatchObject({
      code: 'busy',
      message: expect.stringContaining('RUN-1'),
    });
    expect(world.step('RUN-2', 'quick').kind).toBe('offering');
    world.ends(0);
    expect(world.by(second, other).kind).toBe('accepted');
  });
});

describe('a run is pinned to the playbook it started with', () => {
  it('walks the old steps after a new room was loaded', () => {
    const world = asked();
    const { definition } = world.run(run);
    choose(world, 'limits');
    expect(world.run(run).definition).toBe(definition);
    expect(definition).toMatch(/^[0-9a-f]{64}$/);
  });
});
