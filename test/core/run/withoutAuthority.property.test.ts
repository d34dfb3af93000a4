import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandBody } from '../../../src/core/command.ts';
import { engineer, visitor } from '../../fakes/room.ts';
import { createWorld, notice, type World } from '../../fakes/world.ts';

const runs = process.env.SOAK ? 2_000 : 150;

/** Two runs that stand at something that changes production: one on offer, one that waits for a second person. */
function tempting(): World {
  const world = createWorld();
  world.notice(notice({ name: 'ServiceDown' }));
  for (const playbook of ['wipe-cache', 'rollback-checkout'])
    world.by(engineer, { type: 'incident.start-run', incident: 'INC-1', playbook, reason: null });
  world.by(engineer, { type: 'run.perform', run: 'INC-1.2', step: 'wipe', attempt: 1 });
  return world;
}

type Make = (world: World) => CommandBody;

const hashes = (world: World) => {
  const state = world.step('INC-1.2', 'wipe');
  return {
    step: state.kind === 'approving' ? state.approval.hash : '0'.repeat(64),
    plan: world.run('INC-1.3').whole?.hash ?? '0'.repeat(64),
  };
};

const wipe = { run: 'INC-1.2', step: 'wipe', attempt: 1 } as const;
const restart = { run: 'INC-1.1', step: 'restart', attempt: 1 } as const;

/** Every click, form and word that leads towards something that runs. */
const tries: readonly Make[] = [
  () => ({ type: 'run.perform', ...restart }),
  () => ({ type: 'run.perform', ...restart, typed: 'yes' }),
  () => ({ type: 'run.perform', ...wipe }),
  () => ({ type: 'run.try-again', ...wipe }),
  () => ({ type: 'run.skip', ...restart }),
  () => ({ type: 'run.claim', ...wipe, claim: 'worked' }),
  () => ({ type: 'run.hold', ...restart }),
  () => ({ type: 'run.choose-again', ...wipe }),
  (world) => ({ type: 'run.approval-decide', verdict: 'approve', ...wipe, hash: hashes(world).step }),
  (world) => ({
    type: 'run.approval-decide',
    verdict: 'approve',
    standIn: true,
    ...wipe,
    hash: hashes(world).step,
  }),
  (world) => ({ type: 'run.plan-decide', verdict: 'approve', run: 'INC-1.3', hash: hashes(world).plan }),
  (world) => ({ type: 'run.plan-decide', verdict: 'withdraw', run: 'INC-1.3', hash: hashes(world).plan }),
  (world) => ({ type: 'run.break-glass', ...wipe, hash: hashes(world).step, reason: 'I say so.' }),
  (world) => ({
    type: 'run.plan-break-glass',
    run: 'INC-1.3',
    hash: hashes(world).plan,
    reason: 'I say so.',
  }),
  () => ({ type: 'incident.role', incident: 'INC-1', role: 'commander', user: 'U5VISITOR' }),
  () => ({ type: 'incident.severity', incident: 'INC-1', severity: 'P0', why: null }),
  () => ({ type: 'incident.acknowledge', incident: 'INC-1' }),
  () => ({ type: 'incident.start-run', incident: 'INC-1', playbook: 'reinstall', reason: null }),
  () => ({ type: 'run.end', run: 'INC-1.3', why: null }),
];

describe('somebody without authority', { tags: ['trust-29', 'trust-30'] }, () => {
  it('runs nothing that changes anything, by whatever they click, fill in or say, in whatever order', async ({
    annotate,
  }) => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...tries), fc.nat({ max: 9 })), { minLength: 1, maxLength: 25 }),
        (sequence) => {
          const world = tempting();
          const before = world.underWay().length;
          const incident = world.incident('INC-1');
          for (const [make, minutes] of sequence) {
            expect(world.by(visitor, make(world)).kind).toBe('refused');
            world.pass(minutes * 1_000);
          }
          expect(world.underWay()).toHaveLength(before);
          expect(world.incident('INC-1').roles).toEqual(incident.roles);
        },
      ),
      { numRuns: runs },
    );
    await annotate(`${runs} sequences of up to 25 clicks, forms and words: 0 changes`, 'figure');
  });
});
