import { spokenActor } from '../actor.ts';
import type { Command } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import { remindCommand } from '../people/reminder.ts';
import type { Phase, PhaseLimits } from '../playbook/routing.ts';
import type { Severity } from '../severity.ts';
import { ownerOf } from './audit.ts';
import type { IncidentCommand } from './commands.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen, type Note } from './incident.ts';

/**
 * The clocks of an incident. They only speak: whom to call is another matter.
 *
 *   detection    nobody has acknowledged within its limit
 *   assessment   somebody has, and no mitigation was started within its limit
 *   response     it is not over within its limit
 *   updates      nobody has said how it stands for a while; said again and again
 *
 * The limits of the phases are counted from when the incident was opened or reopened, and each is said once for that
 * opening. The timers are effects and stay over restarts; one that has had its day finds that out when it goes off.
 */

/** The phase that an incident is in, and when its time is over; null where nothing was set. */
export function phaseClock(
  incident: Incident,
  limits: PhaseLimits = {},
): { readonly phase: Phase; readonly until: number } | null {
  const phase = phaseOf(incident);
  const limit = phase === null ? undefined : limits[phase];
  return phase === null || limit === undefined ? null : { phase, until: incident.unattended.since + limit };
}

export function phaseOf({ phase }: Pick<Incident, 'phase'>): Phase | null {
  switch (phase) {
    case 'open':
      return 'detection';
    case 'acknowledged':
      return 'assessment';
    case 'mitigating':
      return 'response';
    case 'resolved':
      return null;
    default: {
      const never: never = phase;
      return never;
    }
  }
}

/**
 * Sets the clocks, for the severity that the incident has now: at its opening, and when either begins anew. Where the
 * severity has changed, whoever looks at it has the whole time. Where it was raised `from` another, never longer than
 * there was before: else what becomes more urgent would be asked after later for it.
 */
export function keepTime(draft: IncidentDraft, context: Context, from: Severity | null = null): void {
  const { id, place, severity, unattended } = draft.state;
  if (place.kind === 'log') return;
  const { phases = {} } = context.room.routing[severity];
  const before = from === null ? undefined : context.room.routing[from];
  for (const [phase, limit] of Object.entries(phases) as readonly (readonly [Phase, number])[])
    tell(draft, {
      command: {
        actor: bot,
        type: 'incident.phase-due',
        incident: id,
        phase,
        since: unattended.since,
      },
      coalesce: `phase/${phase}/${id}`,
      at: noLaterThan(unattended.since, before?.phases?.[phase], context.now, limit),
    });
  askForUpdates(draft, context, { was: before?.updates?.everyMs });
}

/** When `limit` from now is over, or earlier, where what was set before since then ends earlier and has not yet. */
function noLaterThan(since: number, before: number | undefined, now: number, limit: number): number {
  const earlier = before === undefined ? 0 : since + before;
  return earlier > now ? Math.min(earlier, now + limit) : now + limit;
}

/** Counts anew until the next status update is asked for, which is not before `notBefore`; `was` is what was between two. */
export function askForUpdates(
  draft: IncidentDraft,
  context: Context,
  { notBefore = 0, was }: { readonly notBefore?: number; readonly was?: number | undefined } = {},
): void {
  const { id, place, severity } = draft.state;
  const every = context.room.routing[severity].updates?.everyMs;
  if (every === undefined || place.kind === 'log') return;
  tell(draft, {
    command: { actor: bot, type: 'incident.update-due', incident: id, since: lastUpdate(draft.state) },
    coalesce: `update-due/${id}`,
    at: Math.max(noLaterThan(lastUpdate(draft.state), was, context.now, every), notBefore),
  });
}

const bot = { kind: 'bot' } as const;

const tell = (
  draft: IncidentDraft,
  { command, coalesce, at }: { readonly command: Command; readonly coalesce: string; readonly at: number },
): void => draft.effect({ kind: 'tell', command }, { coalesce, notBefore: at });

/** When it was last said how it stands; the opening itself says so as well. */
export const lastUpdate = ({ notes, unattended }: Pick<Incident, 'notes' | 'unattended'>): number =>
  Math.max(unattended.since, notes.findLast(({ kind }) => kind === 'update')?.at ?? 0);

/** A promised update may be a little late before anybody is asked for one, in milliseconds. */
const patienceMs = 30_000;

const runUpdates = 'run-update/';

/** Whether a note is what a run said of itself. */
export const isRunUpdate = ({ about }: Pick<Note, 'about'>): boolean =>
  about?.startsWith(runUpdates) === true;

/**
 * What a run says of itself is a status update like any other, so that nobody is asked for one meanwhile. How it began
 * is seen in the incident by its own messages and told to those who are not there. Once it was said that the incident is
 * over, what still goes on is news for those who work on it alone.
 */
