import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Runner } from '../../../src/adapters/runner/runner.ts';
import { startRunner } from '../../../src/adapters/runner/runner.ts';
import { faultsOf } from '../../../src/core/playbook/commandRules.ts';
import type { RunRequest } from '../../../src/engine/runnerPort.ts';
import { parseToExecutor } from '../../../src/executor/messages.ts';
import { engineer, minute } from '../../fakes/room.ts';
import { createWorld, notice } from '../../fakes/world.ts';
import { hostileArguments, hostileMarkup, hostileTemplates, inheritedNames } from './hostileTexts.ts';

const soak = process.env.SOAK === '1';
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

const hostile = [...hostileArguments, ...hostileTemplates, ...inheritedNames];
const argument = fc.oneof(
  fc.constantFrom(...hostile),
  fc
    .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 8 })), {
      maxLength: 4,
    })
    .map((parts) => parts.join('')),
);
const canBePassed = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

describe('hostile arguments on the own host', { tags: ['trust-32'] }, () => {
  let runner: Runner;
  let directory: string;
  let counter = 0;
  const request = (argv: readonly string[]): RunRequest => {
    counter += 1;
    return {
      id: `local-${counter}`,
      target: { kind: 'local', host: 'bot', directory },
      argv,
      timeoutMs: 60_000,
      notAfter: Date.now() + 300_000,
    };
  };
  beforeAll(async () => {
    runner = await startRunner();
  });
  afterAll(() => runner.close());
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'genesis-arguments-'));
    return () => rmSync(directory, { recursive: true, force: true });
  });

  it('arrive byte for byte after the program, or the command is refused', { timeout: 900_000 }, async ({
    annotate,
  }) => {
    // The program writes down what it was given, and nothing else may appear beside it.
    const record = '#!/bin/sh\nfor a; do printf "%s\\0" "$a"; done >arguments\n';
    writeFileSync(join(directory, 'record'), record, { mode: 0o755 });
    const numRuns = soak ? 10_000 : 150;
    let passed = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { minLength: 1, maxLength: 6 }), async (args) => {
        const outcome = await runner.run(request(['./record', ...args]), { onOutput: () => undefined });
        if (args.every(canBePassed)) {
          passed += 1;
          expect(outcome).toMatchObject({ kind: 'exited', code: 0, output: '' });
          expect(readFileSync(join(directory, 'arguments'), 'utf8')).toBe(
            args.map((each) => `${each}\0`).join(''),
          );
        } else {
          refused += 1;
          expect(outcome).toMatchObject({ kind: 'refused', code: 'bad-request' });
        }
        expect(readdirSync(directory).filter((name) => name !== 'arguments')).toEqual(['record']);
      }),
      {
        numRuns,
        seed,
        examples: [[hostile.filter(canBePassed)], [['a\0b']], [['\ud800']]],
      },
    );
    await annotate(
      `${numRuns} random argument vectors (seed ${seed}): ${passed} arrived byte for byte, ${refused} refused, 0 canary files`,
      'figure',
    );
  });

  it('as the name of a file stay below its directory, or are refused', { timeout: 900_000 }, async ({
    annotate,
  }) => {
    const numRuns = soak ? 2_000 : 60;
    const home = join(directory, 'home');
    const hostileFile = fc.oneof(
      argument,
      fc.constantFrom(
        '../canary',
        '/tmp/canary',
        'a/../../canary',
        './x',
        'a//b',
        '-rf',
        '--',
        '.git/config',
        'a\nb',
        '..',
      ),
      fc
        .array(fc.constantFrom('a', '..', '.', '/', '-', '$(touch canary)', ';', ' ', '*'), { maxLength: 6 })
        .map((parts) => parts.join('')),
    );
    let written = 0;
    await fc.assert(
      fc.asyncProperty(hostileFile, argument, async (file, text) => {
        rmSync(home, { recursive: true, force: true });
        mkdirSync(home);
        const content = text.toWellFormed();
        const base = { ...request(['x']), target: { kind: 'local', host: 'bot', directory: home } as const };
        const outcome = await runner.write({ ...base, file, content });
        // Nothing beside the directory, nothing in it but the file itself, and in the file what was to be written.
        expect(readdirSync(directory)).toEqual(['home']);
        const inside = readdirSync(home, { recursive: true }).map(String);
        if (outcome.kind === 'written') {
          written += 1;
          expect(inside).toEqual([file]);
          expect(readFileSync(join(home, file), 'utf8')).toBe(content);
        } else {
          expect(outcome.kind).toBe('refused');
          expect(inside).toEqual([]);
        }
      }),
      { numRuns, seed },
    );
    expect(written).toBeGreaterThan(0);
    expect(existsSync('/tmp/canary')).toBe(false);
    await annotate(
      `${numRuns} random file names (seed ${seed}): ${written} written in their place, the others refused`,
      'figure',
    );
  });
});

