import type { CommandBody } from '../core/command.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Room } from '../core/playbook/room.ts';
import type { Earlier } from '../core/run/commands.ts';
import type { Approval } from '../core/run/run.ts';
import type { Store } from './ports.ts';
import type { Who } from './whoAsks.ts';

/**
 * An approval that needs several people may become complete long after the first of them has said yes. So with every
 * further yes those before it are looked up again; what a surface says of them itself counts for nothing.
 */
export async function approversAgain(
  { store, who, room }: { readonly store: Store; readonly who: Who; readonly room: Room },
  body: CommandBody,
  incident: Incident | null,
): Promise<CommandBody> {
  if (body.type !== 'run.plan-decide' && body.type !== 'run.approval-decide') return body;
  const { earlier: _said, ...rest } = body;
  if (body.verdict !== 'approve') return rest;
  const granted = (await approvalOf(store, body))?.granted ?? [];
  if (granted.length === 0) return rest;
  const earlier = await Promise.all(granted.map(({ by }) => again(who, by, incident, room)));
  return { ...rest, earlier };
}

async function again(who: Who, user: string, incident: Incident | null, room: Room): Promise<Earlier> {
  const standing = await who.look(user, incident, room);
  switch (standing.kind) {
    case 'known': {
      const { groups, unknown, resolved } = standing.actor;
      return { kind: 'known', user, groups, ...(unknown && { unknown }), ...(resolved && { resolved }) };
    }
    case 'outsider':
      return { kind: 'outsider', user, why: standing.why };
    case 'unreachable':
      return { kind: 'unreachable', user };
    default: {
      const never: never = standing;
      return never;
    }
  }
}

async function approvalOf(
  store: Store,
  body: Extract<CommandBody, { type: 'run.plan-decide' | 'run.approval-decide' }>,
): Promise<Approval | null> {
  const state = await store.state(body.run);
  if (state?.kind !== 'run') return null;
  if (body.type === 'run.plan-decide') return state.run.whole;
  const step = state.run.steps[body.step]?.state;
  return step?.kind === 'approving' ? step.approval : null;
}
