import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import type { Definition } from '../playbook/definition.ts';
import { matchPlaybook } from '../playbook/match.ts';
import type { Severity } from '../severity.ts';
import { get } from '../trie.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { isOpen } from './incident.ts';
import { newIncident } from './open.ts';
import { backlogLate, nameOf, openedLately, stormClaim, stormWindow } from './storm.ts';

/** What happens to the one incident that collects the alerts of a storm. */

/** A storm's own walk: it knows no service, so it touches nothing. Every room has it. */
export const genericOf = ({ room }: Pick<Context, 'room'>): Definition => matchPlaybook(room.definitions, {});

export function openStorm(
  severity: Severity,
  context: Context,
  attach: (draft: IncidentDraft) => void,
): IncidentDraft {
  const openedBefore = openedLately(null, context);
  const draft = newIncident(
    {
      title: 'Alert storm',
      service: null,
      severity,
      definition: genericOf(context),
      summary: `${openedBefore} incidents were opened within ${spokenDuration(stormWindow(context.room))}. Every further alert that belongs to none of them is collected here.`,
      actor: { kind: 'alertmanager' },
      storm: { openedBefore },
    },
    context,
    (opened) => {
      opened.take(stormClaim);
      attach(opened);
    },
  );
  effectsOf(draft, context).readBacklog();
  return draft;
}

type AboutStorm = Command & Extract<IncidentCommand, { type: 'incident.alerts-moved' | 'incident.backlog' }>;

export function decideStorm(
  draft: IncidentDraft,
  command: AboutStorm,
  context: Context,
): Decision<IncidentEvent> {
  const { storm, id } = draft.state;
  if (!storm) return refuse('stale', `${id} collects no alerts.`);
  switch (command.type) {
    case 'incident.alerts-moved':
      return moved(draft, command, context);
    case 'incident.backlog':
      return backlog(draft, command, context);
    default: {
      const never: never = command;
      return never;
    }
  }
}

function moved(
  draft: IncidentDraft,
  command: Extract<AboutStorm, { type: 'incident.alerts-moved' }>,
  context: Context,
): Decision<IncidentEvent> {
  const { trouble, to } = command;
  const known = draft.state.storm && get(draft.state.storm.troubles, trouble);
  if (!known) return refuse('stale', `${draft.state.id} does not know of it.`);
  const effects = effectsOf(draft, context);
  const before = draft.state.allQuietSince;
  const by = actorId(command.actor);
  const name = nameOf(known);
  draft.emit({ type: 'AlertsMoved', data: { trouble, name, to }, at: context.now, by });
  effects.note('bot', `${name} has an incident of its own now: ${to}. Its alerts went along.`, by);
  if (isOpen(draft.state) && before === null) effects.quiet(draft.state.allQuietSince);
  effects.shown();
  return draft.decided();
}

/**
 * Messages that wait are said once the oldest has waited for long, and said again when they get through. The storm looks
 * as long as it collects or something waits; afterwards the next alert begins anew.
 */
function backlog(
  draft: IncidentDraft,
  { waiting, oldestAt }: Extract<AboutStorm, { type: 'incident.backlog' }>,
  context: Context,
): Decision<IncidentEvent> {
  const { now, room } = context;
  const before = draft.state.storm?.backlog ?? null;
  const effects = effectsOf(draft, context);
  const isLate = oldestAt !== null && now - oldestAt >= backlogLate(room);
  if (isLate && (before?.waiting !== waiting || before.oldestAt !== oldestAt)) {
    draft.emit({ type: 'BacklogSeen', data: { waiting, oldestAt }, at: now, by: 'bot' });
    effects.shown();
  }
  if (!isLate && before) {
    const waitedMs = Math.max(0, now - before.oldestAt);
    draft.emit({ type: 'BacklogDrained', data: { waitedMs }, at: now, by: 'bot' });
    effects.note(
      'bot',
      `Slack takes messages as they come again: everything that waited is posted. The longest wait was ${spokenDuration(waitedMs)}.`,
      'bot',
    );
    effects.shown();
  }
  const lately = now - (draft.state.storm?.lastAt ?? 0) < stormWindow(room);
  if (isLate || (isOpen(draft.state) && lately)) effects.readBacklog();
  return draft.decided();
}
