import type { Room } from '../core/playbook/room.ts';
import { interruptedCommand } from './givenUp.ts';
import type { Log } from './log.ts';
import type { Store } from './ports.ts';

/**
 * After a start: what the process before this one had in its hands when it ended. A command on a host is never tried
 * again by itself, its outcome is unknown until a probe or a person says; everything else is given back and knows from
 * its attempts that it may have happened already.
 */
export async function recover(
  store: Store,
  room: Room,
  log: Log,
): Promise<{ unknown: number; resumed: number }> {
  let unknown = 0;
  let resumed = 0;
  for (const { id, effect, stream } of await store.interrupted()) {
    if (effect.kind === 'run-command') {
      await store.finish({ id, follows: [interruptedCommand(effect)] }, room);
      log.warn('a command was interrupted; its outcome is unknown', {
        stream,
        action: effect.planned.action,
      });
      unknown++;
    } else {
      await store.release(id);
      resumed++;
    }
  }
  return { unknown, resumed };
}
