import { type Actor, actorId, nameInPager } from '../actor.ts';
import type { Context } from '../context.ts';
import { Draft } from '../draft.ts';
import { hurryCommands } from '../people/reminder.ts';
import type { Definition } from '../playbook/definition.ts';
import type { Severity } from '../severity.ts';
import { incidentId } from '../stream.ts';
import { acknowledgeWithin } from '../watch/limits.ts';
import { callNext, callsAfterSeverity } from './calling.ts';
import { openClaimOf } from './claims.ts';
import { effectsOf, here, type IncidentDraft } from './effects.ts';
import { evolveIncident, type Incident, isOpen, isUrgent, type Place } from './incident.ts';
import { outgrowThread } from './move.ts';
import { drillChannelName, placeNow, placeOf } from './place.ts';
import { limitAfter, tellWatch } from './taking.ts';
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
    : placeOf({ number, severity, title, playbook: playbook.name, isStorm: storm !== undefined }, context);
  const within = drill ? undefined : acknowledgeWithin(service, context);
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
      ...(within && { acknowledgeWithin: within }),
    },
    at: now,
    by: actorId(opening.actor),
  });
  draft.take(openClaimOf(draft.state));
  tellWatch(draft);
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
  const { id, place } = draft.state;
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
  else inviteAtOnce(draft, context);
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

/** Those whom the severity brings in, and those whom the card calls. */
function inviteAtOnce(draft: IncidentDraft, context: Context): void {
  const { severity, calling } = draft.state;
  const called = (calling?.calls ?? []).filter(({ inCard }) => inCard);
  const groups = called.flatMap(({ usergroup }) => usergroup ?? []);
  effectsOf(draft, context).invite(
    [...new Set([...context.room.routing[severity].invite, ...groups])],
    called.flatMap(({ users }) => users),
  );
}

/**
 * A more urgent severity brings in more people. An incident that was only in the log gets the place of its new severity
 * with all that belongs to it, else nobody would hear of it; one in a thread gets the channel that its new severity has,
 * and people go on talking in the thread until that is open.
 */
export function raiseSeverity(
  draft: IncidentDraft,
  change: { severity: Severity; why: string | null; actor: Actor; definition: Definition },
  context: Context,
): void {
  const { severity, why, actor, definition } = change;
  const by = actorId(actor);
  const { place: before, severity: from, urgent, roles } = draft.state;
  const { commander: commanded } = roles;
  const place = before.kind === 'log' ? placeNow({ ...draft.state, severity }, context.room) : before;
  const hidden = before.kind === 'log' && place.kind !== 'log';
  draft.emit({
    type: 'SeverityChanged',
    data: {
      ...{ severity, from, why },
      ...(hidden ? { place } : {}),
      ...limitAfter(draft.state, severity, { now: context.now, pace: context.room.pace, hidden }),
    },
    at: context.now,
    by,
  });
  const effects = effectsOf(draft, context);
  commandAtOnce(draft, context, from);
  tellRuns(draft, from);
  callsAfterSeverity(draft, context, hidden);
  if (hidden) settleIn(draft, definition, actor, context);
  else outgrowThread(draft, context);
  if (!urgent) effects.mailed('opened');
  keepTime(draft, context, hidden ? null : from);
  hurry(draft, from);
  effects.stakeholders('opened', 0);
  effects.note('bot', `Severity ${from} → ${severity}${why ? `: ${why}` : ''}`, by);
  const { commander } = draft.state.roles;
  if (commander !== undefined && commander !== commanded) {
    effects.note('bot', `<@${commander}> has it, and commands it now that it is a ${severity}.`, 'bot');
    effects.offered('role');
  }
  if (!hidden) effects.invite(context.room.routing[severity].invite, []);
}

/** A request that waits gets or loses the button that breaks the glass. */
export function tellRuns(draft: IncidentDraft, from: Severity): void {
  const { severity, runs, endedRuns } = draft.state;
  if (!isOpen(draft.state) || (!isUrgent(from) && !isUrgent(severity))) return;
  const actor = { kind: 'bot' } as const;
  for (const run of runs)
    if (!endedRuns.includes(run))
      draft.effect({ kind: 'tell', command: { actor, type: 'run.severity-changed', run } });
}

/** Reminders that were held back in somebody's quiet hours are not, once it is an open P0 or P1 (`from` is what it was before). */
export function hurry(draft: IncidentDraft, from: Severity | null): void {
  if (from !== null && isUrgent(from)) return;
  for (const command of hurryCommands(draft.state)) draft.effect({ kind: 'tell', command });
}

/** Whoever has what turns out to be a P0 commands it, as if they had taken it then. */
function commandAtOnce(draft: IncidentDraft, { now }: Context, from: Severity): void {
  const { severity, acknowledged, roles } = draft.state;
  if (severity !== 'P0' || from === 'P0' || roles.commander !== undefined || !isOpen(draft.state)) return;
  // Somebody known by a name in PagerDuty alone cannot be put in command here.
  if (!acknowledged || nameInPager(acknowledged.by) !== null) return;
  draft.emit({
    type: 'RoleAssigned',
    data: { role: 'commander', user: acknowledged.by },
    at: now,
    by: 'bot',
  });
}
