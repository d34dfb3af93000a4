import type { Freeze } from '../core/calendar/freeze.ts';
import { drillReport } from '../core/drill/report.ts';
import type { Effect, Subject, Where } from '../core/effect.ts';
import { dutiesToReach } from '../core/incident/callList.ts';
import { type Incident, walkedNow } from '../core/incident/incident.ts';
import type { Room } from '../core/playbook/room.ts';
import { approversOf } from '../core/run/approvers.ts';
import { needsApproval } from '../core/run/demands.ts';
import { type Asked, editedSince } from '../core/run/edited.ts';
import type { Approval } from '../core/run/run.ts';
import { findStep } from '../core/run/walk.ts';
import type { FreezeId, IncidentId, RunId, WatchId } from '../core/stream.ts';
import type { RunView, View } from '../core/view.ts';
import type { Watch } from '../core/watch/watch.ts';
import { type Posted, type Store, type StoredEvent, WorkFailed } from './ports.ts';
import { cardsOf, readWatchReport } from './watches.ts';

/** Where a message goes once everything about it is known. */
export type Place = { readonly channel: string; readonly thread: Posted | null };

/** Used when an incident's own channel could not be opened and its severity is announced nowhere. */
export const lastResort = '#genesis-incidents';

export async function incidentState(store: Pick<Store, 'state'>, id: IncidentId): Promise<Incident> {
  const state = await store.state(id);
  if (state?.kind !== 'incident') throw new WorkFailed('no-incident', `There is no ${id}.`);
  return state.incident;
}

async function freezeState(store: Pick<Store, 'state'>, id: FreezeId): Promise<Freeze> {
  const state = await store.state(id);
  if (state?.kind !== 'freeze') throw new WorkFailed('no-freeze', `There is no ${id}.`);
  return state.freeze;
}

async function watchState(store: Pick<Store, 'state'>, id: WatchId): Promise<Watch> {
  const state = await store.state(id);
  if (state?.kind !== 'watch') throw new WorkFailed('no-watch', `There is no ${id}.`);
  return state.watch;
}

/** An incident with its runs, and the log of all of them. */
export async function incidentLog(
  store: Pick<Store, 'state' | 'definition' | 'events'>,
  id: IncidentId,
): Promise<{
  readonly incident: Incident;
  readonly runs: readonly RunView[];
  readonly events: readonly StoredEvent[];
}> {
  const incident = await incidentState(store, id);
  const runs: RunView[] = [];
  const events: StoredEvent[] = [...(await store.events({ stream: id }))];
  for (const run of incident.runs) {
    // Attached in the same transaction in which it was asked for, started in the next.
    if ((await store.state(run)) === null) continue;
    runs.push(await runView(store, run));
    events.push(...(await store.events({ stream: run })));
  }
  return { incident, runs, events };
}

export async function runView(store: Pick<Store, 'state' | 'definition'>, id: RunId): Promise<RunView> {
  const state = await store.state(id);
  if (state?.kind !== 'run') throw new WorkFailed('no-run', `There is no run ${id}.`);
  const definition = await store.definition(state.run.definition);
  if (!definition) throw new WorkFailed('no-definition', `The definition of ${id} is missing.`);
  return { run: state.run, definition };
}

/** From where a message belongs to the channel and thread it is sent to. */
export async function placeOf(store: Store, room: Room, subject: Subject, where: Where): Promise<Place> {
  const thread = where.thread ? await store.posted(where.thread) : null;
  if (where.in.kind === 'channel') return { channel: where.in.channel, thread };
  const incident = await incidentState(store, where.in.incident);
  const { id, place } = incident;
  switch (place.kind) {
    case 'thread': {
      const card = subject.kind === 'card' ? null : await store.posted({ kind: 'card', incident: id });
      // The card may have gone elsewhere, where the channel of the threads took nothing.
      return { channel: card?.channel ?? place.channel, thread: card };
    }
    case 'channel': {
      if (incident.channel) {
        const { id: channel } = incident.channel;
        // What was over when the incident moved has its thread where it was said, and no other channel has that thread.
        return { channel, thread: thread?.channel === channel ? thread : null };
      }
      if (incident.drill) throw new WorkFailed('drill-elsewhere', `${id} is a drill and has no channel.`);
      const announcement = await store.posted({ kind: 'announcement', incident: id });
      const { announce } = room.routing[incident.severity];
      return { channel: announcement?.channel ?? announce ?? lastResort, thread: announcement };
    }
    case 'log':
      throw new WorkFailed('no-place', `${id} has no place in chat.`);
    default: {
      const never: never = place;
      return never;
    }
  }
}

