import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StartMessage } from '../../src/executor/messages.ts';
import { lineSplitter, parseFromExecutor, parseToExecutor } from '../../src/executor/messages.ts';

const start: StartMessage = {
  type: 'start',
  id: 'one',
  notAfter: 1,
  target: {
    kind: 'ssh',
    address: '::1',
    port: 22,
    user: 'deploy',
    hostKey: 'ssh-ed25519 AAAAC3Nz+/=',
    identityFile: 'key',
    directory: '/srv',
    path: ['/opt/bin'],
  },
  work: { kind: 'run', argv: ['systemctl', 'restart', ''], stdin: null },
  env: { A: 'b' },
  secrets: ['TOKEN'],
  timeoutMs: 1_000,
  graceMs: 100,
  outputCap: 10,
};
const parse = (message: unknown) => parseToExecutor(JSON.stringify(message));
const ssh = (more: object) => ({ ...start, target: { ...start.target, ...more } });
const work = (more: object) => ({ ...start, work: more });

describe('a message to the executor', () => {
  it('arrives as it was sent', () => {
    expect(parse(start)).toEqual(start);
    expect(parse({ type: 'stop', id: 'one' })).toEqual({ type: 'stop', id: 'one' });
    expect(parse({ type: 'shutdown' })).toEqual({ type: 'shutdown' });
  });

  it.each<[string, unknown]>([
    ['another type', { type: 'exec', id: 'one' }],
    ['an address that is an option', ssh({ address: '-oProxyCommand=id' })],
    ['an address with a space', ssh({ address: 'a b' })],
    ['a user that is an option', ssh({ user: '-l' })],
    ['a second host key', ssh({ hostKey: 'ssh-ed25519 AAAA\n* ssh-ed25519 BBBB' })],
    ['a port that is none', ssh({ port: 0 })],
    ['a path entry that holds two', ssh({ path: ['/a:/b'] })],
    ['a relative path entry on another host', ssh({ path: ['bin'] })],
    ['a target of another kind', ssh({ kind: 'docker' })],
    ['no program', work({ kind: 'run', argv: [], stdin: null })],
    ['a program that is an assignment', work({ kind: 'run', argv: ['A=b'], stdin: null })],
    ['a NUL', work({ kind: 'run', argv: ['a', '\0'], stdin: null })],
    [
      'arguments that no remote shell takes',
      work({ kind: 'run', argv: ['a', 'x'.repeat(100_000)], stdin: null }),
    ],
    ['an argument that is a number', work({ kind: 'run', argv: ['a', 1], stdin: null })],
    ['an absolute file', work({ kind: 'read', file: '/etc/passwd' })],
    ['a file above', work({ kind: 'read', file: 'a/../../b' })],
    ['a file that is an option', work({ kind: 'read', file: '-a' })],
    ['a file with a newline', work({ kind: 'read', file: 'a\nb' })],
    ['a variable name that is none', { ...start, env: { 'A B': 'c' } }],
    ['a secret name that is none', { ...start, secrets: ['a;b'] }],
    ['no limit', { ...start, timeoutMs: 0 }],
    ['a limit that overflows a timer', { ...start, timeoutMs: 2 ** 31 }],
  ])('is refused with %s', (_, message) => {
    expect(parse(message)).toMatchObject({ type: 'bad', id: 'one' });
  });

  it('never fails otherwise, whatever the line is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(['bad', 'shutdown']).toContain(parseToExecutor(line).type);
        expect(parseFromExecutor(line)).toBeNull();
      }),
    );
  });
});

describe('lines', () => {
  it('are cut at newlines alone, wherever the chunks end', () => {
    const sent = ['{"text":"one\u2028two\u2029\\n"}', '{"text":"日本語"}', '{}'];
    const bytes = Buffer.from(`${sent.join('\n')}\n`);
    for (let size = 1; size < 12; size += 1) {
      const lines: string[] = [];
      const push = lineSplitter((line) => lines.push(line));
      for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
      expect(lines).toEqual(sent);
    }
  });
});
