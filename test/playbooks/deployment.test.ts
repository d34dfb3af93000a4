import { beforeAll, describe, expect, it } from 'vitest';
import type { Room } from '../../src/core/playbook/room.ts';
import { allSteps } from '../../src/core/run/walk.ts';
import { engineer, second } from '../fakes/room.ts';
import { createWorld, notice } from '../fakes/world.ts';
import { shippedRoom } from './shippedRoom.ts';
import { definitionIn, walk } from './walker.ts';

const minute = 60_000;
let room: Room;
beforeAll(async () => {
  room = await shippedRoom();
});

describe('a high error rate after a deployment', () => {
  const playbook = 'deployment-error-rate';

  it('that is critical has its flags switched off, and the rollback at hand', () => {
    const walked = walk(room, {
      playbook,
      answers: ['LLM', 'Critical'],
      sick: ['error_ratio_rollout'],
      mendedBy: 'disable_failed_flags',
    });
    expect(walked.looked).toEqual(['service_health', 'error_kinds', 'recent_errors']);
    expect(walked.carriedOut).toEqual(['disable_failed_flags']);
    expect(walked.end).toBe('completed');
  });

  it('that is not critical is watched for fifteen minutes', () => {
    const { world, run, end, carriedOut } = walk(room, { playbook, answers: ['Network', 'Not critical'] });
    expect({ end, carriedOut }).toEqual({ end: 'completed', carriedOut: [] });
    const held = Object.values(world.run(run).steps).flatMap(({ state }) =>
      state.kind === 'settled' && state.how.kind === 'held' ? [state.how.verified.heldMs] : [],
    );
    expect(held).toEqual([15 * minute]);
  });

  it('that persists does not hold, and after twenty minutes the rollback is offered', () => {
    const { world, end } = walk(room, {
      playbook,
      answers: ['Routing', 'Not critical'],
      sick: ['error_ratio_rollout'],
    });
    expect(end).toBe('failed at verify error_ratio_rollout');
    world.pass(20 * minute);
    expect(world.effects()).toContainEqual(
      expect.objectContaining({
        command: expect.objectContaining({
          type: 'incident.unresolved-check',
          offer: 'rollback-genesis-orchestration',
        }),
      }),
    );
  });

  it('with too few operations is not called well', () => {
    const { end } = walk(room, {
      playbook,
      answers: ['Routing', 'Not critical'],
      blind: ['error_ratio_rollout'],
    });
    expect(end).toBe('inconclusive at verify error_ratio_rollout');
  });

  it('joins the incident that the error rate of every day has opened', () => {
    const world = createWorld({ room });
    world.notice(notice({ name: 'HighErrorRate', service: 'genesis-orchestration' }));
    world.notice(notice({ name: 'DeploymentErrorRate', service: 'genesis-orchestration' }));
    expect(world.incidents()).toHaveLength(1);
    expect(world.runs().map((run) => world.run(run).playbook)).toEqual([
      'high-error-rate',
      'deployment-error-rate',
    ]);
  });
});

describe('a high latency after a deployment', () => {
  const playbook = 'deployment-latency';
  const sick = ['latency_p95_rollout', 'latency_p99_rollout'];

  it('of the model is mended by the fallback', () => {
    const walked = walk(room, {
      playbook,
      answers: ['The language model'],
      sick,
      mendedBy: 'llm_fallback',
    });
    expect(walked.carriedOut).toEqual(['llm_fallback', 'restart']);
    expect(walked.end).toBe('completed');
  });

  it('of everything has the flags switched off, and where that does not help the gate says so', () => {
    const walked = walk(room, { playbook, answers: ['Everything, since the deployment'], sick });
    expect(walked.carriedOut).toEqual(['disable_failed_flags']);
    expect(walked.end).toBe('failed at verify latency_p95_rollout');
    const offer = room.definitions[playbook]?.playbook.onUnresolved;
    expect(offer).toEqual({ afterMs: 12 * minute, offer: 'rollback-genesis-orchestration' });
  });

  it('also looks at the 99th percentile', () => {
    const walked = walk(room, {
      playbook,
      answers: ['Routing (HALO)'],
      sick: ['latency_p99_rollout'],
    });
    expect(walked.end).toBe('failed at verify latency_p99_rollout');
  });
});

describe('a deployment that fails validation', () => {
  const playbook = 'deployment-fails-validation';

  it.each([
    ['Git status', []],
    ['Test pass rate', ['first_failing_test']],
    ['Code coverage', []],
    ['Feature flags', []],
    ['Dependencies', ['reinstall_dependencies']],
    ['Configuration files', []],
    ['Health check script', []],
  ])('by its %s is mended and tried again without deploying', (answer, mended) => {
    const walked = walk(room, { playbook, answers: [answer, 'All seven pass'] });
    expect(walked.carriedOut).toEqual([...mended, 'deployment_dry_run']);
    expect(walked.end).toBe('completed');
  });

  it('waits for a person where the dry run still fails', () => {
    const walked = walk(room, { playbook, answers: ['Git status'], breaks: ['deployment_dry_run'] });
    expect(walked.end).toBe('failed at do deployment_dry_run');
  });
});

