import type { Command } from '../../src/core/command.ts';
import { notice } from '../fakes/world.ts';

/** An alert of the small room as a command. */
export const alert = (name: string, service: string, startsAt?: number): Command => ({
  actor: { kind: 'alertmanager' },
  type: 'alert.notice',
  notice: notice({ name, service, ...(startsAt === undefined ? {} : { startsAt }) }),
});
