import { describe, expect, it } from 'vitest';
import { doing, engineer, lead, minute, second, room as smallRoom, trainee } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const run = 'INC-1.2' as const;
const target = 'target:web/checkout';

/** The rollback was asked for inside an incident; it holds something destructive, so its plan waits. */
function proposed(): World {
  const world = createWorld();
  world.notice(notice());
  world.by(engineer, {
    type: 'incident.start-run',
    incident: 'INC-1',
    playbook: 'rollback-checkout',
    reason: 'It got worse.',
  });
  return world;
}

const decision = (world: World, verdict: 'approve' | 'refuse' = 'approve') =>
  ({ type: 'run.plan-decide', run, verdict, hash: world.run(run).whole?.hash ?? '' }) as const;

function approved(): World {
  const world = proposed();
  world.by(second, decision(world));
  return world;
}

/** Approved, and between the command that takes down and the one that brings back. */
function pausing(): World {
  const { definitions } = smallRoom;
  const rollback = definitions['rollback-checkout']!;
  const pause = { id: 'pause', kind: 'wait', ms: minute, why: 'It settles.' } as const;
  const start = { id: 'start', kind: 'do', action: 'start', always: true } as const;
  const playbook = { ...rollback.playbook, steps: [doing('stop'), pause, start] };
  const world = createWorld({
    room: { ...smallRoom, definitions: { ...definitions, 'rollback-checkout': { ...rollback, playbook } } },
  });
  world.notice(notice());
  const asked = { type: 'incident.start-run', incident: 'INC-1', playbook: 'rollback-checkout' } as const;
  world.by(engineer, { ...asked, reason: null });
  world.by(second, decision(world));
  world.ends(0);
  expect(world.step(run, 'pause').kind).toBe('waiting');
  return world;
}

const planned = (world: World) => world.underWay().map(({ planned }) => planned.action);

