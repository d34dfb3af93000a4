import type { Definition } from '../../core/playbook/definition.ts';
import type { Room } from '../../core/playbook/room.ts';

/** A service is rolled back by the procedure named for it. */
export function rollbackOf(room: Room, service: string): Definition | null {
  const name = `rollback-${service}`;
  return Object.hasOwn(room.definitions, name) ? (room.definitions[name] ?? null) : null;
}

export const services = (room: Room): readonly string[] =>
  [...new Set(Object.values(room.definitions).map(({ service }) => service.name))].sort();

export const servicesToRollBack = (room: Room): readonly string[] =>
  services(room).filter((service) => rollbackOf(room, service) !== null);
