import type { Effect, Subject, Where } from '../core/effect.ts';
import type { Incident } from '../core/incident/incident.ts';
import type { Room } from '../core/playbook/room.ts';
import { findStep } from '../core/run/walk.ts';
import type { IncidentId, RunId } from '../core/stream.ts';
import type { RunView, View } from '../core/view.ts';
import { type Posted, type Store, WorkFailed } from './ports.ts';

/** Where a message goes once everything about it is known. */
export type Place = { readonly channel: string; readonly thread: Posted | null };

/** Used when an incident's own channel could not be opened and its severity is announced nowhere. */
export const lastResort = '#genesis-incidents';

export async function incidentState(store: Pick<Store, 'state'>, id: IncidentId): Promise<Incident> {
  const state = await store.state(id);
  if (state?.kind !== 'incident') throw new WorkFailed('no-incident', `There is no ${id}.`);
  return state.incident;
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
      if (incident.channel) return { channel: incident.channel.id, thread };
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
  { subject }: Extract<Effect, { kind: 'show' }>,
): Promise<View> {
  switch (subject.kind) {
    case 'announcement':
    case 'card': {
      const incident = await incidentState(store, subject.incident);
      const current = incident.currentRun ? await ownRun(store, incident.currentRun) : null;
      return { kind: subject.kind, incident, current };
    }
    case 'note': {
      const incident = await incidentState(store, subject.incident);
      const note = incident.notes.find(({ number }) => number === subject.number);
      if (!note) throw new WorkFailed('no-note', `${incident.id} has no note ${subject.number}.`);
      return { kind: 'note', incident, note };
    }
    case 'quiet':
    case 'unattended':
    case 'resolved':
      return { kind: subject.kind, incident: await incidentState(store, subject.incident) };
    case 'unresolved': {
      const incident = await incidentState(store, subject.incident);
      const offered = room.definitions[incident.playbook]?.playbook.onUnresolved?.offer;
      return { kind: 'unresolved', incident, offer: offered ? (room.definitions[offered] ?? null) : null };
    }
    case 'plan':
    case 'run': {
      const view = await runView(store, subject.run);
      return { kind: subject.kind, incident: await incidentOf(store, view), view };
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
      return { kind: 'step', incident: await incidentOf(store, view), view, step, record, superseded };
    }
    case 'chart':
    case 'post-mortem':
      throw new WorkFailed('not-shown', `${subject.kind} is posted as a file.`);
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
