import type { Context } from '../context.ts';
import { genericName } from '../playbook/match.ts';
import type { Room } from '../playbook/room.ts';
import { moreUrgent, type Severity } from '../severity.ts';
import type { Incident, Place } from './incident.ts';

/** Where an incident of a severity lives, and what its channel is called. */

/** The place of an incident as severe as that, whatever it has now. */
export function placeOf(
  wish: {
    readonly number: number;
    readonly severity: Severity;
    readonly playbook: string;
    readonly title: string;
    readonly isStorm: boolean;
  },
  context: Pick<Context, 'room' | 'now'>,
): Place {
  const { number, severity, isStorm } = wish;
  const { place } = context.room.routing[isStorm ? stormPlace(severity, context) : severity];
  switch (place.kind) {
    case 'own-channel':
      return { kind: 'channel', name: channelName(context.now, subjectOf(wish), number) };
    case 'thread':
      return { kind: 'thread', channel: place.channel };
    case 'log':
      return { kind: 'log' };
    default: {
      const never: never = place;
      return never;
    }
  }
}

/** The playbook that answers whatever has none says nothing of what is the matter; the title does. */
const subjectOf = ({ playbook, title, isStorm }: Parameters<typeof placeOf>[0]): string =>
  isStorm ? 'alert-storm' : playbook === genericName ? title : playbook;

/**
 * Where an incident belongs by now. Its channel is named after what it was opened with, so that asking for it a second
 * time asks for the same one.
 */
export const placeNow = ({ storm, openedAt, ...incident }: Incident, room: Room): Place =>
  placeOf({ ...incident, isStorm: storm !== undefined }, { room, now: openedAt });

/** What has used up every place is worth a channel, however small each trouble is; what calls nobody stays in the log. */
const stormPlace = (severity: Severity, { room }: Pick<Context, 'room'>): Severity =>
  room.routing[severity].place.kind === 'log' ? severity : moreUrgent(severity, 'P1');

/** `incident-2026-11-21-high-error-rate-42`; Slack allows 80 characters, and the number must survive the cut. */
export function channelName(now: number, slug: string, number: number): string {
  const suffix = `-${number}`;
  const head = `incident-${dayOf(now)}-${slugOf(slug) || 'incident'}`
    .slice(0, 80 - suffix.length)
    .replace(/-+$/, '');
  return head + suffix;
}

/** `drill-2026-11-21-high-error-rate`; a second one on the same day gets a number from the chat. */
export const drillChannelName = (now: number, slug: string): string =>
  `drill-${dayOf(now)}-${slugOf(slug)}`.slice(0, 80).replace(/-+$/, '');

const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);

const slugOf = (text: string): string =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
