import { spokenDuration } from '../duration.ts';
import { actionAt } from './catalog.ts';
import { defaultWithinMs } from './compileActions.ts';
import { compileAutomatic } from './compileAutomatic.ts';
import type { Action, Step, VerifyTarget } from './definition.ts';
import { paced } from './pace.ts';
import type { CompileList, Inside } from './stepContext.ts';
import { actionFor, givenIn, indicatorFor } from './stepNames.ts';
import type { StepSource } from './stepSource.ts';

/** The steps that an indicator proves, and what comes after one that fails: actions and checks. */

export function compileDo(
  source: Extract<StepSource, { kind: 'do' }>,
  id: string,
  inside: Inside,
  compileList: CompileList,
): Step | undefined {
  const { report, pace, authority } = inside;
  const action = actionFor(source.do, [...source.path, 'do'], inside);
  if (source.always !== undefined && authority !== 'whole')
    report.error(
      [...source.path, 'always'],
      '`always` carries a step out even after an earlier one failed; that has a meaning only with `authority: whole`.',
      'key',
    );
  if (source.when !== undefined && authority === 'whole')
    report.error(
      [...source.path, 'when'],
      'With `authority: whole` nobody is asked, so a condition in words has nobody to judge it.',
      'key',
    );
  refuseOnFail(source, inside);
  const onFail = source.onFail && compileList(source.onFail, { ...inside, prefix: `${id}.fail.` });
  const verify = action && compileOwnGate(source, action, inside);
  const proof = verify ?? (action && provedBy(action, inside));
  const automatic = compileAutomatic(source, { action, verify: proof, authority, report, pace });
  if (!action) return undefined;
  return {
    id,
    kind: 'do',
    action: action.name,
    ...(source.budget !== undefined && { budgetMs: paced(source.budget, pace) }),
    ...(source.when !== undefined && { when: source.when }),
    ...(source.always === true && { always: true }),
    ...(source.with && { with: givenIn(source.with) }),
    ...(verify && { verify }),
    ...(onFail && { onFail }),
    ...(automatic && { automatic }),
  };
}

/** The gate of an action, else the first of what follows it. */
const provedBy = (action: Action, inside: Inside): VerifyTarget | undefined =>
  action.verify ??
  action.then
    .map((next) => actionAt(inside.catalog, next))
    .map((next) => (next ? provedBy(next, inside) : undefined))
    .find((each) => each !== undefined);

/** What this one step is verified by, where it says so itself. */
function compileOwnGate(
  source: Extract<StepSource, { kind: 'do' }>,
  action: Action,
  inside: Inside,
): VerifyTarget | undefined {
  const { report, pace } = inside;
  const { path, verify } = source;
  if (verify === undefined && source.for === undefined && source.within === undefined) return undefined;
  if (verify === 'exit') {
    report.error(
      [...path, 'verify'],
      'A step may be verified by another indicator than its action, not by less than one: leave `exit` to the action.',
    );
    return undefined;
  }
  if (action.risk === 'observe') {
    report.error(
      [...path, verify === undefined ? (source.for === undefined ? 'within' : 'for') : 'verify'],
      'An action that only observes changes nothing that could be verified.',
      'key',
    );
    return undefined;
  }
  const own = action.verify;
  if (verify === undefined && !own) {
    report.error(
      [...path, source.for === undefined ? 'within' : 'for'],
      `\`${action.name}\` is proved by its exit code, so there is no hold to change; name an indicator with \`verify\`.`,
      'key',
    );
    return undefined;
  }
  const indicator = verify === undefined ? own?.indicator : indicatorFor(verify, [...path, 'verify'], inside);
  if (indicator === undefined) return undefined;
  refuseLongHold(source, inside);
  return {
    indicator,
    holdMs: source.for === undefined ? (own?.holdMs ?? 0) : paced(source.for, pace),
    withinMs:
      source.within === undefined
        ? (own?.withinMs ?? paced(defaultWithinMs, pace))
        : paced(source.within, pace),
  };
}

type Failing = Extract<StepSource, { kind: 'do' | 'verify' }>;

/** Nobody is asked in a whole procedure, and what it does after a failure is said by `always` alone. */
function refuseOnFail({ path, onFail }: Failing, { authority, report }: Inside): void {
  if (onFail && authority === 'whole')
    report.error(
      [...path, 'on_fail'],
      'With `authority: whole` the walk stops at what fails and only brings back what it took down, which is what `always` is for.',
      'key',
    );
}

export function compileVerifyStep(
  source: Extract<StepSource, { kind: 'verify' }>,
  id: string,
  inside: Inside,
  compileList: CompileList,
): Step | undefined {
  const { path, verify } = source;
  const hold = source.for ?? 0;
  refuseLongHold(source, inside);
  refuseOnFail(source, inside);
  const onFail = source.onFail && compileList(source.onFail, { ...inside, prefix: `${id}.fail.` });
  if (verify === 'exit') {
    inside.report.error(
      [...path, 'verify'],
      'A step verifies an indicator; an exit code belongs to an action.',
    );
    return undefined;
  }
  const indicator = indicatorFor(verify, [...path, 'verify'], inside);
  if (indicator === undefined) return undefined;
  return {
    id,
    kind: 'verify',
    target: {
      indicator,
      holdMs: paced(hold, inside.pace),
      withinMs: paced(source.within ?? defaultWithinMs, inside.pace),
    },
    ...(onFail && { onFail }),
  };
}

function refuseLongHold({ path, for: hold = 0 }: Failing, { stageBudget, report }: Inside): void {
  if (stageBudget !== null && hold > stageBudget)
    report.error(
      [...path, 'for'],
      `A hold of ${spokenDuration(hold)} can never end inside a stage of ${spokenDuration(stageBudget)}.`,
    );
}