describe('a procedure that is approved as a whole', () => {
  it('shows the ordered plan and touches nothing before the approval', () => {
    const world = proposed();
    expect(world.run(run).whole).toMatchObject({
      requestedBy: 'U1ENGINEER',
      plan: {
        risk: 'destructive',
        commands: [{ action: 'stop' }, { action: 'install' }, { action: 'start' }],
      },
    });
    expect(world.shown()).toContain(`plan/${run}`);
    expect(planned(world)).toEqual([]);
    expect(world.claims.has(target)).toBe(false);
    expect(world.by(engineer, decision(world))).toMatchObject({ code: 'own-request' });
    expect(world.by(trainee, decision(world))).toMatchObject({ code: 'not-allowed' });
    expect(world.by(second, { ...decision(world), hash: 'f'.repeat(64) })).toMatchObject({
      code: 'plan-changed',
    });
  });

  it('walks by itself after one approval, and keeps its target until the end', () => {
    const world = approved();
    world.values.set('up', 1);
    for (const action of ['stop', 'install', 'start']) {
      expect(planned(world)).toEqual([action]);
      expect(world.claims.get(target)).toBe(run);
      world.ends(0);
    }
    world.pass(minute);
    expect(world.run(run)).toMatchObject({ result: { kind: 'completed' } });
    expect(world.run(run).ledger.map(({ action }) => action)).toEqual(['stop', 'install', 'start']);
    expect(world.claims.has(target)).toBe(false);
    // The walk that it interrupted still waits, and people are at that one again.
    expect(world.incident().currentRun).toBe('INC-1.1');
    expect(world.by(lead, decision(world))).toMatchObject({ kind: 'refused' });
  });

  it('brings back what it took down and stops when a step fails', () => {
    const world = approved();
    world.ends(0);
    world.ends(1);
    expect(planned(world)).toEqual(['start']);
    world.ends(0);
    expect(world.run(run).result).toMatchObject({
      kind: 'stopped',
      why: 'install did not succeed, so the rest was not carried out.',
    });
    expect(world.claims.has(target)).toBe(false);
    expect(world.run(run).ledger.map(({ action }) => action)).toEqual(['stop', 'start']);
    expect(world.events(run).filter(({ type }) => type === 'RunEnded')).toHaveLength(1);
  });

  it('brings back as well after an outcome that nobody knows', () => {
    const world = approved();
    world.ends({ kind: 'unknown', message: 'lost' });
    expect(planned(world)).toEqual(['start']);
    world.ends(0);
    expect(world.run(run).result?.kind).toBe('stopped');
  });

  it('ends even when what must be brought back fails too', () => {
    const world = approved();
    world.ends(1);
    world.ends(1);
    expect(world.run(run).result).toMatchObject({ kind: 'stopped', why: expect.stringContaining('stop') });
    expect(world.events(run).filter(({ type }) => type === 'RunEnded')).toHaveLength(1);
    expect(world.claims.has(target)).toBe(false);
  });

  it('stops at a gate that does not hold', () => {
    const world = approved();
    world.values.set('up', 0);
    for (let step = 0; step < 3; step++) world.ends(0);
    world.pass(2 * minute);
    expect(world.run(run).result).toMatchObject({ kind: 'stopped' });
    expect(world.step(run, 'up').kind).toBe('failed');
  });

  it('is stopped by a person like a failed step', () => {
    const world = approved();
    world.by(engineer, { type: 'run.stop', run, step: 'stop', attempt: 1 });
    world.ends({ kind: 'stopped', tookMs: 5 });
    expect(planned(world)).toEqual(['start']);
  });

  it('goes on to its end when the incident is resolved on the way', () => {
    const world = approved();
    world.values.set('up', 1);
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    for (const action of ['stop', 'install', 'start']) {
      expect(planned(world)).toEqual([action]);
      world.ends(0);
    }
    world.pass(minute);
    expect(world.run(run).result?.kind).toBe('completed');
    expect(world.incident()).toMatchObject({ phase: 'resolved' });
  });

  it('goes on to its end when the incident is resolved between two commands', () => {
    const world = pausing();
    world.by(engineer, { type: 'incident.resolve', incident: 'INC-1', note: null });
    expect(world.run(run).result).toBeNull();
    world.pass(minute);
    expect(planned(world)).toEqual(['start']);
    world.ends(0);
    expect(world.run(run).result?.kind).toBe('completed');
  });

  it('brings back what it took down when a person ends it between two commands', () => {
    const world = pausing();
    expect(world.by(engineer, { type: 'run.end', run, why: null }).kind).toBe('accepted');
    expect(planned(world)).toEqual(['start']);
    expect(world.by(engineer, { type: 'run.end', run, why: null })).toMatchObject({ code: 'busy' });
    world.ends(0);
    expect(world.run(run).result).toMatchObject({ kind: 'stopped', why: 'It was ended before it was over.' });
    expect(world.claims.has(target)).toBe(false);
  });

  it('leaves what has failed to nobody while it brings back what it took down', () => {
    const world = approved();
    world.ends(0);
    world.ends(1);
    const at = { run, step: 'install', attempt: 1 } as const;
    for (const body of [
      { type: 'run.skip', ...at },
      { type: 'run.try-again', ...at },
      { type: 'run.claim', claim: 'worked', ...at },
    ] as const)
      expect(world.by(engineer, body), body.type).toMatchObject({ kind: 'refused' });
    expect(planned(world)).toEqual(['start']);
  });

  it('waits for a person where the bot itself would start it, or where an incident is declared with it', () => {
    const answering = (name: string) => {
      const { definitions } = smallRoom;
      const procedure = definitions[name]!;
      const playbook = { ...procedure.playbook, kind: 'alert', answers: { alertname: 'Odd' } } as const;
      return { ...smallRoom, definitions: { ...definitions, [name]: { ...procedure, playbook } } };
    };
    const world = createWorld({ room: answering('reinstall') });
    world.notice(notice({ name: 'Odd' }));
    expect(world.run('INC-1.1').whole?.state.kind).toBe('pending');
    expect(planned(world)).toEqual([]);

    const declare = { type: 'incident.declare', title: 'x', service: 'checkout', severity: 'P1' } as const;
    const declared = createWorld();
    declared.by(trainee, { ...declare, playbook: 'reinstall', summary: '' });
    expect(declared.runs()).toEqual([]);
    const own = createWorld();
    own.by(engineer, { ...declare, playbook: 'rollback-checkout', summary: '' });
    const { hash } = own.run('INC-1.1').whole!;
    const approve = { type: 'run.plan-decide', run: 'INC-1.1', verdict: 'approve', hash } as const;
    expect(own.by(engineer, approve)).toMatchObject({ code: 'own-request' });
  });

  it('does not start when refused or when nobody answers', () => {
    const refused = proposed();
    refused.by(second, decision(refused, 'refuse'));
    expect(refused.run(run).result).toMatchObject({ kind: 'refused' });

    const expired = proposed();
    expired.pass(10 * minute);
    expect(expired.run(run).result).toMatchObject({ kind: 'refused', why: 'Nobody approved it in time.' });
    expect(planned(expired)).toEqual([]);
  });

  it('leaves a target alone that another run is working on', () => {
    const world = proposed();
    const mitigation = 'INC-1.1' as const;
    world.by(engineer, { type: 'run.choose', run: mitigation, step: 'kind', attempt: 1, option: 'memory' });
    world.by(engineer, { type: 'run.perform', run: mitigation, step: 'restart', attempt: 1 });
    expect(world.by(second, decision(world))).toMatchObject({ code: 'busy' });
    expect(world.run(run).whole?.state.kind).toBe('pending');
    // Its refusal must not give away what somebody else holds.
    world.by(second, decision(world, 'refuse'));
    expect(world.claims.get(target)).toBe(mitigation);
  });

  it('starts at once where nothing in it is destructive and whoever asks may disrupt', () => {
    const start = {
      type: 'run.start',
      run: null,
      incident: null,
      playbook: 'reinstall',
      place: { kind: 'channel', channel: 'C1' },
      reason: null,
    } as const;
    const world = createWorld();
    expect(world.by(trainee, start)).toMatchObject({ code: 'not-allowed' });
    expect(world.by(engineer, start)).toMatchObject({ stream: 'RUN-1' });
    expect(planned(world)).toEqual(['install']);
    expect(world.runs()).toEqual(['RUN-1']);
  });
});
