import { describe, expect, it } from 'vitest';
import { walkedNow } from '../../../src/core/incident/incident.ts';
import { engineer } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

/** A procedure is asked for in the middle of the walk, and goes through to its end. */
function withProcedure(world: World): void {
  const asked = {
    type: 'incident.start-run',
    incident: 'INC-1',
    playbook: 'quick-fix',
    reason: null,
  } as const;
  world.by(engineer, asked);
  for (const step of ['quick', 'restart']) {
    world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step, attempt: 1 });
    if (world.underWay().length > 0) world.ends(0);
  }
  expect(world.run('INC-1.2').result).toMatchObject({ kind: 'completed' });
}

function skipRest(world: World): void {
  for (let left = 10; world.run('INC-1.1').at !== null && left > 0; left--) {
    const step = world.run('INC-1.1').at ?? '';
    world.by(engineer, { type: 'run.skip', run: 'INC-1.1', step, attempt: world.attempt('INC-1.1', step) });
  }
  expect(world.run('INC-1.1').result).toMatchObject({ kind: 'completed' });
}

describe('a procedure that was called from an incident has ended', () => {
  it('leaves people at the walk that still waits, and nobody once that is over', () => {
    const world = createWorld();
    world.notice(notice());
    withProcedure(world);
    expect(world.incident()).toMatchObject({ currentRun: 'INC-1.1', endedRuns: ['INC-1.2'] });
    expect(walkedNow(world.incident())).toBe('INC-1.1');
    skipRest(world);
    expect(walkedNow(world.incident())).toBeNull();
  });

  it('shows the walk that waits as well where an older version had written that none does', () => {
    const world = createWorld();
    world.notice(notice());
    expect(walkedNow({ ...world.incident(), currentRun: null })).toBe('INC-1.1');
  });

  it('ends a drill with the walk that was left, and not before', () => {
    const world = createWorld();
    world.by(engineer, { type: 'incident.drill', playbook: 'high-error-rate', firstFails: false });
    withProcedure(world);
    expect(world.incident()).toMatchObject({ phase: 'mitigating', currentRun: 'INC-1.1' });
    skipRest(world);
    expect(world.incident()).toMatchObject({ phase: 'resolved', resolved: { by: 'bot', note: null } });
  });
});
