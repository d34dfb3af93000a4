import { defaultPreferences, type Preferences } from '../core/people/preferences.ts';
import { preferencesOf } from '../core/people/reminder.ts';
import type { PreferencesId } from '../core/stream.ts';
import { type Directory, type PreferencesReading, type Store, WorkFailed } from './ports.ts';

/** Whoever has set nothing has the defaults. */
export async function readPreferences(store: Pick<Store, 'state'>, id: PreferencesId): Promise<Preferences> {
  const state = await store.state(id);
  return state?.kind === 'preferences' ? state.preferences : defaultPreferences(id);
}

/** What somebody has set for themselves, with the time zone of their profile. Outsiders have nothing to set. */
export async function preferencesFor(
  {
    store,
    directory,
  }: { readonly store: Pick<Store, 'state'>; readonly directory: Pick<Directory, 'membership'> },
  user: string,
): Promise<PreferencesReading> {
  const id = preferencesOf(user);
  if (id === null) return { kind: 'refused', why: 'Only a person of the chat has preferences.' };
  try {
    const membership = await directory.membership(user);
    if (membership.kind === 'outsider') return { kind: 'refused', why: membership.why };
    return {
      kind: 'known',
      preferences: await readPreferences(store, id),
      zone: membership.zone ?? null,
    };
  } catch (error) {
    if (!(error instanceof WorkFailed)) throw error;
    return {
      kind: 'refused',
      why: 'Slack did not say who you are, so nothing was done. Try again in a moment.',
    };
  }
}
