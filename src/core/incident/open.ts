import { type Actor, actorId } from '../actor.ts';
import type { Context } from '../context.ts';
import { Draft } from '../draft.ts';
import type { Definition } from '../playbook/definition.ts';
import { moreUrgent, type Severity } from '../severity.ts';
import { incidentId } from '../stream.ts';
import { callNext, callsAfterSeverity } from './calling.ts';
import { openClaimOf } from './claims.ts';
import { effectsOf, here, type IncidentDraft } from './effects.ts';
import { evolveIncident, type Incident, type Place } from './incident.ts';
import { keepTime } from './timekeeping.ts';

export type Opening = {
  readonly title: string;
  readonly service: string | null;
  readonly severity: Severity;
  readonly definition: Definition;
  readonly summary: string;
  readonly source?: string;
  /** Who opens it: what they may not start themselves is not started for them either. */
  readonly actor: Actor;
  /** It collects the alerts of a storm. */
  readonly storm?: { readonly openedBefore: number };
  readonly drill?: { readonly firstFails: boolean };
};

/**
 * Opens an incident with everything that follows at once: its channel, its card, the announcement, the people, and the
 * run of its playbook. The card is posted before anything that may be slow, so that the first screen has buttons.
 */
export function newIncident(
  opening: Opening,
  context: Context,
  attach?: (draft: IncidentDraft) => void,
): IncidentDraft {
  const { now } = context;
  const number = context.nextIncident;
  const id = incidentId(number);
  const { playbook } = opening.definition;
  const { title, service, severity, summary, source, storm, drill } = opening;
  const place: Place = drill
    ? { kind: 'channel', name: drillChannelName(now, playbook.name) }
    : storm
      ? placeFor(stormPlace(severity, context), { slug: stormSlug, number }, context)
      : placeFor(severity, { slug: playbook.name, number }, context);
  const draft: IncidentDraft = new Draft(undefined as unknown as Incident, (state, event) =>
    evolveIncident(state ?? null, event),
  );
  draft.emit({
    type: 'IncidentOpened',
    data: {
      ...{ id, number, title, service, playbook: playbook.name, severity, place, summary },
      ...(source === undefined ? {} : { source }),
      ...(storm ? { storm } : {}),
      ...(drill ? { drill: true as const } : {}),
      ...(drill?.firstFails ? { firstFails: true as const } : {}),
    },
    at: now,
    by: actorId(opening.actor),
  });
  draft.take(openClaimOf(draft.state));
  attach?.(draft);

  if (severity !== 'P4') callNext(draft, context, { why: 'opened', inCard: true });
  settleIn(draft, opening.definition, opening.actor, context);
  effectsOf(draft, context).watch(opening.definition);
  keepTime(draft, context);
  effectsOf(draft, context).stakeholders('opened', 0);
  effectsOf(draft, context).mailed('opened');
  return draft;
}

/** Everything that an incident has where it lives, from its channel to the run of its playbook. */
function settleIn(draft: IncidentDraft, definition: Definition, actor: Actor, context: Context): void {
  const { id, place, severity } = draft.state;
  const effects = effectsOf(draft, context);
  const lane = `chat/${id}`;
  if (place.kind === 'channel')
    draft.effect({ kind: 'open-channel', incident: id, name: place.name }, { lane });
  effects.shown();
  if (place.kind === 'channel') {
    effects.topic();
    draft.effect(
      { kind: 'pin', subject: { kind: 'card', incident: id }, where: here(draft.state) },
      { lane },
    );
  }
  if (place.kind === 'log') return;
  // A walk asks at every step; what is approved in one piece is asked for by whoever opens the incident.
  const asker: Actor = definition.playbook.authority === 'whole' ? actor : { kind: 'bot' };
  effects.run(definition, asker, null);
  if (draft.state.drill) effects.invite([], [draft.state.openedBy]);
  else effects.invite(context.room.routing[severity].invite, []);
  for (const [name, url] of Object.entries(definition.service.links)) {
    if (place.kind === 'channel')
      draft.effect({ kind: 'bookmark', incident: id, title: name, url }, { lane });
  }
  if (definition.playbook.commanderAtOnce) {
    effects.note(
      'bot',
      'This playbook wants a commander at once. Whoever acknowledges first takes command.',
      'bot',
    );
  }
}

/**
 * A more urgent severity brings in more people. An incident that was only in the log gets the place of its new severity
 * with all that belongs to it, else nobody would hear of it; any other stays where people already talk.
 */
export function raiseSeverity(
  draft: IncidentDraft,
  change: { severity: Severity; why: string | null; actor: Actor; definition: Definition },
  context: Context,
): void {
  const { severity, why, actor, definition } = change;
  const by = actorId(actor);
  const { place: before, severity: from, number, urgent } = draft.state;
  const slug = draft.state.storm ? stormSlug : definition.playbook.name;
  const at = draft.state.storm ? stormPlace(severity, context) : severity;
  const place = before.kind === 'log' ? placeFor(at, { slug, number }, context) : before;
  const hidden = before.kind === 'log' && place.kind !== 'log';
  draft.emit({
    type: 'SeverityChanged',
    data: { severity, from, why, ...(hidden ? { place } : {}) },
    at: context.now,
    by,
  });
  const effects = effectsOf(draft, context);
  callsAfterSeverity(draft, context, hidden);
  if (hidden) settleIn(draft, definition, actor, context);
  if (!urgent) effects.mailed('opened');
  keepTime(draft, context);
  effects.stakeholders('opened', 0);
  effects.note('bot', `Severity ${from} → ${severity}${why ? `: ${why}` : ''}`, by);
  if (!hidden) effects.invite(context.room.routing[severity].invite, []);
}

const stormSlug = 'alert-storm';

/** What has used up every place is worth a channel, however small each trouble is; what calls nobody stays in the log. */
const stormPlace = (severity: Severity, { room }: Context): Severity =>
  room.routing[severity].place.kind === 'log' ? severity : moreUrgent(severity, 'P1');

function placeFor(
  severity: Severity,
  { slug, number }: { readonly slug: string; readonly number: number },
  { now, room }: Context,
): Place {
  const { place } = room.routing[severity];
  switch (place.kind) {
    case 'own-channel':
      return { kind: 'channel', name: channelName(now, slug, number) };
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
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
