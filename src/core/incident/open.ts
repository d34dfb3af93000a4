import { type Actor, actorId } from '../actor.ts';
import type { Context } from '../context.ts';
import { Draft } from '../draft.ts';
import type { Definition } from '../playbook/definition.ts';
import { moreUrgent, type Severity } from '../severity.ts';
import { incidentId } from '../stream.ts';
import { openClaim } from './claims.ts';
import { effectsOf, here, type IncidentDraft } from './effects.ts';
import { evolveIncident, type Incident, type Place } from './incident.ts';

export type Opening = {
  readonly title: string;
  readonly service: string | null;
  readonly severity: Severity;
  readonly definition: Definition;
  readonly summary: string;
  /** Who opens it: what they may not start themselves is not started for them either. */
  readonly actor: Actor;
  /** It collects the alerts of a storm. */
  readonly storm?: { readonly openedBefore: number };
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
  const { title, service, severity, summary, storm } = opening;
  const place = storm
    ? placeFor(stormPlace(severity, context), { slug: stormSlug, number }, context)
    : placeFor(severity, { slug: playbook.name, number }, context);
  const draft: IncidentDraft = new Draft(undefined as unknown as Incident, (state, event) =>
    evolveIncident(state ?? null, event),
  );
  draft.emit({
    type: 'IncidentOpened',
    data: {
      ...{ id, number, title, service, playbook: playbook.name, severity, place, summary },
      ...(storm ? { storm } : {}),
    },
    at: now,
    by: actorId(opening.actor),
  });
  draft.take(openClaim(service ?? id));
  attach?.(draft);

  settleIn(draft, opening.definition, opening.actor, context);
  effectsOf(draft, context).watch(opening.definition);
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
  effects.invite(context.room.routing[severity].invite, []);
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
  const { place: before, severity: from, number } = draft.state;
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
  if (hidden) settleIn(draft, definition, actor, context);
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
  const day = new Date(now).toISOString().slice(0, 10);
  const clean = slug
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  const suffix = `-${number}`;
  const head = `incident-${day}-${clean || 'incident'}`.slice(0, 80 - suffix.length).replace(/-+$/, '');
  return head + suffix;
}
