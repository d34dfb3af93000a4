import type { Pace } from '../playbook/pace.ts';
import type { Path } from '../playbook/problem.ts';
import type { Reporter } from '../playbook/reporting.ts';
import type { EscalationSource } from './peopleSource.ts';
import { type Limits, pacedTargets, standardTargets, type Targets, type WatchPeriod } from './targets.ts';

/** What is left out is as it usually is; of a watch that is all of its periods or none. */
export function compileTargets(
  source: NonNullable<EscalationSource['targets']>,
  report: Reporter,
  pace: Pace,
): Targets {
  const usual = standardTargets.always;
  const always: Limits = {
    critical: source.critical ?? usual.critical,
    warning: source.warning ?? usual.warning,
  };
  checkLimits(always, ['targets'], report, source);
  const periods = (source.watch ?? []).map(({ until, critical, warning }, index): WatchPeriod => {
    const path = ['targets', 'watch', index];
    checkLimits({ critical, warning }, path, report);
    const before = source.watch?.[index - 1]?.until ?? 0;
    if (until <= before)
      report.error(
        [...path, 'until'],
        'Periods are counted from the start of the watch, so each ends after the one before it.',
      );
    return { untilMs: until, critical, warning };
  });
  const [first = standardTargets.watch[0], ...rest] = periods;
  return pacedTargets(
    { always, watch: periods.length === 0 ? standardTargets.watch : [first, ...rest] },
    pace,
  );
}

/** `written` names the limits that stand in the file, where some may be left out. */
function checkLimits(
  { critical, warning }: Limits,
  path: Path,
  report: Reporter,
  written: { readonly critical?: number | undefined; readonly warning?: number | undefined } = {
    critical,
    warning,
  },
): void {
  for (const name of ['critical', 'warning'] as const)
    if (written[name] === 0) report.error([...path, name], 'Nobody acknowledges within no time.');
  if (critical > warning)
    report.error(
      [...path, written.critical === undefined ? 'warning' : 'critical'],
      'What is critical cannot have longer than a warning.',
    );
}
