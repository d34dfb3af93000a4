import { lastInChain } from '../../core/incident/calls.ts';
import { type Incident, isOpen } from '../../core/incident/incident.ts';
import { chainFor, nextLevel } from '../../core/people/escalation.ts';
import { type Duty, isReachable } from '../../core/people/roster.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { Desk } from '../../engine/ports.ts';
import { modal, privately, type Reply } from './asked.ts';
import { callForm } from './modals/callForm.ts';
import type { Origin } from './modals/form.ts';

/** The form that calls somebody: the next level of the chain, the playbook's experts, then everybody else. */
export async function openCallForm(desk: Desk, incident: Incident, origin: Origin): Promise<Reply> {
  if (!isOpen(incident)) return privately(`${incident.id} is resolved, so nobody is called to it.`);
  const room = desk.room();
  const walked = incident.currentRun === null ? null : await desk.run(incident.currentRun);
  const experts =
    walked?.definition.playbook.experts ?? room.definitions[incident.playbook]?.playbook.experts ?? [];
  const choices = callable(room, incident, experts);
  return choices.length === 0
    ? privately('Nobody can be called: `roster.yml` has no duty that anybody is entered for.')
    : modal(
        callForm(origin, incident, {
          choices,
          vacant: Object.values(room.roster).filter((duty) => !isReachable(duty, room)),
        }),
      );
}

export type CallChoice = { readonly duty: Duty; readonly as: 'next' | 'expert' | 'other' };

function callable(room: Room, incident: Incident, experts: readonly string[]): readonly CallChoice[] {
  const next = nextDuty(room, incident);
  const rank = { next: 0, expert: 1, other: 2 } as const;
  return Object.values(room.roster)
    .filter((duty) => isReachable(duty, room))
    .map((duty): CallChoice => {
      const as = duty.name === next ? 'next' : experts.includes(duty.name) ? 'expert' : 'other';
      return { duty, as };
    })
    .sort((a, b) => rank[a.as] - rank[b.as]);
}

function nextDuty(room: Room, incident: Incident): string | null {
  const { chains, roster, calendar } = room;
  const chain = chainFor(chains, incident);
  if (!chain) return null;
  const last = lastInChain(incident);
  const from = last?.level?.chain === chain.name ? last.level.index : -1;
  const canCall = ({ call }: { call: string }): boolean =>
    Object.hasOwn(roster, call) && roster[call] !== undefined && isReachable(roster[call], room);
  const index = nextLevel(chain, from, { calendar, now: last?.at ?? incident.openedAt, canCall });
  return index === null || index <= from ? null : (chain.levels[index]?.call ?? null);
}
