import { appendFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import { loadTests } from '../../src/adapters/playbooks/loadTests.ts';
import { lint } from '../../src/commands/lint.ts';
import { plan } from '../../src/commands/plan.ts';
import { test } from '../../src/commands/test.ts';
import { outlineOf } from '../../src/core/playbook/outline.ts';
import { coverageOf } from '../../src/core/rehearsal/coverage.ts';
import { play } from '../../src/core/rehearsal/play.ts';
import { createStage } from '../../src/core/rehearsal/stage.ts';

const shipped = join(import.meta.dirname, '../../playbooks');
const base = join(import.meta.dirname, '../fixtures/base-room');

describe('the shipped playbooks', () => {
  it('have no errors, and their tests go as expected', async () => {
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const codes = [await lint(shipped, { print }), await test(shipped, { print, minCoverage: 100 })];
    expect({ codes, lines }).toMatchObject({ codes: [0, 0] });
  });

  it('are walked through all their steps by the tests they have', async () => {
    const { room } = await loadRoom({ directory: shipped, pace: 1 });
    if (!room) throw new Error('the shipped room is not usable');
    const { scenarios } = await loadTests(shipped);
    const coverage = coverageOf(
      scenarios.map((scenario) => play(scenario, room)),
      room,
    );
    const walked = coverage.filter(({ entered }) => entered > 0);
    expect(walked.map(({ playbook }) => playbook)).toEqual(
      expect.arrayContaining([
        'generic',
        'genesis-service-down',
        'high-error-rate',
        'rollback-genesis-orchestration',
      ]),
    );
    expect(walked.flatMap(({ playbook, missing }) => missing.map((step) => `${playbook}: ${step}`))).toEqual(
      [],
    );
  });
});

let room: string;
beforeEach(async () => {
  room = await mkdtemp(join(tmpdir(), 'room-'));
  await cp(base, room, { recursive: true });
});
afterEach(() => rm(room, { recursive: true }));

/** What `genesis test` prints for these tests, without the folder of the room. */
async function played(text: string, options: { minCoverage?: number } = {}) {
  await mkdir(join(room, 'tests'), { recursive: true });
  await writeFile(join(room, 'tests/trial.test.yml'), text);
  const lines: string[] = [];
  const code = await test(room, { ...options, print: (line) => lines.push(line.replaceAll(`${room}/`, '')) });
  return { code, lines, first: lines[0] ?? '' };
}

const begins = 'tests:\n  - test: Trial\n    alert: { alertname: BillingErrors, service: billing }\n';
const values = '    indicators: { up: 1, error_ratio: 0.05% }\n';
const whole = `${begins}${values}    walk:
      - observe: recent_log
      - do: restart
      - verify: error_ratio
`;

describe('a scenario test', () => {
  it('says nothing but its coverage when all goes as expected', async () => {
    const { code, lines } = await played(whole);
    expect(code).toBe(0);
    expect(lines).toEqual([
      '  billing-errors  100 %  3 of 3 steps',
      '  without a test: generic, rollback-billing',
      `${room}: 1 test played, all passed.`,
    ]);
  });

  it.each([
    [
      'another step than the expected one',
      `${begins}    walk:\n      - observe: recent_log\n      - verify: error_ratio\n`,
      '6:9: Trial: the walk offers `do: restart` here, not `verify: error_ratio` (step 2 of billing-errors).',
    ],
    [
      'a step that is not offered yet',
      `${begins}    walk:\n      - observe: recent_log\n      - do: restart\n        ends: offered\n      - verify: error_ratio\n`,
      '8:9: Trial: the walk does not offer `verify: error_ratio` here: `do: restart` is offering, and nothing follows before that is decided.',
    ],
    [
      'steps that nobody named',
      `${begins}    walk:\n      - observe: recent_log\n`,
      '2:5: Trial: in the end the run is walking, not completed; it goes on with `do: restart`.',
    ],
    [
      'steps after the end',
      `${whole}      - checklist: After the incident\n`,
      '9:9: Trial: the walk does not offer `checklist: After the incident` here: the run is completed.',
    ],
    [
      'an action that ends otherwise',
      `${begins}    walk:\n      - observe: recent_log\n      - do: restart\n        exit: 1\n`,
      '6:9: Trial: it ends failed, not done: Exit 1 after 1 s.',
    ],
    [
      'a gate without data',
      `${begins}    walk:\n      - observe: recent_log\n      - do: restart\n        set: { up: no data }\n`,
      '6:9: Trial: it ends inconclusive, not done: There is no data.',
    ],
    [
      'an objective that is met too late',
      `${begins}    indicators: { up: 1 }\n    walk:\n      - until: 'verify: error_ratio'\n        set: { error_ratio: { 0s: 2%, 6m: 0.05% } }\n      - verify: error_ratio\n`,
      '8:9: Trial: it ends failed, not held: The objective was not met in the time given for it.',
    ],
    [
      'somebody without the right',
      `${begins}    by: visitors\n    walk:\n      - observe: recent_log\n      - do: restart\n`,
      '7:9: Trial: it is refused: You may not carry out disruptive actions on billing. @oncall can.',
    ],
    [
      'a fact that is another one in the end',
      `${whole}    expect: { severity: P3 }\n`,
      '9:5: Trial: in the end the severity is P1, not P3.',
    ],
    [
      'an indicator that nobody reads',
      `${begins}    walk:\n      - observe: recent_log\n      - do: restart\n        set: { eror_ratio: 1% }\n`,
      '6:9: Trial: There is no indicator `eror_ratio`; did you mean `error_ratio`?',
    ],
    [
      'a command that nobody runs',
      `${begins}    walk:\n      - observe: recent_log\n      - do: restart\n        exit: { restrat: 1 }\n`,
      '6:9: Trial: There is no action `restrat`; did you mean `restart`?',
    ],
    [
      'another playbook',
      'tests:\n  - test: Trial\n    alert: { alertname: Misspelt }\n    walk:\n      - observe: recent_log\n',
      '5:9: Trial: the walk offers `ask: What is going on?` here, not `observe: recent_log` (step 1 of generic).',
    ],
  ])('names the line of %s, and what was offered instead', async (_, text, line) => {
    const { code, first } = await played(text);
    expect(first).toBe(`tests/trial.test.yml:${line}`);
    expect(code).toBe(1);
  });

  it.each([
    [
      'a misspelt key',
      'tests:\n  - test: Trial\n    alrt: { alertname: X }\n    walk: []\n',
      '3:5: `alrt` is not known here; did you mean `alert`?',
    ],
    [
      'a misspelt kind of step',
      `${begins}    walk:\n      - obsrve: recent_log\n`,
      '5:9: `obsrve` is nothing that happens; did you mean `observe`?',
    ],
    [
      'a test that begins with nothing',
      'tests:\n  - test: Trial\n    walk: []\n',
      '2:5: A test begins with the labels of an `alert`, or with the name of a `procedure`.',
    ],
    [
      'an end that no step has',
      `${begins}    walk:\n      - do: restart\n        ends: faild\n`,
      '6:15: `ends` is the text "faild"; did you mean `failed`?',
    ],
    ['what is no YAML', 'tests: [\n', '2:1: This is not valid YAML:'],
  ])('is refused with %s', async (_, text, line) => {
    const { code, first } = await played(text);
    expect(first).toContain(`tests/trial.test.yml:${line}`);
    expect(code).toBe(1);
  });

  it.each([
    ['long enough', '11m', [expect.stringContaining('billing-errors  ')]],
    [
      'not long enough',
      '9m',
      [expect.stringContaining('14:9: Trial: the walk does not offer `checklist: Afterwards` here')],
    ],
  ])('leaves an indicator to be watched while another procedure goes on, %s', async (_, pass, first) => {
    const alert = join(room, 'alerts/billing-errors.yml');
    await appendFile(alert, '\n  - checklist: Afterwards\n    items: [It is noted.]\n');
    const watched = await played(`${begins}    indicators: { up: 1, error_ratio: 2% }
    walk:
      - observe: recent_log
      - do: restart
      - verify: error_ratio
        ends: watching
      - start: rollback-billing
      - do: restart
        set: { error_ratio: 0.05% }
      - pass: ${pass}
      - checklist: Afterwards
`);
    expect(watched.lines.slice(0, 1)).toEqual(first);
  });

  it('may stand beside its playbook, which lint does not take for one', async () => {
    await writeFile(join(room, 'alerts/billing-errors.test.yml'), whole);
    const lines: string[] = [];
    expect(await lint(room, { print: (line) => lines.push(line) })).toBe(0);
    expect(lines).toEqual([expect.stringContaining('no problems')]);
    expect(await test(room, { print: (line) => lines.push(line) })).toBe(0);
    expect(lines.at(-1)).toContain('1 test played, all passed');
  });

  it('fails where fewer steps were entered than asked for', async () => {
    const { code, lines } = await played(whole, { minCoverage: 100 });
    expect(code).toBe(1);
    expect(lines.at(-1)).toBe(`${room}: 1 test played, all passed; 2 below 100 % of the steps.`);
    expect((await played(whole, { minCoverage: 0 })).code).toBe(0);
  });

  it('is not played in a room that cannot be read', async () => {
    await writeFile(join(room, 'hosts.yml'), 'hosts: {}\n');
    const { code, lines } = await played(whole);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^services\/billing\.yml:2:7: There is no host `till`/);
  });
});

