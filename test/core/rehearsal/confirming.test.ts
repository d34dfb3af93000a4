import { describe, expect, it } from 'vitest';
import { locateIn } from '../../../src/adapters/playbooks/loadRoom.ts';
import { parseYaml } from '../../../src/adapters/playbooks/parseYaml.ts';
import { exportScenario } from '../../../src/core/rehearsal/exportScenario.ts';
import { type Played, play } from '../../../src/core/rehearsal/play.ts';
import { readScenarios } from '../../../src/core/rehearsal/scenarioSource.ts';
import { yamlRoom } from '../../fakes/yamlRoom.ts';

/** A till with a word to be typed, one that several people have to agree about, and a plan that asks for both. */
const room = yamlRoom({
  'access.yml': `
groups:
  oncall: { users: [U1ONCALL] }
  leads: { users: [U1LEAD, U2LEAD] }
  visitors: { users: [U1VISITOR] }
rules:
  - { allow: observe, to: everyone, on: any }
  - { allow: [change, disrupt, destroy, approve, override], to: [oncall, leads], on: any }
`,
  'services/till.yml': `
service: till
host: shop
indicators:
  up: { query: up_till, objective: { equals: 1 } }
actions:
  look: { risk: observe, run: [tail, -n, '5', log] }
  deploy: { risk: disruptive, run: [deploy, till], verify: up, undo: none, confirm: "yes" }
  erase:
    risk: destructive
    run: [erase, till]
    verify: up
    undo: none
    evidence: { none: It is empty. }
    approvals: { count: 2, from: [leads] }
    confirm: erase the till
  calm: { risk: change, run: [touch, calm], verify: exit, undo: none }
`,
  'procedures/deploy-till.yml': `
playbook: deploy-till
title: Deploy the till
service: till
steps:
  - do: deploy
  - do: calm
`,
  'procedures/erase-till.yml': `
playbook: erase-till
title: Erase the till
service: till
steps:
  - do: erase
`,
  'procedures/release-till.yml': `
playbook: release-till
title: Release the till
service: till
authority: whole
confirm: production
steps:
  - do: calm
`,
  'procedures/close-till.yml': `
playbook: close-till
title: Close the till
service: till
authority: whole
approvals: 2
confirm: close
steps:
  - do: calm
`,
});

function readText(text: string) {
  const parsed = parseYaml(`indicators: { up: 1 }\ntests:${text}`);
  if (!parsed.ok) throw new Error(`not readable: ${JSON.stringify(parsed.mistakes)}`);
  const file = { file: 'tests/till.test.yml', value: parsed.value, locate: locateIn(parsed.spans) };
  return readScenarios(file);
}

function played(text: string): Played {
  const { scenarios, problems } = readText(text);
  expect(problems).toEqual([]);
  const [scenario] = scenarios;
  if (!scenario) throw new Error('there is no test');
  return play(scenario, room);
}

const said = (text: string): string | null => {
  const { failure } = played(text);
  return failure && `${failure.line}:${failure.column}: ${failure.message}`;
};

const deploys = `
  - test: Trial
    procedure: deploy-till
    walk:
`;
const erases = deploys.replace('deploy-till', 'erase-till');

describe('a word that is typed in a scenario test', () => {
  it('is the one that is asked for where the test says nothing', () => {
    expect(said(`${deploys}      - do: deploy\n      - do: calm\n`)).toBeNull();
    expect(said(`${deploys}      - until: 'do: calm'\n      - do: calm\n`)).toBeNull();
  });

  it('carries the action out, in any case of letters, and another one is refused', () => {
    expect(
      said(`${deploys}
      - do: deploy
        confirms: staging
        ends: not-confirmed
      - do: deploy
        confirms: "YES"
      - do: calm
`),
    ).toBeNull();
  });

  it.each([
    [
      'is refused, and the test says nothing of it',
      'do: deploy\n        confirms: staging',
      '6:9: Trial: it is refused: This counts only with the word typed: yes.',
    ],
    [
      'is taken, although the test says that it is refused',
      'do: deploy\n        confirms: "yes"\n        ends: not-confirmed',
      '6:9: Trial: the word that is typed is the one that is asked for, and it was done.',
    ],
    [
      'is refused for another reason',
      'do: deploy\n        by: visitors\n        confirms: staging\n        ends: not-confirmed',
      '6:9: Trial: it is refused, though for another reason: You may not carry out disruptive actions on till.',
    ],
  ])('fails with its line where it %s', (_, step, message) => {
    expect(said(`${deploys}      - ${step}\n`)).toContain(message);
  });

  it('fails where nobody asks for a word', () => {
    expect(said(`${deploys}      - do: deploy\n      - do: calm\n        confirms: "yes"\n`)).toBe(
      '7:9: Trial: no word has to be typed for it.',
    );
  });

  it('is typed for a plan that is approved as a whole, also where nobody else is needed', () => {
    const releases = (more: string) => `
  - test: Trial
    procedure: release-till
${more}    walk:
      - do: calm
`;
    expect(said(releases('    confirms: Production\n'))).toBeNull();
    expect(said(releases(''))).toBeNull();
    expect(said(releases('    confirms: staging\n'))).toBe(
      '3:11: Trial: it is refused: This counts only with the word typed: production.',
    );
    expect(
      said(
        releases(`    approval:
      - { who: responder, confirms: staging, ends: not-confirmed }
      - { who: responder, confirms: production }
`),
      ),
    ).toBeNull();
  });
});

