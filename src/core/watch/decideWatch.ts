import { forbidden } from '../access/forbidden.ts';
import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import { subjectKey } from '../effect.ts';
import { time } from '../moment.ts';
import { alertClasses, targetsOf } from '../people/targets.ts';
import { unknownName } from '../playbook/nearest.ts';
import { paced } from '../playbook/pace.ts';
import { servicesIn } from '../playbook/room.ts';
import { channelForEdits } from '../playbook/roomChange.ts';
import type { WatchId } from '../stream.ts';
import { endOf, evolveWatch, isDeaf, isOn, type Watch, type WatchCommand, type WatchEvent } from './watch.ts';

/** Commands that a watch's stream decides. */
export type ForWatch = Command & WatchCommand;

type WatchDraft = Draft<Watch, WatchEvent>;

const bot = { kind: 'bot' } as const;
const hourMs = 3_600_000;

/** As long as the monitoring assignment asks for after a deployment. */
export const usualHours = 48;
/** Two weeks: whoever needs more than that needs no watch but a rota. */
export const mostHours = 14 * 24;
/** A watch is in shifts, and one person cannot take turns. */
export const fewestPeople = 2;

/**
 * How often a watch looks, in milliseconds before the pace divides them: the five minutes in which the monitoring
 * assignment wants a critical alert answered, so that no longer stretch goes unnoticed in which nobody could have been
 * told.
 */
export const lookEveryMs = 5 * 60_000;

/** At a fast pace there is still a second between two looks, and who is busy for less than this was there. */
const leastLookMs = 1_000;
const leastLateMs = 10_000;

const lookEvery = (pace: number): number => Math.max(leastLookMs, paced(lookEveryMs, pace));

/** One watch at a time over a service. */
export const watchClaim = (service: string): string => `watch:${service}`;

export function decideWatch(command: ForWatch, watch: Watch | null, context: Context): Decision<WatchEvent> {
  if (command.type === 'watch.start') return start(command, context);
  if (!watch) return refuse('not-found', `There is no ${command.watch}.`);
  const draft: WatchDraft = new Draft(watch, evolveWatch);
  const { now, room } = context;
  const by = actorId(command.actor);
  switch (command.type) {
    case 'watch.end': {
      const denied = forbidden(command.actor, 'change', watch.service, { room, incident: null });
      if (denied) return denied;
      if (watch.over) return refuse('already', overBefore(watch));
      const why = command.why.trim();
      if (why === '') return refuse('invalid', 'Say why: it stands in the report.');
      draft.emit({ type: 'WatchStopped', data: { why }, at: now, by });
      sayOver(draft);
      return draft.decided();
    }
    case 'watch.due': {
      if (watch.over) return refuse('stale', overBefore(watch));
      if (now < watch.until) {
        // Timers keep their length where the clock is set back, and a watch ends by the clock on the wall.
        awaitEnd(draft);
        return draft.decided();
      }
      draft.emit({ type: 'WatchEnded', data: {}, at: now, by });
      sayOver(draft);
      return draft.decided();
    }
    case 'watch.incident': {
      if (!isOn(watch, now)) return refuse('stale', `${watch.id} is over.`);
      if (watch.incidents.includes(command.incident))
        return refuse('already', `${watch.id} knows ${command.incident}.`);
      draft.emit({ type: 'IncidentWatched', data: { incident: command.incident }, at: now, by });
      return draft.decided();
    }
    case 'watch.look': {
      const allowed = Math.max(leastLateMs, lookEvery(room.pace));
      const missed = { from: command.due, to: Math.min(now, endOf(watch)) };
      // Its end may have been noticed first, and then the report went out without this.
      const tells = now - command.due > allowed && missed.to > missed.from;
      if (tells) {
        draft.emit({ type: 'WatchInterrupted', data: missed, at: now, by });
        if (watch.over) showReport(draft);
      }
      if (isOn(watch, now)) awaitLook(draft, context);
      else if (!tells) return refuse('stale', `${watch.id} is over.`);
      return draft.decided();
    }
    case 'watch.unheard': {
      if (!isOn(watch, now) || isDeaf(watch)) return refuse('stale', 'That is known, or the watch is over.');
      // Whoever asks every two minutes may count some of a stretch that was told already.
      const known = watch.blind.flatMap(({ what, to }) => (what === 'alerts' && to !== null ? [to] : []));
      const since = Math.max(command.since, watch.startedAt, ...known);
      draft.emit({ type: 'AlertsUnheard', data: { since }, at: now, by });
      return draft.decided();
    }
    case 'watch.heard': {
      if (!isDeaf(watch)) return refuse('stale', 'Nothing else was known.');
      draft.emit({ type: 'AlertsHeard', data: {}, at: now, by });
      return draft.decided();
    }
    default: {
      const never: never = command;
      return never;
    }
  }
}

