import type { IncidentId, PreferencesId } from '../stream.ts';
import type { QuietHours } from './quietHours.ts';
import { type Reminder, reminderKey } from './reminder.ts';

/**
 * What one person has set for themselves, and the reminders that wait for the end of their quiet hours:
 *
 *   reminded ─▶ sent                                    by direct message, outside quiet hours or never held back
 *           ├─▶ held ─▶ sent with all others of them    when the quiet hours end, or when its incident becomes P0 or P1
 *           └─▶ nothing                                 who reads them in the channel
 *
 * A person without any events has the defaults, and no stream.
 */
export type Preferences = {
  readonly id: PreferencesId;
  /** `direct` is a direct message besides the note in the channel. */
  readonly reminders: 'channel' | 'direct';
  readonly quiet: QuietHours | null;
  /** The oldest first, one of a key. */
  readonly held: readonly Reminder[];
  /** How many direct messages were decided; each has its number. */
  readonly sent: number;
};

export const defaultPreferences = (id: PreferencesId): Preferences => ({
  id,
  reminders: 'channel',
  quiet: null,
  held: [],
  sent: 0,
});

export type PreferencesCommand =
  /** Of whoever says it: it names nobody, so that nobody else can be meant. */
  | {
      readonly type: 'preferences.set';
      readonly reminders: 'channel' | 'direct';
      readonly quiet: QuietHours | null;
    }
  | ({ readonly preferences: PreferencesId } /** `urgent` is never held back. */ & (
      | { readonly type: 'preferences.remind'; readonly reminder: Reminder; readonly urgent: boolean }
      | { readonly type: 'preferences.quiet-over' }
      /** The incident has become one whose reminders are never held back. */
      | { readonly type: 'preferences.urgent'; readonly incident: IncidentId }
    ));

/** Facts about somebody's preferences. `at` is milliseconds since the epoch, `by` an actor's id. */
export type PreferencesEvent = { readonly at: number; readonly by: string } & (
  | { readonly type: 'PreferencesSet'; readonly data: Pick<Preferences, 'reminders' | 'quiet'> }
  | { readonly type: 'ReminderHeld'; readonly data: { readonly reminder: Reminder; readonly until: number } }
  | {
      readonly type: 'RemindersSent';
      readonly data: { readonly number: number; readonly reminders: readonly Reminder[] };
    }
);

export function evolvePreferences(
  id: PreferencesId,
  before: Preferences | null,
  event: PreferencesEvent,
): Preferences {
  const preferences = before ?? defaultPreferences(id);
  switch (event.type) {
    case 'PreferencesSet': {
      const { reminders, quiet } = event.data;
      // Whoever reads them in the channel has them there already.
      const held = reminders === 'channel' ? [] : preferences.held;
      return { ...preferences, reminders, quiet, held };
    }
    case 'ReminderHeld': {
      const { reminder } = event.data;
      return { ...preferences, held: [...without(preferences.held, [reminder]), reminder] };
    }
    case 'RemindersSent': {
      const { number, reminders } = event.data;
      return { ...preferences, held: without(preferences.held, reminders), sent: number };
    }
    default: {
      const never: never = event;
      return never;
    }
  }
}

function without(held: readonly Reminder[], gone: readonly Reminder[]): readonly Reminder[] {
  const keys = new Set(gone.map(reminderKey));
  return held.filter((each) => !keys.has(reminderKey(each)));
}

/** `By direct message, not from 22:00 to 07:00 (America/Chicago)`, for what follows "Reminders reach you". */
export function spokenPreferences({ reminders, quiet }: Pick<Preferences, 'reminders' | 'quiet'>): string {
  if (reminders === 'channel') return 'in the channel';
  const hours = quiet === null ? '' : `, not from ${quiet.from} to ${quiet.to} (${quiet.zone})`;
  return `by direct message${hours}`;
}