describe('approvals by several people in a scenario test', () => {
  it('are said one by one: who they are, what they type, and whether it counts', () => {
    const { failure, views } = played(`${erases}
      - do: erase
        approval:
          - { who: responder, by: leads, ends: own-request }
          - { who: first lead, by: leads, confirms: "yes", ends: not-confirmed }
          - { who: first lead, by: leads, confirms: erase the till }
          - { who: first lead, by: leads, ends: already }
          - { by: oncall, ends: not-allowed }
          - { by: visitors, ends: not-allowed }
          - { who: second lead, by: leads }
`);
    expect(failure).toBeNull();
    const state = views[0]?.run.steps['1']?.state;
    expect(state?.kind).toBe('settled');
  });

  it('may come at different times, with the request still there between them', () => {
    expect(
      said(`${erases}
      - do: erase
        approval: [{ who: first lead, by: leads }]
        ends: offered
      - pass: 5m
      - do: erase
        approval: [{ who: second lead, by: leads }]
`),
    ).toBeNull();
  });

  it('do not count of somebody who is in none of the groups any more', () => {
    expect(
      said(`${erases}
      - do: erase
        approval: [{ who: first lead, by: leads }]
        ends: offered
      - do: erase
        approval: [{ who: first lead, by: visitors, ends: not-allowed }]
        ends: offered
      - pass: 2m
      - do: erase
        approval: [{ by: leads }]
        ends: offered
    expect: { run: walking, changed: [] }
`),
    ).toBeNull();
  });

  it('are over with one refusal, and with whoever asked taking it back', () => {
    for (const last of ['{ by: leads, says: refuse }', '{ who: responder, says: withdraw }'])
      expect(
        said(`${erases}
      - do: erase
        approval: [{ by: leads }, ${last}]
      - do: erase
`),
      ).toBeNull();
  });

  it('wait where one of them is missing', () => {
    expect(said(`${erases}      - do: erase\n        approval: [{ by: leads }]\n`)).toBe(
      '6:9: Trial: it ends offered, not done.',
    );
    expect(
      said(`
  - test: Trial
    procedure: close-till
    approval: [{ who: first }, { who: second, confirms: CLOSE }]
    walk: [{ do: calm }]
`),
    ).toBeNull();
    expect(
      said(`
  - test: Trial
    procedure: close-till
    approval: [{ who: first }]
    walk: [{ pass: 11m }]
    expect: { run: refused, why: Nobody approved it in time }
`),
    ).toBeNull();
  });

  it.each([
    [
      'says something after all was decided',
      '{ by: leads }, { by: leads }, { by: leads }',
      'decided before number 3',
    ],
    [
      'counts against what the test says',
      '{ by: leads, ends: not-allowed }',
      'counts, and is not refused as',
    ],
    ['is refused', '{ by: visitors }', 'what number 1 of its approvals says is refused: You may not'],
  ])('fail where somebody %s', (_, sayings, message) => {
    expect(said(`${erases}      - do: erase\n        approval: [${sayings}]\n`)).toContain(message);
  });

  it('fail where nobody else is asked', () => {
    expect(said(`${deploys}      - do: deploy\n        approval: [{ by: leads }]\n`)).toBe(
      '6:9: Trial: it waits for nobody else.',
    );
    expect(
      said('\n  - test: Trial\n    procedure: deploy-till\n    approval: [{ by: leads }]\n    walk: []\n'),
    ).toContain('its plan waits for nobody.');
  });
});

