import type { CommandBody } from '../../core/command.ts';
import { quietFault } from '../../core/people/quietHours.ts';
import type { Desk, PreferencesReading } from '../../engine/ports.ts';
import { inTime } from './answers.ts';
import { type Asked, modal, privately, type Reply } from './asked.ts';
import { spoken } from './escape.ts';
import { preferencesForm, ticked } from './modals/preferencesForm.ts';

/** The form of one's own preferences: for everybody who may use the bot, whatever they may do with it. */
export async function openPreferences(desk: Desk, asked: Asked): Promise<Reply> {
  const reading = await inTime<PreferencesReading>(desk.preferences(asked.user), (why) => ({
    kind: 'refused',
    why,
  }));
  if (reading.kind === 'refused') return privately(spoken(reading.why, 'everybody'));
  const origin = { channel: asked.channel, responseUrl: asked.responseUrl, value: {} };
  const zone = reading.zone ?? desk.room().calendar.zone;
  return modal(preferencesForm(origin, reading.preferences, zone));
}

type Filled = Readonly<Record<string, string>>;

/** Null where the form does not say enough. `zone` is the one that it was drawn with. */
export function readPreferencesForm(filled: Filled, zone: string | undefined): CommandBody | null {
  const { reminders, quiet, from, to } = filled;
  if (reminders !== 'channel' && reminders !== 'direct') return null;
  if (quiet !== ticked) return { type: 'preferences.set', reminders, quiet: null };
  return from === undefined || to === undefined || zone === undefined
    ? null
    : { type: 'preferences.set', reminders, quiet: { from, to, zone } };
}

/** What is wrong with what was filled in, by field. */
export function preferencesFault(filled: Filled, zone: string | undefined): Filled | null {
  const command = readPreferencesForm(filled, zone);
  if (command?.type !== 'preferences.set' || command.quiet === null) return null;
  const fault = quietFault(command.quiet);
  return fault === null ? null : { to: fault };
}