function start(
  { actor, service, forMs, why, people }: Extract<ForWatch, { type: 'watch.start' }>,
  context: Context,
): Decision<WatchEvent> {
  const { now, room, holders } = context;
  const known = servicesIn(room);
  if (!known.includes(service)) return refuse('invalid', unknownName('service', service, known));
  const denied = forbidden(actor, 'change', service, { room, incident: null });
  if (denied) return denied;
  const reason = why.trim();
  if (reason === '') return refuse('invalid', 'Say why: whoever is on the watch reads that.');
  const different = [...new Set(people)].filter((each) => /^[UW][A-Z0-9]{1,30}$/.test(each));
  if (different.length < fewestPeople)
    return refuse('invalid', `A watch needs at least ${fewestPeople} people, who take turns.`);
  if (!Number.isInteger(forMs) || forMs < hourMs || forMs > mostHours * hourMs)
    return refuse('invalid', `A watch lasts from 1 hour to ${mostHours} hours.`);
  const holder = holders.get(watchClaim(service));
  if (holder) return refuse('already', `${holder.stream} watches ${service} already.`);
  const id: WatchId = `WCH-${context.nextWatch}`;
  const draft: WatchDraft = new Draft(undefined as unknown as Watch, (state, event) =>
    evolveWatch(state ?? null, event),
  );
  draft.emit({
    type: 'WatchStarted',
    data: {
      ...{ id, service, why: reason, people: different },
      until: now + paced(forMs, room.pace),
      periods: targetsOf(room).watch,
      channel: channelForEdits(room.routing),
    },
    at: now,
    by: actorId(actor),
  });
  draft.take(watchClaim(service));
  awaitEnd(draft);
  awaitLook(draft, context);
  show(draft, 'watch');
  return draft.decided();
}

function awaitEnd(draft: WatchDraft): void {
  const { id, until } = draft.state;
  draft.effect({ kind: 'tell', command: { actor: bot, type: 'watch.due', watch: id } }, { notBefore: until });
}

/** A look that comes much later than it was due is how the bot knows that it was not there. */
function awaitLook(draft: WatchDraft, { now, room }: Context): void {
  const { id, until } = draft.state;
  const due = now + lookEvery(room.pace);
  if (due >= until) return;
  const command = { actor: bot, type: 'watch.look', watch: id, due } as const;
  draft.effect({ kind: 'tell', command }, { coalesce: `watch-look/${id}`, notBefore: due });
}

/** Its first message loses its button, and the report follows. */
function sayOver(draft: WatchDraft): void {
  draft.free(watchClaim(draft.state.service));
  show(draft, 'watch');
  showReport(draft);
}

function showReport(draft: WatchDraft): void {
  const { periods, incidents, over } = draft.state;
  show(draft, 'watch-report');
  if (incidents.length === 0 || !over) return;
  // What came just before the end still has its time; then the figures are final, and the message shows them.
  const longest = Math.max(...periods.flatMap((period) => alertClasses.map((each) => period[each])));
  show(draft, 'watch-report', over.at + longest);
}

function show(draft: WatchDraft, kind: 'watch' | 'watch-report', at = 0): void {
  const { id, channel } = draft.state;
  if (channel === null) return;
  const subject = { kind, watch: id } as const;
  const where = { in: { kind: 'channel', channel }, thread: null } as const;
  const later = at === 0 ? '' : '/settled';
  draft.effect(
    { kind: 'show', subject, where },
    { lane: `chat/${id}${later}`, coalesce: `${subjectKey(subject)}${later}`, notBefore: at },
  );
}

function overBefore(watch: Watch): string {
  const { id, over } = watch;
  if (over === null) return `${id} is on.`;
  return over.kind === 'stopped'
    ? `<@${over.by}> already stopped ${id} at ${time(over.at)}.`
    : `${id} already ended at ${time(endOf(watch))}.`;
}