describe('a feature flag without effect', () => {
  const playbook = 'feature-flag-without-effect';

  it('is compared between the file and the running service before anything is touched', () => {
    const walked = walk(room, { playbook, answers: ['The file has the old value', 'Yes'] });
    expect(walked.looked).toEqual(['flags_on_disk', 'service_health', 'service_health']);
    expect({ done: walked.carriedOut, end: walked.end }).toEqual({ done: [], end: 'completed' });
  });

  it('that the service has not read since is read by a restart, verified', () => {
    const walked = walk(room, {
      playbook,
      answers: ['The file is right, the service follows another value', 'Yes'],
    });
    expect(walked.carriedOut).toEqual(['restart']);
    const down = walk(room, {
      playbook,
      answers: ['The file is right, the service follows another value'],
      sick: ['up'],
    });
    expect(down.end).toBe('failed at do restart');
  });
});

describe('the emergency shutdown', () => {
  const playbook = 'emergency-shutdown';
  const turns = {
    emergency_shutdown_on: { met: ['shut_down'], missed: ['not_shut_down'] },
    emergency_shutdown_off: { met: ['not_shut_down'], missed: ['shut_down'] },
  };
  const sick = ['shut_down'];

  it('waits for a second person, who is never the one who asked', () => {
    const { world, run, end, carriedOut } = walk(room, { playbook, sick, turns });
    expect({ end, carriedOut }).toEqual({
      end: 'waits for a second person at do emergency_shutdown_on',
      carriedOut: [],
    });
    const at = world.run(run).at ?? '';
    const state = world.step(run, at);
    const hash = state.kind === 'approving' ? state.approval.hash : '';
    const decide = { type: 'run.approval-decide', run, step: at, attempt: 1, hash } as const;
    expect(world.by(engineer, { ...decide, verdict: 'approve' })).toMatchObject({ code: 'own-request' });
    world.by(second, { ...decide, verdict: 'refuse' });
    expect(world.underWay()).toEqual([]);
  });

  it('is seen in the running service, kept with its evidence, and ended again', () => {
    const walked = walk(room, { playbook, sick, turns, second: 'approve' });
    expect(walked.carriedOut).toEqual([
      'emergency_shutdown_on',
      'keep_evidence',
      'set_earlier_evidence_aside',
      'collect_evidence',
      'emergency_shutdown_off',
    ]);
    expect(walked.end).toBe('completed');
  });

  it('that the service does not follow is not taken for done', () => {
    const walked = walk(room, { playbook, sick, second: 'approve' });
    expect(walked.end).toBe('failed at do emergency_shutdown_on');
  });
});

describe('what is left to do', () => {
  it.each([
    ['post-incident', 7],
    ['post-rollback', 6],
    ['after-failed-deployment', 4],
  ])('%s says whose each item is and by when', (playbook, items) => {
    const { end } = walk(room, { playbook });
    expect(end).toBe('completed');
    const list = allSteps(definitionIn(room, playbook).playbook.steps).find(
      (step) => step.kind === 'checklist',
    );
    expect(list?.items).toHaveLength(items);
    expect(list?.duties).toHaveLength(items);
    for (const duty of list?.duties ?? [])
      expect(duty).toEqual({ owner: expect.any(String), withinMs: expect.any(Number) });
  });

  it('after an incident is not begun on while an objective is missed', () => {
    const { end } = walk(room, { playbook: 'post-incident', sick: ['latency_p95'] });
    expect(end).toBe('failed at verify latency_p95');
  });

  it('after a rollback is not begun on while the failed flags are on', () => {
    const { end } = walk(room, { playbook: 'post-rollback', sick: ['failed_flags'] });
    expect(end).toBe('failed at verify failed_flags');
  });
});

describe('the rollback of genesis-orchestration', () => {
  const playbook = 'rollback-genesis-orchestration';

  it('collects the evidence first, switches the failed flags off before the stop, and ends well', () => {
    const walked = walk(room, { playbook, second: 'approve' });
    expect(walked.end).toBe('completed');
    const at = (action: string) => walked.carriedOut.indexOf(action);
    expect(at('collect_evidence')).toBeLessThan(at('disable_failed_flags'));
    expect(at('disable_failed_flags')).toBeLessThan(at('back_up_state'));
    expect(at('back_up_state')).toBeLessThan(at('stop'));
    expect(at('collect_evidence')).toBeLessThan(at('reset_to_stable'));
    expect(at('keep_flags')).toBeGreaterThan(at('restore_configuration'));
  });

  it('touches nothing without a second person', () => {
    expect(walk(room, { playbook })).toMatchObject({ carriedOut: [], end: 'waits for a second person' });
    expect(walk(room, { playbook, second: 'refuse' })).toMatchObject({ carriedOut: [], end: 'refused' });
  });

  it('starts the service again where the reset fails, and says what failed', () => {
    const walked = walk(room, { playbook, second: 'approve', breaks: ['reset_to_stable'] });
    expect(walked.carriedOut.slice(-2)).toEqual(['reset_to_stable', 'start']);
    expect(walked.end).toMatch(/^stopped: .*did not succeed/);
  });

  it('does not stop the service where a flag file cannot be changed', () => {
    const walked = walk(room, { playbook, second: 'approve', breaks: ['disable_failed_flags'] });
    expect(walked.carriedOut).not.toContain('stop');
    expect(walked.end).toMatch(/^stopped/);
  });

  it('is not well while a flag that failed is still followed', () => {
    const walked = walk(room, { playbook, second: 'approve', sick: ['failed_flags'] });
    expect(walked.end).toMatch(/^stopped/);
  });
});
