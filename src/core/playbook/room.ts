import type { Access } from '../access/access.ts';
import type { Calendar } from '../calendar/calendar.ts';
import type { Chain } from '../people/escalation.ts';
import type { Roster } from '../people/roster.ts';
import type { Targets } from '../people/targets.ts';
import type { Definition } from './definition.ts';
import type { Routing } from './routing.ts';

/** All that playbooks are about or act on, sorted. */
export const servicesIn = ({ definitions }: Pick<Room, 'definitions'>): readonly string[] =>
  [
    ...new Set(
      Object.values(definitions).flatMap(({ service }) => [
        service.name,
        ...Object.values(service.actions).flatMap((action) => action.service ?? []),
      ]),
    ),
  ]
    .filter((name) => name !== '')
    .sort();

/** Everything the operators decided, compiled: playbooks by name, who is told where, and who may do what. */
export type Room = {
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly routing: Routing;
  readonly access: Access;
  /** Who is called for what, in which order, and when production may be changed. */
  readonly roster: Roster;
  readonly chains: readonly Chain[];
  /** How soon incidents must be acknowledged; left out where nothing but the usual limits applies. */
  readonly targets?: Targets;
  readonly calendar: Calendar;
  /** An alert that fires again this soon after its incident was resolved reopens that incident. */
  readonly reopenWithinMs: number;
  /** What every duration of the playbooks was divided by: 1 in production, more where ten minutes are practised in seconds. */
  readonly pace: number;
  /** A paging service is there, so that duties are called by it as well. */
  readonly pages?: true;
  /** Steps that would be carried out by the bot itself are only announced; whoever runs the bot said so. */
  readonly automaticOff?: true;
  /** There is an Alertmanager in which alerts can be silenced; whoever runs the bot said where. */
  readonly silences?: true;
  /** Summaries of urgent incidents are mailed; whoever runs the bot said where to. */
  readonly mail?: true;
};