export function runUpdate(
  draft: IncidentDraft,
  { run, moment, text, people, nextAt }: Due<'incident.run-update'>,
  context: Context,
): Decision<IncidentEvent> {
  const { id, runs } = draft.state;
  if (!runs.includes(run)) return refuse('not-found', `${run} is not a run of ${id}.`);
  const open = isOpen(draft.state);
  const effects = effectsOf(draft, context);
  effects.note(open ? 'update' : 'bot', text, 'bot', {
    about: `${runUpdates}${run}`,
    people,
    silent: moment === 'begun',
  });
  if (open)
    askForUpdates(
      draft,
      context,
      nextAt === null ? {} : { notBefore: nextAt + patienceMs / context.room.pace },
    );
  effects.shown();
  return draft.decided();
}

type Due<T extends IncidentCommand['type']> = Extract<IncidentCommand, { type: T }>;

export function phaseDue(
  draft: IncidentDraft,
  { phase, since }: Due<'incident.phase-due'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  const limit = context.room.routing[state.severity].phases?.[phase];
  const topic = `phase/${phase}`;
  const said = state.notes.some((note) => note.about === topic && note.at >= since);
  if (!isOpen(state) || state.unattended.since !== since || limit === undefined || said)
    return refuse('stale', 'The limit no longer applies.');
  // With all alerts resolved there is nothing to hurry for.
  if (state.allQuietSince !== null) return refuse('stale', 'All alerts have resolved.');
  const words = overran(phase, state, context);
  if (words === null) return refuse('stale', 'The phase was over in time.');
  const effects = effectsOf(draft, context);
  effects.note('bot', words.text, 'bot', { about: topic, offers: words.offers });
  if (phase !== 'detection') remind(draft, ownerOf(state), { kind: 'phase', phase, since });
  effects.shown();
  return draft.decided();
}

/** Seconds matter to nobody where it is about minutes. */
const about = (ms: number): string => spokenDuration(ms < 60_000 ? ms : Math.floor(ms / 60_000) * 60_000);

type Said =
  | { readonly kind: 'phase'; readonly phase: Phase; readonly since: number }
  | { readonly kind: 'update'; readonly since: number };

/** The note that was added last speaks to this person, who may want it by direct message. */
function remind(draft: IncidentDraft, whom: string | null, said: Said): void {
  const { id: incident, notes } = draft.state;
  const command = remindCommand(whom, { ...said, incident, note: notes.length }, draft.state);
  if (command) draft.effect({ kind: 'tell', command });
}

type Words = { readonly text: string; readonly offers: 'acknowledge' | 'update' | 'role' };

/** Who should do what next; null where it was done in time, or something else says so. */
function overran(phase: Phase, incident: Incident, context: Context): Words | null {
  const lasted = about(context.now - incident.unattended.since);
  const owner = ownerOf(incident);
  const whom = owner === null ? 'Whoever reads this' : spokenActor(owner);
  switch (phase) {
    case 'detection':
      return incident.phase === 'open'
        ? {
            text: `Nobody has acknowledged for ${lasted}. Whoever can see to it: press *Acknowledge*${incident.severity === 'P0' ? ', which also gives you command' : ''}.`,
            offers: 'acknowledge',
          }
        : null;
    case 'assessment':
      return incident.phase === 'acknowledged'
        ? {
            text: `Acknowledged, but no mitigation was started within ${lasted}. ${whom}: answer the step that waits, roll back, or call somebody in.`,
            offers: 'update',
          }
        : null;
    case 'response':
      if (owner === null) return null;
      if (incident.roles.commander === undefined)
        return {
          text: `Not over after ${lasted}, and nobody is in command. ${whom}: take command, or give it to somebody.`,
          offers: 'role',
        };
      // The playbook's own time limit says so, with what it offers.
      return playbookNamed(incident.playbook, context)?.playbook.onUnresolved
        ? null
        : {
            text: `Not over after ${lasted}. ${whom}: roll back, call somebody in, or say how it stands.`,
            offers: 'update',
          };
    default: {
      const never: never = phase;
      return never;
    }
  }
}

export function updateDue(
  draft: IncidentDraft,
  { since }: Due<'incident.update-due'>,
  context: Context,
): Decision<IncidentEvent> {
  const { state } = draft;
  const every = context.room.routing[state.severity].updates?.everyMs;
  if (!isOpen(state) || every === undefined || lastUpdate(state) !== since)
    return refuse('stale', 'No status update is due.');
  const by = state.roles.communications ?? ownerOf(state);
  // Whoever takes it first is called for by others; and what is quiet only waits for somebody to say that it is over.
  if (by !== null && state.allQuietSince === null) {
    effectsOf(draft, context).note(
      'bot',
      `No status update for ${about(context.now - since)}. ${spokenActor(by)}: say how it stands.`,
      'bot',
      { about: 'update-due', offers: 'update' },
    );
    remind(draft, by, { kind: 'update', since });
  }
  askForUpdates(draft, context);
  return draft.decided();
}
