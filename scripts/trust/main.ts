import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { startVitest } from 'vitest/node';
import { promises } from './promises.ts';
import { createCollector, tableOf } from './table.ts';

/**
 * `npm run trust` runs every test that shows a promise and writes the table of docs/trust.md; `npm run trust -- 12 26`
 * runs the tests of those promises and prints what they measured. With SOAK=1 in the long versions.
 */
const root = resolve(import.meta.dirname, '../..');
const page = join(root, 'docs/trust.md');
const [begin, end] = ['<!-- promises -->', '<!-- /promises -->'];

const asked = process.argv.slice(2).map(Number);
const unknown = asked.filter((number) => !promises.some((promise) => promise.number === number));
if (unknown.length > 0) {
  console.error(`There are promises 1 to ${promises.length}; write their numbers: npm run trust -- 12`);
  process.exit(2);
}

const collector = createCollector();
const numbers = asked.length > 0 ? asked : promises.map(({ number }) => number);
const files = await filesWith(numbers.map((number) => `'trust-${number}'`));
if (files.length === 0) {
  console.error('No test carries that number yet.');
  process.exit(1);
}
const run = await startVitest('test', files, {
  watch: false,
  tagsFilter: [numbers.map((number) => `trust-${number}`).join(' or ')],
  reporters: ['default', collector.reporter],
});
await run.close();

// What the filter left out counts as skipped as well; of what was asked for, only a missing component is.
const shown = collector.shown().filter(({ promise }) => numbers.includes(promise));
const failed = shown.filter(({ state }) => state !== 'passed');
for (const { promise, name, state } of failed) console.error(`${promise}: ${state}: ${name}`);

if (asked.length > 0) {
  for (const each of shown)
    console.log(`${each.promise}: ${each.name}: ${each.figures.join('; ') || each.state}`);
} else if (failed.length === 0) {
  const text = await readFile(page, 'utf8');
  const head = text.slice(0, text.indexOf(begin) + begin.length);
  await writeFile(page, `${head}\n${tableOf(shown)}\n${text.slice(text.indexOf(end))}`);
}
/** Only the files in which a tag occurs: reading in the others takes longer than most of the tests. */
async function filesWith(tags: readonly string[]): Promise<string[]> {
  const test = join(root, 'test');
  const all = (await readdir(test, { recursive: true })).filter((file) => file.endsWith('.test.ts'));
  const texts = await Promise.all(all.map((file) => readFile(join(test, file), 'utf8')));
  return all
    .filter((_, index) => tags.some((tag) => texts[index]?.includes(tag)))
    .map((file) => join('test', file));
}

process.exit(failed.length > 0 || shown.length === 0 ? 1 : 0);
