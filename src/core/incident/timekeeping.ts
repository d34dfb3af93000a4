import { spokenActor } from '../actor.ts';
import type { Command, IncidentCommand } from '../command.ts';
import { type Context, playbookNamed } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { spokenDuration } from '../duration.ts';
import type { Phase, PhaseLimits } from '../playbook/routing.ts';
import { ownerOf } from './audit.ts';
import { effectsOf, type IncidentDraft } from './effects.ts';
import type { IncidentEvent } from './events.ts';
import { type Incident, isOpen } from './incident.ts';

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

/** Sets the clocks, for the severity that the incident has now: at its opening, and when either begins anew. */
export function keepTime(draft: IncidentDraft, context: Context): void {
  const { id, place, severity, unattended } = draft.state;
  if (place.kind === 'log') return;
  const { phases = {} } = context.room.routing[severity];
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
      // Where the severity has changed, whoever looks at it now has the whole time.
      at: context.now + limit,
    });
  askForUpdates(draft, context);
}

/** Counts anew until the next status update is asked for. */
export function askForUpdates(draft: IncidentDraft, context: Context): void {
  const { id, place, severity } = draft.state;
  const every = context.room.routing[severity].updates?.everyMs;
  if (every === undefined || place.kind === 'log') return;
  tell(draft, {
    command: { actor: bot, type: 'incident.update-due', incident: id, since: lastUpdate(draft.state) },
    coalesce: `update-due/${id}`,
    at: context.now + every,
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
  effects.shown();
  return draft.decided();
}

/** Seconds matter to nobody where it is about minutes. */
const about = (ms: number): string => spokenDuration(ms < 60_000 ? ms : Math.floor(ms / 60_000) * 60_000);

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
  if (by !== null && state.allQuietSince === null)
    effectsOf(draft, context).note(
      'bot',
      `No status update for ${about(context.now - since)}. ${spokenActor(by)}: say how it stands.`,
      'bot',
      { about: 'update-due', offers: 'update' },
    );
  askForUpdates(draft, context);
  return draft.decided();
}
