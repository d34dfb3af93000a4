import { join } from 'node:path';
import { loadRoom } from '../../src/adapters/playbooks/loadRoom.ts';
import type { Room } from '../../src/core/playbook/room.ts';

export const shippedPlaybooks = join(import.meta.dirname, '../../playbooks');

/** The room as it is shipped, which must be free of problems. */
export async function shippedRoom(): Promise<Room> {
  const { room, problems } = await loadRoom({ directory: shippedPlaybooks, pace: 1 });
  if (!room || problems.length > 0) throw new Error(JSON.stringify(problems, null, 1));
  return room;
}
