import { forbidden } from '../access/forbidden.ts';
import { actorId, nameInPager, spokenActor } from '../actor.ts';
import type { Command } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { spokenDuration } from '../duration.ts';
import { time } from '../moment.ts';
import { genericName } from '../playbook/match.ts';
import { moreUrgent } from '../severity.ts';
import type { RunId } from '../stream.ts';
import { recordPicture } from './alertSource.ts';
import { joinAlert, openFromAlert } from './alerts.ts';
import { sayUnattended } from './audit.ts';
import {
  armTimers,
  callByHand,
  escalationDue,
  pageAnswered,
  pageFailed,
  pagerSaid,
  responseDue,
} from './calling.ts';
import { drillChannelClaim, openClaim, openClaimOf } from './claims.ts';
import type { AlertCommand, IncidentCommand } from './commands.ts';
import { drillIsOver, openDrill, walkOver } from './drill.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import { answerCall, endCalls } from './endCalls.ts';
import type { IncidentEvent } from './events.ts';
import { evolveIncident, type Incident, isOpen } from './incident.ts';
import { moveIn, moveWhenSaid, outgrowThread } from './move.ts';
import { hurry, newIncident, raiseSeverity, tellRuns } from './open.ts';
import { openOwn, takeFromStorm } from './ownIncident.ts';
import { endSilences } from './silence.ts';
import { decideSilence } from './silenceDecide.ts';
import { alreadyResolved, startRun } from './startRun.ts';
import { stormClaim } from './storm.ts';
import { decideStorm } from './stormIncident.ts';
import { acknowledgeBy, limitAfter, mustBeTaken } from './taking.ts';
import { askForUpdates, keepTime, phaseDue, runUpdate, updateDue } from './timekeeping.ts';

/** Commands that an incident's stream decides. */
export type ForIncident = Command & (AlertCommand | IncidentCommand);

/** Whatever names an incident is for that one, but the wish to open another one beside it. */
type Says = Exclude<Extract<IncidentCommand, { incident: unknown }>, { type: 'incident.open-own' }>;

export function decideIncident(
  command: ForIncident,
  incident: Incident | null,
  context: Context,
): Decision<IncidentEvent> {
  switch (command.type) {
    case 'alert.notice':
      return incident ? joinAlert(command.notice, incident, context) : openFromAlert(command.notice, context);
    case 'incident.declare':
      return declare(command, context);
    case 'incident.open-own':
      return openOwn(command, context);
    case 'incident.drill':
      return openDrill(command, context);
    default:
      return incident
        ? decideOpen(command, incident, context)
        : refuse('not-found', `There is no ${command.incident}.`);
  }
}

function declare(
  command: Command & Extract<IncidentCommand, { type: 'incident.declare' }>,
  context: Context,
): Decision<IncidentEvent> {
  const denied = forbidden(command.actor, 'change', command.service, context);
  if (denied) return denied;
  const playbook = command.playbook ?? 'generic';
  const definition = playbookNamed(playbook, context);
  if (!definition) return refuse('invalid', `There is no playbook named ${playbook}.`);
  const open = command.service === null ? undefined : context.holders.get(openClaim(command.service));
  if (open) {
    return refuse(
      'already',
      `${open.stream} is already open for ${command.service}. Add what you know there.`,
    );
  }
  const draft = newIncident(
    {
      title: command.title,
      service: command.service,
      severity: command.severity,
      definition,
      summary: command.summary,
      ...(command.source === undefined ? {} : { source: command.source }),
      actor: command.actor,
    },
    context,
    (opened) => takeFromStorm(opened, command.service, context),
  );
  return draft.decided();
}

