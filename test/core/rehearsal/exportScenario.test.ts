import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRoom } from '../../../src/adapters/playbooks/loadRoom.ts';
import { loadTests, readTests } from '../../../src/adapters/playbooks/loadTests.ts';
import { createYamlReader, type YamlReader } from '../../../src/adapters/playbooks/yamlReader.ts';
import { evolve } from '../../../src/core/brain.ts';
import type { Stream } from '../../../src/core/context.ts';
import type { Room } from '../../../src/core/playbook/room.ts';
import { exportScenario } from '../../../src/core/rehearsal/exportScenario.ts';
import { type Played, play } from '../../../src/core/rehearsal/play.ts';
import type { Scenario } from '../../../src/core/rehearsal/scenario.ts';
import type { StreamId } from '../../../src/core/stream.ts';

const shipped = join(import.meta.dirname, '../../../playbooks');

let reader: YamlReader;
let room: Room;
beforeAll(async () => {
  reader = createYamlReader();
  const loaded = await loadRoom({ directory: shipped, pace: 1 });
  if (!loaded.room) throw new Error('the shipped room is not usable');
  room = loaded.room;
});
afterAll(() => reader.stop());

/** The streams as their events leave them. */
function statesOf({ log }: Played): Map<StreamId, Stream> {
  const states = new Map<StreamId, Stream>();
  for (const { stream, event } of log) states.set(stream, evolve(stream, states.get(stream) ?? null, event));
  return states;
}

/** What is the same of two walks that went the same way: how every run, its steps and the incident stand in the end. */
function endOf(played: Played) {
  return [...statesOf(played)].map(([id, state]) =>
    state.kind === 'incident'
      ? {
          id,
          phase: state.incident.phase,
          severity: state.incident.severity,
          said: state.incident.unresolvedSaid,
        }
      : state.kind !== 'run'
        ? { id }
        : {
            id,
            playbook: state.run.playbook,
            result: state.run.result?.kind ?? null,
            why: state.run.result?.why ?? null,
            plan: state.run.whole?.state.kind ?? null,
            ledger: state.run.ledger.map(({ action, step }) => [step, action]),
            steps: Object.entries(state.run.steps).map(([step, record]) => [
              step,
              record.attempt,
              record.state.kind,
              record.state.kind === 'settled' ? record.state.how.kind : null,
            ]),
          },
  );
}

async function exported(played: Played, simple = false) {
  const incident =
    [...statesOf(played).values()].find((state) => state.kind === 'incident')?.incident ?? null;
  const written = exportScenario({
    ...{ log: played.log, views: played.views, incident, name: 'What happened', pace: 1, simple },
    about: ['INC-1, of a test.'],
  });
  if (!written) throw new Error('nothing was exported');
  const { scenarios, problems } = await readTests(reader, { file: 'exported', text: written.text });
  const [scenario] = scenarios;
  if (!scenario) throw new Error(`${JSON.stringify(problems)}\n${written.text}`);
  return { ...written, scenario };
}

/** The shipped tests, and what came of each when its export was played. */
async function roundTrip(scenario: Scenario) {
  const before = play(scenario, room);
  const { text, scenario: again, left } = await exported(before);
  const after = play(again, room);
  return { before, after, text, left };
}

