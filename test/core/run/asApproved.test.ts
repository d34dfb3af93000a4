import { describe, expect, it } from 'vitest';
import type { Room } from '../../../src/core/playbook/room.ts';
import { notAsApproved as lookAt } from '../../../src/core/run/asApproved.ts';
import type { Run } from '../../../src/core/run/run.ts';
import { engineer, room, second } from '../../fakes/room.ts';
import { startRun } from '../../fakes/startRun.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

/** The room with evidence that is kept before the cache is wiped. */
function roomWithEvidence(): Room {
  const definition = room.definitions['wipe-cache'];
  const wipe = definition?.service.actions.wipe;
  if (!definition || !wipe) throw new Error('the room has no wipe-cache');
  const { service } = definition;
  const actions = { ...service.actions, wipe: { ...wipe, evidence: ['errors'] } };
  const wipeCache = { ...definition, service: { ...service, actions } };
  return { ...room, definitions: { ...room.definitions, 'wipe-cache': wipeCache } };
}

function started(playbook: string, inRoom = room): World {
  const world = createWorld({ room: inRoom });
  world.by(engineer, startRun(playbook));
  return world;
}

/** Approved by a second person: the step where that is asked for at a step, else the whole procedure. */
function approved(playbook: string, inRoom = room): World {
  const world = started(playbook, inRoom);
  if (playbook === 'wipe-cache') {
    const at = { run: 'RUN-1', step: 'wipe', attempt: 1 } as const;
    world.by(engineer, { type: 'run.perform', ...at });
    const state = world.step('RUN-1', 'wipe');
    if (state.kind !== 'approving') throw new Error(state.kind);
    const { hash } = state.approval;
    world.by(second, { type: 'run.approval-decide', verdict: 'approve', ...at, hash });
  } else {
    const hash = world.run('RUN-1').whole?.hash ?? '';
    world.by(second, { type: 'run.plan-decide', verdict: 'approve', run: 'RUN-1', hash });
  }
  return world;
}

type RunCommand = Parameters<typeof lookAt>[0];

const notAsApproved = (effect: RunCommand, run: Run, inRoom = room) => {
  const definition = inRoom.definitions[run.playbook];
  if (!definition) throw new Error(`the room has no ${run.playbook}`);
  return lookAt(effect, run, definition);
};

describe('the last look before a command goes to a host', { tags: ['trust-31'] }, () => {
  const commandsOf = (world: World) =>
    world.effects().flatMap((effect) => (effect.kind === 'run-command' ? [effect] : []));

  it('lets every command of an approved step and of an approved procedure through, its evidence too', async ({
    annotate,
  }) => {
    let passed = 0;
    for (const playbook of ['wipe-cache', 'rollback-checkout']) {
      const world = approved(playbook, roomWithEvidence());
      let looked = 0;
      for (let all = commandsOf(world); looked < all.length; all = commandsOf(world)) {
        const effect = all[looked];
        looked += 1;
        if (!effect || effect.planned.observes) continue;
        expect(effect.approved).toMatch(/^[0-9a-f]{64}$/);
        expect(notAsApproved(effect, world.run('RUN-1'))).toBeNull();
        passed += 1;
        world.ends();
      }
    }
    expect(passed).toBe(4);
    await annotate(`${passed} approved commands let through`, 'figure');
  });

  it('stops what is not of the approved procedure', () => {
    const pendingWhole = started('rollback-checkout').run('RUN-1').whole;
    const world = approved('rollback-checkout');
    const [effect] = commandsOf(world);
    if (!effect) throw new Error('nothing runs');
    const planned = { ...effect.planned, timeoutMs: effect.planned.timeoutMs + 1 };
    expect(notAsApproved({ ...effect, planned }, world.run('RUN-1'))).toMatch(/was not run/);
    const pending = { ...world.run('RUN-1'), whole: pendingWhole };
    expect(notAsApproved(effect, pending)).toMatch(/Nobody has approved/);
  });

  it('asks nothing of what needs no approval, nor of what an older version decided', () => {
    const world = started('quick-fix');
    world.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 });
    const [quick] = commandsOf(world);
    expect(quick && 'approved' in quick).toBe(false);
    expect(quick && notAsApproved(quick, world.run('RUN-1'))).toBeNull();
    const older = approved('wipe-cache');
    const [wipe] = commandsOf(older);
    const run = older.run('RUN-1');
    const record = run.steps.wipe;
    if (!wipe || record?.state.kind !== 'running') throw new Error('nothing runs');
    const { approved: _, ...effect } = wipe;
    const { approved: __, ...state } = record.state;
    expect(notAsApproved(effect, { ...run, steps: { wipe: { ...record, state } } })).toBeNull();
  });

  it('stops what was written by hand where nothing had to be approved, and what is not due now', () => {
    const quick = started('quick-fix');
    quick.by(engineer, { type: 'run.perform', run: 'RUN-1', step: 'quick', attempt: 1 });
    const [effect] = commandsOf(quick);
    if (!effect) throw new Error('nothing runs');
    const argv = { kind: 'run', argv: ['tool', 'wipe', '--all'] } as const;
    const planned = { ...effect.planned, does: argv };
    expect(notAsApproved({ ...effect, planned }, quick.run('RUN-1'))).toMatch(/was not run/);
    expect(notAsApproved({ ...effect, attempt: 2 }, quick.run('RUN-1'))).toMatch(/was not run/);

    // Offered, and asked for by nobody: neither as it is written nor as something that only looks.
    const offered = started('wipe-cache');
    const { state } = offered.run('RUN-1').steps.wipe ?? {};
    const [wipe] = state?.kind === 'offering' ? state.plan.commands : [];
    if (!wipe) throw new Error('nothing is offered');
    for (const observes of [false, true]) {
      const row = { ...effect, step: 'wipe', attempt: 1, command: 0, planned: { ...wipe, observes } };
      expect(notAsApproved(row, offered.run('RUN-1'))).toMatch(/was not run/);
    }

    // A procedure's, without the hash as an older version had it: what it says still has to be in the plan.
    const whole = approved('rollback-checkout');
    const [first] = commandsOf(whole);
    if (!first) throw new Error('nothing runs');
    const { approved: _, ...older } = first;
    expect(notAsApproved(older, whole.run('RUN-1'))).toBeNull();
    const forged = { ...older, planned: { ...older.planned, does: argv } };
    expect(notAsApproved(forged, whole.run('RUN-1'))).toMatch(/was not run/);
    // Once it is over, the same one is not due a second time.
    whole.ends();
    expect(notAsApproved(first, whole.run('RUN-1'))).toMatch(/was not run/);
  });

  it('lets through what only looks as its playbook says it, and nothing else in its name', () => {
    const world = createWorld();
    world.notice(notice());
    const [look] = commandsOf(world);
    if (!look?.planned.observes) throw new Error('nothing looks');
    const run = world.run(look.run);
    expect(notAsApproved(look, run)).toBeNull();
    const planned = { ...look.planned, does: { kind: 'run', argv: ['tool', 'wipe'] } } as const;
    expect(notAsApproved({ ...look, planned }, run)).toMatch(/was not run/);
    expect(notAsApproved({ ...look, approved: 'f'.repeat(64) }, run)).toMatch(/Nobody has approved/);
  });
});
