import type { View } from '../../../core/view.ts';
import { announcement } from './announcement.ts';
import type { Card, Frame } from './blocks.ts';
import { callCard, unpagedCard } from './calls.ts';
import { asDrill, drillReportCard, isOfDrill } from './drill.ts';
import { eventsDropped } from './eventsDropped.ts';
import { freezeCard, freezeOverCard, overrideCard } from './freeze.ts';
import { incidentCard } from './incidentCard.ts';
import { moved } from './moved.ts';
import { outputCard } from './output.ts';
import { planCard, runCard, runUpdateCard } from './procedure.ts';
import { note, quiet, resolved, unresolved } from './remarks.ts';
import { remindersCard } from './reminders.ts';
import { roomNotice } from './roomNotice.ts';
import { stakeholders } from './stakeholders.ts';
import { stepCard } from './step.ts';
import { unattended } from './unattended.ts';
import { watchCard, watchReportCard } from './watch.ts';

/** What the message of one subject looks like: the same view and frame always give the same card. */
export function render(view: View, frame: Frame): Card {
  const card = cardOf(view, frame);
  // Here and nowhere else, so that no card can forget what it is about.
  return isOfDrill(view) ? asDrill(card) : card;
}

function cardOf(view: View, frame: Frame): Card {
  switch (view.kind) {
    case 'announcement':
      return announcement(view, frame);
    case 'card':
      return incidentCard(view, frame);
    case 'note':
      return note(view, frame);
    case 'stakeholders':
      return stakeholders(view);
    case 'quiet':
      return quiet(view);
    case 'resolved':
      return resolved(view);
    case 'unattended':
      return unattended(view, frame);
    case 'call':
      return callCard(view, frame);
    case 'unpaged':
      return unpagedCard(view, frame);
    case 'drill-report':
      return drillReportCard(view);
    case 'unresolved':
      return unresolved(view, frame.now);
    case 'reminders':
      return remindersCard(view, frame);
    case 'room':
      return roomNotice(view);
    case 'events-dropped':
      return eventsDropped(view);
    case 'freeze':
      return freezeCard(view);
    case 'freeze-over':
      return freezeOverCard(view);
    case 'watch':
      return watchCard(view.watch);
    case 'watch-report':
      return watchReportCard(view, frame);
    case 'override':
      return overrideCard(view);
    case 'moved':
      return moved(view);
    case 'plan':
      return planCard(view, frame.now);
    case 'run':
      return runCard(view, frame);
    case 'run-update':
      return runUpdateCard(view);
    case 'step':
      return stepCard(view, frame);
    case 'output':
      return outputCard(view);
    default: {
      const never: never = view;
      return never;
    }
  }
}
