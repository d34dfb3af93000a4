import { environmentOf } from '../access/access.ts';
import { explain } from '../access/explain.ts';
import { spokenGroup } from '../access/may.ts';
import type { Room } from '../playbook/room.ts';
import { rightsToApprove } from './demands.ts';
import type { Plan } from './plan.ts';
import { changesOf } from './rights.ts';

/**
 * The groups whose members may approve everything in a plan, as refusals call them: `@leads`. Empty where no group may
 * approve all of it. A rule that denies it to some of their members is not looked at.
 */
export function approversOf(plan: Plan, own: string, { access }: Pick<Room, 'access'>): readonly string[] {
  const overridden = plan.override?.services ?? [];
  const changes = changesOf(plan, own);
  const asked = rightsToApprove(plan).flatMap((right) =>
    [...(changes.length > 0 ? changes : [{ service: own }]), ...(right === 'override' ? overridden : [])].map(
      ({ service, environment }: { service: string; environment?: string }) => ({
        right,
        service: service || null,
        environment: environment ?? environmentOf(access, service || null),
      }),
    ),
  );
  const nobody = { user: '', groups: [] };
  const [first = [], ...others] = asked.map((question) => explain(access, nobody, question).others);
  return first
    .filter((group) => others.every((each) => each.includes(group)))
    .map((group) => spokenGroup(group, access));
}

/** ` @oncall, @leads can approve.`; nothing where no group is known that may. */
export const spokenApprovers = (groups: readonly string[]): string =>
  groups.length === 0 ? '' : ` ${groups.join(', ')} can approve.`;