describe('a test that is exported from what happened', () => {
  it('goes the same way again, for every shipped test', async () => {
    const { scenarios } = await loadTests(shipped);
    expect(scenarios.length).toBeGreaterThan(10);
    const wrong: unknown[] = [];
    for (const scenario of scenarios) {
      const { before, after, text } = await roundTrip(scenario);
      const same = JSON.stringify(endOf(before)) === JSON.stringify(endOf(after));
      if (after.failure !== null || !same)
        wrong.push(scenario.name, after.failure, same || [endOf(before), endOf(after)], text);
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('says what commands printed and how they ended, what was measured and when, and what people chose', async () => {
    const played = await playText(`
  - test: Trial
    alert: { alertname: HighErrorRate, service: genesis-orchestration }
    indicators: { error_ratio: 2%, error_ratio_rollback: 0.9%, up: 1 }
    walk:
      - acknowledge: true
      - until: 'choose: Which kind of error dominates?'
      - pass: 2m
      - choose: Which kind of error dominates?
        answer: LLM rate limits or timeouts
      - until: 'do: llm_fallback'
      - do: llm_fallback
        exit: { restart: 1 }
        takes: 4s
        prints: 'Job failed'
        ends: failed
        then: try-again
      - do: llm_fallback
        set: { error_ratio: { 0s: 2%, 45s: no data, 1m: 0.05% } }
      - until: 'checklist: After the incident'
      - checklist: After the incident
        skip: true
      - alert_resolved: { alertname: HighErrorRate, service: genesis-orchestration }
      - resolve: true
`);
    expect(played.failure).toBeNull();
    const { text, left, scenario } = await exported(played);
    expect(left).toEqual([]);
    expect(text).toContain('# INC-1, of a test.\n# All of it was carried over.\n');
    expect(text).toContain(
      [
        '      - chart: error_ratio',
        '      - observe: error_kinds',
        '      - acknowledge: true',
        '      - observe: recent_errors',
        '      - verify: error_ratio_rollback',
        '        set:',
        '          error_ratio_rollback: 0.9%',
        '      - pass: 2m',
      ].join('\n'),
    );
    expect(text).toContain(
      [
        '      - do: llm_fallback',
        '        exit: { restart: 1 }',
        '        takes: 4s',
        '        prints: Job failed',
        '        ends: failed',
        '        then: try-again',
        '      - do: llm_fallback',
        '        set:',
        '          error_ratio: { 0s: 2%, 45s: no data, 1m: 0.05% }',
      ].join('\n'),
    );
    expect(text).toContain('- checklist: After the incident\n        skip: true');
    expect(play(scenario, room).failure).toBeNull();
  });

  it('carries over a rollback that was started beside a question, and an undo', async () => {
    const played = await playText(`
  - test: Trial
    alert: { alertname: HighErrorRate, service: genesis-orchestration }
    indicators: { error_ratio: 2%, error_ratio_rollback: 0.9%, up: 1, failed_flags: 0, latency_p95: 150ms }
    walk:
      - until: 'choose: Which kind of error dominates?'
      - choose: Which kind of error dominates?
        answer: LLM rate limits or timeouts
      - until: 'do: llm_fallback'
      - do: llm_fallback
        ends: failed
      - undo: llm_fallback
      - do: undo-1
        set: { error_ratio: 0.05% }
      - start: rollback-genesis-orchestration
        approval: refuse
      - resolve: true
    expect: { run: refused, changed: [llm_fallback, restart], in_effect: [] }
`);
    expect(played.failure).toBeNull();
    const { text, left, scenario } = await exported(played);
    expect(left).toEqual([]);
    expect(text).toContain('- undo: llm_fallback\n');
    expect(text).toContain('- start: rollback-genesis-orchestration\n        approval: refuse\n');
    expect(text).toContain('in_effect: []');
    expect(play(scenario, room).failure).toBeNull();
  });

  it('says what could not be carried over', async () => {
    const played = await playText(`
  - test: Trial
    alert: { alertname: HighErrorRate, service: genesis-orchestration }
    indicators: { error_ratio: 0.05%, error_ratio_rollback: 0.05%, up: 1 }
    walk:
      - until: 'choose: Which kind of error dominates?'
      - choose: Which kind of error dominates?
        answer: None of these
      - until: 'do: restart'
      - do: restart
        exit: unknown
        ends: unknown
        then: worked
    expect: { run: walking }
`);
    const cut = played.log.findLastIndex(({ event }) => event.type === 'ReadingTaken');
    const { text, left } = await exported({ ...played, log: played.log.slice(0, cut) });
    expect(left).toEqual([
      'Why the outcome of `do: restart` was unknown: the test says `exit: unknown`, and no command ran.',
    ]);
    expect(text).toContain('# What could not be carried over:\n# - Why the outcome of');
  });
});

async function playText(text: string): Promise<Played> {
  const { scenarios, problems } = await readTests(reader, { file: 'trial', text: `tests:${text}` });
  expect(problems).toEqual([]);
  return play(scenarios[0] as Scenario, room);
}

describe('a test that takes back what was changed', () => {
  const begins = `
  - test: Trial
    alert: { alertname: HighErrorRate, service: genesis-orchestration }
    indicators: { error_ratio: 2%, error_ratio_rollback: 0.9%, up: 1 }
    walk:
      - until: 'choose: Which kind of error dominates?'
      - choose: Which kind of error dominates?
        answer: LLM rate limits or timeouts
      - until: 'do: llm_fallback'
`;

  it('walks through the steps that undo it, newest first', async () => {
    const { failure } = await playText(`${begins}      - do: llm_fallback
        set: { error_ratio: 0.05% }
      - undo: all
      - do: undo-1
        exit: { undo-1.restart: 1 }
        ends: failed
        then: try-again
      - do: undo-1
    expect: { changed: [llm_fallback, restart], in_effect: [] }
`);
    expect(failure).toBeNull();
  });

  it('says where what it takes back is still in effect', async () => {
    const { failure } = await playText(`${begins}      - do: llm_fallback
        set: { error_ratio: 0.05% }
      - undo: llm_fallback
      - do: undo-1
        skip: true
    expect: { in_effect: [] }
`);
    expect(failure?.message).toBe('Trial: in the end what is still in effect is llm_fallback, not nothing.');
  });

  it('is refused where nothing was changed', async () => {
    const { failure } = await playText(`${begins}      - undo: llm_fallback
    expect: { run: walking }
`);
    expect(failure?.message).toBe('Trial: nothing that `llm_fallback` changed is in effect.');
  });
});
