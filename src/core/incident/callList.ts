import { chainFor } from '../people/escalation.ts';
import type { Duty } from '../people/roster.ts';
import type { Room } from '../playbook/room.ts';
import { isFailing, lastInChain } from './calls.ts';
import type { Incident } from './incident.ts';

/**
 * Whom people telephone while pages do not get through: those who could not be paged, then whoever comes after them in
 * the chain and can be reached without PagerDuty. Names and numbers are the roster's of now.
 */
export function dutiesToReach(incident: Incident, room: Pick<Room, 'roster' | 'chains'>): readonly Duty[] {
  const failing = (incident.calling?.calls ?? [])
    .filter((call) => isFailing(call) && call.answered === undefined)
    .map(({ duty }) => duty);
  const chain = chainFor(room.chains, incident);
  const last = lastInChain(incident)?.level;
  const after = last && chain?.name === last.chain ? chain.levels.slice(last.index + 1) : [];
  const next = after
    .map(({ call }) => call)
    .find((name) => {
      const duty = Object.hasOwn(room.roster, name) ? room.roster[name] : undefined;
      return duty && (duty.usergroup !== null || duty.users.length > 0 || duty.phone !== null);
    });
  return [...new Set([...failing, ...(next === undefined ? [] : [next])])].flatMap((name) =>
    Object.hasOwn(room.roster, name) ? (room.roster[name] ?? []) : [],
  );
}
