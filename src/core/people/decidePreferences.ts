import { actorId } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Context } from '../context.ts';
import { type Decision, refuse } from '../decision.ts';
import { Draft } from '../draft.ts';
import type { PreferencesId } from '../stream.ts';
import {
  defaultPreferences,
  evolvePreferences,
  type Preferences,
  type PreferencesCommand,
  type PreferencesEvent,
} from './preferences.ts';
import { quietFault, quietUntil } from './quietHours.ts';
import { personOf, type Reminder, reminderKey } from './reminder.ts';

/** Commands that the preferences of a person decide. */
export type ForPreferences = Command & PreferencesCommand;

type PreferencesDraft = Draft<Preferences, PreferencesEvent>;

const bot = { kind: 'bot' } as const;

export function decidePreferences(
  command: ForPreferences,
  id: PreferencesId,
  before: Preferences | null,
  { now }: Pick<Context, 'now'>,
): Decision<PreferencesEvent> {
  const draft: PreferencesDraft = new Draft(before ?? defaultPreferences(id), (state, event) =>
    evolvePreferences(id, state, event),
  );
  switch (command.type) {
    case 'preferences.set':
      return set(draft, command, now);
    case 'preferences.remind': {
      const { reminder, urgent } = command;
      const way = wayOf(draft.state, { urgent, now });
      switch (way.kind) {
        case 'channel':
          // Accepted without any event: for almost everybody this is all that ever happens here.
          return draft.decided();
        case 'held': {
          const data = { reminder, until: way.until };
          draft.emit({ type: 'ReminderHeld', data, at: now, by: 'bot' });
          awaitEnd(draft, way.until);
          return draft.decided();
        }
        case 'now': {
          // Where the bot was away when the quiet hours ended, what waited goes along.
          const held = quietUntil(draft.state.quiet, now) === null ? draft.state.held : [];
          const others = held.filter((each) => reminderKey(each) !== reminderKey(reminder));
          send(draft, [...others, reminder], { held: others.length > 0, now });
          return draft.decided();
        }
        default: {
          const never: never = way;
          return never;
        }
      }
    }
    case 'preferences.quiet-over': {
      if (draft.state.held.length === 0) return refuse('stale', 'No reminder waits.');
      release(draft, now);
      return draft.decided();
    }
    case 'preferences.urgent': {
      const urgent = draft.state.held.filter(({ incident }) => incident === command.incident);
      if (urgent.length > 0) send(draft, urgent, { held: true, now });
      return draft.decided();
    }
    default: {
      const never: never = command;
      return never;
    }
  }
}

export type Way =
  /** Nothing besides the note that stands there. */
  { readonly kind: 'channel' } | { readonly kind: 'now' } | { readonly kind: 'held'; readonly until: number };

/** How a reminder reaches somebody at this moment. */
export function wayOf(
  { reminders, quiet }: Preferences,
  { urgent, now }: { readonly urgent: boolean; readonly now: number },
): Way {
  if (reminders === 'channel') return { kind: 'channel' };
  const until = urgent ? null : quietUntil(quiet, now);
  return until === null ? { kind: 'now' } : { kind: 'held', until };
}

function set(
  draft: PreferencesDraft,
  { actor, reminders, quiet }: Extract<ForPreferences, { type: 'preferences.set' }>,
  now: number,
): Decision<PreferencesEvent> {
  if (actor.kind !== 'person' || actor.user !== personOf(draft.state.id))
    return refuse('not-allowed', 'Preferences are set by the person whose they are.');
  const fault = quiet === null ? null : quietFault(quiet);
  if (fault !== null) return refuse('invalid', fault);
  const { state } = draft;
  if (state.reminders === reminders && sameHours(state.quiet, quiet)) return draft.decided();
  draft.emit({ type: 'PreferencesSet', data: { reminders, quiet }, at: now, by: actorId(actor) });
  if (draft.state.held.length > 0) release(draft, now);
  return draft.decided();
}

const sameHours = (a: Preferences['quiet'], b: Preferences['quiet']): boolean =>
  a === b || (a !== null && b !== null && a.from === b.from && a.to === b.to && a.zone === b.zone);

/** All that waits, in one message; or a later look where it is still quiet, by other hours or by a clock that was set back. */
function release(draft: PreferencesDraft, now: number): void {
  const until = quietUntil(draft.state.quiet, now);
  if (until === null) send(draft, draft.state.held, { held: true, now });
  else awaitEnd(draft, until);
}

function send(
  draft: PreferencesDraft,
  reminders: readonly Reminder[],
  { held, now }: { readonly held: boolean; readonly now: number },
): void {
  const { id, sent } = draft.state;
  const number = sent + 1;
  draft.emit({ type: 'RemindersSent', data: { number, reminders }, at: now, by: 'bot' });
  draft.effect({ kind: 'remind', preferences: id, number, reminders, held }, { lane: `chat/${id}` });
}

/** One timer of a person: a later one takes its place. */
function awaitEnd(draft: PreferencesDraft, until: number): void {
  const { id } = draft.state;
  const command = { actor: bot, type: 'preferences.quiet-over', preferences: id } as const;
  draft.effect({ kind: 'tell', command }, { coalesce: `quiet-over/${id}`, notBefore: until });
}
