import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Runner } from '../../../src/adapters/runner/runner.ts';
import { startRunner } from '../../../src/adapters/runner/runner.ts';
import { runningWith } from '../../scenarios/processes.ts';

const megabyte = 1_000_000;

describe('what a command prints', { tags: ['trust-39'], timeout: 120_000 }, () => {
  let runner: Runner;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'genesis-output-'));
    runner = await startRunner({ graceMs: 300 });
  });
  afterAll(async () => {
    await runner.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const run = async (argv: readonly string[], timeoutMs = 60_000) => {
    let passedOn = 0;
    let pieces = '';
    const outcome = await runner.run(
      {
        id: `output-${argv.join(' ')}`,
        target: { kind: 'local', host: 'bot', directory },
        argv,
        timeoutMs,
        notAfter: Date.now() + 60_000,
      },
      {
        onOutput: ({ text }) => {
          passedOn += Buffer.byteLength(text);
          pieces += text;
        },
      },
    );
    return { outcome, passedOn, pieces };
  };

  it.each([
    ['random bytes', ['head', '-c', '3000000', '/dev/urandom']],
    ['nothing but NUL', ['head', '-c', '3000000', '/dev/zero']],
    ['one endless line', ['sh', './endless']],
  ])('is kept up to a megabyte, whatever it is, and the rest is counted: %s', async (_, argv) => {
    writeFileSync(join(directory, 'endless'), 'head -c 3000000 /dev/zero | tr "\\0" x\n');
    const { outcome, pieces } = await run(argv);
    expect(outcome).toMatchObject({ kind: 'exited', code: 0, truncatedBytes: 2 * megabyte });
    const output = outcome.kind === 'exited' ? outcome.output : '';
    // What is no text is shown as the replacement character, which has three bytes for one.
    expect(output.length).toBeLessThanOrEqual(megabyte + 200);
    expect(output.isWellFormed()).toBe(true);
    expect(/(?![\n\t])\p{Cc}/u.test(output)).toBe(false);
    expect(output).toMatch(/\[output cut: 2000000 more bytes were not kept\]\n$/);
    expect(pieces.isWellFormed()).toBe(true);
  });

  it('without end is cut, and whoever prints it is ended with all its children at the limit', async ({
    annotate,
  }) => {
    // An argument by which the children are found among all that runs on this machine.
    const mark = `endless-${process.pid}`;
    writeFileSync(
      join(directory, 'spawn'),
      `trap '' TERM\nfor n in 1 2 3; do yes ${mark} & done\nyes ${mark}\n`,
    );
    const { outcome, passedOn } = await run(['sh', './spawn'], 700);
    expect(outcome).toMatchObject({ kind: 'timed-out' });
    expect(passedOn).toBeLessThan(megabyte + 200);
    await vi.waitFor(() => expect(runningWith(mark)).toBe(0), 20_000);
    await annotate('output without end: 1 MB kept, the rest counted, 0 processes left', 'figure');
  });
});
