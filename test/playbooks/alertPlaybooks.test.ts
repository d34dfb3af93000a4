import { beforeAll, describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import type { Room } from '../../src/core/playbook/room.ts';
import { allSteps } from '../../src/core/run/walk.ts';
import { minute } from '../fakes/room.ts';
import { definitionIn, unexpectedRefusals, walk, waysThrough } from './walker.ts';
import { aboutOf, ways } from './ways.ts';

let room: Room;
beforeAll(async () => {
  const loaded = await loadRoom({ directory: 'playbooks', pace: 1 });
  if (!loaded.room) throw new Error('the shipped room is not usable');
  room = loaded.room;
});

const named = ways.map((way) => [`${way.playbook}, ${way.answer ?? 'its one way'}`, way] as const);
const playbooks = Object.keys(aboutOf);

describe('the shipped playbooks for alerts', () => {
  it.each(named)('%s: what is offered helps, and the run comes to its end', (_, way) => {
    const { playbook, answer, offers, mendedBy } = way;
    const sick = mendedBy === null ? [] : [aboutOf[playbook] ?? ''];
    const { world, run, ...walked } = walk(room, {
      playbook,
      answers: answer === null ? [] : [answer],
      sick,
      ...(mendedBy === null ? {} : { mendedBy }),
    });
    expect({ offers: walked.offers, end: walked.end }).toEqual({ offers, end: 'completed' });
    expect(unexpectedRefusals(world)).toEqual([]);
    expect(world.run(run).ledger.map(({ action }) => action)).toEqual(
      expect.arrayContaining([...new Set(offers)]),
    );
    expect(world.refolded()).toEqual(world.states);
  });

  it.each(named)('%s: what is offered does not help, and the run says where it stands', (_, way) => {
    const { playbook, answer, offers, stuck } = way;
    const walked = walk(room, {
      playbook,
      answers: answer === null ? [] : [answer],
      sick: [aboutOf[playbook] ?? ''],
    });
    expect(walked.end).toBe(`failed at ${stuck}`);
    expect(offers.slice(0, walked.offers.length)).toEqual(walked.offers);
  });

  it.each(named)('%s: nothing is measured, and that is never taken for health', (_, way) => {
    const { playbook, answer, stuck } = way;
    const walked = walk(room, {
      playbook,
      answers: answer === null ? [] : [answer],
      blind: [aboutOf[playbook] ?? ''],
    });
    expect(walked.end).toBe(`inconclusive at ${stuck}`);
  });

  it.each(named)('%s: nobody wants what is offered, and the objective still has to hold', (_, way) => {
    const { playbook, answer, offers } = way;
    const walked = walk(room, {
      playbook,
      answers: answer === null ? [] : [answer],
      sick: [aboutOf[playbook] ?? ''],
      skips: offers,
    });
    expect(walked).toMatchObject({ offers, end: `failed at verify ${aboutOf[playbook]}` });
    expect(walked.world.run(walked.run).ledger).toEqual([]);
  });

  it('are walked here on every way that their questions leave', () => {
    for (const playbook of playbooks) {
      const answers = waysThrough(definitionIn(room, playbook).playbook.steps).map(
        ([first]) => first ?? null,
      );
      const walked = ways.filter((way) => way.playbook === playbook).map(({ answer }) => answer);
      expect(walked, playbook).toEqual(answers);
    }
  });

  it('offer nothing whose command failed as if it had worked', () => {
    const walked = walk(room, {
      playbook: 'mongodb-offline',
      answers: ['It was stopped'],
      sick: ['running'],
      breaks: ['start'],
    });
    expect(walked.end).toBe('failed at do start');
    expect(walked.world.run(walked.run).ledger).toEqual([]);
  });
});

const rollback = 'rollback-genesis-orchestration';

describe('time that runs out', () => {
  it.each(['test-pass-rate-low', 'high-latency-p95', 'high-cpu', 'high-memory', 'security-alert'])(
    '%s: after thirty minutes the rollback is offered, and not before',
    (playbook) => {
      const { world } = walk(room, {
        playbook,
        answers: [...(waysThrough(definitionIn(room, playbook).playbook.steps).at(-1) ?? [])],
        sick: [aboutOf[playbook] ?? ''],
      });
      const { openedAt } = world.incident();
      world.pass(Math.max(0, openedAt + 30 * minute - 1 - world.now()));
      const already = world.now() - openedAt > 30 * minute;
      if (!already) expect(world.incident().unresolvedSaid).toBe(false);
      world.pass(1);
      expect(world.incident().unresolvedSaid).toBe(true);
      expect(definitionIn(room, playbook).playbook.onUnresolved).toEqual({
        afterMs: 30 * minute,
        offer: rollback,
      });
    },
  );

  it('a failed verification can be tried again, or another answer given', () => {
    const { world, run } = walk(room, {
      playbook: 'high-latency-p95',
      answers: ['Validation (AOP)'],
      sick: ['latency_p95'],
    });
    const at = world.run(run).at ?? '';
    const here = { run, step: at, attempt: world.attempt(run, at) };
    expect(
      world.by({ kind: 'person', user: 'U2', groups: ['oncall'] }, { type: 'run.choose-again', ...here })
        .kind,
    ).toBe('accepted');
    const question = allSteps(definitionIn(room, 'high-latency-p95').playbook.steps).find(
      ({ kind }) => kind === 'choose',
    );
    expect(world.step(run, question?.id ?? '').kind).toBe('asking');
  });
});

describe('what is wanted of each alert', () => {
  it.each([
    ['test-pass-rate-low', 'P1', 'own-channel', 'genesis-orchestration'],
    ['high-latency-p95', 'P1', 'own-channel', 'genesis-orchestration'],
    ['security-alert', 'P1', 'own-channel', 'genesis-orchestration'],
    ['a2a-service-down', 'P1', 'own-channel', 'genesis-a2a-service'],
    ['monitoring-down', 'P1', 'own-channel', 'monitoring'],
    ['test-suite-not-running', 'P2', 'thread', 'genesis-orchestration'],
    ['observability-metrics-missing', 'P2', 'thread', 'genesis-orchestration'],
    ['high-cpu', 'P2', 'thread', 'genesis-orchestration'],
    ['high-memory', 'P2', 'thread', 'genesis-orchestration'],
    ['high-disk', 'P2', 'thread', 'genesis-orchestration'],
    ['mongodb-offline', 'P2', 'thread', 'genesis-mongodb'],
    ['redis-offline', 'P2', 'thread', 'genesis-redis'],
    ['sandbox-offline', 'P3', 'thread', 'genesis-sandbox'],
    ['agent-tool-failures', 'P2', 'thread', 'genesis-a2a-service'],
    ['intermittent-test-failures', 'P4', 'log', 'genesis-orchestration'],
  ])('%s is %s and lives in its %s', (name, severity, place, service) => {
    const { playbook } = definitionIn(room, name);
    expect(playbook).toMatchObject({ severity, service, kind: 'alert' });
    expect(room.routing[playbook.severity].place.kind).toBe(place);
  });

  it('intermittent test failures are logged, and walked once somebody raises the severity', () => {
    const walked = walk(room, { playbook: 'intermittent-test-failures', answers: ['No, a new one'] });
    expect(walked).toMatchObject({ offers: ['retry_failed_tests'], end: 'completed' });
    const opened = walked.world.events('INC-1').findIndex(({ type }) => type === 'RunAttached');
    const raised = walked.world.events('INC-1').findIndex(({ type }) => type === 'SeverityChanged');
    expect(raised).toBeGreaterThan(0);
    expect(opened).toBeGreaterThan(raised);
  });

  it('a test run of any kind is offered and never started by itself', () => {
    const tests = Object.values(room.definitions).flatMap(({ service }) =>
      Object.values(service.actions).filter(
        ({ does }) => does.kind === 'run' && does.argv.includes('pytest') && does.argv[1] === '-m',
      ),
    );
    expect(tests.length).toBeGreaterThan(3);
    for (const { name, risk } of tests) expect(risk, name).not.toBe('observe');
  });

  it('high CPU, the pass rate and the container are judged as their sources say', () => {
    const about = (playbook: string) =>
      definitionIn(room, playbook).service.indicators[aboutOf[playbook] ?? '']?.objective;
    expect(about('test-pass-rate-low')).toEqual({ kind: 'at-least', value: 0.98 });
    expect(about('high-latency-p95')).toEqual({ kind: 'below', value: 0.2 });
    expect(about('high-cpu')).toEqual({ kind: 'below', value: 0.8 });
    expect(about('high-memory')).toEqual({ kind: 'below', value: 0.8 });
    expect(about('mongodb-offline')).toEqual({ kind: 'equals', value: 1 });
  });
});
