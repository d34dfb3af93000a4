import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { canonicalJson, sha256Hex } from '../../../src/core/playbook/canonical.ts';
import type { Definition, Step } from '../../../src/core/playbook/definition.ts';
import { matchPlaybook } from '../../../src/core/playbook/match.ts';
import type { Room } from '../../../src/core/playbook/room.ts';

const directory = join(import.meta.dirname, '../../../playbooks');

let room: Room;
let hurried: Room;
beforeAll(async () => {
  const load = async (pace: number) => {
    const loaded = await loadRoom({ directory, pace });
    expect(loaded.problems).toEqual([]);
    if (!loaded.room) throw new Error('the shipped room is not usable');
    return loaded.room;
  };
  room = await load(1);
  hurried = await load(20);
});

const named = (name: string, from: Room = room): Definition => {
  const definition = from.definitions[name];
  if (!definition) throw new Error(`no playbook ${name}`);
  return definition;
};

const flat = (steps: readonly Step[]): readonly Step[] =>
  steps.flatMap((step) => {
    if (step.kind === 'choose') return [step, ...step.options.flatMap((option) => flat(option.steps))];
    return step.kind === 'stage' ? [step, ...flat(step.steps)] : [step];
  });

const commandOf = (definition: Definition, action: string): string => {
  const does = definition.service.actions[action]?.does;
  return does?.kind === 'run' ? does.argv.join(' ') : `write ${does?.file}`;
};

const minute = 60_000;

describe('the playbook for a high error rate', () => {
  it('asks which kind of error dominates, with a hint for each', () => {
    const choice = named('high-error-rate').playbook.steps.find((step) => step.kind === 'choose');
    expect(choice?.options.map(({ id, label }) => [id, label])).toEqual([
      ['llm-rate-limits-or', 'LLM rate limits or timeouts'],
      ['network-errors', 'Network errors'],
      ['resource-exhaustion', 'Resource exhaustion'],
      ['validation-errors', 'Validation errors (AOP)'],
      ['decomposition-errors', 'Decomposition errors (HTDAG)'],
      ['routing-errors-halo', 'Routing errors (HALO)'],
      ['security-errors', 'Security errors'],
      ['none-of-these', 'None of these'],
    ]);
    expect(choice?.options.every(({ hint }) => hint !== undefined)).toBe(true);
  });

  it('verifies ten minutes of objective and offers the rollback after thirty', () => {
    const { playbook } = named('high-error-rate');
    const verify = playbook.steps.findLast((step) => step.kind === 'verify');
    expect(verify?.target).toEqual({ indicator: 'error_ratio', holdMs: 10 * minute, withinMs: 10 * minute });
    expect(playbook.onUnresolved).toEqual({ afterMs: 30 * minute, offer: 'rollback-genesis-orchestration' });
    expect(playbook.severity).toBe('P1');
  });

  it('switches to heuristics by a file, restarts in the same plan, and can put the file back', () => {
    const { actions } = named('high-error-rate').service;
    expect(actions.llm_fallback).toMatchObject({
      risk: 'disruptive',
      does: { kind: 'write', file: 'config/llm_fallback.yaml' },
      undo: { kind: 'previous' },
    });
    expect(actions.llm_fallback?.then).toEqual(['restart']);
    expect(actions.restart?.probe).toBe('up');
  });

  it('divides errors by operations and says nothing with fewer than a thousand', () => {
    const indicator = named('high-error-rate').service.indicators.error_ratio;
    expect(indicator?.query).toContain('genesis_errors_total{job="genesis-orchestration"}[300s]');
    expect(indicator?.query).toContain('or 0 *');
    expect(indicator?.enough?.query).toContain('genesis_operation_duration_seconds_count');
    expect(indicator).toMatchObject({
      unit: 'ratio',
      objective: { kind: 'below', value: 0.001 },
      enough: { above: 1000 },
    });
  });
});

describe('the playbook for a service that is down', () => {
  it('wants a commander at once, keeps the evidence, restarts, and offers the rollback after three minutes', () => {
    const { playbook, service } = named('genesis-service-down');
    expect(playbook).toMatchObject({ severity: 'P0', commanderAtOnce: true });
    expect(playbook.onUnresolved).toEqual({ afterMs: 3 * minute, offer: 'rollback-genesis-orchestration' });
    const first = flat(playbook.steps).find((step) => step.kind === 'do');
    expect(first).toMatchObject({ action: 'restart_keeping_evidence', budgetMs: 2 * minute });
    const restart = service.actions.restart_keeping_evidence;
    expect(restart?.then).toEqual(['set_earlier_evidence_aside', 'collect_evidence', 'restart']);
    expect(restart?.verify).toMatchObject({ indicator: 'up', holdMs: 30_000 });
    expect(service.actions.collect_evidence?.timeoutMs).toBe(30_000);
  });
});

