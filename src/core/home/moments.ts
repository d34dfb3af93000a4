import type { Command } from '../command.ts';
import type { Waiting } from '../incident/audit.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import { lastUpdate, phaseOf } from '../incident/timekeeping.ts';
import type { IncidentId } from '../stream.ts';
import type { RunView } from '../view.ts';

/** Something that happens by itself at its time unless somebody is there before. */
export type Moment = {
  readonly at: number;
  readonly incident: Incident | null;
  readonly view: RunView | null;
  readonly what: What;
};

export type What =
  /** The next ones in the chain are called. */
  | { readonly kind: 'call' }
  | { readonly kind: 'limit' }
  | { readonly kind: 'update' }
  | { readonly kind: 'phase'; readonly phase: string }
  /** `step` is null where the plan of a whole procedure waits. */
  | { readonly kind: 'approval-expires'; readonly step: string | null }
  | { readonly kind: 'wait-over' | 'item-due' | 'automatic' | 'retry'; readonly step: string };

type Seen = {
  readonly incidents: ReadonlyMap<IncidentId, Incident>;
  /** Those that have not ended. */
  readonly runs: readonly RunView[];
  readonly now: number;
};

/** The timers that lie ahead and will find something to do; those that have become pointless are left out. */
export function momentsAhead(work: readonly Waiting[], seen: Seen): readonly Moment[] {
  return work
    .flatMap(({ effect, dueAt }): readonly Moment[] => {
      if (effect.kind !== 'tell' || dueAt <= seen.now) return [];
      const moment = momentOf(effect.command, seen);
      return moment ? [{ at: dueAt, ...moment }] : [];
    })
    .sort((a, b) => a.at - b.at);
}

function momentOf(command: Command, { incidents, runs }: Seen): Omit<Moment, 'at'> | null {
  const ofIncident = (id: IncidentId, applies: (incident: Incident) => boolean, what: What) => {
    const incident = incidents.get(id);
    return incident && applies(incident) ? { incident, view: null, what } : null;
  };
  switch (command.type) {
    case 'incident.escalation-due':
      return ofIncident(
        command.incident,
        ({ acknowledged, calling, allQuietSince }) =>
          !acknowledged && calling?.armed === command.armed && allQuietSince === null,
        { kind: 'call' },
      );
    case 'incident.response-due':
      return ofIncident(
        command.incident,
        ({ calling, allQuietSince }) => calling?.armed === command.armed && allQuietSince === null,
        { kind: 'call' },
      );
    case 'incident.unresolved-check':
      return ofIncident(
        command.incident,
        ({ unresolvedSaid, reopened, allQuietSince }) =>
          !unresolvedSaid && reopened === command.opened && allQuietSince === null,
        { kind: 'limit' },
      );
    case 'incident.phase-due':
      return ofIncident(
        command.incident,
        (incident) =>
          incident.unattended.since === command.since &&
          phaseOf(incident) === command.phase &&
          isOpen(incident),
        { kind: 'phase', phase: command.phase },
      );
    case 'incident.update-due':
      return ofIncident(command.incident, (incident) => lastUpdate(incident) === command.since, {
        kind: 'update',
      });
    case 'run.plan-expired': {
      const view = runs.find(({ run }) => run.id === command.run);
      return view?.run.whole?.state.kind === 'pending' && view.run.whole.hash === command.hash
        ? { incident: incidentOf(view, incidents), view, what: { kind: 'approval-expires', step: null } }
        : null;
    }
    case 'run.approval-expired':
    case 'run.wait-over':
    case 'run.item-due':
    case 'run.automatic-due':
    case 'run.retry': {
      const view = runs.find(({ run }) => run.id === command.run);
      const record = view?.run.steps[command.step];
      if (!view || !record || view.run.at !== command.step || record.attempt !== command.attempt) return null;
      const { step } = command;
      const kind = (() => {
        switch (command.type) {
          case 'run.approval-expired':
            return record.state.kind === 'approving' ? 'approval-expires' : null;
          case 'run.wait-over':
            return record.state.kind === 'waiting' ? 'wait-over' : null;
          case 'run.item-due':
            return record.state.kind === 'asking' && !record.ticks?.[command.item] ? 'item-due' : null;
          case 'run.automatic-due':
            return record.automatic?.state.kind === 'pending' ? 'automatic' : null;
          case 'run.retry':
            return record.state.kind === 'running' && record.state.retry ? 'retry' : null;
          default: {
            const never: never = command;
            return never;
          }
        }
      })();
      return kind === null ? null : { incident: incidentOf(view, incidents), view, what: { kind, step } };
    }
    default:
      return null;
  }
}

const incidentOf = ({ run }: RunView, incidents: Seen['incidents']): Incident | null =>
  run.incident === null ? null : (incidents.get(run.incident) ?? null);
