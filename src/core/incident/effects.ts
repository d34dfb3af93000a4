import type { Actor } from '../actor.ts';
import type { Context } from '../context.ts';
import type { Draft } from '../draft.ts';
import { type MailMoment, type StakeholderMoment, type Subject, subjectKey, type Where } from '../effect.ts';
import type { Definition } from '../playbook/definition.ts';
import type { RunCommand } from '../run/commands.ts';
import type { RunId } from '../stream.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isUrgent, type NoteOffer, type NoteSource } from './incident.ts';
import { endUnowned } from './silence.ts';
import { backlogEvery } from './storm.ts';

export type IncidentDraft = Draft<Incident, IncidentEvent>;

/** What incidents ask of the outside, said once. Messages of one incident share a lane, so they appear in order. */
export function effectsOf(draft: IncidentDraft, context: Context) {
  const lane = `chat/${draft.state.id}`;
  const routing = () => context.room.routing[draft.state.severity];

  const show = (subject: Subject, where: Where = here(draft.state)) => {
    draft.effect({ kind: 'show', subject, where }, { lane, coalesce: subjectKey(subject) });
  };

  const effects = {
    show,

    /** The card and the announcement follow every change. */
    shown(): void {
      const { id, place } = draft.state;
      endUnowned(draft, context.now);
      if (place.kind === 'log') return;
      show({ kind: 'card', incident: id });
      effects.announced();
    },

    announced(): void {
      const { announce } = routing();
      const { drill, lowered } = draft.state;
      if (drill || (announce === null && !lowered)) return;
      const subject: Subject = { kind: 'announcement', incident: draft.state.id };
      const where: Where =
        announce === null ? here(draft.state) : { in: { kind: 'channel', channel: announce }, thread: null };
      draft.effect(
        // What was announced when it was more urgent must not go on saying so.
        { kind: 'show', subject, where, ...(announce === null && { onlyThere: true as const }) },
        { lane: `chat/announce/${draft.state.id}`, coalesce: subjectKey(subject) },
      );
    },

    /** A message goes on where the incident lives by now: the old one says so, and a new one takes its place. */
    moved(subject: Subject): void {
      draft.effect({ kind: 'leave', incident: draft.state.id, subject }, { lane });
      // Merged with one that waits from before, it would be shown before the old one was left.
      draft.effect({ kind: 'show', subject, where: here(draft.state) }, { lane });
    },

    topic(): void {
      if (draft.state.place.kind !== 'channel') return;
      draft.effect(
        { kind: 'set-topic', incident: draft.state.id },
        { lane, coalesce: `topic/${draft.state.id}` },
      );
    },

    invite(groups: readonly string[], users: readonly string[]): void {
      const { place, drill, openedBy, id } = draft.state;
      if (place.kind !== 'channel') return;
      if (!drill) draft.effect({ kind: 'invite', incident: id, groups, users }, { lane });
      // Nobody is called to a drill; whoever wants to be there joins by themselves.
      else if (users.includes(openedBy))
        draft.effect({ kind: 'invite', incident: id, groups: [], users: [openedBy] }, { lane });
    },

    /** `silent` notes are in the log and on the timeline but have no message of their own. */
    note(
      kind: 'update' | 'note' | 'bot',
      text: string,
      by: string,
      options: {
        silent?: boolean;
        offers?: NoteOffer;
        from?: NoteSource;
        about?: string;
        people?: readonly string[];
      } = {},
    ): void {
      const number = draft.state.notes.length + 1;
      const more = {
        ...(options.offers && { offers: options.offers }),
        ...(options.from && { from: options.from }),
        ...(options.about !== undefined && { about: options.about }),
        ...(options.people && { people: options.people }),
      };
      draft.emit({ type: 'NoteAdded', data: { number, kind, text, ...more }, at: context.now, by });
      if (!options.silent && draft.state.place.kind !== 'log') {
        show({ kind: 'note', incident: draft.state.id, number });
      }
      if (kind === 'update') effects.stakeholders('update', number);
    },

    /** Messages whose button may have had its day. */
    offered(what?: NoteOffer): void {
      const { id, notes, place } = draft.state;
      if (place.kind === 'log') return;
      for (const { number, offers } of notes)
        if (offers && (what === undefined || offers === what)) show({ kind: 'note', incident: id, number });
    },

    /** For those who are affected and do not work on it. `number` is that of the update, or the moment. */
    stakeholders(moment: StakeholderMoment, number: number): void {
      const { id, drill, place } = draft.state;
      const { stakeholders: channel } = routing();
      if (channel === undefined || drill || place.kind === 'log') return;
      const subject: Subject = { kind: 'stakeholders', incident: id, moment, number };
      draft.effect(
        { kind: 'show', subject, where: { in: { kind: 'channel', channel }, thread: null } },
        { lane: `chat/stakeholders/${id}`, coalesce: subjectKey(subject) },
      );
    },

    /** Comes back when the playbook's time is over; it belongs to this opening of the incident alone. */
    watch({ playbook }: Definition): void {
      if (!playbook.onUnresolved) return;
      const { afterMs, offer } = playbook.onUnresolved;
      const { id, reopened: opened } = draft.state;
      draft.effect(
        {
          kind: 'tell',
          command: {
            actor: { kind: 'bot' },
            type: 'incident.unresolved-check',
            incident: id,
            afterMs,
            offer,
            opened,
          },
        },
        { notBefore: context.now + afterMs },
      );
    },

    /** Follows what became of its offer, once it was said at all. */
    unresolved(): void {
      const { id, place, unresolvedSaid, reopened } = draft.state;
      if (place.kind !== 'log' && unresolvedSaid)
        show({ kind: 'unresolved', incident: id, opened: reopened });
    },

    /**
     * Where people who are not in the incident look, and not in a thread, which calls nobody. It does not wait for the
     * incident's other messages: they may be what is stuck.
     */
    unattended(): void {
      const { id, place, unattended, drill } = draft.state;
      if (place.kind === 'log' || drill || !unattended.said) return;
      const { announce } = routing();
      const channel = announce ?? (place.kind === 'thread' ? place.channel : null);
      const subject: Subject = { kind: 'unattended', incident: id, time: unattended.since };
      const where: Where =
        channel === null ? here(draft.state) : { in: { kind: 'channel', channel }, thread: null };
      draft.effect(
        { kind: 'show', subject, where },
        { lane: `chat/announce/${id}`, coalesce: subjectKey(subject) },
      );
    },

    /** Whom to telephone. `since` names the message that is no longer true. */
    unpaged(since: number | null = draft.state.calling?.unpagedSince ?? null): void {
      const { id, place, drill } = draft.state;
      if (place.kind === 'log' || drill || since === null) return;
      show({ kind: 'unpaged', incident: id, time: since });
    },

    /** Looks after a while what waits for the chat, for as long as a storm makes that worth knowing. */
    readBacklog(): void {
      const { id } = draft.state;
      draft.effect(
        { kind: 'read-backlog', incident: id },
        { coalesce: `backlog/${id}`, notBefore: context.now + backlogEvery(context.room) },
      );
    },

    /** `since` names the message; one that is no longer true loses its button. */
    quiet(since: number | null): void {
      if (draft.state.place.kind === 'log' || since === null) return;
      show({ kind: 'quiet', incident: draft.state.id, time: since });
    },

    /** The message that said so is no longer true. */
    reopened(resolved: Incident['resolved']): void {
      const { id, place } = draft.state;
      if (place.kind !== 'log' && resolved) show({ kind: 'resolved', incident: id, time: resolved.at });
    },

    resolved(): void {
      const { id, place, resolved, drill } = draft.state;
      if (place.kind === 'log' || !resolved) return;
      if (drill) {
        show({ kind: 'drill-report', incident: id, time: resolved.at });
        draft.effect({ kind: 'post-mortem', incident: id, where: here(draft.state) }, { lane });
        return;
      }
      show({ kind: 'resolved', incident: id, time: resolved.at });
      if (draft.state.severity === 'P0' || draft.state.severity === 'P1') {
        draft.effect({ kind: 'post-mortem', incident: id, where: here(draft.state) }, { lane });
      }
    },

    /**
     * For those who are not in the chat: what is urgent, and how it ended. A lane of its own, since mail must not wait
     * for the chat. What is new waits a moment, so that its channel is there to be linked to.
     */
    mailed(moment: MailMoment): void {
      const { id, severity, urgent, drill, openedAt, resolved } = draft.state;
      if (!context.room.mail || drill || !(moment === 'resolved' ? urgent : isUrgent(severity))) return;
      const at = moment === 'opened' ? openedAt : (resolved?.at ?? context.now);
      const notBefore = moment === 'opened' ? context.now + mailAfterMs : 0;
      draft.effect({ kind: 'email', incident: id, moment, at }, { lane: `email/${id}`, notBefore });
    },

    /** Attaches a run and starts it by a command of its own. */
    run(
      definition: Definition,
      actor: Actor,
      reason: string | null,
      more: Pick<
        Extract<RunCommand, { type: 'run.start' }>,
        'undo' | 'inputs' | 'offeredAt' | 'override' | 'shown'
      > = {},
    ): void {
      const { id } = draft.state;
      const run: RunId = `${id}.${draft.state.runs.length + 1}`;
      const playbook = definition.playbook.name;
      draft.emit({
        type: 'RunAttached',
        data: { run, playbook },
        at: context.now,
        by: actor.kind === 'person' ? actor.user : actor.kind,
      });
      draft.effect({
        kind: 'tell',
        command: {
          actor,
          type: 'run.start',
          run,
          incident: id,
          playbook,
          place: { kind: 'incident' },
          reason,
          ...more,
        },
      });
      // The offer of a rollback must not stay beside the rollback.
      effects.unresolved();
    },
  };
  return effects;
}

/** What the chat usually takes to open a channel; it does so no faster where a rehearsal's clock runs quicker. */
const mailAfterMs = 5_000;

/** Where an incident's own messages go; whether that is a channel or a thread is known when they are sent. */
export const here = ({ id }: Pick<Incident, 'id'>): Where => ({
  in: { kind: 'incident', incident: id },
  thread: null,
});