describe('the last gate before a process', { tags: ['trust-32'] }, () => {
  it('takes no program, host, user, key or path that would be read as something else', () => {
    const good = {
      type: 'start',
      id: '1',
      notAfter: 1,
      target: {
        kind: 'ssh',
        address: 'host.example',
        port: 22,
        user: 'deploy',
        hostKey: 'ssh-ed25519 AAAA',
        identityFile: '/etc/key',
        directory: '/srv',
        path: ['/opt/bin'],
      },
      work: { kind: 'run', argv: ['true'], stdin: null },
      env: {},
      secrets: [],
      timeoutMs: 1,
      graceMs: 1,
      outputCap: 1,
    };
    expect(parseToExecutor(JSON.stringify(good)).type).toBe('start');
    const withTarget = (more: object) =>
      parseToExecutor(JSON.stringify({ ...good, target: { ...good.target, ...more } })).type;
    const withArgv = (argv: readonly string[]) =>
      parseToExecutor(JSON.stringify({ ...good, work: { ...good.work, argv } })).type;
    for (const text of hostileArguments.filter((each) => !/^[A-Za-z0-9_:][A-Za-z0-9._:-]*$/.test(each))) {
      expect(withTarget({ address: text }), `address ${text}`).toBe('bad');
      expect(withTarget({ user: text }), `user ${text}`).toBe('bad');
      expect(withTarget({ hostKey: text }), `key ${text}`).toBe('bad');
    }
    for (const program of ['', '-c', '--help', '-oProxyCommand=x', 'PATH=.', 'A=b', 'a\0b', '\ud800']) {
      expect(withArgv([program, 'x']), `program ${program}`).toBe('bad');
    }
    for (const entry of ['', 'a:b', 'relative', '../x', 'a\0']) {
      expect(withTarget({ path: [entry] }), `path ${entry}`).toBe('bad');
    }
  });

  it('is preceded by the linter, which takes no shell and nothing that only a shell would understand', () => {
    for (const argv of [
      ['sh', '-c', 'touch canary'],
      ['bash', '-lc', 'x'],
      ['/bin/dash', '-ec', 'x'],
      ['env', 'sh', '-c', 'x'],
      ['sudo', '-u', 'root', 'bash', '-c', 'x'],
      ['busybox', 'sh', '-c', 'x'],
      ['-c', 'x'],
      ['A=b', 'x'],
      ['echo', '$(id)'],
      ['echo', '`id`'],
      ['echo', ['$', '{HOME}'].join('')],
      ['echo', 'a', '|', 'sh'],
      ['echo', 'a', '&&', 'x'],
      ['env', '-S', 'sh -c x'],
    ]) {
      expect(faultsOf(argv), argv.join(' ')).not.toEqual([]);
    }
  });
});

describe('what an alert or a person says', { tags: ['trust-32'] }, () => {
  it('is in no command, whatever it is', async ({ annotate }) => {
    const numRuns = soak ? 10_000 : 300;
    const words = fc.oneof(argument, fc.constantFrom(...hostileMarkup));
    const commandsOf = (world: ReturnType<typeof createWorld>) =>
      world.effects().flatMap((effect) => (effect.kind === 'run-command' ? [effect.planned] : []));
    /** One way through the incident, with these words wherever words can come in. */
    const walk = (say: () => string) => {
      const world = createWorld();
      const labels = { alertname: 'HighErrorRate', service: 'checkout' };
      world.notice(
        notice({
          labels: { instance: say(), job: say(), [say()]: say(), ...labels },
          annotations: { summary: say(), description: say(), runbook_url: say(), [say()]: say() },
          groupKey: say(),
        }),
      );
      world.by(engineer, { type: 'incident.note', incident: 'INC-1', kind: 'note', text: say() });
      world.by(engineer, { type: 'incident.role', incident: 'INC-1', role: 'scribe', user: say() });
      world.by(engineer, { type: 'run.choose', run: 'INC-1.1', step: 'kind', attempt: 1, option: say() });
      world.by(engineer, { type: 'run.choose', run: 'INC-1.1', step: 'kind', attempt: 1, option: 'limits' });
      world.by(engineer, { type: 'run.answer', run: 'INC-1.1', step: 'kind', attempt: 1, answer: say() });
      world.by(engineer, { type: 'run.perform', run: 'INC-1.1', step: 'fallback', attempt: 1 });
      world.by(engineer, {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: say(),
        place: { kind: 'channel', channel: say() },
        reason: say(),
      });
      world.by(engineer, {
        type: 'run.start',
        run: null,
        incident: null,
        playbook: 'quick-fix',
        place: { kind: 'channel', channel: 'C1' },
        reason: say(),
      });
      world.pass(minute);
      return commandsOf(world);
    };
    const ordinary = walk(() => 'ordinary words');
    expect(ordinary.length).toBeGreaterThan(1);
    fc.assert(
      fc.property(fc.array(words, { minLength: 1, maxLength: 20 }), (list) => {
        let next = 0;
        const say = () => list[next++ % list.length] ?? '';
        expect(walk(say)).toEqual(ordinary);
      }),
      { numRuns, seed },
    );
    await annotate(
      `${numRuns} incidents with hostile words in every field (seed ${seed}): the commands were the same, byte for byte`,
      'figure',
    );
  });
});
