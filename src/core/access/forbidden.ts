import type { Actor } from '../actor.ts';
import { type Refusal, refuse } from '../decision.ts';
import type { Room } from '../playbook/room.ts';
import { environmentOf, type Right } from './access.ts';
import { may } from './may.ts';
import type { Roles } from './membership.ts';

/** What stands around a decision: the room as it is now, and the incident in question, whose roles some rules go by. */
export type Situation = { readonly room: Room; readonly incident: Roles | null };

/**
 * The refusal where the actor lacks the right, with who has it; null where nothing stands in the way. What a run is
 * pinned to may stand in another environment than the service does now, and then the right is needed in both.
 */
export function forbidden(
  actor: Actor,
  right: Right,
  service: string | null,
  { room, incident }: Situation,
  pinned?: string,
): Refusal | null {
  const { access } = room;
  const named = service || null;
  const now = environmentOf(access, named);
  for (const environment of new Set([now, pinned ?? now])) {
    const permission = may(access, actor, right, named, { roles: incident, environment });
    if (!permission.allowed) return refuse('not-allowed', permission.reason);
  }
  return null;
}
