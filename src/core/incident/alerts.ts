import { alertName, episodeKey, type Notice } from '../alert/alert.ts';
import type { Context } from '../context.ts';
import { accept, type Decision } from '../decision.ts';
import { Draft } from '../draft.ts';
import type { Definition } from '../playbook/definition.ts';
import { matchPlaybook } from '../playbook/match.ts';
import { moreUrgent, type Severity, severityFromLabel } from '../severity.ts';
import { acknowledgeWithin } from '../watch/limits.ts';
import { alertIn } from './alertBook.ts';
import { armTimers, callNext } from './calling.ts';
import { episodeClaim, openClaim } from './claims.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { evolveIncident, type Incident, isOpen } from './incident.ts';
import { outgrowThread } from './move.ts';
import { hurry, newIncident, raiseSeverity } from './open.ts';
import { backlogEvery, collectedAs, opensAlone, stormClaim } from './storm.ts';
import { genericOf, openStorm } from './stormIncident.ts';
import { tellWatch, tellWatchOfAlert } from './taking.ts';
import { keepTime } from './timekeeping.ts';

/** Claims that a notice asks about: who holds its episode, its service, its group, its fingerprint, and is a storm open. */
export function alertClaims(notice: Notice, definition: Definition) {
  const service = serviceOf(notice, definition);
  return {
    episode: episodeClaim(notice),
    service: service === null ? null : openClaim(service),
    group: `open-group:${notice.groupKey}`,
    recent: `recent:${notice.fingerprint}`,
    storm: stormClaim,
  };
}

export type Labelled = Pick<Notice, 'labels'>;

export const playbookFor = (notice: Labelled, context: Pick<Context, 'room'>): Definition =>
  matchPlaybook(context.room.definitions, notice.labels);

/** The service an alert is about: its own label, else the service of the playbook that answers it by name. */
export function serviceOf(notice: Labelled, definition: Definition): string | null {
  const label = notice.labels.service;
  if (label) return label;
  return definition.playbook.name === 'generic' ? null : definition.playbook.service;
}

/** The playbook decides; an alert without one of its own is as severe as its label says. */
export function severityOf(notice: Labelled, definition: Definition): Severity {
  return definition.playbook.name === 'generic'
    ? severityFromLabel(notice.labels.severity)
    : definition.playbook.severity;
}

/**
 * Whether a firing notice came before: its episode is held from then on. One of a resolved episode needs no memory, since
 * an alert that has ended does not end again.
 */
const wasFiring = (notice: Notice, definition: Definition, context: Context): boolean =>
  notice.status === 'firing' && context.holders.has(alertClaims(notice, definition).episode);

export function openFromAlert(notice: Notice, context: Context): Decision<IncidentEvent> {
  const definition = playbookFor(notice, context);
  if (wasFiring(notice, definition, context)) return accept<IncidentEvent>([]);
  // A resolved notice of an episode that nobody saw firing says that there is nothing to do.
  if (notice.status === 'resolved') return accept<IncidentEvent>([]);
  const severity = severityOf(notice, definition);
  if (!opensAlone(severity, null, context)) {
    const why = 'too many incidents had been opened one by one';
    return openStorm(severity, context, (opened) => {
      attach(opened, notice, definition, context, why);
    }).decided();
  }
  const draft = newIncident(
    {
      title: titleOf(alertName(notice), definition),
      service: serviceOf(notice, definition),
      severity,
      definition,
      summary: summaryOf(notice),
      actor: { kind: 'alertmanager' },
    },
    context,
    (opened) => attach(opened, notice, definition, context, 'it opened the incident'),
  );
  return draft.decided();
}

export const titleOf = (alert: string, { playbook }: Definition): string =>
  playbook.name === 'generic' ? alert : playbook.title;

export function joinAlert(notice: Notice, incident: Incident, context: Context): Decision<IncidentEvent> {
  const definition = playbookFor(notice, context);
  if (wasFiring(notice, definition, context)) return accept<IncidentEvent>([]);
  const draft: IncidentDraft = new Draft(incident, evolveIncident);
  return notice.status === 'firing'
    ? fired(draft, notice, definition, context)
    : resolvedAlert(draft, notice, context);
}

