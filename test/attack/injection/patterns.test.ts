import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';

const src = join(import.meta.dirname, '../../../src');

/** Parts from which expressions that backtrack without end are made. */
const repeated = ['a', '[a-z]', '\\w', '.', 'a|aa', 'a|a?', '[a-zA-Z0-9]', '\\d|a', 'aa*', '(?:a|b)'];
const shapes: readonly ((part: string) => string)[] = [
  (part) => `^(${part}+)+$`,
  (part) => `^(${part}*)*$`,
  (part) => `^((${part})+)+!$`,
  (part) => `(${part})*(${part})*(${part})*(${part})*!$`,
  (part) => `^(${part}){1,40}(${part}){1,40}!$`,
  (part) => `(.*)*(${part})+=$`,
  (part) => `^(?:(?:${part})?){30}(?:${part}){30}$`,
  (part) => `(${part}+){3}\\s*$`,
  (part) => `^(([^x]|${part})+x?)+y$`,
  (part) => `(?i)^(${part}+.)+[^z]*z$`,
];
const patterns = repeated.flatMap((part) => shapes.map((shape) => shape(part)));

/** What makes them, and expressions that are a little careless, go on for ever. */
const texts = [
  `${'a'.repeat(100_000)}!`,
  'a.'.repeat(50_000),
  'a:'.repeat(50_000),
  'ab://'.repeat(20_000),
  `${' '.repeat(100_000)}x`,
  `${'\t \n'.repeat(30_000)}.`,
  '<'.repeat(100_000),
  '<@U'.repeat(30_000),
  '<@U0A|'.repeat(20_000),
  '&lt;!date^1^{a}|'.repeat(10_000),
  '`'.repeat(100_000),
  '-'.repeat(100_000),
  '-----BEGIN '.repeat(9_000),
  '-----BEGIN A PRIVATE KEY-----'.repeat(4_000),
  'Bearer '.repeat(15_000),
  'xoxb-'.repeat(20_000),
  '\u001b['.repeat(50_000),
  `\u001b[${'0;'.repeat(50_000)}`,
  '/'.repeat(100_000),
  'a/'.repeat(50_000),
  'a canary/of+some='.repeat(6_000),
  `${Buffer.from('a canary/of+some').toString('base64')}\n`.repeat(4_000),
  `${'A'.repeat(76)}\n`.repeat(1_300),
  '%2f'.repeat(30_000),
  '['.repeat(60_000),
  '{"a":'.repeat(20_000),
  '- '.repeat(30_000),
  'a: &a [*a, '.repeat(5_000),
  '1'.repeat(100_000),
  '0.'.repeat(50_000),
  '\u202e\u200b'.repeat(30_000),
  '\ud800'.repeat(50_000),
];

/** Long enough for the busiest machine, and nothing against what backtracking would take. */
const limitMs = 120_000;

describe('expressions', { tags: ['trust-37'], timeout: 180_000 }, () => {
  it('come to an end: those that people write, and our own on whatever they write', async ({ annotate }) => {
    expect(new Set(patterns).size).toBe(100);
    const worker = new Worker(new URL('./patternWorker.ts', import.meta.url), {
      workerData: { patterns, texts },
    });
    let last = 'the start';
    worker.on('message', (what: string) => {
      last = what;
    });
    worker.once('error', (error) => {
      last = `${last} threw: ${error.message}`;
    });
    try {
      // What it stands at when the time is up is what does not end.
      await vi.waitFor(() => expect(last).toBe('done'), { timeout: limitMs, interval: 100 });
    } finally {
      await worker.terminate();
    }
    await annotate(
      `${patterns.length} patterns that backtrack without end elsewhere, and all our own expressions, on ${texts.length} hostile texts of up to 100 KB: all came to an end`,
      'figure',
    );
  });

  it('are never built from foreign text but by RE2', () => {
    const files = readdirSync(src, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      // The sandbox plays the world outside, for nobody but whoever started it.
      .filter((file) => !file.startsWith(join(src, 'sandbox')));
    const built = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => /\bRegExp\(/.test(line) && !/^\s*(?:\/\/|\*)/.test(line))
        .map((line) => `${file.slice(src.length + 1)}: ${line.trim()}`),
    );
    // Constants, some put together of others; secrets with every mark escaped, in which nothing repeats; one letter of
    // our own.
    const known = [
      /^executor\/textOutput\.ts: const (?:ESCAPE_SEQUENCE|UNFINISHED_ESCAPE) = /,
      /^core\/redact\/redactor\.ts: const find = /,
      /^core\/playbook\/commandHabits\.ts: const short = \(letter: string\)/,
      /^core\/playbook\/commandHabits\.ts: \{ language: 'a shell'/,
      /^core\/playbook\/import\/(?:times|thresholds)\.ts: const (?:span|limit|alone|waiting|bounded|compared|quantity) = /,
    ];
    expect(built.filter((line) => !known.some((each) => each.test(line)))).toEqual([]);
    // `match`, `search` and `split` make an expression of a text by themselves.
    const hidden = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\.(?:match|matchAll|search)\((?![/)])(?!find\(\))([\w.]+)/g)]
        .map((found) => `${file.slice(src.length + 1)}: ${found[0]}`)
        .filter((line) => !/(?:UNFINISHED_ESCAPE|[pP]attern|codeSpan|compared)/.test(line)),
    );
    expect(hidden).toEqual([]);
  });
});
