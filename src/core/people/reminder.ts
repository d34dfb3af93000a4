import { mentioned } from '../actor.ts';
import type { Command } from '../command.ts';
import type { Subject } from '../effect.ts';
import { type Incident, isOpen, isUrgent } from '../incident/incident.ts';
import type { Phase } from '../playbook/routing.ts';
import { type IncidentId, isPreferencesId, type PreferencesId, type RunId } from '../stream.ts';

/**
 * Something that one person is reminded of. What it says is written when it is sent, from how things stand by then:
 *
 *   phase    the phase has taken longer than it should, since the opening of the incident at `since`
 *   update   nobody has said how it stands since `since`
 *   item     an item of a checklist is overdue, by its index
 *
 * Pages, calls and requests for approvals are none: they ask somebody for something, and nothing holds them back.
 */
export type Reminder = {
  readonly incident: IncidentId;
} /** `note` is the number of the note that says the same in the incident. */ & (
  | { readonly kind: 'phase'; readonly phase: Phase; readonly since: number; readonly note: number }
  | { readonly kind: 'update'; readonly since: number; readonly note: number }
  | {
      readonly kind: 'item';
      readonly run: RunId;
      readonly step: string;
      readonly attempt: number;
      readonly item: number;
    }
);

/** Two of one key are about the same: the newer one says all. */
export function reminderKey(reminder: Reminder): string {
  switch (reminder.kind) {
    case 'phase':
    case 'update':
      return `${reminder.kind}/${reminder.incident}`;
    case 'item':
      return `item/${reminder.run}/${reminder.step}/${reminder.item}`;
    default: {
      const never: never = reminder;
      return never;
    }
  }
}

/** The message where it stands for everybody. */
export const whereItStands = (reminder: Reminder): Subject =>
  reminder.kind === 'item'
    ? { kind: 'step', run: reminder.run, step: reminder.step, attempt: reminder.attempt }
    : { kind: 'note', incident: reminder.incident, number: reminder.note };

/** The stream of somebody's preferences; null for whoever is nobody of the chat. */
export const preferencesOf = (actor: string): PreferencesId | null => {
  const id = `PRF-${actor}`;
  return isPreferencesId(id) ? id : null;
};

export const personOf = (id: PreferencesId): string => id.slice('PRF-'.length);

/** Whether what anybody is reminded of there is never held back; nobody is reminded of what is not theirs to see to. */
export const isNeverHeld = (incident: Incident): boolean => isOpen(incident) && isUrgent(incident.severity);

const bot = { kind: 'bot' } as const;

/** Asks the preferences of a person what becomes of a reminder. Null where nobody can be told, and in drills, which stay in their channel. */
export function remindCommand(
  actor: string | null | undefined,
  reminder: Reminder,
  incident: Incident,
): Extract<Command, { type: 'preferences.remind' }> | null {
  const preferences = actor ? preferencesOf(actor) : null;
  if (preferences === null || incident.drill) return null;
  const urgent = isNeverHeld(incident);
  return { actor: bot, type: 'preferences.remind', preferences, reminder, urgent };
}

/** For everybody to whom an open P0 or P1 has spoken or may speak: what was held back there comes now. */
export function hurryCommands(incident: Incident): readonly Command[] {
  const { roles, acknowledged, notes, id, drill } = incident;
  if (drill || !isNeverHeld(incident)) return [];
  const named = notes.flatMap(({ people = [] }) => people);
  const inCharge = new Set([...Object.values(roles), acknowledged?.by, ...named]);
  return [...inCharge].flatMap((user): Command[] => {
    const preferences = user === undefined ? null : preferencesOf(user);
    return preferences === null
      ? []
      : [{ actor: bot, type: 'preferences.urgent', preferences, incident: id }];
  });
}

/** Whom the owner of an item names: somebody by their mention, or whoever has that role; null for any other words. */
export function namedBy(owner: string, { roles }: Pick<Incident, 'roles'>): string | null {
  const user = mentioned(owner.trim());
  if (user !== null) return user;
  const role = owner
    .trim()
    .toLowerCase()
    .replace(/^incident commander$/, 'commander')
    .replace(/^communications lead$/, 'communications');
  return role === 'commander' || role === 'communications' || role === 'scribe'
    ? (roles[role] ?? null)
    : null;
}
