import { describe, expect, it } from 'vitest';
import { locateIn } from '../../../src/adapters/playbooks/loadRoom.ts';
import { parseYaml } from '../../../src/adapters/playbooks/parseYaml.ts';
import { coverageOf } from '../../../src/core/rehearsal/coverage.ts';
import { play } from '../../../src/core/rehearsal/play.ts';
import { readScenarios } from '../../../src/core/rehearsal/scenarioSource.ts';
import { tillFails, yamlRoom } from '../../fakes/yamlRoom.ts';

/** A test beside the playbooks walks conditions, failures and called playbooks as a run does. */
const room = yamlRoom({
  'alerts/till.yml': tillFails(`
  - do: restart
    as: restart
    on_fail:
      - observe: look
  - call: pause-ledger
    if: steps.restart == "failed"
  - do: calm`),
  'procedures/pause-ledger.yml': `
playbook: pause-ledger
title: Pause the ledger
service: ledger
steps:
  - do: pause
  - verify: lag
`,
});

const scenarios = `
tests:
  - test: The restart helps
    alert: { alertname: TillFails, service: till }
    indicators: { up: 1 }
    walk:
      - do: restart
      - do: calm
        skip: true
  - test: The restart fails
    alert: { alertname: TillFails, service: till }
    indicators: { up: 1, ledger/lag: 10 }
    walk:
      - do: restart
        exit: 1
        ends: failed
      - observe: look
      - do: ledger/pause
        by: keepers
      - verify: ledger/lag
      - do: calm
        skip: true
    expect:
      changed: [ledger/pause]
`;

describe('genesis test', () => {
  it('knows conditions, on_fail and call', () => {
    const parsed = parseYaml(scenarios);
    if (!parsed.ok) throw new Error('not readable');
    const read = readScenarios({
      file: 'tests/till.test.yml',
      value: parsed.value,
      locate: locateIn(parsed.spans),
    });
    expect(read.problems).toEqual([]);
    const played = read.scenarios.map((scenario) => play(scenario, room));
    expect(played.map(({ failure }) => failure)).toEqual([null, null]);
    const coverage = coverageOf(played, room).find(({ playbook }) => playbook === 'till-fails');
    expect(coverage).toMatchObject({ steps: 5, percent: 100 });
  });
});
