import type { Path } from './problem.ts';
import type { Reporter, RoomFile } from './reporting.ts';

/** What an import writes where the runbook does not say: a name that nothing has. */
const openPattern = /(?<![\w.-])todo_\w+/g;

/**
 * Warns about each place that a draft left open. It compiles, and a query that names nothing is never healthy; but a
 * check that can never pass is found here sooner than in an incident.
 */
export function checkLeftOpen(file: RoomFile, report: Reporter): void {
  visit(file.value, [], (text, path, part) => {
    for (const name of new Set(text.match(openPattern)))
      report.warning(
        path,
        `\`${name}\` was left open by an import: the import could not know this; fill it in.`,
        part,
      );
  });
}

type Found = (text: string, path: Path, part: 'key' | 'value') => void;

function visit(value: unknown, path: Path, found: Found): void {
  if (typeof value === 'string') found(value, path, 'value');
  else if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) visit(each, [...path, index], found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      found(key, [...path, key], 'key');
      visit(each, [...path, key], found);
    }
  }
}
