import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { cksum, FILE_SCRIPT } from '../../src/executor/fileScript.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'genesis-file-'));
  return () => rmSync(directory, { recursive: true, force: true });
});

function script(args: string[], input = ''): string {
  const all = ['-c', FILE_SCRIPT, 'genesis-file', ...args];
  return execFileSync('sh', all, { cwd: directory, input, encoding: 'utf8' });
}

describe('the checksum', () => {
  it('is the one of the real cksum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(`${cksum(bytes)}\n`).toBe(execFileSync('cksum', { input: bytes, encoding: 'utf8' }));
      }),
      { numRuns: 40 },
    );
  });
});

describe('replacing a file', () => {
  it('is refused when somebody else has changed it since it was read', () => {
    writeFileSync(join(directory, 'flags'), 'changed');
    const args = ['write', 'flags', '1000', cksum(Buffer.from('read')), cksum(Buffer.from('new'))];
    expect(script(args, 'new')).toBe('refused changed-meanwhile\n');
    expect(script(['write', 'flags', '1000', 'absent', cksum(Buffer.from('new'))], 'new')).toBe(
      'refused changed-meanwhile\n',
    );
    expect(readFileSync(join(directory, 'flags'), 'utf8')).toBe('changed');
  });

  it('is refused, and leaves nothing behind, when the content did not arrive in whole', () => {
    writeFileSync(join(directory, 'flags'), 'old');
    const args = ['write', 'flags', '1000', cksum(Buffer.from('old')), cksum(Buffer.from('new content'))];
    expect(script(args, 'new con')).toBe('refused file-failed\n');
    expect(readFileSync(join(directory, 'flags'), 'utf8')).toBe('old');
    expect(readdirSync(directory)).toEqual(['flags']);
  });

  it('is refused through links that lead nowhere or in a circle', () => {
    symlinkSync('one', join(directory, 'two'));
    symlinkSync('two', join(directory, 'one'));
    symlinkSync('/nowhere/at/all', join(directory, 'lost'));
    const write = (name: string) =>
      script(['write', name, '1000', 'absent', cksum(Buffer.from('new'))], 'new');
    expect(write('one')).toBe('refused file-outside\n');
    expect(write('lost')).toMatch(/^refused (file-outside|no-directory)\n$/);
  });
});
