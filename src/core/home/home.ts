import type { Right } from '../access/access.ts';
import { forbidden } from '../access/forbidden.ts';
import type { Actor } from '../actor.ts';
import { incidentOfRun } from '../brain.ts';
import type { Subject } from '../effect.ts';
import { ownerOf, type Waiting } from '../incident/audit.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import type { Room } from '../playbook/room.ts';
import { forbiddenOn } from '../run/rights.ts';
import type { Approval } from '../run/run.ts';
import { findStep } from '../run/walk.ts';
import { severities } from '../severity.ts';
import type { IncidentId } from '../stream.ts';
import type { RunView } from '../view.ts';
import { isOn, type Watch } from '../watch/watch.ts';
import { type Moment, momentsAhead } from './moments.ts';

/** What one person finds who looks at how things stand: what needs them first, and nothing that they may not look at. */
export type Home = {
  readonly needs: readonly Need[];
  /** The most urgent first. */
  readonly incidents: readonly Incident[];
  /** Open incidents of services that this person may not look at. */
  readonly unseen: number;
  readonly drills: readonly Incident[];
  /** What this person asked for and somebody else has to approve. */
  readonly requests: readonly Request[];
  /** Procedures under way, in incidents and outside. */
  readonly procedures: readonly RunView[];
  /** The nearest first. */
  readonly ahead: readonly Moment[];
  /** Watches that are on over services that this person may look at; the first to end first. */
  readonly watches: readonly Watch[];
  /** Runs of open incidents that could not be read, so that nothing is known of what they wait for. */
  readonly unread: readonly string[];
};

/** `subject` is the message where it can be done; `incident` is null for a run outside any incident. */
export type Need = { readonly incident: Incident | null; readonly subject: Subject } & (
  | {
      readonly kind: 'approval';
      readonly view: RunView;
      readonly step: string | null;
      readonly approval: Approval;
    }
  | { readonly kind: 'step'; readonly view: RunView; readonly step: string; readonly state: WaitingState }
  | {
      readonly kind: 'overdue';
      readonly view: RunView;
      readonly step: string;
      readonly item: string;
      readonly dueAt: number;
    }
  /** Nobody has it, and this person may. */
  | { readonly kind: 'free'; readonly incident: Incident }
);

export type WaitingState = 'asking' | 'offering' | 'failed' | 'inconclusive' | 'unknown';

export type Request = {
  readonly view: RunView;
  readonly step: string | null;
  readonly approval: Approval;
  readonly subject: Subject;
};

/** All that may be in it, read by whoever asks. */
export type Known = {
  readonly incidents: readonly Incident[];
  readonly drills: readonly Incident[];
  /** Of open incidents, and the newest outside any; ended ones do not count. */
  readonly runs: readonly RunView[];
  readonly unread: readonly string[];
  readonly work: readonly Waiting[];
  readonly watches: readonly Watch[];
};

type Person = Extract<Actor, { kind: 'person' }>;

/** `as` is who the person is to the rules in an incident, or outside any; null where that is not known, which lets them see nothing. */
type Around = {
  readonly room: Room;
  readonly now: number;
  readonly as: (incident: Incident | null) => Person | null;
};

