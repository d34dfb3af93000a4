import type { Access } from '../access/access.ts';
import type { Definition } from './definition.ts';
import type { Routing } from './routing.ts';

/** Everything the operators decided, compiled: playbooks by name, who is told where, and who may do what. */
export type Room = {
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly routing: Routing;
  readonly access: Access;
  /** An alert that fires again this soon after its incident was resolved reopens that incident. */
  readonly reopenWithinMs: number;
  /** What every duration of the playbooks was divided by: 1 in production, more where ten minutes are practised in seconds. */
  readonly pace: number;
};
