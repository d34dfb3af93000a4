import { type Actor, actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { time } from '../moment.ts';
import { paced } from '../playbook/pace.ts';
import { ownerOf } from './audit.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { firingAlerts, type Incident, isOpen } from './incident.ts';
import {
  coverOf,
  coverOfAction,
  endSilences,
  idleMs,
  leaseMs,
  liveSilence,
  longestWish,
  type OthersSilence,
  removeSilence,
  renewEveryMs,
  type Silence,
  type SilenceCause,
  type SilenceEnd,
  silenceLane,
  silencingOf,
  workSilence,
} from './silence.ts';
import { beginText, endText } from './silenceText.ts';

export type SilenceCommand = Extract<IncidentCommand, { readonly type: `incident.silence${string}` }>;

/** Said wherever silences are asked for and cannot be. */
export const cannotSilence =
  'Alerts cannot be silenced from here: ALERTMANAGER_URL is not set. Set it to the address of Alertmanager and start Genesis again.';

export function decideSilence(
  draft: IncidentDraft,
  command: Command & SilenceCommand,
  context: Context,
): Decision<IncidentEvent> {
  switch (command.type) {
    case 'incident.silence':
      return request(draft, command, context);
    case 'incident.silence-stop':
      return stop(draft, command.actor, context);
    case 'incident.silence-action':
      return forAction(draft, command, context);
    case 'incident.silence-over': {
      const { run } = command;
      const ofRun = ({ cause }: Silence) => cause.kind === 'action' && cause.run === run;
      if (!silencingOf(draft.state).live.some(ofRun))
        return refuse('stale', `Nothing of ${run} is silenced.`);
      endSilences(draft, { why: 'verified', at: context.now, by: 'bot' }, ofRun);
      effectsOf(draft, context).shown();
      return draft.decided();
    }
    case 'incident.silence-held':
      return held(draft, command, context);
    case 'incident.silence-seen':
      return seen(draft, command, context);
    case 'incident.silence-removed':
      return removed(draft, command, context);
    case 'incident.silence-failed':
      return failed(draft, command, context);
    case 'incident.silences-of-others':
      return ofOthers(draft, command.others, context);
    default: {
      const never: never = command;
      return never;
    }
  }
}

type Said<T extends SilenceCommand['type']> = Extract<SilenceCommand, { type: T }>;

function request(
  draft: IncidentDraft,
  { actor, forMs }: Command & Said<'incident.silence'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  if (!isOpen(state)) return refuse('already', `${state.id} is not open.`);
  if (state.drill) return refuse('invalid', `${state.id} is a drill, and a drill silences nothing.`);
  if (!context.room.silences) return refuse('invalid', cannotSilence);
  if (ownerOf(state) === null)
    return refuse(
      'invalid',
      `Nobody has ${state.id}, so its alerts go on calling people. Acknowledge it first.`,
    );
  const before = workSilence(state);
  if (before)
    return refuse('already', `<@${before.by}> silenced its alerts already, at ${time(before.since)}.`);
  if (forMs !== null && (forMs <= 0 || forMs > longestWish))
    return refuse(
      'invalid',
      `A silence is for at most ${spokenDuration(longestWish)}. Ask again when that is over.`,
    );
  const cover = coverOf(firingAlerts(state));
  if (cover.matchers.length === 0)
    return refuse('invalid', `No alert fires in ${state.id} that could be silenced.`);
  const until = forMs === null ? null : context.now + paced(forMs, context.room.pace);
  begin(draft, { cause: { kind: 'work' }, until, cover, by: actorId(actor) }, context);
  return draft.decided();
}

function forAction(
  draft: IncidentDraft,
  command: Said<'incident.silence-action'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  if (state.drill || !isOpen(state) || !context.room.silences)
    return refuse('stale', `Nothing is silenced in ${state.id}.`);
  const { run, title, by, service, alerts, forMs } = command;
  const cover = coverOfAction({ service, alerts }, firingAlerts(state));
  if (cover.matchers.length === 0) return refuse('stale', `What ${title} would silence fires already.`);
  const cause = { kind: 'action', run, title } as const;
  begin(draft, { cause, until: context.now + forMs, cover, by: by ?? 'bot' }, context);
  return draft.decided();
}

function begin(
  draft: IncidentDraft,
  {
    cause,
    until,
    cover,
    by,
  }: {
    readonly cause: SilenceCause;
    readonly until: number | null;
    readonly cover: Pick<Silence, 'matchers' | 'names' | 'left'>;
    readonly by: string;
  },
  context: Context,
): void {
  const number = silencingOf(draft.state).count + 1;
  draft.emit({
    type: 'SilenceRequested',
    data: { number, cause, until, ...cover },
    at: context.now,
    by,
  });
  hold(draft, number, context);
}

function hold(draft: IncidentDraft, number: number, context: Context): void {
  const { id } = draft.state;
  const forMs = leaseMs(context.room.pace);
  draft.effect({ kind: 'silence', does: 'hold', incident: id, number, forMs }, { lane: silenceLane(id) });
}

/** Has no lane: a moment that lies ahead must not keep waiting what is to be done at once. */
function lookAt(draft: IncidentDraft, number: number, moment: number): void {
  const { id } = draft.state;
  draft.effect(
    { kind: 'silence', does: 'look', incident: id, number },
    { coalesce: `silence/${id}/${number}`, notBefore: moment },
  );
}

function stop(draft: IncidentDraft, actor: Actor, context: Context): Decision<IncidentEvent> {
  const { state } = draft;
  if (!silencingOf(state).live.some(({ ending }) => ending === null))
    return refuse('already', `Genesis silences nothing for ${state.id}.`);
  endSilences(draft, { why: 'stopped', at: context.now, by: actorId(actor) });
  effectsOf(draft, context).shown();
  return draft.decided();
}

function held(
  draft: IncidentDraft,
  { number, ids, endsAt }: Said<'incident.silence-held'>,
  context: Context,
): Decision<IncidentEvent> {
  const silence = liveSilence(draft.state, number);
  if (!silence) return refuse('stale', 'That silence has ended.');
  const effects = effectsOf(draft, context);
  const type = silence.held ? 'SilenceRenewed' : 'SilenceCreated';
  draft.emit({ type, data: { number, ids, endsAt }, at: context.now, by: 'bot' });
  if (silence.ending !== null) return draft.decided();
  lookAt(draft, number, Math.min(context.now + renewEveryMs(context.room.pace), endsAt));
  if (!silence.held) {
    const text = beginText(draft.state, silence, endsAt);
    effects.note('bot', text, silence.by, { silent: silence.cause.kind === 'action' });
  }
  effects.shown();
  return draft.decided();
}

/** What happens at a renewal; `activeAt` is when people were last active, null where they never were. */
function seen(
  draft: IncidentDraft,
  { number, activeAt }: Said<'incident.silence-seen'>,
  context: Context,
): Decision<IncidentEvent> {
  const { now, room } = context;
  const silence = liveSilence(draft.state, number);
  if (!silence?.held || silence.ending !== null) return refuse('stale', 'That silence has ended.');
  const { until, cause } = silence;
  const { endsAt } = silence.held;
  if (until !== null && now >= until) return ended(draft, silence, 'over', context);
  const isWanted = cause.kind === 'action' || isAtWork(draft.state, activeAt, context);
  if (now >= endsAt) return ended(draft, silence, isWanted ? 'lapsed' : 'idle', context);
  // A lease that ends with the time that was asked for cannot be made longer.
  const isLast = until !== null && endsAt >= until;
  if (isWanted && !isLast) hold(draft, number, context);
  else lookAt(draft, number, Math.min(now + renewEveryMs(room.pace), endsAt));
  return draft.decided();
}

function isAtWork(incident: Incident, activeAt: number | null, { now, room }: Context): boolean {
  if (!isOpen(incident) || ownerOf(incident) === null || activeAt === null) return false;
  const ago = now - activeAt;
  // What lies ahead was written before the clock was set back, and says nothing of how long ago it was.
  return ago >= 0 && ago <= idleMs(room.pace);
}

/** Its time has come by itself. It is removed all the same: the clocks of the two may not agree. */
function ended(
  draft: IncidentDraft,
  silence: Silence,
  why: SilenceEnd,
  context: Context,
): Decision<IncidentEvent> {
  removeSilence(draft, silence.number);
  return over(draft, silence, why, context);
}

function over(
  draft: IncidentDraft,
  silence: Silence,
  why: SilenceEnd,
  context: Context,
  text: string = endText(silence, why, context.now),
): Decision<IncidentEvent> {
  const { number, cause } = silence;
  draft.emit({ type: 'SilenceEnded', data: { number, why }, at: context.now, by: 'bot' });
  const effects = effectsOf(draft, context);
  const isExpected = why === 'verified' || why === 'resolved' || (cause.kind === 'action' && why === 'over');
  effects.note('bot', text, 'bot', { silent: isExpected });
  effects.shown();
  return draft.decided();
}

function removed(
  draft: IncidentDraft,
  { number }: Said<'incident.silence-removed'>,
  context: Context,
): Decision<IncidentEvent> {
  const silence = liveSilence(draft.state, number);
  if (!silence) return refuse('stale', 'That silence has ended.');
  return over(draft, silence, silence.ending ?? 'elsewhere', context);
}

function failed(
  draft: IncidentDraft,
  { number, does, message }: Said<'incident.silence-failed'>,
  context: Context,
): Decision<IncidentEvent> {
  const silence = liveSilence(draft.state, number);
  if (!silence) return refuse('stale', 'That silence has ended.');
  const { cause } = silence;
  if (does === 'remove') {
    const by = silence.held ? ` It ends by itself at ${time(silence.held.endsAt)}.` : '';
    const text = `The silence could not be removed: ${message}${by}`;
    return over(draft, silence, silence.ending ?? 'stopped', context, text);
  }
  if (silence.held) {
    // The lease goes on for a while, and Alertmanager may be back before it is over.
    const soon = context.now + Math.round(renewEveryMs(context.room.pace) / 5);
    lookAt(draft, number, Math.min(soon, silence.held.endsAt));
    return draft.decided();
  }
  const text =
    cause.kind === 'action'
      ? `Not silenced for *${cause.title}*: ${message} Expect pages while it is carried out.`
      : `Not silenced: ${message} The alerts go on calling people.`;
  // It may have been made all the same; then the lease ends it.
  if (silence.ending === null) removeSilence(draft, number);
  return over(draft, silence, 'failed', context, text);
}

function ofOthers(
  draft: IncidentDraft,
  others: readonly OthersSilence[],
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  if (!isOpen(state)) return refuse('stale', `${state.id} is not open any more.`);
  const gone = silencingOf(state).others.filter(({ id }) => others.every((each) => each.id !== id));
  draft.emit({ type: 'OthersSilencesSeen', data: { others }, at: context.now, by: 'bot' });
  const effects = effectsOf(draft, context);
  if (firingAlerts(state).length > 0)
    for (const { id } of gone)
      effects.note(
        'bot',
        `The silence ${id}, made in Alertmanager, has ended; its alerts will be heard again.`,
        'bot',
      );
  effects.shown();
  return draft.decided();
}
