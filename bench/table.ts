import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import { readLast } from './lastFigures.ts';
import { type Bound, type Target, targets } from './targets.ts';

/**
 * Writes the figures of `last.jsonl` as a table between `<!-- bench -->` and `<!-- /bench -->` in the README; with
 * `--print`, or where the README has no such place, to standard output.
 */
const readme = fileURLToPath(new URL('../README.md', import.meta.url));
const place = /(<!-- bench -->\n)[\s\S]*?(<!-- \/bench -->)/;

const bound = (target: Bound): string => ('atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`);

const held = (value: number, target: Bound): boolean =>
  'atLeast' in target ? value >= target.atLeast : value <= target.atMost;

const cell = (text: string): string => text.replaceAll('|', '\\|');

function line({ what, target }: Target, { value, unit, against }: Figure): string {
  const number = value.toLocaleString('en-US');
  const figure = unit === '1/s' ? `${number}/s` : `${number} ${unit}`;
  const result = target === null ? '' : held(value, target) ? 'held' : '**missed**';
  return `| ${[what, figure, against, target === null ? '' : bound(target), result].map(cell).join(' | ')} |\n`;
}

const figures = new Map(readLast().map((figure) => [figure.name, figure]));
const rows = targets.flatMap((target) => {
  const figure = figures.get(target.name);
  return figure ? [line(target, figure)] : [];
});
const table = `| What | Figure | Against, in the same run | Target | |\n| --- | --- | --- | --- | --- |\n${rows.join('')}`;

const text = readFileSync(readme, 'utf8');
if (process.argv.includes('--print') || !place.test(text)) {
  if (!place.test(text)) process.stderr.write('README.md has no <!-- bench --> and <!-- /bench -->.\n');
  process.stdout.write(table);
} else {
  writeFileSync(
    readme,
    text.replace(place, (_, before: string, after: string) => `${before}${table}${after}`),
  );
}
