import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellJoin, shellQuote } from '../../src/executor/shellQuote.ts';

describe('quoting for a POSIX shell', { tags: ['trust-32'] }, () => {
  it('gives back every argument through a real shell', () => {
    const argument = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed());
    fc.assert(
      fc.property(
        fc.array(fc.oneof(argument, fc.constantFrom("'", "''", '$(id)', '\n', '\\', '-n')), { minLength: 1 }),
        (args) => {
          const output = execFileSync('sh', ['-c', `printf '%s\\0' ${shellJoin(args)}`]);
          expect(output.toString('utf8')).toBe(args.map((arg) => `${arg}\0`).join(''));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('refuses NUL, which no argument can hold', () => {
    expect(() => shellQuote('a\0b')).toThrow('NUL');
  });
});