describe('the rollback', () => {
  it('has five stages of fifteen minutes together and is approved as a whole', () => {
    const { playbook } = named('rollback-genesis-orchestration');
    const stages = playbook.steps.flatMap((step) =>
      step.kind === 'stage' ? [[step.title, step.budgetMs / minute]] : [],
    );
    expect(stages).toEqual([
      ['Stop Traffic', 1],
      ['Verify Rollback', 2],
      ['Restore Baseline', 5],
      ['Validate Stable', 5],
      ['Report', 2],
    ]);
    expect(playbook).toMatchObject({ kind: 'procedure', authority: 'whole', budgetMs: 15 * minute });
  });

  it('fetches, resolves and copies aside before it stops anything, and cleans nothing away', () => {
    const definition = named('rollback-genesis-orchestration');
    const done = flat(definition.playbook.steps).flatMap((step) => (step.kind === 'do' ? [step.action] : []));
    expect(done).toEqual([
      'keep_evidence',
      'fetch_stable',
      'resolve_stable',
      'mark_current',
      'disable_failed_flags',
      'set_earlier_backup_aside',
      'back_up_state',
      'stop',
      'reset_to_stable',
      'compare_with_stable',
      'restore_configuration',
      'keep_flags',
      'reinstall_dependencies',
      'start',
      'health_check',
    ]);
    const commands = Object.keys(definition.service.actions).map((action) => commandOf(definition, action));
    expect(commands.filter((command) => command.includes('git clean'))).toEqual([]);
  });

  it('starts the service even after a step has failed, and nothing else', () => {
    const always = flat(named('rollback-genesis-orchestration').playbook.steps).filter(
      (step) => step.kind === 'do' && step.always === true,
    );
    expect(always).toMatchObject([{ id: '3.4', action: 'start' }]);
  });

  it('needs a second person, because the reset cannot be seen through before', () => {
    const { actions } = named('rollback-genesis-orchestration').service;
    expect(actions.reset_to_stable).toMatchObject({
      risk: 'destructive',
      undo: { kind: 'action', action: 'return_to_marked' },
    });
    expect(
      room.access.rules.some(({ effect, rights }) => effect === 'allow' && rights.includes('approve')),
    ).toBe(true);
  });
});

describe('the playbook for alerts that no other one answers', () => {
  it('asks and reminds, and can touch nothing', () => {
    const generic = matchPlaybook(room.definitions, { alertname: 'NobodyKnows', service: 'else' });
    expect(generic.playbook.name).toBe('generic');
    expect(generic.playbook.steps.map(({ kind }) => kind)).toEqual(['ask', 'checklist', 'ask']);
    expect(generic.service.actions).toEqual({});
  });
});

describe('pace', () => {
  it('divides holds, waits, budgets and windows, and leaves command timeouts alone', () => {
    const { playbook, service } = named('high-error-rate', hurried);
    const verify = playbook.steps.findLast((step) => step.kind === 'verify');
    expect(verify?.target).toMatchObject({ holdMs: 30_000, withinMs: 30_000 });
    expect(playbook.onUnresolved?.afterMs).toBe(90_000);
    expect(service.actions.llm_fallback?.verify).toMatchObject({ holdMs: 3_000, withinMs: 24_000 });
    expect(service.actions.restart?.timeoutMs).toBe(minute);
    expect(service.indicators.error_ratio?.query).toContain('[15s]');
    expect(flat(playbook.steps).find((step) => step.kind === 'wait')).toMatchObject({ ms: 3_000 });
    const rollback = named('rollback-genesis-orchestration', hurried).playbook;
    expect(rollback.budgetMs).toBe(45_000);
    expect(hurried.reopenWithinMs).toBe((24 * 60 * minute) / 20);
    expect([room.pace, hurried.pace]).toEqual([1, 20]);
  });

  it('leaves a window wide enough for a rate', async () => {
    const { room: fast } = await loadRoom({ directory, pace: 600 });
    expect(fast?.definitions['high-error-rate']?.service.indicators.error_ratio?.query).toContain('[4s]');
  });
});

describe('the hash of a definition', () => {
  it('is the same each time the same files are read, and another at another pace', async () => {
    const again = await loadRoom({ directory, pace: 1 });
    const hash = (from: Room | null) => sha256Hex(canonicalJson(from?.definitions['high-error-rate']));
    expect(hash(again.room)).toBe(hash(room));
    expect(hash(hurried)).not.toBe(hash(room));
  });

  it('holds only what the steps can reach', () => {
    const { service } = named('high-error-rate');
    expect(Object.keys(service.actions)).not.toContain('reset_to_stable');
    expect(Object.keys(service.hosts)).toEqual(['genesis']);
  });
});

describe('ids of steps', () => {
  it('are unique, readable and short in every shipped playbook', () => {
    for (const { playbook } of Object.values(room.definitions)) {
      const ids = flat(playbook.steps).map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z0-9.-]{1,100}$/);
    }
    const ids = flat(named('high-error-rate').playbook.steps).map(({ id }) => id);
    expect(ids).toContain('5.llm-rate-limits-or.3');
  });
});
