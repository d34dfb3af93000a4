import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256Hex } from '../../../src/core/playbook/canonical.ts';
import { faultsOf, leastRisk, writeFault } from '../../../src/core/playbook/commandRules.ts';
import type { Definition } from '../../../src/core/playbook/definition.ts';
import { matchPlaybook } from '../../../src/core/playbook/match.ts';
import { nearest, unknownName } from '../../../src/core/playbook/nearest.ts';
import { parseQuantity } from '../../../src/core/playbook/values.ts';

describe('the command that an action runs', () => {
  it.each([
    [['sh', '-c', 'true']],
    [['/usr/bin/bash', '-lc', 'true']],
    [['bash', '-o', 'pipefail', '-c', 'true']],
    [['env', 'A=b', 'dash', '-ec', 'true']],
    [['nohup', 'zsh', '-c', 'true']],
    [['find', '.', '-exec', 'sh', '-c', 'true', ';']],
    [['xargs', 'bash', '-c', 'true']],
    [['busybox', 'sh', '-c', 'true']],
  ])('%j is a shell in disguise', (argv) => {
    expect(faultsOf(argv).map(({ message }) => message)).toEqual([expect.stringMatching(/^No shell: /)]);
  });

  it.each([
    [['bash', 'scripts/deploy.sh', '-c', 'production']],
    [['./scripts/health_check.sh']],
    [['grep', '-c', '-E', '429|timeout', 'logs/genesis.log']],
    [['awk', '/ERROR/ { n[$1]++ } END { for (k in n) print k, n[k] }', 'log']],
    [['git', 'rev-parse', '--verify', 'origin/deployment-stable^{commit}']],
    [['ping', '-c', '5', 'api.openai.com']],
    [['journalctl', '--since', '5 minutes ago', '-n', '100', '--no-pager']],
    [['find', 'logs', '-name', '*.log']],
  ])('%j is taken as it stands', (argv) => {
    expect(faultsOf(argv)).toEqual([]);
  });

  it.each([
    [['systemctl', '--user', 'restart', 'x'], 'disruptive'],
    [['sudo', '-u', 'root', 'systemctl', 'stop', 'x'], 'disruptive'],
    [['systemctl', 'is-active', 'x'], 'observe'],
    [['git', '-C', '/srv', 'reset', '--hard'], 'destructive'],
    [['git', 'log'], 'observe'],
    [['timeout', '30', 'rm', '-rf', 'x'], 'destructive'],
    [['env', 'venv/bin/python', '-m', 'pip', 'install', 'x'], 'change'],
    [['curl', '-XPOST', 'http://localhost'], 'change'],
    [['curl', '-s', 'http://localhost'], 'observe'],
    [['fly', 'machine', 'restart', 'x'], 'disruptive'],
    [['fly', 'status'], 'observe'],
  ])('%j is at least %s', (argv, risk) => {
    expect(leastRisk(argv).risk).toBe(risk);
  });

  it('never takes a command with a shell and a script for harmless, whatever stands around them', () => {
    const shell = fc.constantFrom('sh', 'bash', '/bin/sh', 'zsh', 'dash');
    const flag = fc.constantFrom('-c', '-lc', '-ec', '-xc');
    const before = fc.array(fc.constantFrom('env', 'sudo', 'nice', 'A=b', '-n', '5'), { maxLength: 4 });
    fc.assert(
      fc.property(before, shell, flag, fc.string(), (words, name, option, script) => {
        expect(faultsOf([...words, name, option, script])).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the file that an action writes', () => {
  it('lies below the directory of its host', () => {
    expect(writeFault('config/llm_fallback.yaml')).toBeUndefined();
    for (const file of [
      '',
      '/etc/passwd',
      '~/x',
      '../x',
      'a/../../x',
      'a//b',
      './a',
      'a/',
      '.git/hooks/post-merge',
      'a\nb',
      'a\\b',
      'C:/x',
    ])
      expect(writeFault(file), file).toBeDefined();
  });

  it('never leaves it, whatever its name', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('..', '.', '', 'a', '~', 'b.yaml'), { maxLength: 6 }),
        (segments) => {
          const file = segments.join('/');
          if (writeFault(file) !== undefined) return;
          expect(file.startsWith('/')).toBe(false);
          expect(file.split('/')).not.toContain('..');
        },
      ),
    );
  });
});

describe('canonical JSON', () => {
  it('is one text for one value, in whatever order it was built', () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: null }], a: 'é' })).toBe('{"a":"é","b":[1,{"c":null}]}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses what JSON cannot say', () => {
    expect(() => canonicalJson({ a: Number.NaN })).toThrow('NaN has no JSON form');
    expect(() => canonicalJson([undefined])).toThrow('no JSON form');
  });

  it('hashes to the well-known digest', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('the playbook that answers an alert', () => {
  const playbook = (name: string, answers: Readonly<Record<string, string>>): Definition => ({
    playbook: {
      name,
      title: name,
      kind: 'alert',
      answers,
      service: 'billing',
      severity: 'P2',
      symptoms: [],
      steps: [],
      authority: 'each',
      commanderAtOnce: false,
      source: { file: `${name}.yml`, line: 1 },
    },
    service: { name: 'billing', indicators: {}, actions: {}, hosts: {}, links: {} },
  });
  const definitions = {
    generic: playbook('generic', {}),
    slow: playbook('slow', { alertname: 'Slow' }),
    'slow-in-europe': playbook('slow-in-europe', { alertname: 'Slow', region: 'eu' }),
    'any-in-europe': playbook('any-in-europe', { region: 'eu' }),
  };
  const answering = (labels: Readonly<Record<string, string>>) =>
    matchPlaybook(definitions, labels).playbook.name;

  it('is the most specific of those whose labels are all equal', () => {
    expect(answering({ alertname: 'Slow', region: 'us' })).toBe('slow');
    expect(answering({ alertname: 'Slow', region: 'eu', host: 'a' })).toBe('slow-in-europe');
    expect(answering({ alertname: 'Other', region: 'eu' })).toBe('any-in-europe');
  });

  it('is the generic one for an alert that nobody wrote one for, and never by inherited names', () => {
    expect(answering({ alertname: 'Other' })).toBe('generic');
    expect(answering({})).toBe('generic');
    const inherited = { generic: definitions.generic, odd: playbook('odd', { constructor: 'Object' }) };
    expect(matchPlaybook(inherited, {}).playbook.name).toBe('generic');
  });
});

describe('what operators write', () => {
  it.each([
    ['0.1%', 0.001, 'ratio'],
    ['99.9%', 0.999, 'ratio'],
    ['200ms', 0.2, 'seconds'],
    ['1.5s', 1.5, 'seconds'],
    ['512MiB', 536_870_912, 'bytes'],
    [1000, 1000, null],
  ])('%s is %d', (written, value, unit) => {
    expect(parseQuantity(written)).toEqual({ value, unit });
  });

  it('is told some of many that there are where none is near', () => {
    const known = Array.from({ length: 14 }, (_, index) => `action_${index}`);
    expect(unknownName('action', 'xyz', known)).toBe(
      'There is no action `xyz`; there are `action_0`, `action_1`, `action_2`, `action_3`, `action_4` and 9 more.',
    );
  });

  it('is suggested the nearest known word, and none where none is near', () => {
    const words = ['observe', 'change', 'disruptive', 'destructive'];
    expect(nearest('disruptiv', words)).toBe('disruptive');
    expect(nearest('Observe', words)).toBe('observe');
    expect(nearest('distructive', words)).toBe('destructive');
    expect(nearest('critical', words)).toBeUndefined();
  });
});
