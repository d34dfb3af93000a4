import { actionAt, findNamed } from './catalog.ts';
import { givenOf } from './compileGiven.ts';
import type { Action, Given } from './definition.ts';
import type { Path } from './problem.ts';
import type { Inside } from './stepContext.ts';

/** What several kinds of step are compiled with: the things that they name, and where none may stand. */

/** The key of an indicator in the definition. */
export function indicatorFor(
  written: string,
  path: Path,
  { catalog, service, report }: Inside,
): string | undefined {
  const found = findNamed(catalog, service, 'indicator', written);
  if (found.ok) return found.key;
  if (found.message !== null) report.error(path, found.message);
  return undefined;
}

export function actionFor(
  written: string,
  path: Path,
  { catalog, service, report }: Inside,
): Action | undefined {
  const found = findNamed(catalog, service, 'action', written);
  if (found.ok) return actionAt(catalog, found.key) ?? undefined;
  if (found.message !== null) report.error(path, found.message);
  return undefined;
}

export const givenIn = (written: Readonly<Record<string, string>>): Readonly<Record<string, Given>> =>
  Object.fromEntries(Object.entries(written).map(([name, text]) => [name, givenOf(text)]));

export function refuseInWhole(kind: string, path: Path, { authority, report }: Inside): void {
  if (authority === 'whole')
    report.error(
      [...path, kind],
      `With \`authority: whole\` the playbook walks by itself, so nobody would answer \`${kind}\` and the steps after it are never reached.`,
      'key',
    );
}
