import { forbidden } from '../access/forbidden.ts';
import { episodeKey } from '../alert/alert.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import type { Definition } from '../playbook/definition.ts';
import { genericName } from '../playbook/match.ts';
import { get } from '../trie.ts';
import { playbookFor, severityOf, titleOf } from './alerts.ts';
import { episodeClaim, openClaim } from './claims.ts';
import type { IncidentCommand } from './commands.ts';
import type { IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type AttachedAlert, attachedAlerts, type Incident } from './incident.ts';
import { newIncident } from './open.ts';
import { nameOf, stormClaim, type Trouble } from './storm.ts';

/** A part of a storm becomes an incident of its own, on the word of a person. */

type OpenOwn = Command & Extract<IncidentCommand, { type: 'incident.open-own' }>;

/** Opens an incident for one trouble of a storm, on the word of a person, and takes its alerts along. */
export function openOwn(command: OpenOwn, context: Context): Decision<IncidentEvent> {
  const found = context.holders.get(openClaim(command.incident))?.state;
  const storm = found?.kind === 'incident' ? found.incident : undefined;
  const trouble = storm?.storm && get(storm.storm.troubles, command.trouble);
  if (!storm || !trouble) return refuse('stale', `${command.incident} does not collect alerts any more.`);
  const denied = forbidden(command.actor, 'change', trouble.service, {
    room: context.room,
    incident: storm,
  });
  if (denied) return denied;
  if (trouble.movedTo !== null && trouble.alerts === 0) {
    return refuse('already', `${trouble.movedTo} was opened for ${nameOf(trouble)} already.`);
  }
  const alerts = alertsOf(storm, trouble);
  const definition = definitionFor(alerts, trouble, context);
  const first = alerts.find((alert) => playbookFor(alert, context) === definition);
  const draft = newIncident(
    {
      title: titleOf(first?.name ?? nameOf(trouble), definition),
      service: trouble.service,
      severity: trouble.severity,
      definition,
      summary: first?.summary ?? '',
      actor: command.actor,
    },
    context,
    (opened) => takeAlong(opened, storm, trouble, context),
  );
  return draft.decided();
}

/** Where a storm holds alerts of the service that an incident is declared for, they go there. */
export function takeFromStorm(draft: IncidentDraft, service: string | null, context: Context): void {
  const found = context.holders.get(stormClaim)?.state;
  const storm = found?.kind === 'incident' ? found.incident : undefined;
  const trouble =
    service === null ? undefined : storm?.storm && get(storm.storm.troubles, `service:${service}`);
  if (storm && trouble && trouble.alerts > 0) takeAlong(draft, storm, trouble, context);
}

/** The claims move with the alerts, so that their ends are told to the new incident; the storm hears of it afterwards. */
function takeAlong(draft: IncidentDraft, storm: Incident, trouble: Trouble, context: Context): void {
  const { now } = context;
  // Two people who press the button at one moment open one incident.
  draft.take(`own-incident:${storm.id}/${trouble.key}/${trouble.movedTo ?? ''}`);
  for (const { endsAt, trouble: _, ...alert } of alertsOf(storm, trouble)) {
    const episode = episodeKey(alert);
    for (const claim of [episodeClaim(alert), `recent:${alert.fingerprint}`]) {
      draft.free(claim);
      draft.take(claim);
    }
    draft.emit({
      type: 'AlertFired',
      data: { episode, alert, why: `${storm.id} had collected it` },
      at: now,
      by: 'bot',
    });
    if (endsAt !== null) {
      draft.emit({ type: 'AlertResolved', data: { episode, endsAt }, at: now, by: 'bot' });
    }
  }
  draft.effect({
    kind: 'tell',
    command: {
      actor: { kind: 'bot' },
      type: 'incident.alerts-moved',
      incident: storm.id,
      trouble: trouble.key,
      to: draft.state.id,
    },
  });
}

/** Oldest first, so that whoever reads the log of the new incident reads it in its order. */
const alertsOf = (storm: Incident, { key }: Trouble): readonly AttachedAlert[] =>
  attachedAlerts(storm)
    .filter((alert) => alert.trouble === key)
    .toSorted((a, b) => a.startsAt - b.startsAt);

/** The playbook of the most urgent alert; among equals one that somebody wrote for it. */
function definitionFor(alerts: readonly AttachedAlert[], trouble: Trouble, context: Context): Definition {
  const urgent = alerts
    .map((alert) => ({ alert, definition: playbookFor(alert, context) }))
    .filter(({ alert, definition }) => severityOf(alert, definition) === trouble.severity)
    .map(({ definition }) => definition);
  return (
    urgent.find(({ playbook }) => playbook.name !== genericName) ??
    urgent[0] ??
    playbookFor({ labels: {} }, context)
  );
}
