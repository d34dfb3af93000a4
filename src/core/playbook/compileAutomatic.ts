import type { Action, Automatic, Playbook, VerifyTarget } from './definition.ts';
import { type Pace, paced } from './pace.ts';
import type { Path } from './problem.ts';
import type { Reporter } from './reporting.ts';

/** How long people have to hold what the bot announces, where the playbook does not say otherwise, and at least. */
const defaultAfterMs = 60_000;
const leastAfterMs = 10_000;

type Written = {
  readonly path: Path;
  readonly automatic?: Automatic['mode'] | undefined;
  readonly after?: number | undefined;
};

/**
 * What the bot may carry out without a click: something that can be undone or says why it need not be, that is proved by
 * an indicator, and that a single person could start. Everything else is a mistake with its reason.
 */
export function compileAutomatic(
  { path, automatic: mode, after }: Written,
  {
    action,
    verify,
    authority,
    report,
    pace,
  }: {
    readonly action: Action | undefined;
    /** What the whole plan is verified by: the step's own gate, the action's, or that of what follows it. */
    readonly verify: VerifyTarget | undefined;
    readonly authority: Playbook['authority'];
    readonly report: Reporter;
    readonly pace: Pace;
  },
): Automatic | undefined {
  if (mode === undefined) {
    if (after !== undefined)
      report.error(
        [...path, 'after'],
        '`after` is how long the bot waits before it acts by itself; write `automatic: shadow` or `automatic: live` beside it.',
        'key',
      );
    return undefined;
  }
  const complain = (message: string): void => report.error([...path, 'automatic'], message, 'key');
  if (authority === 'whole') {
    complain(
      'With `authority: whole` everything runs by itself once it is approved; `automatic` is for steps that are decided one by one.',
    );
    return undefined;
  }
  if (after !== undefined && after < leastAfterMs)
    report.error([...path, 'after'], 'Nobody can hold it in less than 10 s.');
  if (!action) return undefined;
  const { name, risk, undo } = action;
  if (risk === 'observe')
    complain(`\`${name}\` only observes, which runs by itself anyway: write \`observe: ${name}\`.`);
  else if (risk === 'destructive')
    complain(
      `\`${name}\` is \`destructive\`: it cannot simply be undone and takes two people, so the bot never starts it alone.`,
    );
  else if (action.approvals || action.confirm !== undefined)
    complain(
      `\`${name}\` needs the word of people (\`${action.approvals ? 'approvals' : 'confirm'}\`), so the bot never starts it alone.`,
    );
  else if (!verify)
    complain(
      `\`${name}\` is proved by its exit code alone; what the bot does by itself is decided and proved by an indicator, so it needs a \`verify\`.`,
    );
  else if (undo.kind === 'none' && undo.why === undefined)
    complain(
      `\`${name}\` cannot be taken back and does not say why that is no loss: give it an \`undo\`, or \`undo: { none: … }\` with the reason.`,
    );
  return { mode, afterMs: paced(after ?? defaultAfterMs, pace) };
}
