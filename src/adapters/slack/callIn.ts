import { mentioned } from '../../core/actor.ts';
import type { Answer } from '../../core/decision.ts';
import { lastInChain } from '../../core/incident/calls.ts';
import { type Incident, isOpen, walkedNow } from '../../core/incident/incident.ts';
import { chainFor, nextLevel } from '../../core/people/escalation.ts';
import { type Duty, isReachable } from '../../core/people/roster.ts';
import type { Room } from '../../core/playbook/room.ts';
import type { IncidentId } from '../../core/stream.ts';
import type { Desk } from '../../engine/ports.ts';
import { modal, privately, type Reply } from './asked.ts';
import { foreign, who } from './escape.ts';
import { callForm } from './modals/callForm.ts';
import type { Origin } from './modals/form.ts';

/** The form that calls somebody: the next level of the chain, the playbook's experts, then everybody else. */
export async function openCallForm(desk: Desk, incident: Incident, origin: Origin): Promise<Reply> {
  if (!isOpen(incident)) return privately(`${incident.id} is resolved, so nobody is called to it.`);
  const room = desk.room();
  const now = walkedNow(incident);
  const walked = now === null ? null : await desk.run(now);
  const experts =
    walked?.definition.playbook.experts ?? room.definitions[incident.playbook]?.playbook.experts ?? [];
  const choices = callable(room, incident, experts);
  return choices.length === 0
    ? privately(nobodyToCall(room))
    : modal(
        callForm(origin, incident, {
          choices,
          vacant: Object.values(room.roster).filter((duty) => !isReachable(duty, room)),
        }),
      );
}

const nobodyToCall = ({ roster }: Room): string => {
  const phones = Object.values(roster).flatMap(({ title, phone }) =>
    phone === null ? [] : [`${foreign(title, 80)} ${foreign(phone, 40)}`],
  );
  const instead = phones.length === 0 ? '' : ` Telephone them yourselves: ${phones.join(', ')}.`;
  return `Nobody can be called: \`roster.yml\` has no duty that anybody is entered for who can be reached here.${instead}`;
};

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

/** What was typed after `/genesis page`: a duty, or a person whom the roster has. People alone are not called. */
export function dutyNamed(
  { roster }: Pick<Room, 'roster'>,
  typed: string,
): { readonly duty: string } | { readonly says: string } {
  const user = mentioned(typed);
  if (user === null) return { duty: typed.toLowerCase() };
  const has = Object.values(roster).filter(({ users }) => users.includes(user));
  const [only] = has.filter(({ usergroup, users }) => usergroup === null && users.length === 1);
  if (only && has.length === 1) return { duty: only.name };
  const names = has.map(({ name }) => `\`/genesis page ${foreign(name, 60)}\``).join(' or ');
  return {
    says:
      has.length === 0
        ? `Duties of \`roster.yml\` are called, and this person has none. Mention them in the incident, or name a duty; \`/genesis oncall\` lists them.`
        : `${who(user)} is called together with others: ${names}.`,
  };
}

/** Whom it reached and how, as decided. */
export function calledReply(id: IncidentId, { events }: Extract<Answer, { kind: 'accepted' }>): string {
  const call = events.find((event) => event.type === 'Called');
  if (!call) return `Nobody is called in a drill; what would be done stands in ${id}.`;
  const { title, routingKey, usergroup, users } = call.data;
  const inChat = usergroup !== null || users.length > 0;
  const ways = routingKey === null ? 'in Slack' : inChat ? 'by PagerDuty and in Slack' : 'by PagerDuty';
  return `${foreign(title, 150)} is called for ${id}, ${ways}.`;
}