export function homeOf(user: string, known: Known, around: Around): Home {
  const { room, now, as } = around;
  const may = (right: Right, service: string | null, incident: Incident | null): boolean => {
    const actor = as(incident);
    return actor !== null && forbidden(actor, right, service, { room, incident }) === null;
  };
  const open = known.incidents.filter(isOpen);
  const incidents = [...open]
    .filter((incident) => may('observe', incident.service, incident))
    .sort(
      (a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || a.openedAt - b.openedAt,
    );
  const drills = known.drills.filter((drill) => isOpen(drill) && may('observe', drill.service, drill));
  const byId = new Map<IncidentId, Incident>([...incidents, ...drills].map((each) => [each.id, each]));
  const runs = known.runs.filter(
    ({ run }) =>
      run.result === null &&
      (run.incident ? byId.has(run.incident) : may('observe', run.service || null, null)),
  );
  const asked = runs.flatMap((view) => pendingIn(view, now));
  return {
    needs: [
      ...asked
        .map(({ view, ...each }) => ({ ...each, view, incident: incidentOf(view, byId) }))
        .filter((request) => mayApprove(user, request, around))
        .map((request): Need => ({ kind: 'approval', ...request })),
      ...runs.flatMap((view) => waitsFor(user, view, incidentOf(view, byId), now)),
      ...incidents
        .filter((each) => ownerOf(each) === null && may('change', each.service, each))
        .map(
          (incident): Need => ({ kind: 'free', incident, subject: { kind: 'card', incident: incident.id } }),
        ),
    ].sort((a, b) => rank(a) - rank(b)),
    incidents,
    unseen: open.length - incidents.length,
    drills,
    requests: asked.filter(({ approval }) => approval.requestedBy === user),
    procedures: runs.filter(isProcedure),
    ahead: momentsAhead(known.work, { incidents: byId, runs, now }),
    watches: known.watches
      .filter((watch) => isOn(watch, now) && may('observe', watch.service, null))
      .toSorted((a, b) => a.until - b.until),
    // What belongs to an incident that may not be seen is not named.
    unread: known.unread.filter((id) => {
      const incident = incidentOfRun(id as `${IncidentId}.${number}`);
      return incident === null || byId.has(incident);
    }),
  };
}

const incidentOf = ({ run }: RunView, byId: ReadonlyMap<IncidentId, Incident>): Incident | null =>
  run.incident === null ? null : (byId.get(run.incident) ?? null);

/** Practice after what is real; within each, the more urgent incident, and then what is decided soonest. */
function rank({ kind, incident }: Need): number {
  const severity = incident ? severities.indexOf(incident.severity) : severities.length;
  const order = { approval: 0, overdue: 1, step: 2, free: 3 }[kind];
  return (incident?.drill ? 1_000 : 0) + order * 10 + severity;
}

function pendingIn(view: RunView, now: number): readonly Request[] {
  const { run } = view;
  const isPending = ({ state, expiresAt }: Approval) => state.kind === 'pending' && expiresAt > now;
  const record = run.at === null ? undefined : run.steps[run.at];
  const state = record?.state;
  return [
    ...(run.whole && isPending(run.whole)
      ? [{ view, step: null, approval: run.whole, subject: { kind: 'plan', run: run.id } as const }]
      : []),
    ...(run.at !== null && record && state?.kind === 'approving' && isPending(state.approval)
      ? [
          {
            view,
            step: run.at,
            approval: state.approval,
            subject: { kind: 'step', run: run.id, step: run.at, attempt: record.attempt } as const,
          },
        ]
      : []),
  ];
}

function mayApprove(
  user: string,
  { approval, view, incident }: Request & { readonly incident: Incident | null },
  { room, as }: Around,
): boolean {
  const actor = as(incident);
  if (actor === null || approval.requestedBy === user) return false;
  const situation = { room, incident };
  return forbiddenOn(approval.plan, { actor, right: 'approve', own: view.run.service, situation }) === null;
}

/** Whether somebody is in an incident, or has it. */
const isIn = (user: string, incident: Incident): boolean =>
  incident.responders.includes(user) ||
  incident.acknowledged?.by === user ||
  Object.values(incident.roles).includes(user);

/** Steps that wait for a person, where this one takes part. */
function waitsFor(user: string, view: RunView, incident: Incident | null, now: number): readonly Need[] {
  const { run, definition } = view;
  const record = run.at === null ? undefined : run.steps[run.at];
  if (run.at === null || !record || !(incident ? isIn(user, incident) : run.startedBy === user)) return [];
  const { kind } = record.state;
  if (!isWaiting(kind)) return [];
  const here = {
    view,
    incident,
    step: run.at,
    subject: { kind: 'step', run: run.id, step: run.at, attempt: record.attempt },
  } as const;
  const step = findStep(definition.playbook.steps, run.at);
  const overdue =
    step?.kind === 'checklist' && kind === 'asking'
      ? (step.duties ?? []).flatMap(({ withinMs }, index): Need[] => {
          const dueAt = record.enteredAt + (withinMs ?? Number.POSITIVE_INFINITY);
          return dueAt < now ? [{ kind: 'overdue', ...here, item: step.items[index] ?? '', dueAt }] : [];
        })
      : [];
  // A list whose items are named one by one needs no line of its own.
  return overdue.length > 0 ? overdue : [{ kind: 'step', ...here, state: kind }];
}

const isWaiting = (kind: string): kind is WaitingState =>
  ['asking', 'offering', 'failed', 'inconclusive', 'unknown'].includes(kind);

/** What walks by itself once it was started, and what stands in no incident, has no other line. */
const isProcedure = ({ run, definition }: RunView): boolean =>
  (run.whole === null || run.whole.state.kind !== 'pending') &&
  (run.incident === null || definition.playbook.kind !== 'alert');
