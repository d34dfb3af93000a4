import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Runner, startRunner } from '../../../src/adapters/runner/runner.ts';
import type { Action, Definition, Step } from '../../../src/core/playbook/definition.ts';
import { argumentFault, type ValueType } from '../../../src/core/playbook/valueType.ts';
import { hasSlots } from '../../../src/core/run/plan.ts';
import { planStep } from '../../../src/core/run/resolve.ts';
import type { Run } from '../../../src/core/run/run.ts';
import { valuesOf } from '../../../src/core/run/stepValues.ts';
import { hostileArguments, hostileTemplates, inheritedNames } from './hostileTexts.ts';

const soak = process.env.SOAK === '1';
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

const types: readonly ValueType[] = [
  { kind: 'text', maxLength: 1_000, pattern: '.*' },
  { kind: 'text', maxLength: 1_000, pattern: '(?s).+' },
  { kind: 'text', maxLength: 1_000, pattern: '[a-z]+:v[0-9]+' },
  { kind: 'text', maxLength: 1_000, pattern: '[-a-z]+' },
  { kind: 'text', maxLength: 1_000, pattern: '--[a-z]+' },
  { kind: 'options', options: ['Europe', '$(touch canary)'] },
  { kind: 'integer', min: 1, max: 20 },
];

const crafted = [
  ...['"', "'", '`id`', '$(touch canary)', '; touch canary', 'a\nb', 'a\0b', '-rf', '--force', '−rf', '–x'],
  ...['x'.repeat(10_240), 'shop:v1', 'shop:v1\n', '‮gnp.exe', 'a​b', 'а', 'ﬁ', '\ud800', 'é', 'é', '', ' '],
  ...['7', '007', '1e1', '０１', '--safe', '--safe;id', '\u2028', '﻿x', '../../etc/passwd', '$IFS'],
];

/** Drawn as nothing or as a space, although most of them count as letters, symbols or marks. */
const invisible = [
  '\u3164',
  '\u115f',
  '\uffa0',
  '\u034f',
  '\u17b4',
  '\ufe0f',
  '\u{e0101}',
  '\u2800',
  '\u00a0',
  '\u2003',
  '\u3000',
].map((mark) => `shop${mark}v1`);

const hostile = [...crafted, ...hostileArguments, ...hostileTemplates, ...inheritedNames];

describe('a hostile value for a parameter', { tags: ['trust-32'] }, () => {
  let runner: Runner;
  let directory: string;
  beforeAll(async () => {
    runner = await startRunner();
  });
  afterAll(() => runner.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'genesis-parameters-'));
    return () => rmSync(directory, { recursive: true, force: true });
  });

  /** A run in which somebody answered the question with this text, and the step that uses it. */
  function answered(type: ValueType, answer: string) {
    const ask: Step = {
      id: '1',
      as: 'value',
      kind: 'ask',
      question: 'Which?',
      input: { kind: 'text', maxLength: 3_000 },
    };
    const step = {
      id: '2',
      kind: 'do',
      action: 'record',
      with: { value: { kind: 'answer', name: 'value' } },
    } as const;
    const action: Action = {
      name: 'record',
      title: 'Record',
      risk: 'change',
      host: 'bot',
      does: {
        kind: 'run',
        argv: ['./record', 'first', '‹value›', 'last'],
        slots: [{ at: 2, parameter: 'value' }],
      },
      // biome-ignore lint/suspicious/noThenProperty: it is the operators' word, and nobody awaits an action.
      then: [],
      timeoutMs: 60_000,
      succeeds: [0],
      undo: { kind: 'none' },
      secrets: [],
      parameters: { value: { type } },
    };
    const definition: Definition = {
      playbook: {
        ...{ name: 'trial', title: 'Trial', kind: 'procedure', answers: {}, service: 'shop', severity: 'P2' },
        ...{ symptoms: [], steps: [ask, step], authority: 'each', commanderAtOnce: false },
        source: { file: 'trial.yml', line: 1 },
      },
      service: {
        name: 'shop',
        indicators: {},
        actions: { record: action },
        hosts: { bot: { kind: 'local', name: 'bot', directory, path: [] } },
        links: {},
      },
    };
    const run: Pick<Run, 'steps'> = {
      steps: {
        '1': {
          ...{ attempt: 1, enteredAt: 0, output: '', outputCut: false, baseline: null },
          state: { kind: 'settled', at: 0, by: 'U1', how: { kind: 'answered', answer } },
        },
      },
    };
    return { plan: planStep(definition, step, run), fault: valuesOf(definition, step, run).fault };
  }

  it('arrives byte for byte as one argument, or nothing runs', { timeout: 900_000 }, async ({ annotate }) => {
    writeFileSync(join(directory, 'record'), '#!/bin/sh\nfor a; do printf "%s\\0" "$a"; done >arguments\n', {
      mode: 0o755,
    });
    let passed = 0;
    let refused = 0;
    const value = fc.oneof(
      fc.constantFrom(...hostile),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^[a-z]{1,5}:v[0-9]{1,3}$/),
    );
    const check = async (type: ValueType, text: string) => {
      const { plan, fault } = answered(type, text);
      const does = plan.commands[0]?.does;
      if (does?.kind !== 'run') throw new Error('no command');
      expect(hasSlots(plan.commands)).toBe(fault !== null);
      if (fault !== null) {
        refused += 1;
        expect(does.argv).toEqual(['./record', 'first', '‹value›', 'last']);
        return;
      }
      passed += 1;
      const outcome = await runner.run(
        {
          id: `parameter-${passed}`,
          target: { kind: 'local', host: 'bot', directory },
          argv: does.argv,
          timeoutMs: 60_000,
          notAfter: Date.now() + 300_000,
        },
        { onOutput: () => undefined },
      );
      expect(outcome).toMatchObject({ kind: 'exited', code: 0, output: '' });
      expect(readFileSync(join(directory, 'arguments'), 'utf8')).toBe(`first\0${text}\0last\0`);
      expect(readdirSync(directory).sort()).toEqual(['arguments', 'record']);
    };
    for (const type of types) for (const text of crafted) await check(type, text);
    const numRuns = soak ? 10_000 : 200;
    await fc.assert(fc.asyncProperty(fc.constantFrom(...types), value, check), { numRuns, seed });
    expect(passed).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(100);
    await annotate(
      `${passed + refused} values for parameters (seed ${seed}): ${passed} arrived byte for byte, ${refused} refused, 0 canary files`,
      'figure',
    );
  });

  it('is refused where nobody could see it or a program would take it for an option', () => {
    const [any = types[0]] = types;
    if (!any) return;
    for (const text of [
      '-rf',
      '--force',
      'a\nb',
      'a\0b',
      '‮x',
      'a​b',
      '\ud800',
      'x'.repeat(1_001),
      '',
      ...invisible,
    ])
      expect(argumentFault(any, text), JSON.stringify(text)).not.toBeNull();
    expect(argumentFault({ kind: 'text', maxLength: 1_000, pattern: '[-a-z]+' }, '-rf')).not.toBeNull();
    expect(argumentFault({ kind: 'text', maxLength: 1_000, pattern: '--[a-z]+' }, '--safe')).toBeNull();
    expect(argumentFault({ kind: 'integer', min: -5 }, '-5')).toBeNull();
    expect(argumentFault({ kind: 'integer' }, '-5')).not.toBeNull();
  });
});
