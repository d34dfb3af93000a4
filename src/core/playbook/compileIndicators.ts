import type { Indicator, RollbackTrigger } from './definition.ts';
import { type Pace, paced, windowText, withWindow } from './pace.ts';
import type { Path } from './problem.ts';
import { faultsInQuery, placeInQuery } from './promql.ts';
import { readSource } from './readSource.ts';
import type { Reporter } from './reporting.ts';
import { titleOf } from './serviceBook.ts';
import { type IndicatorSource, indicatorSource, type ServiceSource } from './source.ts';

const defaultWindowMs = 300_000;

export function compileIndicators(
  source: ServiceSource,
  report: Reporter,
  pace: Pace,
): Map<string, Indicator | null> {
  const indicators = new Map<string, Indicator | null>();
  for (const [name, written] of Object.entries(source.indicators ?? {})) {
    const path = ['indicators', name];
    const read = readSource(indicatorSource, written, path);
    if (!read.ok) report.add(read.complaints);
    indicators.set(name, read.ok ? compileIndicator({ name, source: read.value, path, report, pace }) : null);
  }
  return indicators;
}

function compileIndicator(given: {
  name: string;
  source: IndicatorSource;
  path: Path;
  report: Reporter;
  pace: Pace;
}): Indicator {
  const { name, source, path, report } = given;
  const window = windowText(source.window ?? defaultWindowMs, given.pace);
  checkQuery(source.query, [...path, 'query'], report);
  if (source.enough) checkQuery(source.enough.query, [...path, 'enough', 'query'], report);
  if (
    source.window !== undefined &&
    ![source.query, source.enough?.query ?? ''].some((each) => each.includes('$window'))
  )
    report.error([...path, 'window'], '`window` has no effect: the query does not use `$window`.', 'key');
  const { kind, quantity } = source.objective;
  if (quantity.unit !== null && source.unit !== undefined && quantity.unit !== source.unit)
    report.error(
      [...path, 'objective'],
      `The objective is written in ${quantity.unit}, but \`unit\` is \`${source.unit}\`.`,
    );
  const rollback = compileTriggers(given);
  const state = kind === 'equals' && (quantity.value === 0 || quantity.value === 1);
  return {
    name,
    title: source.title ?? titleOf(name),
    query: withWindow(source.query.trim(), window),
    unit: source.unit ?? quantity.unit ?? (state ? 'state' : 'count'),
    objective: { kind, value: quantity.value },
    ...(source.enough && {
      enough: { query: withWindow(source.enough.query.trim(), window), above: source.enough.above },
    }),
    ...(rollback.length > 0 && { rollback }),
  };
}

/** A value on the good side of the objective can be no reason to take anything back. */
function compileTriggers(given: {
  source: IndicatorSource;
  path: Path;
  report: Reporter;
  pace: Pace;
}): RollbackTrigger[] {
  const { source, path, report, pace } = given;
  const { kind, quantity } = source.objective;
  const unit = source.unit ?? quantity.unit;
  return (source.rollback ?? []).flatMap(({ above, below, for: hold, during }, index): RollbackTrigger[] => {
    const at = [...path, 'rollback', index];
    const side = above === undefined ? 'below' : 'above';
    const value = above ?? below;
    if (value === undefined) return [];
    if (value.unit !== null && unit !== null && value.unit !== unit)
      report.error([...at, side], `The trigger is written in ${value.unit}, but the indicator in ${unit}.`);
    const wanted = kind === 'below' || kind === 'at-most' ? 'above' : kind === 'equals' ? side : 'below';
    if (side !== wanted)
      report.error(
        [...at, side],
        `The objective wants the value ${kind === 'below' || kind === 'at-most' ? 'low' : 'high'}, so a trigger is \`${wanted}\`.`,
        'key',
      );
    else if (side === 'above' ? value.value < quantity.value : value.value > quantity.value)
      report.error(
        [...at, side],
        'This is within the objective, so it would be taken back while all is well.',
      );
    return [{ kind: side, value: value.value, forMs: paced(hold, pace), during }];
  });
}

function checkQuery(query: string, path: Path, report: Reporter): void {
  const bare = query.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""');
  const unknown = /\$(?!window\b)\{?(\w*)/.exec(bare);
  if (unknown)
    report.error(
      path,
      `Only \`$window\` is replaced in a query, so \`${unknown[0]}\` would reach Prometheus as it stands.`,
    );
  const fixed = /\[\d+\w+\]/.exec(bare);
  if (fixed)
    report.error(path, `Write \`[$window]\` instead of \`${fixed[0]}\`; \`window\` says how long it is.`);
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    const opener = pairs[character];
    if (opener !== undefined && open.pop() !== opener) {
      report.error(path, `\`${character}\` in the query closes nothing.`);
      return;
    }
  }
  const last = open.pop();
  if (last !== undefined) report.error(path, `\`${last}\` in the query is never closed.`);
  if (last !== undefined || unknown) return;
  for (const { offset, message } of faultsInQuery(query, '[$window]'))
    report.error(path, `The query cannot be read at ${placeInQuery(query, offset)}: ${message}`);
}
