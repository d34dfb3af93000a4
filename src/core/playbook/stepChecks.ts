import { allSteps } from '../run/walk.ts';
import { actionAt } from './catalog.ts';
import { unwrapped } from './commandWords.ts';
import { riskAtLeast } from './compileActions.ts';
import type { Action, Step } from './definition.ts';
import type { Inside } from './stepContext.ts';

/** What only shows in the order of the steps, those of called playbooks included. */

/** An interruption proved by an exit code alone needs something later in the walk that looks at the service itself. */
export function checkVerified(steps: readonly Step[], inside: Inside): void {
  const { catalog, report, paths } = inside;
  const order = allSteps(steps);
  const verifies = (key: string) => actionAt(catalog, key)?.verify !== undefined;
  for (const [index, step] of order.entries()) {
    if (step.kind !== 'do' || step.verify) continue;
    const action = actionAt(catalog, step.action);
    if (!action || action.verify || !riskAtLeast(action.risk, 'disruptive')) continue;
    if (action.then.some(verifies)) continue;
    const verified = order
      .slice(index + 1)
      .some(
        (each) =>
          each.kind === 'verify' ||
          (each.kind === 'do' && (each.verify !== undefined || verifies(each.action))),
      );
    if (!verified)
      report.error(
        [...(paths.get(step.id) ?? []), step.kind],
        `\`${action.name}\` is \`${action.risk}\` and proved by its exit code alone; let a \`verify\` of an indicator follow it.`,
      );
  }
}

/** Whatever takes the bot's own host down ends the walk with it. */
export function checkReached(steps: readonly Step[], inside: Inside): void {
  const { catalog, report, paths, hosts } = inside;
  for (const step of allSteps(steps).slice(0, -1)) {
    const action: Action | null = step.kind === 'do' ? actionAt(catalog, step.action) : null;
    if (action?.does.kind !== 'run' || hosts?.get(action.host)?.kind !== 'local') continue;
    const [program = '', verb] = unwrapped(action.does.argv);
    const down = ['reboot', 'poweroff', 'halt', 'shutdown'];
    if (down.includes(program) || (program === 'systemctl' && down.includes(verb ?? '')))
      report.warning(
        [...(paths.get(step.id) ?? []), step.kind],
        `\`${action.name}\` takes down the host that the bot itself runs on, so the steps after it are not reached by themselves.`,
      );
  }
}