describe('genesis plan', () => {
  const planned = async (playbook: string, format: 'text' | 'json' = 'text', directory = room) => {
    const lines: string[] = [];
    const code = await plan({ directory, playbook, format }, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  };

  it('prints argument vectors, host, gate, undo, risk and right', async () => {
    const { code, text } = await planned('billing-errors');
    expect(code).toBe(0);
    expect(text).toContain('answers alertname="BillingErrors"; billing, P1');
    expect(text).toContain('    run       systemctl restart billing');
    expect(text).toContain('on till as the user of the bot in /srv/billing; 1 min at most');
    expect(text).toContain('risk      disruptive, with the right `disrupt`');
    expect(text).toContain('verify    up up once, begun within 5 min');
    expect(text).toContain('undo      none needed');
  });

  it('prints the hash that an approval of a whole procedure is bound to', async () => {
    const { text } = await planned('rollback-genesis-orchestration', 'text', shipped);
    const printed = /^approval {2}([0-9a-f]{64})$/m.exec(text)?.[1];
    const { room: loaded } = await loadRoom({ directory: shipped, pace: 1 });
    if (!loaded) throw new Error('the shipped room is not usable');
    // The same that a run proposes when it is asked for.
    const stage = createStage(loaded);
    const place = { kind: 'channel', channel: 'C0REHEARSAL' } as const;
    const actor = { kind: 'operator', name: 'root' } as const;
    const playbook = 'rollback-genesis-orchestration';
    stage.give({ actor, type: 'run.start', run: null, incident: null, playbook, place, reason: null });
    expect(stage.runs()[0]?.whole?.hash).toBe(printed);
    expect(stage.runs()[0]?.definition).toBe(outlineOf(loaded.definitions[playbook]!).definition);
  });

  it('prints a file that is written by its digest', async () => {
    const { text } = await planned('high-error-rate', 'text', shipped);
    expect(text).toMatch(/write {5}config\/llm_fallback\.yaml, \d+ bytes, sha256 [0-9a-f]{64}/);
  });

  it('prints the same as JSON', async () => {
    const { code, text } = await planned('rollback-billing', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      authority: 'whole',
      approval: { risk: 'disruptive', right: 'disrupt', hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
      steps: [
        { kind: 'stage', steps: [{ kind: 'do', commands: [{ run: ['systemctl', 'restart', 'billing'] }] }] },
      ],
    });
  });

  it('says which playbook was meant', async () => {
    expect(await planned('billing-error')).toEqual({
      code: 1,
      text: 'There is no playbook `billing-error`; did you mean `billing-errors`?',
    });
  });
});
