import { describe, expect, it } from 'vitest';
import { engineer, lead, minute, second, trainee, visitor } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

/** A destructive action was asked for by the engineer. */
function requested(): World {
  const world = createWorld();
  world.by(engineer, startRun('wipe-cache'));
  world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'wipe', attempt: 1 });
  return world;
}

function pending(world: World, id: 'RUN-1' | 'INC-1.2' = 'RUN-1', step = 'wipe') {
  const state = world.step(id, step);
  if (state.kind !== 'approving') throw new Error(`it is ${state.kind}`);
  return { run: id, step, attempt: world.attempt(id, step), hash: state.approval.hash };
}

const approve = (world: World) =>
  ({ type: 'run.approval-decide', verdict: 'approve', ...pending(world) }) as const;

describe('a destructive action', { tags: ['trust-31'] }, () => {
  it('waits for a second person and runs nothing until then', () => {
    const world = requested();
    expect(world.step('RUN-1', 'wipe')).toMatchObject({
      kind: 'approving',
      approval: {
        requestedBy: 'U1ENGINEER',
        expiresAt: world.now() + 10 * minute,
        state: { kind: 'pending' },
      },
    });
    expect(world.underWay()).toEqual([]);
    expect(world.by(second, approve(world)).kind).toBe('accepted');
    expect(world.underWay()).toHaveLength(1);
  });

  it('is asked for only by those who may', () => {
    const world = createWorld();
    world.by(trainee, startRun('wipe-cache'));
    const ask = { type: 'run.perform', run: 'RUN-1', step: 'wipe', attempt: 1 } as const;
    expect(world.by(trainee, ask)).toMatchObject({ code: 'not-allowed' });
    expect(world.by(engineer, ask).kind).toBe('accepted');
  });

  it('is not approved by the one who asked, nor by anybody without the right', () => {
    const world = requested();
    expect(world.by(engineer, approve(world))).toMatchObject({ code: 'own-request' });
    expect(world.by(trainee, approve(world))).toMatchObject({ code: 'not-allowed' });
    expect(world.by(visitor, approve(world))).toMatchObject({ code: 'not-allowed' });
    expect(world.underWay()).toEqual([]);
  });

  it('is approved as it was shown, or not at all', () => {
    const world = requested();
    expect(world.by(second, { ...approve(world), hash: '0'.repeat(64) })).toMatchObject({
      code: 'plan-changed',
    });
    expect(world.underWay()).toEqual([]);
  });

  it('has one outcome when two decide, and the second is told who did', () => {
    const world = requested();
    const approval = approve(world);
    world.by(second, approval);
    expect(world.by(lead, approval).kind).toBe('refused');
    expect(world.by(lead, { ...approval, verdict: 'refuse' }).kind).toBe('refused');
    expect(world.underWay()).toHaveLength(1);
    expect(world.events('RUN-1').filter(({ type }) => type === 'ApprovalDecided')).toHaveLength(1);
  });

  it('never runs on one person alone, whatever a hundred clicks try', () => {
    const world = requested();
    const approval = approve(world);
    for (let click = 0; click < 100; click++) world.by(engineer, approval);
    expect(world.underWay()).toEqual([]);
  });

  it('is offered again when it was refused or taken back, and the old request is stale', () => {
    for (const by of [second, engineer]) {
      const world = requested();
      const old = approve(world);
      world.by(by, { ...old, verdict: 'refuse' });
      expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
      expect(world.attempt('RUN-1', 'wipe')).toBe(2);
      expect(world.by(second, old)).toMatchObject({ code: 'stale' });
    }
  });

  it('expires, and an approval that comes too late counts for nothing', () => {
    const world = requested();
    const late = approve(world);
    world.pass(10 * minute);
    expect(world.step('RUN-1', 'wipe').kind).toBe('offering');
    expect(world.by(second, late)).toMatchObject({ kind: 'refused' });
    expect(world.underWay()).toEqual([]);
  });

  it('has expired even where the timer itself is late', () => {
    const world = requested();
    const late = approve(world);
    world.down(10 * minute + 1);
    expect(world.by(second, late)).toMatchObject({ code: 'expired' });
  });

  it('leaves a decided request alone when its timer fires', () => {
    const world = requested();
    world.by(second, approve(world));
    world.pass(11 * minute);
    expect(world.step('RUN-1', 'wipe').kind).toBe('running');
  });
});

describe('breaking the glass', () => {
  function inIncident(name: string): World {
    const world = createWorld();
    world.notice(notice({ name }));
    world.by(engineer, {
      type: 'incident.start-run',
      incident: 'INC-1',
      playbook: 'wipe-cache',
      reason: null,
    });
    world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'wipe', attempt: 1 });
    return world;
  }
  const glass = (world: World) =>
    ({ type: 'run.break-glass', reason: 'Nobody answers.', ...pending(world, 'INC-1.2') }) as const;

  it('is for the commander of a P0 alone', () => {
    const p1 = inIncident('HighErrorRate');
    p1.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U1ENGINEER' });
    expect(p1.by(engineer, glass(p1))).toMatchObject({ code: 'not-allowed' });

    const p0 = inIncident('ServiceDown');
    p0.by(second, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(p0.by(engineer, glass(p0))).toMatchObject({ code: 'not-allowed' });
    expect(p0.underWay()).toEqual([]);
  });

  it('needs the right to override as well', () => {
    const world = inIncident('ServiceDown');
    world.by(lead, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(world.by(lead, glass(world))).toMatchObject({ code: 'not-allowed' });
  });

  it('is announced with its reason', () => {
    const world = inIncident('ServiceDown');
    world.by(engineer, { type: 'incident.acknowledge', incident: 'INC-1' });
    expect(world.by(engineer, glass(world)).kind).toBe('accepted');
    expect(world.underWay()).toHaveLength(1);
    expect(world.incident().notes.at(-1)).toMatchObject({
      kind: 'bot',
      text: '<@U1ENGINEER> broke the glass for *Wipe the cache*, without a second person: Nobody answers.',
    });
  });
});
