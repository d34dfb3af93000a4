import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import { targets } from './targets.ts';

const file = fileURLToPath(new URL('last.jsonl', import.meta.url));

/** The figures of the latest run of each part. */
export function readLast(): readonly Figure[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Figure);
}

/** New figures replace those of the same name; the order is that of the targets. */
export function keepFigures(figures: readonly Figure[]): void {
  const all = new Map([...readLast(), ...figures].map((figure) => [figure.name, figure]));
  const known = new Map(targets.map(({ name }, index) => [name, index]));
  const order = ({ name }: Figure): number => known.get(name) ?? known.size;
  const sorted = [...all.values()].toSorted((a, b) => order(a) - order(b));
  writeFileSync(file, sorted.map((figure) => `${JSON.stringify(figure)}\n`).join(''));
}