/** All that the message of a subject shows, as things stand. */
export async function viewOf(
  store: Store,
  room: Room,
  { subject }: Pick<Extract<Effect, { kind: 'show' }>, 'subject'>,
): Promise<View> {
  switch (subject.kind) {
    case 'announcement':
    case 'card': {
      const incident = await incidentState(store, subject.incident);
      const walked = walkedNow(incident);
      const current = walked === null ? null : await ownRun(store, walked);
      const { phases } = room.routing[incident.severity];
      if (subject.kind === 'announcement') return { kind: subject.kind, incident, current };
      return { kind: subject.kind, incident, current, ...(phases && { phases }) };
    }
    case 'note': {
      const incident = await incidentState(store, subject.incident);
      const note = incident.notes.find(({ number }) => number === subject.number);
      if (!note) throw new WorkFailed('no-note', `${incident.id} has no note ${subject.number}.`);
      return { kind: 'note', incident, note };
    }
    case 'stakeholders': {
      const { moment, number } = subject;
      const incident = await incidentState(store, subject.incident);
      const note = incident.notes.find((each) => moment === 'update' && each.number === number) ?? null;
      return { kind: 'stakeholders', incident, moment, at: note?.at ?? number, note };
    }
    case 'quiet':
    case 'unattended':
    case 'resolved':
      return { kind: subject.kind, incident: await incidentState(store, subject.incident) };
    case 'call': {
      const incident = await incidentState(store, subject.incident);
      const call = incident.calling?.calls.find(({ number }) => number === subject.number);
      if (!call) throw new WorkFailed('no-call', `${incident.id} is past call ${subject.number}.`);
      return { kind: 'call', incident, call };
    }
    case 'unpaged': {
      const incident = await incidentState(store, subject.incident);
      return { kind: 'unpaged', incident, since: subject.time, duties: dutiesToReach(incident, room) };
    }
    case 'drill-report': {
      const log = await incidentLog(store, subject.incident);
      return {
        kind: subject.kind,
        incident: log.incident,
        report: drillReport(log.events, { ...log, pace: room.pace }),
      };
    }
    case 'unresolved': {
      const incident = await incidentState(store, subject.incident);
      const offered = room.definitions[incident.playbook]?.playbook.onUnresolved?.offer;
      return { kind: 'unresolved', incident, offer: offered ? (room.definitions[offered] ?? null) : null };
    }
    case 'freeze':
    case 'freeze-over':
      return { kind: subject.kind, freeze: await freezeState(store, subject.freeze) };
    case 'watch':
      return { kind: 'watch', watch: await watchState(store, subject.watch) };
    case 'watch-report': {
      const report = await readWatchReport(store, subject.watch, room.pace);
      if (!report) throw new WorkFailed('no-watch', `There is no ${subject.watch}.`);
      return { kind: 'watch-report', report, messages: await cardsOf(store, report) };
    }
    case 'plan':
    case 'override':
    case 'run': {
      const view = await runView(store, subject.run);
      const open = subject.kind === 'plan' && view.run.whole?.state.kind === 'pending';
      return {
        kind: subject.kind,
        incident: await incidentOf(store, view),
        view: open ? marked(view, null, room) : view,
      };
    }
    case 'run-update': {
      const view = await runView(store, subject.run);
      const said = view.run.updates?.[subject.index];
      if (!said)
        throw new WorkFailed('no-update', `${subject.run} said nothing with number ${subject.index}.`);
      return { kind: subject.kind, view, index: subject.index, said };
    }
    case 'step':
    case 'output': {
      const view = await runView(store, subject.run);
      const step = findStep(view.definition.playbook.steps, subject.step);
      const record = view.run.steps[subject.step];
      if (!step || !record)
        throw new WorkFailed('no-step', `${subject.run} never entered step ${subject.step}.`);
      if (subject.kind === 'output') return { kind: 'output', view, step, record };
      const superseded = record.attempt !== subject.attempt || record.state.kind === 'reopened';
      // A message is about its own attempt for good, also when the step goes on in a later one.
      const shown =
        (record.attempt === subject.attempt ? undefined : record.past?.[subject.attempt]) ?? record;
      const incident = await incidentOf(store, view);
      const { state } = record;
      const open =
        (state.kind === 'approving' && state.approval.state.kind === 'pending') ||
        (state.kind === 'offering' && needsApproval(state.plan));
      return {
        kind: 'step',
        incident,
        view: open ? marked(view, step.id, room) : view,
        step,
        record: shown,
        superseded,
      };
    }
    case 'moved': {
      const { of } = subject;
      const incident = await incidentState(store, subject.incident);
      return { kind: 'moved', incident, of, ...('run' in of && { view: await runView(store, of.run) }) };
    }
    case 'chart':
    case 'post-mortem':
    case 'reminder':
      throw new WorkFailed('not-shown', `${subject.kind} is posted by an effect of its own.`);
    default: {
      const never: never = subject;
      return never;
    }
  }
}

/** The run may have been attached in this very transaction and not have started yet. */
async function ownRun(store: Store, id: RunId): Promise<RunView | null> {
  return (await store.state(id)) ? runView(store, id) : null;
}

async function incidentOf(store: Store, { run }: RunView): Promise<Incident | null> {
  return run.incident ? incidentState(store, run.incident) : null;
}

/** The request that a run waits for somebody to decide. */
function pendingOf({ run }: RunView): Approval | null {
  const state = run.at === null ? undefined : run.steps[run.at]?.state;
  if (run.whole?.state.kind === 'pending') return run.whole;
  return state?.kind === 'approving' ? state.approval : null;
}

/** Whether the playbooks say something else of it by now, and who can approve; said where somebody decides about it. */
function marked(view: RunView, asked: Asked, room: Room): RunView {
  const edited = editedSince(view.run, view.definition, asked, room)?.how;
  const approval = pendingOf(view);
  const approvers = approval ? approversOf(approval.plan, view.run.service, room) : [];
  return { ...view, ...(edited && { edited }), ...(approvers.length > 0 && { approvers }) };
}