function decideOpen(command: Command & Says, incident: Incident, context: Context): Decision<IncidentEvent> {
  if (command.actor.kind === 'pagerduty' && !fromPager.includes(command.type))
    return refuse('not-allowed', 'PagerDuty answers its pages and does nothing else here.');
  // Looking needs no command, so whatever arrives here changes something. Who was called may say so by having been called.
  const denied =
    command.type === 'incident.answer-call'
      ? null
      : forbidden(command.actor, 'change', incident.service, { room: context.room, incident });
  if (denied) return denied;
  const { now } = context;
  const by = actorId(command.actor);
  const draft: IncidentDraft = new Draft(incident, evolveIncident);
  const effects = effectsOf(draft, context);

  switch (command.type) {
    case 'incident.acknowledge': {
      if (!isOpen(incident)) return alreadyResolved(incident);
      if (incident.acknowledged) {
        return refuse(
          'already',
          `${spokenActor(incident.acknowledged.by)} already has it, since ${time(incident.acknowledged.at)}.`,
        );
      }
      const { severity, unattended } = incident;
      const afterMs = Math.max(0, now - unattended.since);
      const limit = mustBeTaken(incident)
        ? { limitMs: Math.max(0, acknowledgeBy(incident, context.room.pace) - unattended.since) }
        : {};
      draft.emit({ type: 'IncidentAcknowledged', data: { afterMs, severity, ...limit }, at: now, by });
      const wanted = playbookNamed(incident.playbook, context)?.playbook.commanderAtOnce === true;
      const mayCommand = nameInPager(by) === null && !incident.roles.commander;
      if (mayCommand && (incident.severity === 'P0' || wanted)) {
        draft.emit({ type: 'RoleAssigned', data: { role: 'commander', user: by }, at: now, by });
      }
      endCalls(draft, context, 'acknowledged');
      effects.offered('acknowledge');
      if (draft.state.roles.commander !== incident.roles.commander) effects.offered('role');
      effects.unattended();
      effects.shown();
      effects.topic();
      return draft.decided();
    }
    case 'incident.severity': {
      if (incident.severity === command.severity) {
        return refuse('already', `${incident.id} is ${command.severity} already.`);
      }
      const { severity, why } = command;
      const definition = playbookNamed(incident.playbook, context) ?? playbookNamed(genericName, context);
      if (definition && moreUrgent(severity, incident.severity) === severity) {
        raiseSeverity(draft, { severity, why, actor: command.actor, definition }, context);
      } else {
        draft.emit({
          type: 'SeverityChanged',
          data: {
            ...{ severity, from: incident.severity, why },
            ...limitAfter(incident, severity, { now, pace: context.room.pace, hidden: false }),
          },
          at: now,
          by,
        });
        armTimers(draft, context);
        keepTime(draft, context);
        hurry(draft, incident.severity);
        tellRuns(draft, incident.severity);
        effects.note('bot', `Severity ${incident.severity} → ${severity}${why ? `: ${why}` : ''}`, by);
      }
      effects.shown();
      effects.topic();
      return draft.decided();
    }
    case 'incident.role': {
      const { role, user } = command;
      const before = incident.roles[role];
      if (before === user) return refuse('already', `<@${user}> is ${role} already.`);
      draft.emit({ type: 'RoleAssigned', data: { role, user }, at: now, by });
      effects.note(
        'bot',
        `${role === 'communications' ? 'Communications' : role === 'scribe' ? 'Scribe' : 'Commander'}: <@${user}>${before === undefined ? '' : `, in the place of <@${before}>`}`,
        by,
      );
      if (role === 'commander') effects.offered('role');
      hurry(draft, null);
      effects.invite([], [user]);
      effects.unattended();
      effects.shown();
      effects.topic();
      return draft.decided();
    }
    case 'incident.note': {
      const { kind, text, from, people } = command;
      if (from && incident.notes.some((note) => note.from?.url === from.url))
        return refuse('already', `That message is in ${incident.id} already.`);
      const addressed = command.actor.kind === 'bot' ? people : undefined;
      effects.note(kind, text, by, { ...(from && { from }), ...(addressed && { people: addressed }) });
      if (kind === 'update') askForUpdates(draft, context);
      effects.shown();
      return draft.decided();
    }
    case 'incident.resolve': {
      if (!isOpen(incident)) return alreadyResolved(incident);
      draft.emit({ type: 'IncidentResolved', data: { note: command.note }, at: now, by });
      endSilences(draft, { why: 'resolved', at: now, by });
      draft.free(openClaimOf(incident));
      if (incident.storm) draft.free(stormClaim);
      for (const run of incident.runs) {
        draft.effect({
          kind: 'tell',
          command: { actor: { kind: 'bot' }, type: 'run.end', run, why: `${incident.id} was resolved.` },
        });
      }
      endCalls(draft, context, 'resolved');
      effects.offered();
      effects.shown();
      effects.topic();
      effects.quiet(draft.state.allQuietSince);
      effects.unresolved();
      effects.unattended();
      effects.resolved();
      effects.stakeholders('resolved', now);
      effects.mailed('resolved');
      return draft.decided();
    }
    case 'incident.reopen': {
      if (isOpen(incident)) return refuse('already', `${incident.id} is open.`);
      if (incident.drill) return drillIsOver(incident);
      draft.emit({ type: 'IncidentReopened', data: { why: command.why }, at: now, by });
      draft.take(openClaimOf(incident));
      if (incident.storm) draft.take(stormClaim);
      effects.reopened(incident.resolved);
      effects.note('bot', `Reopened by <@${by}>: ${command.why}`, by);
      const definition = playbookNamed(incident.playbook, context);
      if (definition) effects.watch(definition);
      outgrowThread(draft, context);
      keepTime(draft, context);
      hurry(draft, null);
      effects.stakeholders('reopened', now);
      effects.mailed('reopened');
      effects.shown();
      effects.topic();
      return draft.decided();
    }
    case 'incident.start-run':
      return startRun(draft, command, context);
    case 'incident.channel-opened':
      draft.emit({ type: 'ChannelOpened', data: { id: command.id, name: command.name }, at: now, by });
      if (incident.drill) draft.take(drillChannelClaim(command.id));
      if (incident.place.kind === 'thread') moveWhenSaid(draft);
      effects.shown();
      return draft.decided();
    case 'incident.moved':
      return moveIn(draft, context);
    case 'incident.channel-failed':
      // A drill happens in its channel or not at all.
      if (incident.drill) {
        const note = `Its channel could not be opened: ${command.message}`;
        return decideOpen(
          { actor: command.actor, type: 'incident.resolve', incident: incident.id, note },
          incident,
          context,
        );
      }
      effects.note(
        'bot',
        `The incident channel could not be opened: ${command.message} Talk here instead.`,
        by,
      );
      return draft.decided();
    case 'incident.mitigation-started': {
      const { run, title } = command;
      draft.emit({ type: 'MitigationStarted', data: { run, title, by: command.by }, at: now, by });
      effects.shown();
      effects.topic();
      return draft.decided();
    }
    case 'incident.run-update':
      return runUpdate(draft, command, context);
    case 'incident.run-ended': {
      const { run, result } = command;
      if (!incident.runs.includes(run)) return refuse('not-found', `${run} is not a run of ${incident.id}.`);
      draft.emit({
        type: 'RunFinished',
        data: { run, result, back: previousRun(incident, run) },
        at: now,
        by,
      });
      effects.unresolved();
      effects.shown();
      walkOver(draft);
      return draft.decided();
    }
    case 'incident.unresolved-check': {
      // The timer belongs to one opening: after a resolve and a reopen it has nothing to say any more. With all alerts
      // resolved there is nothing to roll back for, only somebody to say that it is over.
      const applies = isOpen(incident) && !incident.unresolvedSaid && incident.reopened === command.opened;
      if (!applies || incident.allQuietSince !== null)
        return refuse('stale', 'The time limit no longer applies.');
      const { afterMs, offer } = command;
      draft.emit({ type: 'UnresolvedForLong', data: { afterMs, offer }, at: now, by });
      effects.note('bot', `Unresolved for ${spokenDuration(afterMs)}.`, by, { silent: true });
      effects.unresolved();
      effects.shown();
      return draft.decided();
    }
    case 'incident.call':
      if (!isOpen(incident)) return alreadyResolved(incident);
      return callByHand(draft, command, context);
    case 'incident.answer-call':
      if (!isOpen(incident)) return alreadyResolved(incident);
      return answerCall(draft, command, context);
    case 'incident.escalation-due':
      return escalationDue(draft, command, context);
    case 'incident.response-due':
      return responseDue(draft, command, context);
    case 'incident.phase-due':
      return phaseDue(draft, command, context);
    case 'incident.update-due':
      return updateDue(draft, command, context);
    case 'incident.page-answered':
      return pageAnswered(draft, command, context);
    case 'incident.page-failed':
      return pageFailed(draft, command, context);
    case 'incident.pager-said':
      return pagerSaid(draft, command, context);
    case 'incident.left-unattended':
      return sayUnattended(draft, command.since, context);
    case 'incident.alerts-compared':
      return recordPicture(draft, command, context);
    case 'incident.silence':
    case 'incident.silence-stop':
    case 'incident.silence-action':
    case 'incident.silence-over':
    case 'incident.silence-held':
    case 'incident.silence-removed':
    case 'incident.silence-failed':
    case 'incident.silence-seen':
    case 'incident.silences-of-others':
      return decideSilence(draft, command, context);
    case 'incident.alerts-moved':
    case 'incident.backlog':
      return decideStorm(draft, command, context);
    case 'incident.effect-given-up':
      effects.note(
        'bot',
        `${command.what} did not succeed and is not tried any more: ${command.message}`,
        by,
      );
      return draft.decided();
    default: {
      const never: never = command;
      return never;
    }
  }
}

const fromPager: readonly Command['type'][] = [
  'incident.acknowledge',
  'incident.answer-call',
  'incident.pager-said',
];

/** The run to go back to when a later one ends: the latest walk that it interrupted and that has not ended itself. */
const previousRun = (incident: Incident, ended: RunId): RunId | null =>
  incident.runs.findLast((run) => run !== ended && !incident.endedRuns.includes(run)) ?? null;
