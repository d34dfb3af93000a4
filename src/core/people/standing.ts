import { spokenDuration } from '../duration.ts';
import { ownerOf } from '../incident/audit.ts';
import { type Incident, isOpen } from '../incident/incident.ts';
import { lastUpdate, phaseOf } from '../incident/timekeeping.ts';
import { findStep } from '../run/walk.ts';
import type { RunView } from '../view.ts';
import { namedBy, type Reminder } from './reminder.ts';

/** How things stand by the time that somebody is reminded. */

/** What a reminder is about; `view` is the run of an item. */
export type About = { readonly incident: Incident; readonly view: RunView | null };

/** Whether it is still so, and still for this person to see to. */
export function stillHolds(reminder: Reminder, user: string, { incident, view }: About): boolean {
  switch (reminder.kind) {
    case 'phase':
      return (
        isBusy(incident) &&
        incident.unattended.since === reminder.since &&
        phaseOf(incident) === reminder.phase &&
        ownerOf(incident) === user
      );
    case 'update':
      return (
        isBusy(incident) &&
        lastUpdate(incident) === reminder.since &&
        (incident.roles.communications ?? ownerOf(incident)) === user
      );
    case 'item': {
      const record = view?.run.steps[reminder.step];
      const duty = dutyOf(reminder, view);
      return (
        record !== undefined &&
        view?.run.result === null &&
        record.attempt === reminder.attempt &&
        record.state.kind === 'asking' &&
        record.ticks?.[reminder.item] === undefined &&
        duty !== null &&
        namedBy(duty.owner, incident) === user
      );
    }
    default: {
      const never: never = reminder;
      return never;
    }
  }
}

/** With all alerts resolved there is nothing to hurry for. */
const isBusy = (incident: Incident): boolean => isOpen(incident) && incident.allQuietSince === null;

function dutyOf(
  { step: id, item }: Extract<Reminder, { kind: 'item' }>,
  view: RunView | null,
): { readonly list: string; readonly text: string; readonly owner: string } | null {
  const step = view ? findStep(view.definition.playbook.steps, id) : null;
  if (step?.kind !== 'checklist') return null;
  const [text, owner] = [step.items[item], step.duties?.[item]?.owner];
  return text === undefined || owner === undefined ? null : { list: step.title, text, owner };
}

/** What is so by now, and what the person can do about it. */
export function spokenReminder(reminder: Reminder, { incident, view }: About, now: number): string {
  switch (reminder.kind) {
    case 'phase': {
      const lasted = inMinutes(now - reminder.since);
      if (reminder.phase === 'assessment')
        return `Acknowledged, but no mitigation was started within ${lasted}. Answer the step that waits, roll back, or call somebody in.`;
      return incident.roles.commander === undefined
        ? `Not over after ${lasted}, and nobody is in command. Take command, or give it to somebody.`
        : `Not over after ${lasted}. Roll back, call somebody in, or say how it stands.`;
    }
    case 'update':
      return `No status update for ${inMinutes(now - reminder.since)}. Say how it stands.`;
    case 'item': {
      const duty = dutyOf(reminder, view);
      return `Overdue in the list ${duty?.list ?? ''}: ${duty?.text ?? ''}`;
    }
    default: {
      const never: never = reminder;
      return never;
    }
  }
}

/** Seconds matter to nobody where it is about minutes. */
const inMinutes = (ms: number): string => spokenDuration(ms < 60_000 ? ms : Math.floor(ms / 60_000) * 60_000);