describe('a slip in a scenario test', () => {
  it.each([
    [
      'a word that is no text',
      'do: deploy\n        confirms: true',
      '7:19: `confirms` is the word that is typed, in quotes, such as `confirms: "yes"`.',
    ],
    [
      'a word of somebody who says no',
      'do: erase\n        confirms: "yes"\n        approval: refuse',
      '7:9: A word is typed with a yes, and with `approval: refuse` nobody says yes.',
    ],
    [
      'a word for what is skipped',
      'do: deploy\n        skip: true\n        confirms: "yes"',
      '8:9: What is skipped is not confirmed by anybody.',
    ],
    [
      'a word beside a list',
      'do: erase\n        confirms: "yes"\n        approval: [{ by: leads }]',
      '7:9: Each of `approval` types a word of their own: write `confirms` there.',
    ],
    [
      'a word to refuse',
      'do: erase\n        approval: [{ says: refuse, confirms: "yes" }]',
      '7:36: Nobody types a word to refuse.',
    ],
    [
      'a misspelt key of one approval',
      'do: erase\n        approval: [{ confirm: "yes" }]',
      '7:22: `confirm` is not known here; did you mean `confirms`?',
    ],
    [
      'a misspelt wish',
      'do: erase\n        approval: aprove',
      '7:19: `approval` is the text "aprove"; did you mean `approve`?',
    ],
    [
      'an end that no approval has',
      'do: erase\n        approval: [{ ends: refused }]',
      '7:28: `ends` is the text "refused"',
    ],
    ['nobody in the list', 'do: erase\n        approval: []', '7:19: `approval`'],
  ])('is named with its place: %s', (_, step, message) => {
    const { problems } = readText(`${deploys}      - ${step}\n`);
    expect(problems.map((each) => `${each.line}:${each.column}: ${each.message}`).join('\n')).toContain(
      message,
    );
  });

  it('is a word where an alert begins the test', () => {
    const { problems } = readText('\n  - test: A\n    alert: { a: b }\n    confirms: "yes"\n    walk: []\n');
    expect(problems).toMatchObject([{ line: 5, message: '`confirms` is about the plan of a procedure.' }]);
  });
});

describe('a test that is exported', () => {
  function exported(text: string) {
    const before = played(text);
    expect(before.failure).toBeNull();
    const written = exportScenario({
      ...{ log: before.log, views: before.views, incident: null, name: 'What happened', pace: 1 },
      ...{ simple: false, about: [] },
    });
    if (!written) throw new Error('nothing was exported');
    const again = played(written.text.slice(written.text.indexOf('tests:\n') + 'tests:'.length));
    expect(again.failure).toBeNull();
    return written.text;
  }

  it('says which word was typed, and how many people said yes', () => {
    expect(exported(`${deploys}      - do: deploy\n      - do: calm\n`)).toContain(
      "- do: deploy\n        confirms: 'yes'\n",
    );
    expect(exported(`${erases}      - do: erase\n`)).toContain(
      `- do: erase
        approval:
          - says: approve
            confirms: erase the till
          - says: approve
            confirms: erase the till
`,
    );
  });

  it('says the same of a plan that is approved as a whole', () => {
    expect(exported('\n  - test: Trial\n    procedure: release-till\n    walk: [{ do: calm }]\n')).toContain(
      'procedure: release-till\n    confirms: production\n',
    );
    expect(exported('\n  - test: Trial\n    procedure: close-till\n    walk: [{ do: calm }]\n')).toContain(
      `    approval:
      - says: approve
        confirms: close
      - says: approve
        confirms: close
`,
    );
  });

  it('says who has refused after others said yes, and what waits for more of them', () => {
    const refused = `${erases}
      - do: erase
        approval: [{ by: leads }, { says: refuse }]
    expect: { run: walking }
`;
    expect(exported(refused)).toContain('confirms: erase the till\n          - says: refuse\n');
    const waits = `${erases}
      - do: erase
        approval: [{ by: leads }]
        ends: offered
    expect: { run: walking }
`;
    expect(exported(waits)).toContain('confirms: erase the till\n        ends: offered\n');
  });
});
