import { actorId } from './actor.ts';
import { decideFreeze, type ForFreeze } from './calendar/decideFreeze.ts';
import { evolveFreeze, type FreezeEvent } from './calendar/freeze.ts';
import { type Command, isReport } from './command.ts';
import type { Context, Stream } from './context.ts';
import { type Decision, type Event, refuse } from './decision.ts';
import { alertClaims, playbookFor, routeAlert } from './incident/alerts.ts';
import { drillChannelClaim, openClaim } from './incident/claims.ts';
import { decideIncident, type ForIncident } from './incident/decide.ts';
import type { IncidentEvent } from './incident/events.ts';
import { evolveIncident } from './incident/incident.ts';
import { stormClaim } from './incident/storm.ts';
import { decidePreferences, type ForPreferences } from './people/decidePreferences.ts';
import { evolvePreferences, type PreferencesEvent } from './people/preferences.ts';
import type { Room } from './playbook/room.ts';
import { decideRun, type ForRun } from './run/decide.ts';
import type { RunEvent } from './run/events.ts';
import { evolveRun } from './run/evolve.ts';
import {
  type IncidentId,
  incidentId,
  isFreezeId,
  isPreferencesId,
  isRunId,
  isWatchId,
  type StreamId,
} from './stream.ts';
import { decideWatch, type ForWatch, watchClaim } from './watch/decideWatch.ts';
import { evolveWatch, type WatchEvent } from './watch/watch.ts';

/**
 * The one way from a command to a decision. A store asks, in this order and within one transaction: which claims does
 * the command depend on, which stream is it for, and what does that stream decide. All of it is pure.
 */

/** Claims whose holders the command must know before it can be routed or decided. */
export function claimsOf(command: Command, room: Room): readonly string[] {
  switch (command.type) {
    case 'alert.notice': {
      const claims = alertClaims(command.notice, playbookFor(command.notice, { room }));
      return Object.values(claims).filter((claim) => claim !== null);
    }
    case 'incident.declare':
      return command.service === null ? [] : [openClaim(command.service), stormClaim];
    case 'incident.open-own':
      return [openClaim(command.incident)];
    case 'watch.start':
      return [watchClaim(command.service)];
    case 'run.start':
      return command.place.kind === 'channel' ? [drillChannelClaim(command.place.channel)] : [];
    case 'run.automatic-decide':
      return command.targets;
    default:
      return [];
  }
}

/** Where changes were made that belong together: in an incident, or by runs of their own in a channel. */
export type LedgerPlace =
  | { readonly kind: 'incident'; readonly incident: IncidentId }
  | { readonly kind: 'channel'; readonly channel: string }
  /** By runs of their own, wherever they were started. */
  | { readonly kind: 'outside' };

/** The ledgers that must be known before the command can be decided; null for almost all commands. */
export function ledgersOf(command: Command): Exclude<LedgerPlace, { kind: 'outside' }> | null {
  if (command.type !== 'run.start' && command.type !== 'incident.start-run') return null;
  if (!command.undo) return null;
  if (command.incident !== null) return { kind: 'incident', incident: command.incident };
  return command.type === 'run.start' && command.place.kind === 'channel'
    ? { kind: 'channel', channel: command.place.channel }
    : null;
}

/** Whether freezes and open incidents must be known before the command can be decided. */
export function asksOfWindows({ type }: Command): boolean {
  return (
    type === 'run.start' ||
    type === 'incident.start-run' ||
    type === 'run.start-offered' ||
    type === 'run.plan-decide'
  );
}

/** Whether watches that are on must be known before the command can be decided. */
export function asksOfWatches({ type }: Command): boolean {
  return type === 'alert.notice' || type === 'incident.declare' || type === 'incident.open-own';
}

/** The stream that decides; new ones get the next number. */
export function routeOf(command: Command, context: Context): StreamId {
  if (isForRun(command)) {
    return command.type === 'run.start' ? (command.run ?? `RUN-${context.nextRun}`) : command.run;
  }
  if (isForFreeze(command))
    return command.type === 'freeze.begin' ? `FRZ-${context.nextFreeze}` : command.freeze;
  if (isForWatch(command)) return command.type === 'watch.start' ? `WCH-${context.nextWatch}` : command.watch;
  if (isForPreferences(command))
    return command.type === 'preferences.set' ? `PRF-${actorId(command.actor)}` : command.preferences;
  switch (command.type) {
    case 'alert.notice':
      return routeAlert(command.notice, context) ?? incidentId(context.nextIncident);
    case 'incident.declare':
    case 'incident.drill':
    case 'incident.open-own':
      return incidentId(context.nextIncident);
    default:
      return command.incident;
  }
}

const isForRun = (command: Command): command is ForRun => command.type.startsWith('run.');

const isForFreeze = (command: Command): command is ForFreeze => command.type.startsWith('freeze.');

const isForWatch = (command: Command): command is ForWatch => command.type.startsWith('watch.');

const isForPreferences = (command: Command): command is ForPreferences =>
  command.type.startsWith('preferences.');

/** The incident that a run belongs to, by its id; null for a run of its own. */
export function incidentOfRun(stream: StreamId): IncidentId | null {
  const dot = stream.indexOf('.');
  return dot < 0 ? null : (stream.slice(0, dot) as IncidentId);
}

export function decide(command: Command, stream: StreamId, state: Stream | null, context: Context): Decision {
  if (command.actor.kind === 'person' && isReport(command)) {
    return refuse('not-allowed', 'This is nothing that a person reports.');
  }
  if (isForRun(command)) {
    return isRunId(stream)
      ? decideRun(command, state?.kind === 'run' ? state.run : null, context)
      : refuse('invalid', `${stream} is not a run.`);
  }
  if (isForFreeze(command)) {
    return isFreezeId(stream)
      ? decideFreeze(command, state?.kind === 'freeze' ? state.freeze : null, context)
      : refuse('invalid', `${stream} is not a freeze.`);
  }
  if (isForWatch(command)) {
    return isWatchId(stream)
      ? decideWatch(command, state?.kind === 'watch' ? state.watch : null, context)
      : refuse('invalid', `${stream} is not a watch.`);
  }
  if (isForPreferences(command)) {
    return isPreferencesId(stream)
      ? decidePreferences(command, stream, state?.kind === 'preferences' ? state.preferences : null, context)
      : refuse('not-allowed', 'Only a person of the chat has preferences.');
  }
  return isRunId(stream) || isFreezeId(stream) || isWatchId(stream) || isPreferencesId(stream)
    ? refuse('invalid', `${stream} is not an incident.`)
    : decideIncident(command as ForIncident, state?.kind === 'incident' ? state.incident : null, context);
}

export function evolve(stream: StreamId, state: Stream | null, event: Event): Stream {
  if (isFreezeId(stream))
    return {
      kind: 'freeze',
      freeze: evolveFreeze(state?.kind === 'freeze' ? state.freeze : null, event as FreezeEvent),
    };
  if (isWatchId(stream))
    return {
      kind: 'watch',
      watch: evolveWatch(state?.kind === 'watch' ? state.watch : null, event as WatchEvent),
    };
  if (isPreferencesId(stream))
    return {
      kind: 'preferences',
      preferences: evolvePreferences(
        stream,
        state?.kind === 'preferences' ? state.preferences : null,
        event as PreferencesEvent,
      ),
    };
  return isRunId(stream)
    ? { kind: 'run', run: evolveRun(state?.kind === 'run' ? state.run : null, event as RunEvent) }
    : {
        kind: 'incident',
        incident: evolveIncident(state?.kind === 'incident' ? state.incident : null, event as IncidentEvent),
      };
}
