import type { Actor } from '../actor.ts';
import { type Refusal, refuse } from '../decision.ts';
import type { Room } from '../playbook/room.ts';
import type { Right } from './access.ts';
import { may } from './may.ts';

/** The refusal where the actor lacks the right, with who has it; null where nothing stands in the way. */
export function forbidden(actor: Actor, right: Right, service: string | null, room: Room): Refusal | null {
  const permission = may(room.access, actor, right, service || null);
  return permission.allowed ? null : refuse('not-allowed', permission.reason);
}