function fired(
  draft: IncidentDraft,
  notice: Notice,
  definition: Definition,
  context: Context,
): Decision<IncidentEvent> {
  const { now } = context;
  const before = draft.state;
  const effects = effectsOf(draft, context);
  const reopens = !isOpen(before);
  // What a storm collects is of many services: their playbooks are walked, and their time limits kept, in incidents of
  // their own.
  const own = before.storm ? genericOf(context) : definition;
  if (reopens) {
    const within = acknowledgeWithin(before.service, context);
    draft.emit({
      type: 'IncidentReopened',
      data: { why: `${alertName(notice)} fired again`, ...(within && { acknowledgeWithin: within }) },
      at: now,
      by: 'alertmanager',
    });
    tellWatch(draft);
    draft.take(openClaim(before.service ?? before.id));
    if (before.storm) draft.take(stormClaim);
    effects.reopened(before.resolved);
    effects.note('bot', `Reopened: ${alertName(notice)} fired again.`, 'alertmanager');
    effects.watch(own);
    keepTime(draft, context);
    hurry(draft, null);
    effects.stakeholders('reopened', now);
    effects.mailed('reopened');
  } else if (before.allQuietSince !== null) {
    // A time limit that ran out while all was quiet said nothing; the trouble that is back has one of its own.
    effects.watch(own);
  }
  attach(draft, notice, definition, context, reasonToJoin(before, notice));
  if (draft.state.allQuietSince === null) {
    effects.quiet(before.allQuietSince);
    if (before.allQuietSince !== null) effects.unresolved();
  }
  const severity = moreUrgent(before.severity, severityOf(notice, definition));
  if (severity !== before.severity) {
    const service = before.storm ? serviceOf(notice, definition) : null;
    const what = service === null ? alertName(notice) : `${alertName(notice)} on ${service}`;
    raiseSeverity(
      draft,
      { severity, why: `${what} is ${severity}.`, actor: { kind: 'alertmanager' }, definition: own },
      context,
    );
  } else if (reopens) outgrowThread(draft, context);
  if (reopens) callNext(draft, context, { why: 'reopened' });
  else if (before.allQuietSince !== null && severity === before.severity) armTimers(draft, context);
  // Each playbook is walked once per opening, however many of its alerts fire.
  if (draft.state.place.kind !== 'log' && !draft.state.walked.includes(own.playbook.name)) {
    effects.run(own, { kind: 'bot' }, null);
  }
  effects.shown();
  if (reopens || severity !== before.severity) effects.topic();
  if (before.storm && now - before.storm.lastAt >= backlogEvery(context.room)) effects.readBacklog();
  return draft.decided();
}

function resolvedAlert(draft: IncidentDraft, notice: Notice, context: Context): Decision<IncidentEvent> {
  const episode = episodeKey(notice);
  const known = alertIn(draft.state.alerts, notice.fingerprint);
  if (!known || episodeKey(known) !== episode || known.endsAt !== null) return accept<IncidentEvent>([]);
  const effects = effectsOf(draft, context);
  draft.emit({
    type: 'AlertResolved',
    data: { episode, endsAt: notice.endsAt ?? context.now },
    at: context.now,
    by: 'alertmanager',
  });
  if (isOpen(draft.state)) {
    effects.quiet(draft.state.allQuietSince);
    if (draft.state.allQuietSince !== null) effects.unresolved();
    effects.shown();
  }
  return draft.decided();
}

function attach(
  draft: IncidentDraft,
  notice: Notice,
  definition: Definition,
  context: Context,
  why: string,
): void {
  const claims = alertClaims(notice, definition);
  draft.take(claims.episode);
  // These two move from incident to incident: they point at the latest one.
  draft.free(claims.recent);
  draft.take(claims.recent);
  const isStorm = draft.state.storm !== undefined;
  // A storm speaks for no group: once it is over, what else comes of the group has an incident of its own.
  if (!isStorm) {
    draft.free(claims.group);
    draft.take(claims.group);
  }
  const service = serviceOf(notice, definition);
  draft.emit({
    type: 'AlertFired',
    data: {
      episode: episodeKey(notice),
      why,
      alert: {
        name: alertName(notice),
        fingerprint: notice.fingerprint,
        labels: notice.labels,
        summary: summaryOf(notice),
        startsAt: notice.startsAt,
      },
      ...(isStorm ? { collected: collectedAs(notice, service, severityOf(notice, definition)) } : {}),
    },
    at: context.now,
    by: 'alertmanager',
  });
  tellWatchOfAlert(draft, isStorm ? service : draft.state.service, context);
}

function reasonToJoin(incident: Incident, notice: Notice): string {
  if (!isOpen(incident)) return 'it fired again within the time in which an incident is reopened';
  if (incident.storm) return 'it belongs to no other incident, and a storm of alerts is open';
  if (incident.service !== null && notice.labels.service === incident.service)
    return `${incident.service} has this incident open`;
  return 'its alert group has this incident open';
}

const summaryOf = (notice: Notice): string =>
  (notice.annotations.summary ?? notice.annotations.description ?? alertName(notice)).slice(0, 1_000);

/** Which stream a notice belongs to, from the holders of its claims; null where it opens a new incident. */
export function routeAlert(notice: Notice, context: Context) {
  const definition = playbookFor(notice, context);
  const claims = alertClaims(notice, definition);
  const holder = (claim: string | null) => {
    const found = claim === null ? undefined : context.holders.get(claim);
    return found?.state.kind === 'incident' ? found.state.incident : undefined;
  };
  const episode = holder(claims.episode);
  if (episode) return episode.id;
  const service = holder(claims.service);
  if (service) return service.id;
  const group = holder(claims.group);
  if (group && isOpen(group)) return group.id;
  const last = holder(claims.recent);
  // An alert that the open storm knows comes back to it, however calm it is by now.
  if (last?.storm && isOpen(last)) return last.id;
  const recent = last ?? group;
  const reopens =
    notice.status === 'firing' &&
    recent?.resolved &&
    // A storm is no trouble of one alert: one that is back alone has an incident of its own.
    !recent.storm &&
    context.now - recent.resolved.at <= context.room.reopenWithinMs &&
    sameService(recent, serviceOf(notice, definition));
  if (reopens) return recent.id;
  const storm = holder(claims.storm);
  const collects =
    storm?.storm &&
    notice.status === 'firing' &&
    !opensAlone(severityOf(notice, definition), storm.storm, context);
  return collects ? storm.id : null;
}

const sameService = (incident: Incident, service: string | null): boolean => incident.service === service;
