import type { Action, Demand } from './definition.ts';
import { unknownName } from './nearest.ts';
import { type Pace, paced } from './pace.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';
import type { ActionSource } from './source.ts';

/**
 * What an action says about being careful: what is kept before it, when it may be tried again by itself, and what must not
 * call people meanwhile.
 */

type Named = {
  readonly name: string;
  readonly source: ActionSource;
  readonly path: Path;
  readonly all: ReadonlyMap<string, ActionSource | null>;
  readonly report: Reporter;
};

type Evidence = Pick<Action, 'evidence' | 'withoutEvidence'>;

export function compileEvidence({ name, source, path, all, report }: Named): Evidence {
  const { evidence, risk } = source;
  const at = [...path, 'evidence'];
  if (evidence === undefined) {
    if (risk === 'destructive')
      report.warning(
        path,
        'What a `destructive` action wipes is gone: name observations that keep it, `evidence: [recent_errors]`, or write `evidence: { none: why }`.',
        'key',
      );
    return {};
  }
  if (risk === 'observe') {
    report.error(at, 'An action that only observes wipes nothing that had to be kept.', 'key');
    return {};
  }
  if (!Array.isArray(evidence)) return 'none' in evidence ? { withoutEvidence: evidence.none } : {};
  const others = [...all.keys()].filter((each) => each !== name);
  for (const [index, each] of evidence.entries()) {
    const kept = all.get(each);
    if (!all.has(each) || each === name) report.error([...at, index], unknownName('action', each, others));
    else if (kept && kept.risk !== 'observe')
      report.error(
        [...at, index],
        `\`${each}\` is \`${kept.risk}\`; evidence is taken by actions that only observe.`,
      );
    else if (evidence.indexOf(each) !== index) report.error([...at, index], `\`${each}\` is there already.`);
    refuseParameters(each, [...at, index], all, report);
  }
  return { evidence };
}

/** What runs beside an action gets no values of its own. */
export function refuseParameters(
  name: string,
  path: Path,
  all: ReadonlyMap<string, ActionSource | null>,
  report: Reporter,
): void {
  if (all.get(name)?.parameters)
    report.error(path, `\`${name}\` has parameters, and nothing here says their values.`);
}

export function compileRetries(
  { source, path, report }: Omit<Named, 'name' | 'all'>,
  pace: Pace,
): Pick<Action, 'idempotent' | 'retries'> {
  const { retries, idempotent, risk } = source;
  if (retries && idempotent !== true)
    report.error(
      [...path, 'retries'],
      'Only what may safely be done twice is tried again by itself: say so with `idempotent: true`, or leave `retries` out.',
      'key',
    );
  if (risk === 'observe' && (retries || idempotent))
    report.error(
      [...path, retries ? 'retries' : 'idempotent'],
      'An action that only observes is looked at again by whoever wants to.',
      'key',
    );
  return {
    ...(idempotent === true && { idempotent }),
    ...(retries && { retries: { times: retries.times, afterMs: paced(retries.after, pace) } }),
  };
}

/** The longest that an action may keep alerts quiet; whatever takes longer is looked after by somebody. */
const longestSilence = 30 * 60_000;

export function compileSilences(
  { source, path, report }: Omit<Named, 'name' | 'all'>,
  pace: Pace,
): Pick<Action, 'silences'> {
  const { silences, risk } = source;
  if (!silences) return {};
  const at = [...path, 'silences'];
  if (risk === 'observe')
    report.error(at, 'An action that only observes makes no noise that had to be silenced.', 'key');
  if (silences.for === 0) report.error(at, 'A silence must be longer than nothing.');
  if (silences.for > longestSilence)
    report.error(
      at,
      'An action may silence alerts for at most 30m; for longer, whoever works presses *Silence While I Work*.',
    );
  for (const [index, alert] of (silences.alerts ?? []).entries())
    if (silences.alerts?.indexOf(alert) !== index)
      report.error([...at, 'alerts', index], `\`${alert}\` is there already.`);
  const { alerts } = silences;
  return { silences: { forMs: paced(silences.for, pace), ...(alerts && { alerts }) } };
}

/** Who has to say yes. What needs nobody else by its risk needs them where it says so. */
export function compileDemand({
  source: { approvals, risk },
  path,
  report,
}: Omit<Named, 'name' | 'all'>): Pick<Action, 'approvals'> {
  if (!approvals) return {};
  if (risk === 'observe')
    report.error(
      [...path, 'approvals'],
      'An action that only observes runs by itself, so nobody is asked to approve it.',
      'key',
    );
  return { approvals: demandOf(approvals) };
}

export const demandOf = ({ count = 1, from }: NonNullable<ActionSource['approvals']>): Demand => ({
  count,
  ...(from && { from }),
});

export function compileConfirm({
  source: { confirm, risk },
  path,
  report,
}: Omit<Named, 'name' | 'all'>): Pick<Action, 'confirm'> {
  if (confirm === undefined) return {};
  if (risk === 'observe')
    report.error(
      [...path, 'confirm'],
      'An action that only observes runs by itself, so there is nobody to type anything.',
      'key',
    );
  return { confirm };
}
