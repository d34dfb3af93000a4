import type { Command } from '../core/command.ts';
import type { Effect, Subject } from '../core/effect.ts';
import { wayOf } from '../core/people/decidePreferences.ts';
import {
  isNeverHeld,
  personOf,
  type Reminder,
  remindCommand,
  whereItStands,
} from '../core/people/reminder.ts';
import { type About, stillHolds } from '../core/people/standing.ts';
import type { ReminderShown } from '../core/view.ts';
import { incidentState, runView } from './messages.ts';
import type { Chat, Clock, EffectEnd, Posted, Store } from './ports.ts';
import { readPreferences } from './preferences.ts';

/**
 * A direct message to one person. Between the decision and this moment Slack may have been away for hours, so what is
 * said is judged anew: what does not hold any more is left out, and what would fall into their quiet hours by now goes
 * back to wait for the end of them.
 */
export async function performRemind(
  effect: Extract<Effect, { kind: 'remind' }>,
  uncertain: boolean,
  { store, chat, clock }: { readonly store: Store; readonly chat: Pick<Chat, 'show'>; readonly clock: Clock },
): Promise<Omit<EffectEnd, 'id'>> {
  const { preferences: id, number, held } = effect;
  const user = personOf(id);
  const now = clock.now();
  const preferences = await readPreferences(store, id);
  const shown: ReminderShown[] = [];
  const again: Reminder[] = [];
  for (const reminder of effect.reminders) {
    const about = await aboutOf(store, reminder);
    if (!stillHolds(reminder, user, about)) continue;
    const urgent = isNeverHeld(about.incident);
    const way = wayOf(preferences, { urgent, now });
    if (way.kind === 'held') again.push(reminder);
    else if (way.kind === 'now') shown.push({ reminder, ...about, at: await placeOf(store, reminder) });
  }
  if (shown.length === 0) return { follows: await heldAgain(store, user, again) };
  const subject: Subject = { kind: 'reminder', preferences: id, number };
  const at = await chat.show({
    key: `reminder/${id}/${number}`,
    view: { kind: 'reminders', preferences: id, number, shown, held },
    channel: user,
    thread: null,
    known: await store.posted(subject),
    uncertain,
  });
  return { posted: { subject, at }, follows: await heldAgain(store, user, again) };
}

/** Read last: while the chat took its time, what may wait can have become what may not. */
async function heldAgain(
  store: Pick<Store, 'state'>,
  user: string,
  reminders: readonly Reminder[],
): Promise<readonly Command[]> {
  const follows: Command[] = [];
  for (const reminder of reminders) {
    const again = remindCommand(user, reminder, await incidentState(store, reminder.incident));
    if (again) follows.push(again);
  }
  return follows;
}

async function aboutOf(store: Pick<Store, 'state' | 'definition'>, reminder: Reminder): Promise<About> {
  return {
    incident: await incidentState(store, reminder.incident),
    view: reminder.kind === 'item' ? await runView(store, reminder.run) : null,
  };
}

/** The message where it stands for everybody, or the card while that is not posted yet. */
async function placeOf(store: Pick<Store, 'posted'>, reminder: Reminder): Promise<Posted | null> {
  return (
    (await store.posted(whereItStands(reminder))) ??
    (await store.posted({ kind: 'card', incident: reminder.incident }))
  );
}
