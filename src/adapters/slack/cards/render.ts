import type { View } from '../../../core/view.ts';
import { announcement } from './announcement.ts';
import type { Card, Frame } from './blocks.ts';
import { incidentCard } from './incidentCard.ts';
import { outputCard } from './output.ts';
import { planCard, runCard } from './procedure.ts';
import { note, quiet, resolved, unresolved } from './remarks.ts';
import { stepCard } from './step.ts';
import { unattended } from './unattended.ts';

/** What the message of one subject looks like: the same view and frame always give the same card. */
export function render(view: View, frame: Frame): Card {
  switch (view.kind) {
    case 'announcement':
      return announcement(view, frame);
    case 'card':
      return incidentCard(view, frame);
    case 'note':
      return note(view);
    case 'quiet':
      return quiet(view);
    case 'resolved':
      return resolved(view);
    case 'unattended':
      return unattended(view, frame);
    case 'unresolved':
      return unresolved(view, frame.now);
    case 'plan':
      return planCard(view);
    case 'run':
      return runCard(view, frame);
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
